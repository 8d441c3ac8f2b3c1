"""The guided path to a sync from one Odoo into another, as a browser walks it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from demo.odoo import DemoOdoo
from syncconfig.models import OdooConnection, SyncConfig
from syncconfig.receiving import receiver_for
from tests.syncconfig.test_guided import START, Path, editor

__all__ = ["editor"]


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
def contact(demo_odoo: DemoOdoo) -> int:
    vals = {"ref": "K-77", "name": "Ada", "email": "ada@example.com", "city": "Brussels", "zip": "1000"}
    return int(demo_odoo.call("res.partner", "create", [vals])[0])


def choose(path: Path, here: OdooConnection, other: OdooConnection, **values: str) -> None:
    """Up to the step of the mapping."""
    path.send(connection=here.pk)
    path.send(**values)
    assert path.here == "other", path.text()
    path.send(target_connection=other.pk)
    assert path.here == "sample", path.text()
    path.send()
    assert path.here == "mapping", path.text()


def row_of(path: Path, field: str) -> int:
    (place,) = [at for at, row in enumerate(path.page.select("table tbody:first-of-type tr")) if row.code.text == field]
    return place


def test_the_start_offers_contacts_and_anything_else_into_another_odoo(editor: Client) -> None:
    page = BeautifulSoup(editor.get(START).content, "html.parser")
    (out,) = [each for each in page.select("section") if "Out of Odoo" in each.get_text()]
    text = out.get_text(" ", strip=True)
    for title in ("contacts by e-mail", "contacts by reference", "Something else, into another Odoo"):
        assert title in text


def test_contacts_are_set_up_into_another_odoo_with_no_url_and_no_credential(
    editor: Client, connection: OdooConnection, other: OdooConnection, there: DemoOdoo, contact: int
) -> None:
    there.call("res.partner", "create", [{"ref": "K-77", "name": "Ada", "city": "Ghent"}])
    path = Path(editor, template="contacts-to-odoo-by-reference")
    choose(path, connection, other)
    assert "Field in Odoo B" in path.text()
    steps = [each.get_text(strip=True) for each in path.page.select(".sync-steps li")]
    assert not [step for step in steps if "Address" in step]
    path.send()
    assert path.here == "when", path.text()
    path.send(when="interval", minutes="15")
    assert path.here == "review"
    for told in (
        "are created and updated in res.partner of Odoo B",
        "is the same when its ref is the ref",
        "country_id is found in Odoo B by its code",
        "every 15 minutes",
        "Would be updated",
        "Ghent",
        "Brussels",
    ):
        assert told in path.text(), told
    assert not SyncConfig.objects.exists()
    path.send(name="Contacts to B")
    config = SyncConfig.objects.get()
    assert (config.target_connection, config.methods, config.url, config.auth_type) == (other, ["POST"], "", "none")
    assert receiver_for(config).plan.identifier.field == "ref"
    assert config.triggers.get().interval_minutes == 15


def test_any_model_is_proposed_the_fields_that_both_have(
    editor: Client, connection: OdooConnection, other: OdooConnection, there: DemoOdoo, contact: int
) -> None:
    del there.database.registry.models["res.partner"].fields["zip"]
    path = Path(editor, request_type="odoo")
    choose(path, connection, other, model="res.partner", domain="[('ref', '=', 'K-77')]")
    fields = [row.code.text for row in path.page.select("table tbody:first-of-type tr")]
    assert {"name", "email", "city", "country_id"} <= set(fields)
    assert not {"zip", "id", "display_name", "write_date"} & set(fields)
    assert path.filled()[f"lines-{row_of(path, 'country_id')}-key"] == "country_id"
    assert "found by code" in path.text()
    assert path.filled()["identifier"] == str(row_of(path, "ref"))
    path.send()
    path.send()
    assert "Would be created" in path.text()
    path.send()
    config = SyncConfig.objects.get()
    assert config.name == "res.partner → Odoo B"
    assert receiver_for(config).plan.identifier.field == "ref"


def test_a_field_that_the_other_odoo_lacks_is_said_and_not_taken(
    editor: Client, connection: OdooConnection, other: OdooConnection, there: DemoOdoo, contact: int
) -> None:
    del there.database.registry.models["res.partner"].fields["vat"]
    path = Path(editor, template="contacts-to-odoo-by-reference")
    choose(path, connection, other)
    assert "the other Odoo has no such field" in path.text()
    vat = row_of(path, "vat")
    assert f"lines-{vat}-taken" not in path.filled()
    path.send(**{f"lines-{vat}-taken": "on"})
    assert path.here == "mapping"
    assert "res.partner has no field 'vat' in the other Odoo" in path.page.select("tr.has-errors")[0].get_text(" ")


def test_keys_are_compared_with_the_fields_there_beside_their_rows(
    editor: Client, connection: OdooConnection, other: OdooConnection, contact: int
) -> None:
    path = Path(editor, template="contacts-to-odoo-by-reference")
    choose(path, connection, other)
    path.send(**{f"lines-{row_of(path, 'city')}-key": "town", f"lines-{row_of(path, 'phone')}-key": "display_name"})
    told = [row.get_text(" ") for row in path.page.select("tr.has-errors")]
    assert [each for each in told if "res.partner has no field 'town' in the other Odoo" in each]
    assert [each for each in told if "display_name is read-only in the other Odoo" in each]


def test_a_relation_of_ones_own_is_found_there_by_its_usual_field(
    editor: Client, connection: OdooConnection, other: OdooConnection, contact: int
) -> None:
    path = Path(editor, template="contacts-to-odoo-by-reference")
    choose(path, connection, other)
    own = max(int(name.split("-")[1]) for name in path.filled() if name.startswith("lines-"))
    path.send(**{f"lines-{own}-field": "category_id", f"lines-{own}-key": "category_id"})
    assert path.here == "when", path.text()
    path.send()
    path.send()
    line = SyncConfig.objects.get().lines.get(field="category_id")
    assert (line.calculation, line.match_field) == ("relational", "name")


def test_the_same_database_and_model_is_refused_as_on_the_form(
    editor: Client, connection: OdooConnection, other: OdooConnection
) -> None:
    path = Path(editor, template="contacts-to-odoo-by-email")
    path.send(connection=connection.pk)
    path.send()
    path.send(target_connection=None)
    assert "Choose the Odoo that the records go into" in path.text()
    path.send(target_connection=connection.pk)
    assert path.here == "other"
    assert "would be written over themselves" in path.text()
    path.send(target_connection=connection.pk, target_model="no.such.model")
    assert "no.such.model" in path.page.select_one("#guided-form").get_text(" ")
    path.send(target_connection=other.pk, target_model="", conflict_rule="ask", method="PUT")
    assert path.here == "sample"
    path.go("other")
    filled = path.filled()
    assert (filled["target_connection"], filled["conflict_rule"], filled["method"]) == (str(other.pk), "ask", "PUT")


def test_another_target_makes_the_steps_behind_it_ask_again(
    editor: Client, connection: OdooConnection, other: OdooConnection, contact: int
) -> None:
    path = Path(editor, template="contacts-to-odoo-by-reference")
    choose(path, connection, other)
    path.send()
    path.go("other")
    path.send(target_connection=connection.pk, target_model="res.partner.category")
    path.go("review")
    assert path.here == "sample"
    path.send()
    assert "the other Odoo has no such field" in path.text()


def test_a_target_that_was_deleted_meanwhile_is_asked_for_again(
    editor: Client, connection: OdooConnection, other: OdooConnection, contact: int
) -> None:
    path = Path(editor, template="contacts-to-odoo-by-reference")
    choose(path, connection, other)
    other.delete()
    path.go("mapping")
    assert path.here == "other"
    assert "target_connection" not in path.filled()


def test_another_odoo_that_is_down_can_be_set_up_all_the_same(
    editor: Client, connection: OdooConnection, other: OdooConnection, there: DemoOdoo, contact: int
) -> None:
    there.stop()
    path = Path(editor, request_type="odoo")
    choose(path, connection, other, model="res.partner")
    assert "No connection to" in path.text()
    path.send(identifier="0", **{"lines-0-field": "ref", "lines-0-key": "ref"})
    assert path.here == "when", path.text()
    path.send()
    assert path.here == "review"
    assert "No connection to" in path.text()
    path.send(active=None)
    assert SyncConfig.objects.get().target_connection == other


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"method": "PUT"}, "update those of res.partner in Odoo B; none is created"),
        ({"method": "DELETE"}, "They are archived there, and can be brought back"),
        ({"conflict_rule": "ask"}, "waits under “Conflicts” until staff have chosen"),
        ({"conflict_rule": "target"}, "What was changed in Odoo B stays"),
        ({"conflict_rule": "newest"}, "the record that was changed last wins"),
    ],
)
def test_the_review_says_what_happens_there(
    editor: Client,
    connection: OdooConnection,
    other: OdooConnection,
    contact: int,
    values: dict[str, str],
    told: str,
) -> None:
    path = Path(editor, template="contacts-to-odoo-by-reference")
    path.send(connection=connection.pk)
    path.send()
    path.send(target_connection=other.pk, **values)
    for _step in ("sample", "mapping", "when"):
        path.send()
    assert path.here == "review", path.text()
    assert told in path.text()
