"""What is said of a connection, from what its last test found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncconfig.health import State, health_of, key_sentence
from syncconfig.models import OdooConnection

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def found(**values: Any) -> OdooConnection:
    findings = {"major": 18, "login": "sync", "secret_is_key": True, "key": {"end": "never", "count": 1}, "rights": []}
    fields = {
        "name": "c", "login": "sync", "protocol": "auto", "checked_at": NOW, "detected_version": "18.0-1",
        "detected_protocol": "jsonrpc", "findings": findings | values.pop("findings", {}),
    }  # fmt: skip
    return OdooConnection(**fields | values)


def test_one_that_was_never_tested_says_so() -> None:
    assert health_of(OdooConnection(name="c"), now=NOW).state is State.UNTESTED


def test_an_error_is_its_own_sentence() -> None:
    health = health_of(found(check_error="No connection."), now=NOW)
    assert (health.state, health.sentence) == (State.FAILED, "No connection.")


@pytest.mark.parametrize(
    ("days", "state", "badge"),
    [(40, State.OK, "Odoo 18.0"), (14, State.WARNING, "Key ends in 14 days"), (-2, State.FAILED, "Key has ended")],
)
def test_a_key_near_its_end_shows_in_the_badge(days: int, state: State, badge: str) -> None:
    ends = found(key_ends_at=NOW + timedelta(days=days, hours=1), findings={"key": {"end": "ends", "count": 1}})
    health = health_of(ends, now=NOW)
    assert (health.state, health.badge) == (state, badge)


def test_of_several_keys_it_is_said_that_odoo_does_not_tell_which_is_used() -> None:
    ends = found(key_ends_at=NOW + timedelta(days=3, hours=1), findings={"key": {"end": "ends", "count": 2}})
    assert "2 keys, and Odoo does not tell which one" in key_sentence(ends, now=NOW)


def test_where_odoo_does_not_tell_it_is_not_known() -> None:
    assert key_sentence(found(findings={"key": {"end": "unknown", "count": 0}}), now=NOW).startswith("Not known")


@pytest.mark.parametrize(
    ("values", "cure"),
    [
        ({}, "from Odoo 19 on, Automatic takes JSON-2"),
        ({"protocol": "xmlrpc", "detected_protocol": "xmlrpc"}, "Set the protocol to Automatic"),
        ({"findings": {"secret_is_key": False}}, "enter one instead of the password"),
        ({"findings": {"major": 19}}, "let the proxy before Odoo pass /json/2/"),
    ],
)
def test_what_will_break_at_odoo_22_is_said_with_the_cure(values: dict[str, Any], cure: str) -> None:
    (warning,) = health_of(found(**values), now=NOW).warnings
    assert "removed in Odoo 22" in warning
    assert cure in warning


def test_json_2_has_nothing_to_fear() -> None:
    assert health_of(found(detected_protocol="json2"), now=NOW).warnings == ()


def test_a_key_of_another_user_is_told() -> None:
    health = health_of(found(findings={"login": "other"}), now=NOW)
    assert "belongs to other, not to sync" in health.sentence
