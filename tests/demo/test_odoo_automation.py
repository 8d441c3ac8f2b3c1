"""The posts of the demo Odoo's automation rules, beside those of real ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from demo.odoo import DemoOdoo
from tests.clients.recordings import REASON, WIRE
from tests.outbound.receiver import Receiver, answer

FIELDS = ["name", "email", "country_id", "category_id", "write_date"]


@pytest.fixture(params=[18, 19])
def odoo(request: pytest.FixtureRequest) -> Iterator[DemoOdoo]:
    with DemoOdoo(version=request.param) as server:
        yield server


@pytest.fixture
def hub() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


def field_ids(odoo: DemoOdoo, names: list[str]) -> list[int]:
    found: list[int] = odoo.call("ir.model.fields", "search", [("model", "=", "res.partner"), ("name", "in", names)])
    return found


def make_rule(odoo: DemoOdoo, url: str, name: str = "Push contact", **values: Any) -> int:
    (model_id,) = odoo.call("ir.model", "search", [("model", "=", "res.partner")])
    action = {
        "name": name,
        "model_id": model_id,
        "state": "webhook",
        "webhook_url": url,
        "webhook_field_ids": [[6, 0, field_ids(odoo, FIELDS)]],
    }
    rule = {
        "name": name,
        "model_id": model_id,
        "trigger": "on_create_or_write",
        "action_server_ids": [[0, 0, action]],
        **values,
    }
    made: int = odoo.call("base.automation", "create", rule)
    return made


def told(hub: Receiver) -> list[dict[str, Any]]:
    posts, hub.received = hub.received, []
    return [json.loads(post.body) for post in posts]


def comparable(body: str | bytes) -> str:
    """Without the ids of actions, which count other databases' modules, and the times."""
    text = body if isinstance(body, str) else body.decode()
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", "<time>", re.sub(r"\(#\d+\)", "(#n)", text))


@pytest.mark.skipif(not WIRE.exists(), reason=REASON)
def test_its_posts_are_those_of_a_real_one(odoo: DemoOdoo, hub: Receiver) -> None:
    make_rule(odoo, f"{hub.url}/hook")
    make_rule(odoo, f"{hub.url}/hook", "Contact removed", trigger="on_unlink")
    one = odoo.call("res.partner", "create", {"name": "Hook One", "email": "h@example.com", "country_id": 20})
    odoo.call("res.partner", "write", [one], {"email": "h2@example.com"})
    odoo.call("res.partner", "create", [{"name": "Hook A"}, {"name": "Hook B"}])
    odoo.call("res.partner", "unlink", [one])
    recorded = json.loads((WIRE / str(odoo.version) / "webhook.json").read_text())
    assert [comparable(post.body) for post in hub.received] == [comparable(post["body"]) for post in recorded]
    ours, theirs = hub.received[0], recorded[0]
    assert ours.path == theirs["path"]
    # They differ in the version of the library alone.
    assert {name.lower() for name in theirs["headers"]} <= set(ours.headers)
    assert ours.headers.get("Content-Type") == theirs["headers"]["Content-Type"]


def test_a_rule_with_trigger_fields_fires_once_and_for_them_alone(odoo: DemoOdoo, hub: Receiver) -> None:
    make_rule(odoo, hub.url, trigger_field_ids=[[6, 0, field_ids(odoo, ["name", "email"])]])
    one = odoo.call("res.partner", "create", {"name": "Ann"})
    assert [post["_id"] for post in told(hub)] == [one]
    odoo.call("res.partner", "write", [one], {"phone": "1"})
    odoo.call("res.partner", "write", [one], {"name": "Ann"})
    assert told(hub) == []
    odoo.call("res.partner", "write", [one], {"email": "ann@example.com"})
    assert [post["email"] for post in told(hub)] == ["ann@example.com"]


def test_a_rule_applies_where_its_domain_says_so_and_while_it_is_on(odoo: DemoOdoo, hub: Receiver) -> None:
    domain = "[('is_company', '=', True)]"
    rule = make_rule(odoo, hub.url, filter_domain=domain, trigger_field_ids=[[6, 0, field_ids(odoo, ["name"])]])
    odoo.call("res.partner", "create", [{"name": "Ann"}, {"name": "Firm", "is_company": True}])
    assert [post["name"] for post in told(hub)] == ["Firm"]
    odoo.call("base.automation", "write", [rule], {"active": False})
    odoo.call("res.partner", "create", {"name": "Other firm", "is_company": True})
    assert told(hub) == []


def test_18_posts_before_the_commit_and_19_after_it(odoo: DemoOdoo, hub: Receiver) -> None:
    make_rule(odoo, hub.url, trigger_field_ids=[[6, 0, field_ids(odoo, ["name"])]])
    with pytest.raises(Exception, match="recursive"):
        odoo.database.run(_create_and_fail)
    assert len(told(hub)) == (1 if odoo.version == 18 else 0)
    assert odoo.call("res.partner", "search", [("name", "=", "Never")]) == []


def _create_and_fail(env: Any) -> None:
    (one,) = env.create("res.partner", [{"name": "Never"}])
    env.write("res.partner", [one], {"parent_id": one})


@pytest.mark.parametrize("status", [404, 500])
def test_what_a_receiver_answers_is_none_of_the_users_business(odoo: DemoOdoo, hub: Receiver, status: int) -> None:
    hub.answering = lambda _request: answer(status=status)
    make_rule(odoo, hub.url)
    make_rule(odoo, "http://127.0.0.1:1/nobody")
    assert odoo.call("res.partner", "create", {"name": "Ann"})
    # Never again.
    assert len(told(hub)) == 13
