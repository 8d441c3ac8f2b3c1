"""A sync into another Odoo, as it is set up in the admin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from demo.odoo import DemoOdoo
from syncconfig.models import OdooConnection, SyncConfig
from syncconfig.rights import rights_needed
from tests.syncconfig.test_config_admin import IDENTIFIER, LIST, errors_of, form, line
from tests.syncconfig.test_documents import done, environment, exported, problems, wipe


@pytest.fixture
def there() -> Iterator[DemoOdoo]:
    with DemoOdoo(version=19, database="there") as server:
        yield server


@pytest.fixture
def other(db: None, there: DemoOdoo) -> OdooConnection:
    return OdooConnection.objects.create(
        name="There", url=there.url, database=there.db, login=there.login, secret=there.api_key
    )


def out_form(
    connection: OdooConnection, target: OdooConnection, lines: list[dict[str, Any]] | None = None, **values: Any
) -> dict[str, Any]:
    chosen = {
        "name": "Contacts there", "request_type": "out", "endpoint": "", "target_connection": target.pk,
        "target_model": "", "conflict_rule": "source", "pair": "", **values,
    }  # fmt: skip
    ref = {**IDENTIFIER, "key": "ref"}
    return form(connection, [ref, line("name", "name")] if lines is None else [ref, *lines], **chosen)


def test_another_odoo_takes_the_place_of_the_url(
    admin_client: Client, connection: OdooConnection, other: OdooConnection
) -> None:
    answer = admin_client.post(f"{LIST}add/", out_form(connection, other), follow=True)
    assert "was added successfully" in answer.content.decode(), errors_of(answer)
    config = SyncConfig.objects.get()
    assert (config.target_connection, config.receiving_model, config.url) == (other, "res.partner", "")
    row = BeautifulSoup(admin_client.get(LIST).content, "html.parser").select_one("#result_list tbody tr")
    assert row is not None
    assert "There: res.partner" in row.get_text(" ")
    assert rights_needed(other) == {
        "res.partner": {"read": [config.name], "create": [config.name], "write": [config.name]}
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"url": "https://shop.example.com/x"}, "Records go into the other Odoo. Leave the URL empty"),
        ({"method_put": "on"}, "Choose exactly one method: POST creates and updates, PUT updates only"),
        ({"method_post": "", "method_get": "on"}, "Choose exactly one method: POST creates and updates"),
        ({"request_type": "in", "endpoint": "x"}, "Only an Out sync goes into another Odoo"),
    ],
)
def test_what_does_not_go_with_another_odoo_is_refused(
    admin_client: Client, connection: OdooConnection, other: OdooConnection, values: dict[str, str], message: str
) -> None:
    data = out_form(connection, other, **values)
    assert message in errors_of(admin_client.post(f"{LIST}add/", {key: each for key, each in data.items() if each}))


def test_a_sync_into_its_own_model_is_refused(admin_client: Client, connection: OdooConnection) -> None:
    answer = admin_client.post(f"{LIST}add/", out_form(connection, connection))
    assert "would be written over themselves" in errors_of(answer)
    answer = admin_client.post(
        f"{LIST}add/", out_form(connection, connection, [], target_model="res.partner.category"), follow=True
    )
    assert "would be written over themselves" not in errors_of(answer)


@pytest.mark.parametrize(
    ("added", "message"),
    [
        (line("name", "full_name"), "res.partner has no field 'full_name' in the other Odoo"),
        (line("country_id", "country_id"), "the ids of one Odoo mean nothing in the other"),
        (line("name", "display_name"), "display_name is read-only in the other Odoo"),
    ],
)
def test_keys_are_compared_with_the_fields_there(
    admin_client: Client, connection: OdooConnection, other: OdooConnection, added: dict[str, Any], message: str
) -> None:
    answer = admin_client.post(f"{LIST}add/", out_form(connection, other, [added]))
    assert message in errors_of(answer)
    (formset,) = [each.formset for each in answer.context["inline_admin_formsets"] if each.formset.prefix == "lines"]
    assert list(formset.errors[1]) == ["key"]


def test_a_config_is_saved_although_the_other_odoo_does_not_answer(
    admin_client: Client, connection: OdooConnection, other: OdooConnection, there: DemoOdoo
) -> None:
    there.stop()
    answer = admin_client.post(f"{LIST}add/", out_form(connection, other), follow=True)
    text = answer.content.decode()
    assert "was added successfully" in text
    assert "The keys were not compared with the fields of the other Odoo" in text


def test_the_way_back_names_its_sync_and_shows_there(
    admin_client: Client, connection: OdooConnection, other: OdooConnection
) -> None:
    admin_client.post(f"{LIST}add/", out_form(connection, other))
    one = SyncConfig.objects.get()
    answer = admin_client.post(
        f"{LIST}add/", out_form(other, connection, name="Back", pair=one.pk, conflict_rule="ask"), follow=True
    )
    assert "was added successfully" in answer.content.decode(), errors_of(answer)
    back = SyncConfig.objects.get(name="Back")
    assert (back.other_direction, SyncConfig.objects.get(pk=one.pk).other_direction) == (one, back)
    soup = BeautifulSoup(admin_client.get(f"{LIST}{one.pk}/change/").content, "html.parser")
    assert "Back is the other direction. Its rule" in " ".join(soup.get_text(" ").split())


def test_a_pair_is_exported_and_comes_back_in_any_order(
    admin_client: Client, connection: OdooConnection, other: OdooConnection
) -> None:
    # By name, the way back stands before the sync that it names.
    admin_client.post(f"{LIST}add/", out_form(connection, other))
    one = SyncConfig.objects.get()
    admin_client.post(f"{LIST}add/", out_form(other, connection, name="Back", pair=one.pk, conflict_rule="ask"))
    text, secrets = exported(), environment()
    wipe()
    done(text, secrets)
    assert exported() == text
    back = SyncConfig.objects.get(name="Back")
    assert back.pair is not None
    assert (back.pair.name, back.conflict_rule) == ("Contacts there", "ask")
    assert back.pair.target_connection == back.connection


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("key: name\n", "key: full_name\n", "].key (line %d): res.partner has no field 'full_name' in the other Odoo"),
        ("key: name\n", "key: display_name\n", "].key (line %d): display_name is read-only in the other Odoo"),
    ],
)
def test_an_import_compares_keys_with_the_fields_there(
    admin_client: Client, connection: OdooConnection, other: OdooConnection, old: str, new: str, said: str
) -> None:
    admin_client.post(f"{LIST}add/", out_form(connection, other))
    text = exported()
    assert text.count(old) == 1, text
    at = text[: text.index(old)].count("\n") + 1
    assert said % at in problems(text.replace(old, new), environ=environment())


def test_an_import_says_that_the_other_odoo_was_not_asked(
    admin_client: Client, connection: OdooConnection, other: OdooConnection, there: DemoOdoo
) -> None:
    admin_client.post(f"{LIST}add/", out_form(connection, other))
    there.stop()
    text = exported().replace("key: name\n", "key: x_new\n")
    (warning,) = done(text, environment()).warnings
    assert "There: the mapping lines were not compared with Odoo's fields" in warning
    assert SyncConfig.objects.get().lines.filter(key="x_new").exists()
