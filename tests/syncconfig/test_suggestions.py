"""Lines are proposed from a sample and taken one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from syncconfig.plans import plan_for
from tests.syncconfig.test_config_admin import LIST

SAMPLE = {
    "ref": "C-1", "name": "Ann", "email": "ann@example.com", "country_code": "BE",
    "address": {"street": "Kerkstraat 1", "city": "Gent", "zip": "9000"}, "unheard_of": 1,
}  # fmt: skip


@pytest.fixture
def empty(connection: OdooConnection) -> SyncConfig:
    """A config without lines."""
    return SyncConfig.objects.create(
        name="Partners in", request_type="in", connection=connection, model="res.partner", endpoint="p",
        method_post=True,
    )  # fmt: skip


def ask(client: Client, config: SyncConfig, sample: Any = SAMPLE, **data: Any) -> BeautifulSoup:
    text = sample if isinstance(sample, str) else json.dumps(sample)
    answer = client.post(f"{LIST}{config.pk}/suggest/", {"sample": text, **data})
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def offered(page: BeautifulSoup) -> list[str]:
    return [str(button["value"]) for button in page.select("button[name=accept]")]


def test_a_sample_gives_lines_with_their_reasons(admin_client: Client, empty: SyncConfig) -> None:
    page = ask(admin_client, empty)
    found = offered(page)
    assert {"name name", "email email", "city address.city", "zip address.zip"} <= set(found)
    assert not [each for each in found if "unheard_of" in each]
    assert "the same name" in page.get_text(" ")
    assert not empty.lines.exists()


def test_accepted_lines_are_added_one_by_one_until_the_config_works(admin_client: Client, empty: SyncConfig) -> None:
    page = ask(admin_client, empty)
    for name in list(offered(page)):
        page = ask(admin_client, empty, accept=name)
        assert name not in offered(page)
    assert "Nothing (more) to suggest" in page.get_text(" ")
    assert empty.lines.filter(is_identifier=True).count() == 1
    assert sorted(empty.lines.values_list("position", flat=True)) == list(range(empty.lines.count()))
    empty.refresh_from_db()
    assert plan_for(empty).identifier.field == "ref"


def test_what_is_mapped_already_is_not_offered_again(admin_client: Client, empty: SyncConfig) -> None:
    SyncConfigLine.objects.create(config=empty, field="name", key="title", is_identifier=True)
    page = ask(admin_client, empty)
    assert "name name" not in offered(page)
    ask(admin_client, empty, accept="ref ref")
    assert not empty.lines.get(field="ref").is_identifier


def test_a_line_that_was_not_offered_cannot_be_added(admin_client: Client, empty: SyncConfig) -> None:
    ask(admin_client, empty, accept="name somewhere.else")
    ask(admin_client, empty, accept="credit_limit name")
    assert not empty.lines.exists()


@pytest.mark.parametrize("sample", ["{", "", "[" * 5000])
def test_what_is_no_sample_is_said(admin_client: Client, empty: SyncConfig, sample: str) -> None:
    text = ask(admin_client, empty, sample).get_text(" ")
    assert "This is no JSON" in text or "required" in text


@pytest.mark.parametrize("sample", ["[]", "1", "null", '"x"'])
def test_a_sample_without_keys_gives_nothing(admin_client: Client, empty: SyncConfig, sample: str) -> None:
    assert "Nothing (more) to suggest" in ask(admin_client, empty, sample).get_text(" ")


def test_the_first_of_a_list_is_the_sample(admin_client: Client, empty: SyncConfig) -> None:
    assert "email email" in offered(ask(admin_client, empty, [SAMPLE, {"other": 1}]))


def test_an_odoo_that_is_down_says_so(admin_client: Client, unreachable: OdooConnection, empty: SyncConfig) -> None:
    SyncConfig.objects.update(connection=unreachable)
    assert "No connection to 127.0.0.1:9" in ask(admin_client, empty).get_text(" ")


def test_who_may_only_look_gets_no_suggestions(viewer: Client, empty: SyncConfig) -> None:
    assert viewer.get(f"{LIST}{empty.pk}/suggest/").status_code == 403
    assert viewer.post(f"{LIST}{empty.pk}/suggest/", {"sample": "{}"}).status_code == 403
