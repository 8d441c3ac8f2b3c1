"""A preview says what a sync would do, and nothing in Odoo, outside or in the database is different afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from auditlog.models import ApiLog
from clients.odoo.transport import READING_METHODS
from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from outbound.preview import Effect, Preview, RecordPreview
from outbound.preview_in import preview_in, preview_removal
from outbound.preview_out import preview_out
from syncconfig.models import ModelSchema, OdooConnection, SyncConfig, SyncConfigLine
from tests.outbound.conftest import MakeConfig, set_price, sync


@pytest.fixture
def customers(connection: OdooConnection) -> SyncConfig:
    """An endpoint for contacts with their company, which may be new, their country and a secret."""
    config = SyncConfig.objects.create(
        name="Customers", request_type="in", connection=connection, model="res.partner", endpoint="customers",
        method_post=True, method_put=True, method_delete=True,
    )  # fmt: skip
    lines: list[dict[str, Any]] = [
        {"field": "ref", "key": "code", "is_identifier": True, "required": True},
        {"field": "name", "key": "name", "required": True},
        {"field": "vat", "key": "tax.number", "is_secret": True},
        {"field": "country_id", "key": "country", "calculation": "relational", "match_field": "code"},
        {"field": "parent_id", "key": "firm.name", "calculation": "relational", "match_field": "name",
         "on_missing": "create"},
        {"field": "parent_id.city", "key": "firm.city"},
    ]  # fmt: skip
    for position, line in enumerate(lines):
        SyncConfigLine.objects.create(config=config, position=position, **line)
    config.refresh_from_db()
    return config


def rows(odoo: DemoOdoo) -> dict[str, Any]:
    """Everything that the demo Odoo holds."""
    models = odoo.database.registry.models
    return {name: json.dumps(list(odoo.database.store.table(name).values()), default=str) for name in models}


def counts() -> dict[str, int]:
    """The rows of all our tables but the log, and what was learnt of Odoo's fields."""
    models = [model for model in apps.get_models() if model not in (ApiLog, ModelSchema)]
    return {model._meta.label: model._default_manager.count() for model in models}


@pytest.fixture
def nothing_changes(db: None, demo_odoo: DemoOdoo, shop: DemoShop) -> Iterator[None]:
    """Compares Odoo, the shop and the database before and after, and looks at every call that Odoo got."""
    before, held, connections = rows(demo_odoo), counts(), shop.connections
    demo_odoo.calls.clear()
    yield
    assert rows(demo_odoo) == before
    assert counts() == held
    assert shop.connections == connections
    assert {method for _model, method in demo_odoo.calls} <= READING_METHODS | {"version", "authenticate"}
    assert not ApiLog.objects.filter(is_dry_run=False).exclude(summary__endswith="fields_get").exists()


def only(preview: Preview) -> RecordPreview:
    assert not preview.problem
    (record,) = preview.records
    return record


ALONE = {"code": "C-1", "name": "Ann", "tax": {"number": "BE0123"}, "country": "BE"}
ANN = {**ALONE, "firm": {"name": "Acme", "city": "X"}}


@pytest.mark.usefixtures("customers", "nothing_changes")
class TestIn:
    def test_a_new_record_and_what_must_be_made_for_it(self, customers: SyncConfig, demo_odoo: DemoOdoo) -> None:
        record = only(preview_in(config=customers, payloads=[ANN]))
        assert (record.title, record.effect, record.odoo_id) == ("C-1", Effect.CREATE, None)
        assert [call.call for call in record.calls] == ["res.partner.create", "res.partner.create"]
        assert record.calls[0].content == {"vals_list": [{"city": "X", "name": "Acme"}]}
        (made,) = record.calls[1].content["vals_list"]  # type: ignore[index]
        assert made["vat"] == "***"
        assert made["parent_id"] == {
            "create res.partner": {"match": {"name": "Acme"}, "values": {"city": "X", "name": "Acme"}}
        }

    def test_all_errors_of_a_record_with_their_lines(self, customers: SyncConfig) -> None:
        record = only(preview_in(config=customers, payloads=[{"code": "C-2", "country": "??", "name": ""}]))
        assert record.effect is Effect.REFUSE
        assert [(error.field, error.key) for error in record.errors] == [("name", "name"), ("country_id", "country")]
        assert record.errors[0].line_id
        assert not record.calls

    def test_something_that_is_no_object(self, customers: SyncConfig) -> None:
        assert "must be a JSON object" in only(preview_in(config=customers, payloads=["x"])).errors[0].message


@pytest.fixture
def ann(customers: SyncConfig, demo_odoo: DemoOdoo) -> int:
    """Ann, as she is in Odoo already."""
    (belgium,) = demo_odoo.call("res.country", "search", [("code", "=", "BE")])
    made: int = demo_odoo.call(
        "res.partner", "create", {"ref": "C-1", "name": "Anne", "vat": "OLD", "country_id": belgium}
    )
    return made


@pytest.mark.usefixtures("ann", "nothing_changes")
class TestInExisting:
    def test_the_difference_field_by_field_with_secrets_hidden(self, customers: SyncConfig, ann: int) -> None:
        record = only(preview_in(config=customers, payloads=[ALONE]))
        assert (record.effect, record.odoo_id) == (Effect.UPDATE, ann)
        assert [(each.field, each.old, each.new) for each in record.changes or ()] == [
            ("name", "Anne", "Ann"),
            ("vat", "***", "***"),
        ]
        (call,) = record.calls
        assert call.call == "res.partner.write"

    def test_the_same_again_is_unchanged(self, customers: SyncConfig) -> None:
        record = only(preview_in(config=customers, payloads=[{"code": "C-1", "name": "Anne", "country": "BE"}]))
        assert (record.effect, record.changes) == (Effect.UNCHANGED, [])

    def test_a_change_of_one_record_by_its_id(self, customers: SyncConfig, ann: int) -> None:
        record = only(preview_in(config=customers, payloads=[{"name": "Ann"}], odoo_id=ann))
        assert [(each.field, each.new) for each in record.changes or ()] == [("name", "Ann")]
        gone = only(preview_in(config=customers, payloads=[{"name": "Ann"}], odoo_id=999_999))
        assert (gone.effect, gone.problem) == (Effect.REFUSE, "There is no record 999999 here.")

    @pytest.mark.parametrize(("on_existing", "effect"), [("ignore", Effect.IGNORE), ("reject", Effect.REFUSE)])
    def test_what_the_config_does_with_existing_records(
        self, customers: SyncConfig, on_existing: str, effect: Effect
    ) -> None:
        customers.on_existing = on_existing
        record = only(preview_in(config=customers, payloads=[ANN]))
        assert (record.effect, record.calls) == (effect, [])

    def test_a_removal(self, customers: SyncConfig, ann: int) -> None:
        assert only(preview_removal(config=customers, odoo_id=ann)).effect is Effect.ARCHIVE
        customers.delete_mode = "unlink"
        assert only(preview_removal(config=customers, odoo_id=ann)).calls[0].call == "res.partner.unlink"
        assert only(preview_removal(config=customers, odoo_id=999_999)).effect is Effect.REFUSE

    def test_a_record_outside_the_domain_is_new(self, customers: SyncConfig) -> None:
        customers.domain = "[('name', '=', 'nobody has this name')]"
        assert only(preview_in(config=customers, payloads=[ANN])).effect is Effect.CREATE


def test_several_records_with_the_identifier_are_refused_with_their_ids(
    customers: SyncConfig, ann: int, demo_odoo: DemoOdoo
) -> None:
    other = demo_odoo.call("res.partner", "create", {"ref": "C-1", "name": "Anna"})
    record = only(preview_in(config=customers, payloads=[{"code": "C-1", "name": "Ann"}]))
    assert record.effect is Effect.REFUSE
    assert f"(ids {ann}, {other})" in record.problem


def test_lists_are_compared_by_what_would_be_in_them(connection: OdooConnection, demo_odoo: DemoOdoo) -> None:
    config = SyncConfig.objects.create(
        name="Tags", request_type="in", connection=connection, model="res.partner", endpoint="t", method_post=True
    )
    for field, key, more in (("ref", "code", {"is_identifier": True}),
                             ("category_id", "tags[]", {"calculation": "relational", "match_field": "name",
                                                        "on_missing": "create"})):  # fmt: skip
        SyncConfigLine.objects.create(config=config, field=field, key=key, **more)
    vip = demo_odoo.call("res.partner.category", "create", {"name": "VIP"})
    demo_odoo.call("res.partner", "create", {"ref": "T-1", "name": "T", "category_id": [(6, 0, [vip])]})
    same = only(preview_in(config=config, payloads=[{"code": "T-1", "tags": ["VIP"]}]))
    assert same.effect is Effect.UNCHANGED
    other = only(preview_in(config=config, payloads=[{"code": "T-1", "tags": ["VIP", "New"]}]))
    assert other.changes is not None
    (change,) = other.changes
    assert change.old == [vip]
    assert change.new == [vip, {"create res.partner.category": {"match": {"name": "New"}, "values": {"name": "New"}}}]


@pytest.mark.usefixtures("config", "nothing_changes")
def test_the_requests_of_a_run_with_credentials_hidden(config: SyncConfig, products: list[int], shop: DemoShop) -> None:
    preview = preview_out(config=config, ids=[products[0], 999_999])
    sent, absent = preview.records
    assert (sent.effect, sent.odoo_id, sent.values["sku"]) == (Effect.SEND, products[0], "DEMO-0001")
    (call,) = sent.calls
    assert call.call == f"POST {shop.url}/api/products"
    assert shop.token not in json.dumps(preview.as_dict())
    assert call.content["body"]["sku"] == "DEMO-0001"  # type: ignore[index]
    assert absent.effect is Effect.REFUSE
    assert "not in Odoo any more" in absent.problem


def test_what_was_sent_like_this_is_unchanged(config: SyncConfig, products: list[int], demo_odoo: DemoOdoo) -> None:
    sync(config)
    set_price(demo_odoo, products[1], 99.0)
    effects = [record.effect for record in preview_out(config=config, limit=3).records]
    assert effects == [Effect.UNCHANGED, Effect.SEND, Effect.UNCHANGED]


@pytest.mark.usefixtures("page_config", "nothing_changes")
def test_a_page_is_one_call(page_config: SyncConfig) -> None:
    preview = preview_out(config=page_config, limit=5)
    assert len(preview.records) == 5
    (call,) = preview.calls
    assert len(call.content["body"]["products"]) == 5  # type: ignore[index]


def test_a_script_that_leaves_a_record_out_is_told(make_config: MakeConfig) -> None:
    config = make_config(after_script="if values['sku'].endswith('1'):\n    skip('no ones')")
    skipped, sent = preview_out(config=config, limit=2).records
    assert (skipped.effect, skipped.problem) == (Effect.SKIP, "no ones")
    assert sent.effect is Effect.SEND


def test_what_prevents_a_preview_is_its_problem(customers: SyncConfig, demo_odoo: DemoOdoo) -> None:
    customers.lines.filter(field="vat").update(field="nonsense")
    assert "no field 'nonsense'" in preview_in(config=customers, payloads=[ANN]).problem
    customers.lines.filter(field="nonsense").delete()
    demo_odoo.stop()
    assert "No connection" in preview_in(config=customers, payloads=[ANN]).problem


# --- doors ---


def test_the_command_shows_and_tells_by_its_exit_code(
    customers: SyncConfig, ann: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ann.json"
    file.write_text(json.dumps({"code": "C-1", "name": "Ann"}))
    call_command("sync_preview", "Customers", payload=str(file))
    assert 'name: "Anne" -> "Ann"' in capsys.readouterr().out
    call_command("sync_preview", "Customers", payload=str(file), json=True)
    assert json.loads(capsys.readouterr().out)["records"][0]["effect"] == "update"
    file.write_text('{"code": "C-9"}')
    with pytest.raises(SystemExit, match="1"):
        call_command("sync_preview", "Customers", payload=str(file))


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("Nobody", {}, "There are: Customers"),
        ("Customers", {}, "needs a payload"),
        ("Customers", {"payload": "/nonexistent"}, "cannot be read"),
        ("Customers", {"payload": __file__}, "is no JSON"),
    ],
)
def test_the_command_says_what_is_wrong(customers: SyncConfig, name: str, options: dict[str, str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        call_command("sync_preview", name, **options)


def page_of(client: Client, config: SyncConfig, **data: Any) -> str:
    url = reverse("admin:syncconfig_syncconfig_preview", args=[config.pk])
    answer = client.post(url, data) if data else client.get(url)
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser").get_text(" ")


def test_the_page_of_an_in_config_shows_the_difference(admin_client: Client, customers: SyncConfig, ann: int) -> None:
    assert '"code": "..."' in page_of(admin_client, customers)
    text = page_of(admin_client, customers, payload=json.dumps({"code": "C-1", "name": "<b>Ann</b>"}))
    assert "Would be updated" in text
    assert "<b>Ann</b>" in text  # as text, not as markup
    assert "Anne" in text


def test_the_page_of_an_out_config_shows_the_requests(
    admin_client: Client, config: SyncConfig, products: list[int], shop: DemoShop
) -> None:
    text = page_of(admin_client, config, ids=str(products[0]))
    assert "Would be sent" in text
    assert f"POST {shop.url}/api/products" in text
    assert shop.token not in text


@pytest.mark.parametrize("payload", ["", "{", "[]", "[" * 5000])
def test_what_is_no_payload_is_said_at_the_input(admin_client: Client, customers: SyncConfig, payload: str) -> None:
    text = page_of(admin_client, customers, payload=payload)
    assert any(reason in text for reason in ("required", "This is no JSON", "at least one record"))


def test_who_may_only_look_gets_no_preview(client: Client, customers: SyncConfig, demo_odoo: DemoOdoo) -> None:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_syncconfig"))
    client.force_login(user)
    demo_odoo.calls.clear()
    url = reverse("admin:syncconfig_syncconfig_preview", args=[customers.pk])
    assert client.get(url).status_code == 403
    assert client.post(url, {"payload": "{}"}).status_code == 403
    assert not demo_odoo.calls
