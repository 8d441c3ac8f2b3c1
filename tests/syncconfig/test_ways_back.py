"""“Make the way back” of a sync between two Odoos."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.test import Client

from demo.odoo import DemoOdoo
from syncconfig.models import ConfigVersion, OdooConnection, SyncConfig, SyncConfigLine
from syncconfig.receiving import keys_back, receiver_for
from syncconfig.ways_back import may_have_way_back, way_back_make

LIST = "/admin/syncconfig/syncconfig/"
LINES: list[dict[str, Any]] = [
    {"field": "ref", "key": "ref", "is_identifier": True, "required": True},
    {"field": "name", "key": "name"},
    {"field": "phone", "key": "website"},
    {"field": "country_id", "key": "country_id", "calculation": "relational", "match_field": "code"},
    {
        "field": "parent_id",
        "key": "parent_id.ref",
        "calculation": "relational",
        "match_field": "email",
        "on_missing": "empty",
    },
]


@pytest.fixture
def there() -> Iterator[DemoOdoo]:
    with DemoOdoo(version=19, database="there") as server:
        yield server


@pytest.fixture
def other(db: None, there: DemoOdoo) -> OdooConnection:
    return OdooConnection.objects.create(
        name="Odoo B", url=there.url, database=there.db, login=there.login, secret=there.api_key
    )


@pytest.fixture
def sync(connection: OdooConnection, other: OdooConnection) -> SyncConfig:
    return made(connection, other)


def made(connection: OdooConnection, other: OdooConnection, *more: dict[str, Any], **fields: Any) -> SyncConfig:
    config = SyncConfig(
        **{
            "name": "Contacts to B", "request_type": "out", "connection": connection, "target_connection": other,
            "model": "res.partner", "domain": "[('ref', '!=', False)]", "method_post": True, "page_size": 50,
            "conflict_rule": "source", **fields,
        }
    )  # fmt: skip
    config.full_clean()
    config.save()
    for position, line in enumerate([*LINES, *more]):
        SyncConfigLine.objects.create(config=config, position=position, **line)
    return config


def shown(config: SyncConfig) -> list[str]:
    return [line.get_inline_title for line in config.lines.all()]


def test_everything_is_turned_round(sync: SyncConfig, connection: OdooConnection, other: OdooConnection) -> None:
    found = way_back_make(config=sync)
    back = SyncConfig.objects.get(pk=found.config.pk)
    assert (back.connection, back.target_connection) == (other, connection)
    assert (back.name, back.active, back.methods, back.page_size) == (
        "Contacts to B, the way back",
        False,
        ["POST"],
        50,
    )
    assert (back.domain, back.target_model) == (sync.domain, "")
    assert shown(back) == [
        "ref ↔ ref, identifier, required",
        "name ↔ name",
        "website ↔ phone",
        "country_id ↔ country_id, by code",
        "parent_id ↔ parent_id.email, by ref",
    ]
    assert back.lines.get(field="parent_id").on_missing == "empty"
    assert found.left == []
    assert keys_back(receiver_for(sync), back)["website"] == "phone"
    assert not back.triggers.exists()


def test_the_two_are_a_pair_and_who_won_goes_on_winning(sync: SyncConfig) -> None:
    back = way_back_make(config=sync).config
    fresh = SyncConfig.objects.get(pk=sync.pk)
    assert (back.other_direction, fresh.other_direction) == (sync, back)
    assert back.conflict_rule == "target"
    assert not may_have_way_back(fresh)
    assert not may_have_way_back(back)


@pytest.mark.parametrize(("rule", "turned"), [("target", "source"), ("ask", "ask"), ("newest", "newest")])
def test_the_rule_is_turned_round(connection: OdooConnection, other: OdooConnection, rule: str, turned: str) -> None:
    assert way_back_make(config=made(connection, other, conflict_rule=rule)).config.conflict_rule == turned


def test_lines_without_a_way_back_are_named(connection: OdooConnection, other: OdooConnection) -> None:
    config = made(
        connection,
        other,
        {"key": "comment", "calculation": "constant", "direction": "out", "default": "from A"},
        {"field": "display_name", "key": "function", "direction": "out"},
        {"field": "parent_id.name", "key": "street2", "direction": "out"},
        {"field": "country_id.currency_id.name", "key": "street", "direction": "out"},
        {"field": "city", "key": "city", "active": False},
        before_script="record['name'] = record['name'].strip()",
    )
    found = way_back_make(config=config)
    constant, dotted, deeper, name = found.left
    assert "comment" in constant
    assert "a constant comes from no field" in constant
    assert name.startswith("display_name → function: ")
    assert "read-only in the other Odoo" in name
    assert dotted.startswith("parent_id.name → street2: it is read through a relation")
    assert "country_id.currency_id.name → street: it is read through a relation" in deeper
    assert len(shown(found.config)) == len(LINES)
    assert [note for note in found.notes if "scripts before and after" in note]
    assert found.config.before_script == ""


def test_without_a_way_back_for_the_identifier_nothing_is_made(
    connection: OdooConnection, other: OdooConnection
) -> None:
    config = made(connection, other)
    config.lines.filter(is_identifier=True).update(field="id", direction="out")
    with pytest.raises(ValidationError) as error:
        way_back_make(config=config)
    assert "Mark one active line as identifier" in error.value.messages[0]
    assert "id → ref" in error.value.messages[1]
    assert SyncConfig.objects.count() == 1


def test_a_domain_of_another_model_becomes_every_record_with_an_identifier(
    connection: OdooConnection, other: OdooConnection
) -> None:
    config = SyncConfig.objects.create(
        name="Tags", request_type="out", connection=connection, target_connection=other, model="res.partner",
        target_model="res.partner.category", domain="[('city', '=', 'Ghent')]", method_post=True,
    )  # fmt: skip
    SyncConfigLine.objects.create(config=config, field="name", key="name", is_identifier=True)
    found = way_back_make(config=config)
    assert (found.config.model, found.config.target_model) == ("res.partner.category", "res.partner")
    assert found.config.domain == "[('name', '!=', False)]"
    assert "means nothing there" in found.notes[0]


def test_the_button_makes_it_and_says_what_to_look_at(
    admin_client: Client, sync: SyncConfig, press: Any, django_capture_on_commit_callbacks: Any
) -> None:
    SyncConfigLine.objects.create(
        config=sync, key="comment", calculation="constant", direction="out", default="x", position=9
    )
    url = f"{LIST}{sync.pk}/way-back/"
    assert url in admin_client.get(f"{LIST}{sync.pk}/change/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        text = press(admin_client, url, name="Contacts back")
    back = SyncConfig.objects.get(name="Contacts back")
    assert back.pair == sync
    for told in (
        "Contacts back was made. It is switched off",
        "Not turned round: - → comment",
        "The filter domain is the same",
    ):
        assert told in text
    assert [(str(row.object_repr), row.get_change_message()) for row in LogEntry.objects.order_by("pk")] == [
        ("Contacts to B", "Made the way back: Contacts back."),
        ("Contacts back", "Added."),
    ]
    assert ConfigVersion.objects.filter(config_id=back.pk).count() == 1
    assert url not in admin_client.get(f"{LIST}{sync.pk}/change/").content.decode()
    assert f"{LIST}{back.pk}/way-back/" not in admin_client.get(f"{LIST}{back.pk}/change/").content.decode()
    assert "has its way back already" in press(admin_client, url)
    assert SyncConfig.objects.count() == 2


def test_a_name_that_is_taken_is_refused_or_counted_on(admin_client: Client, sync: SyncConfig, press: Any) -> None:
    assert "already exists" in press(admin_client, f"{LIST}{sync.pk}/way-back/", name=sync.name)
    assert SyncConfig.objects.count() == 1
    SyncConfig.objects.create(
        name="Contacts to B, the way back", request_type="in", connection=sync.connection, model="res.partner",
        endpoint="x", method_post=True,
    )  # fmt: skip
    assert way_back_make(config=sync).config.name == "Contacts to B, the way back 2"


def test_an_odoo_whose_fields_are_not_known_and_that_is_down_says_so(
    admin_client: Client, sync: SyncConfig, there: DemoOdoo, press: Any
) -> None:
    there.stop()
    assert "Nothing was made, as the fields are not known" in press(admin_client, f"{LIST}{sync.pk}/way-back/")
    assert SyncConfig.objects.count() == 1


@pytest.mark.parametrize(
    "fields", [{"method_post": False, "method_delete": True}, {"target_connection": None, "url": "http://x.y"}]
)
def test_others_have_no_such_button(
    admin_client: Client, connection: OdooConnection, other: OdooConnection, fields: dict[str, Any]
) -> None:
    config = made(connection, other, **fields)
    assert f"{LIST}{config.pk}/way-back/" not in admin_client.get(f"{LIST}{config.pk}/change/").content.decode()
