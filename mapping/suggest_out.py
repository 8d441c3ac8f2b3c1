"""Proposes lines for what is sent, from a record of Odoo: fields that other systems usually want, with plain keys.

The counterpart of `mapping.suggest` where there is no sample of the other side. Lists are left out: which of their
fields matter cannot be told from a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mapping.spec import FieldType, LineSpec
from mapping.suggest import Suggestion
from mapping.synonyms import IDENTIFIERS

MAX_FIELDS: Final = 200

_TYPES: Final = frozenset(
    {"char", "text", "integer", "float", "monetary", "boolean", "date", "datetime", "selection", "many2one"}
)
# What Odoo keeps for itself: traces, followers, activities, messages, portal, pictures, properties.
_TECHNICAL: Final = (
    "create_", "write_", "message_", "activity_", "my_activity_", "access_", "image_", "avatar_", "website_message_",
    "__", "has_message", "rating_", "display_name", "is_public", "signup_", "property_", "color", "sequence",
    "commercial_", "email_normalized", "contact_address", "partner_share", "is_blacklisted", "phone_blacklisted",
    "phone_mobile", "self", "tz_offset", "im_status", "title",
)  # fmt: skip
_KEYS: Final = {"default_code": "sku", "list_price": "price", "lst_price": "price"}
# The fields that are worth taking wherever they hold something.
USUAL: Final = frozenset(
    {
        "name", "email", "phone", "street", "street2", "zip", "city", "country_id", "vat", "ref", "default_code",
        "barcode", "list_price", "lst_price", "categ_id", "client_order_ref", "date_order", "partner_id",
        "amount_untaxed", "amount_tax", "amount_total", "state", "invoice_date", "invoice_date_due", "currency_id",
        "payment_state", "quantity", "product_id", "location_id",
    }
)  # fmt: skip


def record_fields(fields: Mapping[str, FieldType]) -> list[str]:
    """The names of the fields that are worth reading for `suggest_out`, the usual ones first."""
    wanted = {name for name, field in fields.items() if field.type in _TYPES} - {"id"}
    names = [name for name in wanted if not name.startswith(_TECHNICAL)]
    return sorted(names, key=lambda name: (name not in USUAL, name))[:MAX_FIELDS]


def suggest_out(fields: Mapping[str, FieldType], record: Mapping[str, object]) -> list[Suggestion]:
    """A line for each field of the record that holds something, the usual ones first; a relation goes out by name.

    At most one is the record identifier: the first of the known ones that this record has, or else Odoo's own id.
    """
    if not record:
        return []
    names = [name for name in record_fields(fields) if has_value(record.get(name), fields[name])]
    # A zero or a no tells less than anything else that the record holds.
    names.sort(key=lambda name: name not in USUAL and record[name] in (0, False))
    held = {name: record[name] for name in names}
    best = next((name for name in IDENTIFIERS if name in held and fields[name].type == "char"), None)
    found = [_suggestion(name, value, fields[name], is_identifier=name == best) for name, value in held.items()]
    own = LineSpec("id", "id", direction="both" if best is None else "out", is_identifier=best is None)
    found.insert(
        0 if best is None else len(found),
        Suggestion(own, 0.7 if best is None else 0.4, "Odoo's own number", record.get("id")),
    )
    return found


def _suggestion(name: str, value: object, field: FieldType, *, is_identifier: bool) -> Suggestion:
    score, reason = (0.9, "usually wanted") if name in USUAL or is_identifier else (0.4, "this record has it")
    key = _KEYS.get(name, name.removesuffix("_id"))
    if field.type == "many2one":
        shown = value[1] if isinstance(value, (list, tuple)) and len(value) == 2 else value
        return Suggestion(LineSpec(f"{name}.name", key, direction="out"), score, reason, shown)
    direction = "both" if is_identifier else "out"
    return Suggestion(LineSpec(name, key, direction=direction, is_identifier=is_identifier), score, reason, value)


def has_value(value: object, field: FieldType) -> bool:
    return value is not None and (value is not False or field.type == "boolean")
