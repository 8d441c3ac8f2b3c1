"""What Odoo refuses reads the same on every version and transport: code, kind, and one sentence."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient

Make = Callable[..., int]
Raised = Callable[..., RemoteError]

CASES: list[tuple[str, str, Mapping[str, Any], str, str]] = [
    # model, method, arguments, code, sentence
    (
        "conf.no.model",
        "search",
        {"kwargs": {"domain": []}},
        "unknown_model",
        "The model 'conf.no.model' does not exist in this Odoo. Check its name, and whether its app is installed.",
    ),
    (
        "res.partner",
        "conf_no_method",
        {},
        "unknown_method",
        "The model 'res.partner' has no method 'conf_no_method'.",
    ),
    (
        "res.partner",
        "_compute_display_name",
        {"ids": [1]},
        "access_error",
        "The method '_compute_display_name' of 'res.partner' is private and cannot be called from outside.",
    ),
    (
        "res.partner",
        "read",
        {"ids": [1], "kwargs": {"fields": ["conf_no_field"]}},
        "unknown_field",
        "The model 'res.partner' has no field 'conf_no_field'.",
    ),
    (
        "res.partner",
        "search_read",
        {"kwargs": {"domain": [], "fields": ["conf_no_field"], "limit": 1}},
        "unknown_field",
        "The model 'res.partner' has no field 'conf_no_field'.",
    ),
    (
        "res.partner",
        "create",
        {"kwargs": {"vals_list": [{"name": "conf-x", "conf_no_field": 1}]}},
        "unknown_field",
        "The model 'res.partner' has no field 'conf_no_field'.",
    ),
    (
        "res.partner",
        "write",
        {"ids": [1], "kwargs": {"vals": {"conf_no_field": 1}}},
        "unknown_field",
        "The model 'res.partner' has no field 'conf_no_field'.",
    ),
    (
        "res.partner.category",
        "create",
        {"kwargs": {"vals_list": [{"color": 1}]}},
        "required",
        "The field 'Name' (name) of res.partner.category is required.",
    ),
    (
        "res.partner",
        "create",
        {"kwargs": {"vals_list": [{"name": "conf-x", "type": "conf"}]}},
        "bad_value",
        "Wrong value for res.partner.type: 'conf'.",
    ),
    (
        "res.partner",
        "unlink",
        {"ids": [2_000_000_000]},
        "missing_record",
        "The record res.partner(2000000000) does not exist or has been deleted.",
    ),
    (
        "res.partner",
        "write",
        {"ids": [1]},
        "missing_argument",
        "The call lacks the argument 'vals'.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("model", "method", "arguments", "code", "sentence"), CASES, ids=[f"{case[3]}-{case[1]}" for case in CASES]
)
def test_a_refusal_is_one_sentence_with_a_code(
    odoo: OdooClient,
    error: Raised,
    model: str,
    method: str,
    arguments: Mapping[str, Any],
    code: str,
    sentence: str,
) -> None:
    raised = error(odoo.call, model, method, **arguments)
    assert (raised.kind, raised.code, raised.message) == (Kind.PERMANENT, code, sentence)
    assert raised.model == model


def test_a_contact_of_a_user_is_kept_and_the_way_out_is_told(odoo: OdooClient, error: Raised) -> None:
    (user,) = odoo.read("res.users", [odoo.authenticate()], ["partner_id"])
    raised = error(odoo.unlink, "res.partner", [user["partner_id"][0]])
    assert (raised.kind, raised.code) == (Kind.PERMANENT, "user_error")
    assert raised.message.startswith(
        "You cannot delete contacts linked to an active user. You should rather archive them after archiving their "
        "associated user. Linked active users : "
    )
    assert "act_window" not in raised.message


def test_contacts_may_not_be_their_own_parents(odoo: OdooClient, make: Make, error: Raised) -> None:
    parent = make("res.partner")
    child = make("res.partner", parent_id=parent)
    raised = error(odoo.write, "res.partner", [parent], {"parent_id": child})
    assert raised.kind == Kind.PERMANENT
    assert "recursive Partner hierarchies" in raised.message


def test_a_negative_limit_is_the_database_s_refusal(odoo: OdooClient, error: Raised) -> None:
    raised = error(odoo.call, "res.partner", "search", kwargs={"domain": [], "limit": -1})
    assert "LIMIT must not be negative" in raised.message
    assert "Traceback" not in raised.message
