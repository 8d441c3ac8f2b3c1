"""Every change of a config is kept: once, with who made it, told apart from the one before, and brought back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection as database
from django.db import transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inbound.models import Credential
from outbound.models import DeliveryPolicy, SyncRun
from syncconfig.acting import Actor, acting
from syncconfig.documents.differing import document_changes, summary
from syncconfig.documents.history import deleted_configs, histories_begin, version_restore
from syncconfig.models import ConfigVersion, OdooConnection, SyncConfig, SyncConfigLine, SyncHeader
from tests.syncconfig.conftest import SECRETS
from tests.syncconfig.test_config_admin import LIST, change_form

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept(sync: SyncConfig) -> SyncConfig:
    """A config whose history begins now."""
    ConfigVersion.objects.all().delete()
    histories_begin()
    return sync


def latest() -> ConfigVersion:
    version = ConfigVersion.objects.first()
    assert version is not None
    return version


def said(version: ConfigVersion) -> str:
    """What the version changed."""
    before = ConfigVersion.objects.filter(config_id=version.config_id, pk__lt=version.pk).first()
    return summary(document_changes(before.document if before else None, version.document))


def test_a_saved_form_makes_one_version_with_who_and_what(admin_client: Client, kept: SyncConfig) -> None:
    data = change_form(kept, name="Renamed", **{"lines-0-key": "article", "url": "https://h/{article}"})
    assert admin_client.post(f"{LIST}{kept.pk}/change/", data).status_code == 302
    assert ConfigVersion.objects.count() == 2
    version = latest()
    kept.refresh_from_db()
    assert (version.who, version.source, version.user.username) == ("admin", "admin", "admin")
    assert (version.config_id, version.name, version.revision) == (kept.pk, "Renamed", kept.revision)
    assert said(version) == "Name; URL; Mapping line: default_code ↔ article changed"


def test_a_form_saved_without_a_change_makes_no_version(admin_client: Client, kept: SyncConfig) -> None:
    admin_client.post(f"{LIST}{kept.pk}/change/", change_form(kept))
    assert ConfigVersion.objects.count() <= 2
    before = ConfigVersion.objects.count()
    admin_client.post(f"{LIST}{kept.pk}/change/", change_form(kept))
    assert ConfigVersion.objects.count() == before


def test_a_transaction_makes_one_version_and_one_that_is_rolled_back_none(kept: SyncConfig) -> None:
    with transaction.atomic():
        for number in range(3):
            SyncConfigLine.objects.create(config=kept, field=f"f{number}", key=f"k{number}")
        DeliveryPolicy.objects.create(config=kept, rate_per_minute=5)
    assert ConfigVersion.objects.count() == 2
    with transaction.atomic():
        kept.lines.all().delete()
        transaction.set_rollback(True)
    with transaction.atomic():
        with transaction.atomic():
            kept.lines.all().delete()
            transaction.set_rollback(True)
        kept.headers.all().delete()
    assert ConfigVersion.objects.count() == 3
    assert said(latest()) == "Header: X-Shop removed"


def test_rows_of_other_apps_are_part_of_the_history(kept: SyncConfig) -> None:
    Credential.objects.create(config=kept, name="Shop", secret="caller-2Zx")
    assert said(latest()) == "Credential: Shop added"
    assert "caller-2Zx" not in str(latest().document)


def test_what_the_hub_notes_down_makes_no_version(kept: SyncConfig) -> None:
    DeliveryPolicy.objects.create(config=kept)
    count = ConfigVersion.objects.count()
    policy = DeliveryPolicy.objects.get()
    policy.change_cursor = "x"
    policy.save()
    assert ConfigVersion.objects.count() == count


def test_a_new_secret_is_told_and_not_kept(kept: SyncConfig) -> None:
    kept.auth_secret = "brand-new-3Xy"
    kept.save()
    (change,) = document_changes(ConfigVersion.objects.last().document, latest().document)
    assert [(field.before, field.after) for field in change.fields] == [("Stored", "Stored, another one")]
    stored = str(list(ConfigVersion.objects.values()))
    assert not [secret for secret in (*SECRETS, "brand-new-3Xy") if secret in stored]


def test_an_instance_that_was_read_long_ago_takes_no_revision_back(kept: SyncConfig) -> None:
    stale = SyncConfig.objects.get(pk=kept.pk)
    for number in range(3):
        SyncConfigLine.objects.create(config=kept, field=f"f{number}", key=f"k{number}")
    revision = SyncConfig.objects.get(pk=kept.pk).revision
    stale.page_size = 7
    stale.save()
    assert stale.revision == SyncConfig.objects.get(pk=kept.pk).revision == revision + 1
    stale.save(update_fields=["page_size"])
    assert stale.revision == SyncConfig.objects.get(pk=kept.pk).revision == revision + 2


def test_who_acts_is_known_from_the_command_and_else_it_is_the_hub(kept: SyncConfig) -> None:
    with acting(Actor(source="command", name="root", note="sync_import")):
        kept.save()
        kept.page_size = 7
        kept.save()
    assert (latest().source, latest().who, latest().note) == ("command", "root", "sync_import")
    kept.page_size = 8
    kept.save()
    assert (latest().source, latest().who) == ("hub", "")


def restore(version: ConfigVersion, **options: Any) -> Any:
    user = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("boss")
    return version_restore(version, user=user, **options)


def test_a_restored_version_brings_back_everything_but_secrets(kept: SyncConfig) -> None:
    first = latest()
    line = kept.lines.get()
    with transaction.atomic():
        line.key = "article"
        line.save()
        SyncConfigLine.objects.create(config=kept, field="name", key="title", position=1)
        DeliveryPolicy.objects.create(config=kept, rate_per_minute=5)
        kept.name, kept.auth_secret = "Renamed", "another"
        kept.save()
    outcome = restore(first)
    assert not outcome.problems
    kept.refresh_from_db()
    assert (kept.name, kept.auth_secret) == ("Products out", "another")
    assert [(row.pk, row.key) for row in kept.lines.all()] == [(line.pk, "sku")]
    assert kept.headers.get().value == SECRETS[2]
    assert (latest().source, latest().who) == ("restore", "boss")
    assert summary(document_changes(first.document, latest().document)) == "Password, token or header value"


def test_a_restored_version_asks_for_the_secret_of_a_row_that_is_gone(kept: SyncConfig) -> None:
    first = latest()
    kept.headers.all().delete()
    outcome = restore(first)
    assert outcome.needs_only_secrets
    assert [asked.place for asked in outcome.secrets_asked] == ["configs[0].headers[0].value"]
    assert not SyncHeader.objects.exists()
    outcome = restore(first, typed_secrets={"configs[0].headers[0].value": "typed-5Rt"})
    assert outcome.is_done
    assert kept.headers.get().value == "typed-5Rt"


def test_a_deleted_config_is_restored_with_its_history(kept: SyncConfig) -> None:
    SyncRun.objects.create(config=kept, trigger="manual")
    with acting(Actor(source="admin", name="ann")):
        SyncConfig.objects.get(pk=kept.pk).delete()
    (version,) = deleted_configs()
    assert (version.name, version.who, version.is_deletion) == ("Products out", "ann", True)
    asked = restore(version)
    assert asked.needs_only_secrets
    typed = {each.place: f"typed-{index}" for index, each in enumerate(asked.secrets_asked)}
    assert set(typed) == {"configs[0].auth_secret", "configs[0].headers[0].value"}
    outcome = restore(version, typed_secrets=typed)
    assert outcome.is_done
    config = SyncConfig.objects.get()
    assert config.headers.get().value.startswith("typed-")
    assert not deleted_configs()
    assert list(ConfigVersion.objects.values_list("config_id", flat=True).distinct().order_by()) == [config.pk]


def test_a_restored_config_never_takes_the_place_of_another(kept: SyncConfig) -> None:
    version = latest()
    connection = kept.connection
    kept.delete()
    other = SyncConfig.objects.create(name="Products out", request_type="in", connection=connection, model="m")
    problems = [str(problem) for problem in restore(version).problems]
    assert any("already exists" in problem for problem in problems)
    other.refresh_from_db()
    assert other.model == "m"


def test_a_field_that_is_not_known_any_more_is_left_out_with_a_warning(kept: SyncConfig) -> None:
    version = latest()
    version.document["gone"] = 5
    version.document["lines"][0]["gone_too"] = "x"
    version.document["page_size"] = 9
    version.save()
    outcome = restore(version)
    assert outcome.is_done
    assert [warning.split()[0] for warning in outcome.warnings if "not known" in warning] == ["gone", "lines.gone_too"]


def test_configs_from_before_begin_their_history_once(kept: SyncConfig) -> None:
    assert ConfigVersion.objects.count() == 1
    histories_begin()
    assert ConfigVersion.objects.count() == 1


# --- the pages ---


def editor(*further: str) -> Client:
    """Staff who may change configs, but write no scripts."""
    user = User.objects.create_user("editor", is_staff=True)
    names = [f"{verb}_{model}" for verb in ("view", "add", "change", "delete") for model in (
        "syncconfig", "syncconfigline", "syncheader", "syncparam", "synctrigger")]  # fmt: skip
    user.user_permissions.set(Permission.objects.filter(codename__in=[*names, *further]))
    client = Client()
    client.force_login(user)
    return client


def test_the_history_page_tells_who_changed_what(admin_client: Client, viewer: Client, kept: SyncConfig) -> None:
    admin_client.post(f"{LIST}{kept.pk}/change/", change_form(kept, page_size="7"))
    for client in (admin_client, viewer):
        page = client.get(f"{LIST}{kept.pk}/history/").content.decode()
        assert "Page size" in page
        assert "The first version" in page
        assert "keeps no history" not in page
    SyncConfig.objects.update(page_size=50)
    assert "keeps no history" in admin_client.get(f"{LIST}{kept.pk}/history/").content.decode()


def test_the_pages_ask_the_database_no_more_for_a_long_history(admin_client: Client, kept: SyncConfig) -> None:
    admin_client.get(f"{LIST}{kept.pk}/history/")  # what is read once for a process
    counts = []
    for _round in range(2):
        for number in range(15):
            kept.page_size = 10 + number
            kept.save()
        for path in (f"{kept.pk}/history/", f"version/{latest().pk}/"):
            with CaptureQueriesContext(database) as queries:
                assert admin_client.get(f"{LIST}{path}").status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 25


def test_a_version_is_shown_field_by_field_and_restored_after_a_look(admin_client: Client, kept: SyncConfig) -> None:
    first = latest()
    kept.page_size, kept.before_script = 7, "if record:\n    record['a'] = 1\nrecord['b'] = 2"
    kept.save()
    page = admin_client.get(f"{LIST}version/{latest().pk}/").content.decode()
    assert "Page size" in page
    assert "+if record:" in page
    assert "Restore this version" not in page
    assert "Restore this version" in admin_client.get(f"{LIST}version/{first.pk}/").content.decode()
    shown = admin_client.post(f"{LIST}version/{first.pk}/restore/")
    assert "-page_size: 7" in shown.content.decode()
    kept.refresh_from_db()
    assert kept.page_size == 7
    seen = shown.context["outcome"].state
    kept.page_size = 8
    kept.save()
    stale = admin_client.post(f"{LIST}version/{first.pk}/restore/", {"seen": seen})
    assert "changed by somebody else since" in stale.content.decode()
    done = admin_client.post(f"{LIST}version/{first.pk}/restore/", {"seen": stale.context["outcome"].state})
    assert done.status_code == 302
    kept.refresh_from_db()
    assert kept.page_size == 100


def test_who_may_only_look_sees_versions_and_restores_none(viewer: Client, kept: SyncConfig) -> None:
    first = latest()
    kept.page_size = 7
    kept.save()
    assert "Restore this version" not in viewer.get(f"{LIST}version/{first.pk}/").content.decode()
    assert viewer.post(f"{LIST}version/{first.pk}/restore/").status_code == 403
    nobody = User.objects.create_user("nobody", is_staff=True)
    viewer.force_login(nobody)
    for path in (f"version/{first.pk}/", f"{kept.pk}/history/", "deleted/", f"{kept.pk}/export/", "import/"):
        assert viewer.get(f"{LIST}{path}").status_code == 403


def test_a_script_comes_back_only_for_who_may_write_scripts(kept: SyncConfig) -> None:
    kept.before_script = "record['a'] = 1"
    kept.save()
    with_script = latest()
    kept.before_script = ""
    kept.save()
    client = editor()
    page = client.post(f"{LIST}version/{with_script.pk}/restore/").content.decode()
    assert "You may not write scripts" in page
    client.post(f"{LIST}version/{with_script.pk}/restore/", {"seen": "x"})
    kept.refresh_from_db()
    assert kept.before_script == ""


def test_a_deleted_config_is_found_and_restored_on_its_page(admin_client: Client, kept: SyncConfig) -> None:
    admin_client.post(f"{LIST}{kept.pk}/delete/", {"post": "yes"})
    assert not SyncConfig.objects.exists()
    assert "Products out" in admin_client.get(f"{LIST}deleted/").content.decode()
    (version,) = deleted_configs()
    assert version.who == "admin"
    page = admin_client.post(f"{LIST}version/{version.pk}/restore/")
    assert 'name="secret-configs[0].auth_secret"' in page.content.decode()
    data = {
        "seen": page.context["outcome"].state,
        "secret-configs[0].auth_secret": "typed-1Ty",
        "secret-configs[0].headers[0].value": "typed-2Ty",
    }
    answer = admin_client.post(f"{LIST}version/{version.pk}/restore/", data)
    assert answer.status_code == 302
    assert SyncConfig.objects.get().auth_secret == "typed-1Ty"


def test_a_connection_that_is_gone_stands_in_the_way_with_a_message(kept: SyncConfig) -> None:
    version = latest()
    kept.delete()
    OdooConnection.objects.all().delete()
    assert any("There is no Odoo connection of the name Nowhere" in str(each) for each in restore(version).problems)


def test_lines_that_changed_places_are_told_as_an_order(kept: SyncConfig) -> None:
    SyncConfigLine.objects.create(config=kept, field="name", key="title", position=1)
    kept.lines.filter(field="default_code").update(position=5)
    kept.save()
    (change,) = document_changes(ConfigVersion.objects.all()[1].document, latest().document)
    assert [(field.label, field.diff.splitlines()[1:]) for field in change.fields] == [
        ("Order", ["+name ↔ title", " default_code ↔ sku", "-name ↔ title"])
    ]
