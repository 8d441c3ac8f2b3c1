"""Contacts and their tags: names of contacts within companies, what a company shares with its contacts."""

import re
from typing import Any

from demo.odoo.faults import RedirectWarning, ValidationError
from demo.odoo.fields import Field, char, many2many, many2one, one2many, selection
from demo.odoo.marks import model_method
from demo.odoo.models.base import LANGUAGES, TIMEZONES
from demo.odoo.orm import Env
from demo.odoo.registry import Model, magic_fields
from demo.odoo.store import Row

ADDRESSES = re.compile(r"[^\s<>,;\"]+@[^\s<>,;\"]+")
ADDRESS = ("street", "street2", "zip", "city", "state_id", "country_id")
TYPES = {
    18: {"contact": "Contact", "invoice": "Invoice Address", "delivery": "Delivery Address", "other": "Other Address"},
    19: {"contact": "Contact", "invoice": "Invoice", "delivery": "Delivery", "other": "Other"},
}
CURES = {
    "delete": "You should rather archive them after archiving their associated user.",
    "archive": "You first need to archive their associated user.",
}
COMPANY_TYPES = {
    18: {"person": "Individual", "company": "Company"},
    19: {"person": "Person", "company": "Company"},
}


def models(version: int) -> list[Model]:
    return [_partner(version), _category()]


def _partner(version: int) -> Model:
    return Model(
        "res.partner",
        "Contact",
        {**_plain_fields(version), **_computed_fields(version), **magic_fields()},
        order="complete_name, id desc",
        search_names=("complete_name", "email", "ref", "vat", "company_registry"),
        methods={"name_create": name_create},
        display_name=_complete_name,
        before_create=_before_create,
        after_create=_after_create,
        before_write=_before_write,
        after_write=_after_write,
        before_unlink=_before_unlink,
        check=_check,
    )


def _plain_fields(version: int) -> dict[str, Field]:
    fields = {
        "name": char("Name", index=True),
        "email": char("Email", index=True),
        "phone": char("Phone"),
        "ref": char("Reference", index=True),
        "street": char("Street"),
        "street2": char("Street2"),
        "zip": char("Zip"),
        "city": char("City"),
        "state_id": many2one("res.country.state", "State", ondelete="restrict"),
        "country_id": many2one("res.country", "Country", ondelete="restrict"),
        "parent_id": many2one("res.partner", "Related Company"),
        "child_ids": one2many("res.partner", "parent_id", "Contact"),
        "is_company": Field("boolean", "Is a Company", default=False),
        "type": selection(TYPES[version], "Address Type", default="contact"),
        "category_id": many2many("res.partner.category", "Tags"),
        "lang": selection(LANGUAGES, "Language", default="en_US"),
        "tz": selection(TIMEZONES, "Timezone", default=lambda env, row: env.context.get("tz") or None),
        "active": Field("boolean", "Active", default=True),
        "comment": Field("html", "Notes"),
        "vat": char("Tax ID", index=True),
        "company_registry": char("Company ID"),
        "company_name": char("Company Name"),
        "company_id": many2one("res.company", "Company"),
        "user_id": many2one("res.users", "Salesperson"),
        "user_ids": one2many("res.users", "partner_id", "Users"),
        "website": char("Website Link"),
        "function": char("Job Position"),
        "barcode": char("Barcode", index=True),
        "color": Field("integer", "Color Index", default=0),
        "employee": Field("boolean", "Employee"),
        "credit_limit": Field("float", "Credit Limit"),
        "customer_rank": Field("integer", "Customer Rank", default=0),
        "supplier_rank": Field("integer", "Supplier Rank", default=0),
        "partner_latitude": Field("float", "Geo Latitude", digits=(10, 7)),
        "partner_longitude": Field("float", "Geo Longitude", digits=(10, 7)),
        "sale_order_ids": one2many("sale.order", "partner_id", "Sales Order"),
        "sale_warn_msg": Field("text", "Message for Sales Order"),
        "property_payment_term_id": many2one("account.payment.term", "Customer Payment Terms"),
        "image_1920": Field("binary", "Image"),
    }
    if version < 19:
        fields["mobile"] = char("Mobile")
    return fields


def _computed_fields(version: int) -> dict[str, Field]:
    return {
        "complete_name": char("Complete Name", readonly=True, compute=_complete_name),
        "company_type": selection(
            COMPANY_TYPES[version],
            "Company Type",
            store=False,
            compute=lambda env, row: "company" if row.get("is_company") else "person",
            inverse=lambda env, row, value: env.write("res.partner", [row["id"]], {"is_company": value == "company"}),
        ),
        "commercial_partner_id": many2one("res.partner", "Commercial Entity", readonly=True, compute=_commercial),
        "commercial_company_name": char("Company Name Entity", readonly=True, compute=_commercial_name),
        "parent_name": char(
            "Parent name",
            readonly=True,
            store=False,
            related=True,
            compute=lambda env, row: env.row("res.partner", row["parent_id"])["name"] if row.get("parent_id") else None,
        ),
        "country_code": char("Country Code", readonly=True, store=False, related=True, compute=_country_code),
        "contact_address": char("Complete Address", readonly=True, store=False, compute=_address),
        "email_normalized": char("Normalized Email", readonly=True, compute=_email_normalized),
        "email_formatted": char("Formatted Email", readonly=True, store=False, compute=_email_formatted),
        "currency_id": many2one("res.currency", "Currency", readonly=True, store=False, compute=lambda env, row: 1),
        "sale_order_count": Field(
            "integer",
            "Sale Order Count",
            readonly=True,
            store=False,
            compute=lambda env, row: len(env.store.find("sale.order", "partner_id", row["id"])),
        ),
    }


def _commercial(env: Env, row: Row) -> int:
    """The company that a contact belongs to, or the contact itself."""
    seen = set()
    while row.get("parent_id") and not row.get("is_company") and row["id"] not in seen:
        seen.add(row["id"])
        row = env.row("res.partner", row["parent_id"])
    return int(row["id"])


def _commercial_name(env: Env, row: Row) -> str | None:
    company = env.row("res.partner", _commercial(env, row))
    return company.get("name") if company.get("is_company") else row.get("company_name")


def _complete_name(env: Env, row: Row) -> str:
    name: str = row.get("name") or ""
    if not row.get("company_name") and not row.get("parent_id"):
        return name.strip()
    if not name and row.get("type") in ("invoice", "delivery", "other"):
        name = TYPES[env.version][row["type"]]
    if not row.get("is_company"):
        parent = row.get("parent_id")
        owner = _commercial_name(env, row) or (env.row("res.partner", parent).get("name") if parent else None)
        name = f"{owner}, {name}"
    return name.strip()


def _country_code(env: Env, row: Row) -> str | None:
    return env.row("res.country", row["country_id"])["code"] if row.get("country_id") else None


def _address(env: Env, row: Row) -> str:
    state = env.row("res.country.state", row["state_id"])["code"] if row.get("state_id") else ""
    country = env.row("res.country", row["country_id"])["name"] if row.get("country_id") else ""
    town = " ".join(part for part in (row.get("city"), state, row.get("zip")) if part)
    return "\n".join(part or "" for part in (row.get("street"), row.get("street2"), town, country))


def _email_normalized(env: Env, row: Row) -> str | None:
    """The first address of the field in small letters, None where there is none."""
    addresses = ADDRESSES.findall(row.get("email") or "")
    return addresses[0].lower() if addresses else None


def _email_formatted(env: Env, row: Row) -> str | None:
    email = row.get("email")
    if not email:
        return None
    addresses = ",".join(found.lower() for found in ADDRESSES.findall(email)) or f"@{email}"
    return f'"{row.get("name") or "False"}" <{addresses}>'


def _check(env: Env, row: Row) -> None:
    if row.get("type") == "contact" and row.get("name") is None:
        raise ValidationError("The operation cannot be completed: Contacts require a name")
    seen, parent = {row["id"]}, row.get("parent_id")
    while parent:
        if parent in seen:
            raise ValidationError("You cannot create recursive Partner hierarchies.")
        seen.add(parent)
        parent = env.row("res.partner", parent).get("parent_id")


def _before_create(env: Env, vals: dict[str, Any]) -> None:
    if vals.get("website"):
        vals["website"] = _clean_website(str(vals["website"]))
    if "company_type" in vals:
        vals["is_company"] = vals.pop("company_type") == "company"


def _before_write(env: Env, rows: list[Row], vals: dict[str, Any]) -> None:
    if vals.get("website"):
        vals["website"] = _clean_website(str(vals["website"]))
    if vals.get("active") is False:
        _refuse_with_active_user(env, rows, "archive")


def _clean_website(url: str) -> str:
    return url if "://" in url else f"http://{url.lstrip('/')}"


def _after_create(env: Env, row: Row, vals: dict[str, Any]) -> None:
    if row.get("parent_id"):
        _take_from_parent(env, row, address=True)


def _after_write(env: Env, rows: list[Row], vals: dict[str, Any]) -> None:
    for row in rows:
        if row.get("parent_id") and ("parent_id" in vals or vals.get("type") == "contact"):
            _take_from_parent(env, row, address=True)
        if any(name in vals for name in (*ADDRESS, "vat", "company_registry")):
            for child in env.rows("res.partner", env.store.find("res.partner", "parent_id", row["id"])):
                _take_from_parent(env, child, address=any(name in vals for name in ADDRESS))


def _take_from_parent(env: Env, row: Row, *, address: bool) -> None:
    """A contact of a company has the company's tax id and, unless it is another kind of address, its address."""
    parent = env.row("res.partner", row["parent_id"])
    changed = dict(row)
    if not row.get("is_company"):
        company = env.row("res.partner", _commercial(env, row))
        changed.update({name: company.get(name) for name in ("vat", "company_registry")})
    if address and row.get("type") == "contact" and any(parent.get(name) for name in ADDRESS):
        changed.update({name: parent.get(name) for name in ADDRESS})
    if changed != row:
        env.store.put("res.partner", changed)


def _before_unlink(env: Env, rows: list[Row]) -> None:
    """On 18 quotations and cancelled orders go with their customer; on 19 they keep it from being deleted."""
    if env.version < 19:
        ids = [row["id"] for row in rows]
        domain = [("state", "in", ["draft", "cancel"]), "|", "|"]
        domain += [(name, "in", ids) for name in ("partner_id", "partner_invoice_id", "partner_shipping_id")]
        env.unlink("sale.order", env.search("sale.order", domain))
    _refuse_with_active_user(env, rows, "delete")


def _refuse_with_active_user(env: Env, rows: list[Row], verb: str) -> None:
    users = [
        user
        for row in rows
        for user in env.rows("res.users", env.store.find("res.users", "partner_id", row["id"]))
        if user.get("active")
    ]
    if users:
        names = ", ".join(env.name_of("res.users", user["id"]) for user in users)
        action: dict[str, Any] = {"type": "ir.actions.act_window", "res_model": "res.users", "res_id": users[0]["id"]}
        raise RedirectWarning(
            f"You cannot {verb} contacts linked to an active user.\n{CURES[verb]}\n\nLinked active users : {names}",
            action,
            "Go to users",
            None,
        )


@model_method
def name_create(self: Any, name: str) -> list[Any]:
    """`Ann <ann@example.com>` makes a contact with that address."""
    label, _bracket, address = name.partition("<")
    found = ADDRESSES.findall(address)
    vals = {"name": label.strip() or found[0], "email": found[0].lower()} if found else {"name": name}
    record_id = self.env.create("res.partner", [vals])[0]
    return [record_id, self.env.name_of("res.partner", record_id)]


def _category() -> Model:
    fields = {
        "name": char("Name", required=True, index=True),
        "color": Field("integer", "Color", default=0),
        "parent_id": many2one("res.partner.category", "Category", ondelete="cascade"),
        "child_ids": one2many("res.partner.category", "parent_id", "Child Tags"),
        "active": Field("boolean", "Active", default=True),
        **magic_fields(),
    }

    def display_name(env: Env, row: Row) -> str:
        parent = row.get("parent_id")
        return f"{env.name_of('res.partner.category', parent)} / {row['name']}" if parent else str(row["name"])

    return Model(
        "res.partner.category",
        "Partner Tags",
        fields,
        order="name, id",
        display_name=display_name,
        name_domain=_tags_below,
    )


def _tags_below(env: Env, operator: str, value: Any) -> list[Any]:
    """A tag found by a part of its name brings the tags below it."""
    domain = [("name", operator, value)]
    if not operator.endswith("like"):
        return domain
    return [("id", "child_of", env.search("res.partner.category", domain))]
