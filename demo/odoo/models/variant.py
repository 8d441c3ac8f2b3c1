"""The rules of product variants: one per template here, each barcode once, archived and deleted with its template."""

from typing import Any

from demo.odoo.faults import ValidationError
from demo.odoo.orm import Env
from demo.odoo.store import Row

MODEL = "product.product"


def check_variant(env: Env, row: Row) -> None:
    """Raises ValidationError for a second variant of a template, and for a barcode in use, once the row is there."""
    if env.store.get(MODEL, row["id"]) is None:
        return
    _is_only_variant(env, row)
    _barcode_is_unique(env, row)


def _is_only_variant(env: Env, row: Row) -> None:
    others = env.rows(MODEL, env.store.find(MODEL, "product_tmpl_id", row["product_tmpl_id"]))
    if row.get("active") and any(each.get("active") and each["id"] != row["id"] for each in others):
        detail = ""
        if env.version < 19:
            key = f"(product_tmpl_id, combination_indices)=({row['product_tmpl_id']}, )"
            detail = f"\nDETAIL:  Key {key} already exists.\n"
        raise ValidationError(
            "The operation cannot be completed: duplicate key value violates unique constraint "
            f'"product_product_combination_unique"{detail}'
        )


def _barcode_is_unique(env: Env, row: Row) -> None:
    barcode = row.get("barcode")
    if not barcode:
        return
    holders = {*env.store.find(MODEL, "barcode", barcode), row["id"]}
    if len(holders) > 1:
        names = [env.name_of(MODEL, each["id"]) for each in env.sorted(MODEL, env.rows(MODEL, holders), None)]
        listed = " and ".join(names) if len(names) == 2 else f"{', '.join(names[:-1])}, and {names[-1]}"
        raise ValidationError(
            f'Barcode(s) already assigned:\n\n- Barcode "{barcode}" already assigned to product(s): {listed}\n\n'
            "Note: products that you don't have access to will not be shown above."
        )


def variant_written(env: Env, rows: list[Row], vals: dict[str, Any]) -> None:
    """The template keeps its variant's code, so it has changed with it."""
    if "default_code" in vals:
        for template in env.rows("product.template", {row["product_tmpl_id"] for row in rows}):
            env.store.put("product.template", {**template, "write_date": env.now, "write_uid": env.uid})


def _set_active(self: Any, active: bool) -> Any:
    """Archiving the last variant archives the template, and the other way round; `write` does neither."""
    env: Env = self.env
    rows = env.rows(MODEL, self.ids)
    env.write(MODEL, self.ids, {"active": active})
    for template in env.rows("product.template", dict.fromkeys(row["product_tmpl_id"] for row in rows)):
        variants = env.rows(MODEL, env.store.find(MODEL, "product_tmpl_id", template["id"]))
        if template["active"] != active and all(each["active"] == active for each in variants):
            env.store.put("product.template", {**template, "active": active, "write_date": env.now})
    return None if env.version < 19 else True


def action_archive(self: Any) -> Any:
    return _set_active(self, False)


def action_unarchive(self: Any) -> Any:
    return _set_active(self, True)


def unlink(self: Any) -> bool:
    """Deletes the templates left without a variant too; a variant that is gone already is no error."""
    env: Env = self.env
    rows = [env.row(MODEL, record_id) for record_id in self.ids if env.store.get(MODEL, record_id)]
    env.unlink(MODEL, [row["id"] for row in rows])
    left = [each for each in dict.fromkeys(row["product_tmpl_id"] for row in rows)
            if not env.store.find(MODEL, "product_tmpl_id", each)]  # fmt: skip
    env.unlink("product.template", left)
    return True


def copy(self: Any, default: dict[str, Any] | None = None) -> list[int]:
    """A copy of the template, and its variant's id; a code and a barcode are not copied."""
    env: Env = self.env
    made = []
    for row in env.rows(MODEL, self.ids):
        template = env.row("product.template", row["product_tmpl_id"])
        vals = self.copied("product.template", template)
        (template_id,) = env.create("product.template", [{**vals, **(default or {})}])
        made += env.store.find(MODEL, "product_tmpl_id", template_id)
    return made


VARIANT_METHODS = {
    "action_archive": action_archive,
    "action_unarchive": action_unarchive,
    "unlink": unlink,
    "copy": copy,
}
