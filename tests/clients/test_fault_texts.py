"""Faults of a real Odoo 18 that no recording holds, read alike from both transports."""

import pytest

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
