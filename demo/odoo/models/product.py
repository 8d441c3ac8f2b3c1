"""Products: templates, their variants, categories and units.

A variant inherits its template's fields: writing its name or price writes the template's. Every template made here
has one variant; attributes, which make several, are not played.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from demo.odoo import naming
from demo.odoo.fields import CENTS, Field, char, many2many, many2one, one2many, price, selection
from demo.odoo.models.base import simple
from demo.odoo.models.variant import VARIANT_METHODS, check_variant, variant_written
from demo.odoo.orm import Env
from demo.odoo.registry import Model, magic_fields
from demo.odoo.store import Row

OF_VARIANT = ("default_code", "barcode", "standard_price", "weight", "volume")


def models(version: int) -> list[Model]:
    return [
        _uom(version),
        _product_category(),
        _template(version),
        _variant(version),
        simple(
            "product.pricelist", "Pricelist", label="Pricelist Name", active=Field("boolean", "Active", default=True)
        ),
        simple("product.tag", "Product Tag"),
    ]


def _uom(version: int) -> Model:
    return simple(
        "uom.uom",
        "Product Unit of Measure",
        label="Unit of Measure" if version < 19 else "Unit Name",
        order="id",
        active=Field("boolean", "Active", default=True),
        factor=Field("float", "Ratio", required=True, digits=0, default=1.0),
    )


def _product_category() -> Model:
    fields = {
        "name": char("Name", required=True, index=True),
        "complete_name": char("Complete Name", readonly=True, compute=_category_name),
        "parent_id": many2one("product.category", "Parent Category", ondelete="cascade"),
        "child_id": one2many("product.category", "parent_id", "Child Categories"),
        **magic_fields(),
    }
    return Model(
        "product.category",
        "Product Category",
        fields,
        order="complete_name",
        search_names=("complete_name",),
        display_name=_category_name,
    )


def _category_name(env: Env, row: Row) -> str:
    parent = row.get("parent_id")
    return f"{_category_name(env, env.row('product.category', parent))} / {row['name']}" if parent else str(row["name"])


def _shared_fields(version: int) -> dict[str, Field]:
    """What a template holds and its variants show."""
    unit = "Unit of Measure" if version < 19 else "Unit"
    fields = {
        "name": char("Name", required=True, index=True),
        "sequence": Field("integer", "Sequence", default=1),
        "description": Field("html", "Description"),
        "description_sale": Field("text", "Sales Description"),
        "description_purchase": Field("text", "Purchase Description"),
        "type": selection(
            {"consu": "Goods", "service": "Service", "combo": "Combo"}, "Product Type", required=True, default="consu"
        ),
        "categ_id": many2one("product.category", "Product Category", required=version < 19, default=1),
        "list_price": price(version, "Sales Price", default=1.0),
        "currency_id": many2one("res.currency", "Currency", readonly=True, store=False, compute=lambda env, row: 1),
        "cost_currency_id": many2one(
            "res.currency", "Cost Currency", readonly=True, store=False, compute=lambda env, row: 1
        ),
        "sale_ok": Field("boolean", "Sales", default=True),
        "purchase_ok": Field("boolean", "Purchase", default=True),
        "uom_id": many2one("uom.uom", unit, required=True, default=1, ondelete="restrict"),
        "uom_name": char(
            f"{unit} Name",
            readonly=True,
            store=False,
            related=True,
            compute=lambda env, row: env.row("uom.uom", env.value("product.template", row, "uom_id"))["name"],
        ),
        "company_id": many2one("res.company", "Company"),
        "color": Field("integer", "Color Index"),
        "product_tag_ids": many2many("product.tag", "Tags"),
        "taxes_id": many2many("account.tax", "Sales Taxes"),
        "supplier_taxes_id": many2many("account.tax", "Purchase Taxes"),
        "image_1920": Field("binary", "Image"),
        "product_variant_ids": one2many("product.product", "product_tmpl_id", "Products", required=True),
        "product_variant_id": many2one(
            "product.product", "Product", readonly=True, store=False, compute=lambda env, row: _variant_id(env, row)
        ),
        "product_variant_count": Field(
            "integer",
            "# Product Variants",
            readonly=True,
            store=False,
            compute=lambda env, row: len(env.value("product.template", row, "product_variant_ids")),
        ),
    }
    if version < 19:
        fields["uom_po_id"] = many2one(
            "uom.uom", "Purchase Unit", required=True, default=lambda env, row: row.get("uom_id") or 1
        )
        fields["is_favorite"] = Field("boolean", "Favorite", default=False)
    return fields


def _template(version: int) -> Model:
    fields = _shared_fields(version)
    kinds = {**_variant_fields(version), **_own_numbers(version)}
    for name in OF_VARIANT:
        own = kinds[name]
        fields[name] = Field(
            own.type,
            own.string,
            store=name in ("default_code", "weight", "volume"),
            search=True,
            compute=_read_variant(name),
            inverse=_write_variant(name),
            digits=own.digits,
            min_display_digits=own.min_display_digits,
        )
    fields["active"] = Field("boolean", "Active", default=True)
    return Model(
        "product.template",
        "Product",
        {**fields, **magic_fields()},
        order="is_favorite desc, name" if version < 19 else "name",
        name_domain=naming.template_domain,
        name_search=naming.of_template,
        display_name=_name_with_code("product.template"),
        after_create=_create_variant,
        after_write=_archive_variants,
    )


def _own_numbers(version: int) -> dict[str, Field]:
    return {
        "standard_price": price(version, "Cost"),
        "weight": Field("float", "Weight", digits=CENTS),
        "volume": Field("float", "Volume", digits=CENTS),
    }


def _variant_fields(version: int) -> dict[str, Field]:
    return {
        "product_tmpl_id": many2one("product.template", "Product Template", required=True, ondelete="cascade"),
        "default_code": char("Internal Reference", index=True),
        "barcode": char("Barcode", index=True),
        "active": Field("boolean", "Active", default=True),
        **_own_numbers(version),
    }


def _variant(version: int) -> Model:
    fields: dict[str, Field] = {}
    for name, field in _shared_fields(version).items():
        if not field.is_searchable:
            fields[name] = replace(field, compute=_of_template(name))
            continue
        fields[name] = Field(
            field.type,
            field.string,
            required=field.required,
            readonly=field.readonly,
            store=False,
            relation=field.relation,
            # A delegated one2many has no far end of its own on the wire.
            relation_field=None,
            selection=field.selection,
            delegate="product_tmpl_id",
            digits=field.digits,
        )
    fields |= _variant_fields(version)
    fields["code"] = char("Reference", readonly=True, store=False, compute=lambda env, row: row.get("default_code"))
    fields["partner_ref"] = char("Customer Ref", readonly=True, store=False, compute=_name_with_code("product.product"))
    fields["price_extra"] = price(
        version, "Variant Price Extra", readonly=True, store=False, compute=lambda env, row: 0.0
    )
    fields["lst_price"] = price(
        version,
        "Sales\N{NO-BREAK SPACE}Price",
        store=False,
        compute=lambda env, row: env.value("product.product", row, "list_price"),
        inverse=lambda env, row, value: env.write("product.template", [row["product_tmpl_id"]], {"list_price": value}),
        depends=("list_price", "price_extra"),
    )
    fields |= magic_fields(updated="Write Date")
    # A variant counts as changed when its template was, so that a price change is seen on the variant.
    fields["write_date"] = Field("datetime", "Write Date", readonly=True, compute=_variant_write_date)
    return Model(
        "product.product",
        "Product Variant",
        fields,
        order="is_favorite desc, default_code, name, id" if version < 19 else "default_code, name, id",
        name_domain=naming.variant_domain,
        name_search=naming.of_variant,
        display_name=_name_with_code("product.product"),
        check=check_variant,
        after_write=variant_written,
        methods=VARIANT_METHODS,
    )


def _variant_write_date(env: Env, row: Row) -> datetime:
    template = env.store.get("product.template", row["product_tmpl_id"])
    own: datetime = row["write_date"]
    return own if template is None else max(own, template["write_date"])


def _name_with_code(model: str) -> Callable[[Env, Row], str]:
    def display_name(env: Env, row: Row) -> str:
        code = env.value(model, row, "default_code")
        name = env.value(model, row, "name")
        return f"[{code}] {name}" if code else str(name)

    return display_name


def _of_template(name: str) -> Callable[[Env, Row], Any]:
    """Reads a template's computed field on its variant."""
    return lambda env, row: env.value("product.template", env.row("product.template", row["product_tmpl_id"]), name)


def _variants(env: Env, row: Row) -> list[Row]:
    """The active variants of a template, or the archived ones where all are."""
    rows = env.rows("product.product", env.store.find("product.product", "product_tmpl_id", row["id"]))
    return [each for each in rows if each.get("active")] or rows


def _variant_id(env: Env, row: Row) -> int | None:
    variants = _variants(env, row)
    return variants[0]["id"] if variants else None


def _read_variant(name: str) -> Callable[[Env, Row], Any]:
    def compute(env: Env, row: Row) -> Any:
        variants = _variants(env, row)
        return variants[0].get(name) if len(variants) == 1 else None

    return compute


def _write_variant(name: str) -> Callable[[Env, Row, Any], None]:
    def inverse(env: Env, row: Row, value: Any) -> None:
        variants = _variants(env, row)
        if len(variants) == 1:
            env.write("product.product", [variants[0]["id"]], {name: value})

    return inverse


def _create_variant(env: Env, row: Row, vals: dict[str, Any]) -> None:
    if not env.context.get("no_variant"):
        env.create("product.product", [{"product_tmpl_id": row["id"], "active": row["active"]}])


def _archive_variants(env: Env, rows: list[Row], vals: dict[str, Any]) -> None:
    if "active" in vals:
        for row in rows:
            ids = env.store.find("product.product", "product_tmpl_id", row["id"])
            env.write("product.product", ids, {"active": vals["active"]})
