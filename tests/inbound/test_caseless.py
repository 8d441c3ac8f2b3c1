"""E-mail addresses that differ in case are one customer, also when they come at once."""

from __future__ import annotations

from typing import Any

import pytest

from demo.odoo import DemoOdoo
from outbound.models import RecordClaim, RecordLink
from syncconfig.models import SyncConfig
from tests.inbound.conftest import Api, ConfigMaker
from tests.inbound.test_once import all_at_once

LINES: list[dict[str, Any]] = [
    {"field": "email", "key": "email", "is_identifier": True, "required": True, "options": {"case": "ignore"}},
    {"field": "name", "key": "name", "required": True},
]
ORDERS: list[dict[str, Any]] = [
    {"field": "client_order_ref", "key": "name", "is_identifier": True, "required": True},
    {
        "field": "partner_id",
        "key": "email",
        "calculation": "relational",
        "match_field": "email",
        "on_missing": "create",
        "required": True,
        "options": {"case": "ignore"},
    },
    {"field": "partner_id.name", "key": "who", "direction": "in"},
]
ODD = r"Odd_%\Name@Example.com"


@pytest.fixture
def by_email(make_config: ConfigMaker) -> SyncConfig:
    return make_config(LINES)


def emails(demo_odoo: DemoOdoo, like: str) -> list[str]:
    found = demo_odoo.call(
        "res.partner", "search_read", [["email", "ilike", like]], ["email"], context={"active_test": False}
    )
    return sorted(each["email"] for each in found)


def test_simultaneous_posts_in_several_spellings_make_one_customer(
    demo_odoo: DemoOdoo, by_email: SyncConfig, make_config: ConfigMaker, gunicorn: str
) -> None:
    make_config(ORDERS, endpoint="orders", model="sale.order")
    demo_odoo.database.service_time_s = 0.02
    spellings = ["Ada@Example.com", "ada@example.com", "ADA@EXAMPLE.COM"] * 6
    paths = ["customers", "orders"] * 9
    bodies: list[dict[str, Any]] = [
        {"email": email, "name": "Ada" if path == "customers" else f"#{number}", "who": "Ada"}
        for number, (path, email) in enumerate(zip(paths, spellings, strict=True))
    ]

    answers = all_at_once(gunicorn, paths, bodies)

    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]
    assert len(emails(demo_odoo, "ada@example.com")) == 1
    assert RecordLink.objects.get(config=by_email).external_id == "ada@example.com"
    assert not RecordClaim.objects.exists()


def test_what_is_in_odoo_already_is_found_in_any_case_and_nothing_like_it(
    demo_odoo: DemoOdoo, by_email: SyncConfig, api: Api
) -> None:
    """`%`, `_` and the backslash mean themselves."""
    wanted = demo_odoo.call("res.partner", "create", {"name": "Odd", "email": ODD})
    demo_odoo.call("res.partner", "create", {"name": "Like it", "email": r"oddxanything\name@example.com"})

    answer = api.call("POST", "customers", {"email": ODD.upper(), "name": "Odd B"})

    assert (answer.status_code, answer.json()["data"]["id"]) == (200, wanted), answer.text
    assert emails(demo_odoo, "odd") == [ODD.upper(), r"oddxanything\name@example.com"]


def test_the_address_names_the_record_in_any_case(demo_odoo: DemoOdoo, by_email: SyncConfig, api: Api) -> None:
    ann = demo_odoo.call("res.partner", "create", {"name": "Ann", "email": "Ann@Example.com"})

    assert api.call("GET", "customers/by/aNN@example.com").json()["data"]["id"] == ann
    assert api.call("PATCH", "customers/by/ANN@EXAMPLE.COM", {"name": "Ann B"}).json()["data"]["id"] == ann
    assert api.call("DELETE", "customers/by/ann@Example.com").json()["data"] == {"id": ann, "archived": True}


def test_records_that_are_one_in_any_case_are_told_as_several(
    demo_odoo: DemoOdoo, by_email: SyncConfig, api: Api
) -> None:
    for email in ("Two@example.com", "two@Example.com"):
        demo_odoo.call("res.partner", "create", {"name": "Two", "email": email})

    answer = api.call("POST", "customers", {"email": "two@example.com", "name": "Two"})

    assert answer.status_code == 409, answer.text
    assert "2 records of res.partner have email 'two@example.com'" in answer.json()["message"]


def test_a_list_of_spellings_is_one_record(demo_odoo: DemoOdoo, by_email: SyncConfig, api: Api) -> None:
    bodies = [{"email": email, "name": "Eve"} for email in ("Eve@x.be", "eve@x.be", "EVE@X.BE")]

    answer = api.call("POST", "customers", bodies)

    assert answer.status_code < 300, answer.text
    assert emails(demo_odoo, "eve@x.be") == ["EVE@X.BE"]
