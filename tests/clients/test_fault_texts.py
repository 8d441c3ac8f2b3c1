"""Faults of a real Odoo 18 and 19 that no recording holds, read alike from all transports."""

import pytest

from clients.errors import Kind
from clients.odoo.faults import Fault, from_json, from_xmlrpc, remote_error

SENTENCE = (
    "You cannot delete contacts linked to an active user.\nYou should rather archive them after archiving their "
    "associated user.\n\nLinked active users : Ann"
)
ACTION = {"type": "ir.actions.act_window", "res_model": "res.users", "views": [[163, "form"]], "res_id": 2}
REDIRECT = (SENTENCE, ACTION, "Go to users", None)
BARCODE = (
    'Barcode(s) already assigned:\n\n- Barcode "1" already assigned to product(s): [A] One and Two\n\n'
    "Note: products that you don't have access to will not be shown above."
)


def json_data(name: str, *arguments: object) -> dict[str, object]:
    """`error.data` as Odoo 18 makes it: the message is every argument on a line of its own."""
    message = "\n".join(str(argument) for argument in arguments)
    return {"name": f"odoo.exceptions.{name}", "message": message, "arguments": list(arguments), "debug": ""}


@pytest.mark.parametrize(
    "fault", [from_xmlrpc(2, str(REDIRECT)), from_json(json_data("RedirectWarning", *REDIRECT))], ids=["xmlrpc", "json"]
)
def test_a_redirect_warning_is_its_sentence_without_the_action(fault: Fault) -> None:
    error = remote_error(fault, model="res.partner", method="unlink")
    assert (error.code, error.message) == ("user_error", " ".join(SENTENCE.split()))


@pytest.mark.parametrize(
    "fault", [from_xmlrpc(2, BARCODE), from_json(json_data("ValidationError", BARCODE))], ids=["xmlrpc", "json"]
)
def test_a_barcode_in_use_is_not_unique_on_either_transport(fault: Fault) -> None:
    error = remote_error(fault, model="product.product", method="create")
    assert (error.code, error.message) == ("not_unique", " ".join(BARCODE.split()))


NOT_STORED = "Cannot convert res.partner.company_type to SQL because it is not stored"
TRACEBACK = (
    'Traceback (most recent call last):\n  File "/odoo/orm/models.py", line 2930, in _field_to_sql\n'
    "    sql = field.to_sql(self, alias)\n          ^^^^^^^^^^^^^^^^^^^^^^^^^\n"
    '  File "/odoo/orm/fields.py", line 1218, in to_sql\n'
    '    raise ValueError(f"Cannot convert {self} to SQL because it is not stored")\n'
    f"ValueError: {NOT_STORED}\n"
)
VALUE_ERROR = {"name": "builtins.ValueError", "message": NOT_STORED, "arguments": [NOT_STORED], "debug": TRACEBACK}


@pytest.mark.parametrize("fault", [from_xmlrpc(1, TRACEBACK), from_json(VALUE_ERROR)], ids=["xmlrpc", "json"])
def test_a_field_that_odoo_cannot_search_is_named(fault: Fault) -> None:
    error = remote_error(fault, model="sale.order", method="search")
    assert (error.kind, error.code) == (Kind.PERMANENT, "unsearchable_field")
    assert (error.model, error.field) == ("res.partner", "company_type")
    assert error.message == (
        "Odoo computes the field 'company_type' of 'res.partner' and can neither search nor sort by it. "
        "Use a stored field."
    )


STILL_USED = (
    "The operation cannot be completed: Another model is using the record you are trying to delete.\n\n"
    "The troublemaker is: 'Sales Order' (sale.order)\nThanks to the following constraint: 'Customer' (partner_id)\n"
    "How about archiving the record instead?"
)


@pytest.mark.parametrize(
    "fault", [from_xmlrpc(2, STILL_USED), from_json(json_data("ValidationError", STILL_USED))], ids=["xmlrpc", "json"]
)
def test_a_record_that_19_still_uses_is_a_validation_on_every_transport(fault: Fault) -> None:
    error = remote_error(fault, model="res.partner", method="unlink")
    assert (error.kind, error.code) == (Kind.PERMANENT, "validation")
    assert error.message == " ".join(STILL_USED.split())
