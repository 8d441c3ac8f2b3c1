"""Lines for what is sent, from a record of Odoo."""

from __future__ import annotations

from clients.odoo.schema import Field
from mapping.suggest_out import record_fields, suggest_out

FIELDS = {
    field.name: field
    for field in (
        Field("id", "integer", readonly=True),
        Field("name", "char"),
        Field("default_code", "char"),
        Field("list_price", "float"),
        Field("categ_id", "many2one", relation="product.category"),
        Field("active", "boolean"),
        Field("barcode", "char"),
        Field("message_ids", "one2many", relation="mail.message"),
        Field("message_needaction", "boolean"),
        Field("image_1920", "binary"),
        Field("create_uid", "many2one", relation="res.users"),
        Field("note", "text"),
    )
}
RECORD = {
    "id": 7, "name": "Chair", "default_code": "C-1", "list_price": 0.0, "categ_id": [3, "All / Office"],
    "active": False, "barcode": False, "note": False,
}  # fmt: skip


def test_fields_that_hold_something_become_lines_with_plain_keys() -> None:
    found = {each.line.field: each for each in suggest_out(FIELDS, RECORD)}
    assert {name: each.line.key for name, each in found.items()} == {
        "name": "name", "default_code": "sku", "list_price": "price", "categ_id.name": "categ", "active": "active",
        "id": "id",
    }  # fmt: skip
    assert found["categ_id.name"].sample == "All / Office"
    assert found["name"].score > 0.8 > found["active"].score


def test_the_best_known_field_is_the_identifier_and_serves_both_ways() -> None:
    (identifier,) = [each.line for each in suggest_out(FIELDS, RECORD) if each.line.is_identifier]
    assert (identifier.field, identifier.direction) == ("default_code", "both")


def test_without_one_it_is_odoos_own_id() -> None:
    fields = {name: FIELDS[name] for name in ("id", "name", "active")}
    first, *others = suggest_out(fields, RECORD)
    assert (first.line.field, first.line.is_identifier) == ("id", True)
    assert not [each for each in others if each.line.is_identifier or each.line.direction != "out"]


def test_what_is_odoos_own_business_is_not_read() -> None:
    assert record_fields(FIELDS)[:2] == ["barcode", "categ_id"]
    assert not {"message_ids", "message_needaction", "image_1920", "create_uid", "id"} & set(record_fields(FIELDS))


def test_no_record_gives_no_lines() -> None:
    assert suggest_out(FIELDS, {}) == []
