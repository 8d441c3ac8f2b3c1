"""Export, import and duplicate in the admin, within what the user may do."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from inbound.models import Credential
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from tests.syncconfig.conftest import SECRETS
from tests.syncconfig.test_config_admin import LIST
from tests.syncconfig.test_documents import MINIMAL, WITH_SECRET, exported
from tests.syncconfig.test_history import editor

IMPORT = f"{LIST}import/"


def check(client: Client, text: str, **values: Any) -> Any:
    return client.post(IMPORT, {"text": text, "prune": "no", **values})


def apply(client: Client, text: str, **values: Any) -> Any:
    """Both steps."""
    page = check(client, text, **{name: value for name, value in values.items() if not name.startswith("secret-")})
    return check(client, text, seen=page.context["outcome"].state, **values)


def test_the_button_and_the_actions_give_yaml_without_secrets(viewer: Client, sync: SyncConfig) -> None:
    answer = viewer.get(f"{LIST}{sync.pk}/export/")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="products-out.yaml"'
    texts = [answer.content.decode()]
    for name in ("export_chosen", "export_with_connections"):
        data = {"action": name, "_selected_action": [sync.pk]}
        texts.append(viewer.post(LIST, data).content.decode())
    assert ["connections:\n" in text for text in texts] == [False, False, True]
    for text in texts:
        assert "name: Products out" in text
        assert not [secret for secret in SECRETS if secret in text]


def test_an_import_is_shown_first_and_then_done(admin_client: Client, unreachable: OdooConnection) -> None:
    page = check(admin_client, MINIMAL)
    assert "+name: Partners in" in page.content.decode()
    assert not SyncConfig.objects.exists()
    assert apply(admin_client, MINIMAL).status_code == 302
    assert SyncConfig.objects.get().lines.count() == 2
    assert "Nothing would be changed" in check(admin_client, MINIMAL).content.decode()


def test_a_document_is_uploaded_as_a_file(admin_client: Client, unreachable: OdooConnection) -> None:
    page = check(admin_client, "", file=SimpleUploadedFile("x.yaml", b"\xef\xbb\xbf" + MINIMAL.encode()))
    assert "+name: Partners in" in page.content.decode()
    bad = check(admin_client, "", file=SimpleUploadedFile("x.yaml", b"\xff\xfe\x00"))
    assert "The file is not UTF-8" in bad.content.decode()
    assert "Choose a file, or paste a document" in check(admin_client, " ").content.decode()


def test_what_is_wrong_is_told_with_place_and_line_and_nothing_can_be_pressed(
    admin_client: Client, unreachable: OdooConnection
) -> None:
    text = MINIMAL.replace("key: id", "key: 'a..<b>'")
    page = check(admin_client, text).content.decode()
    assert "configs[0].lines[0].key</code> (line 12)" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert 'name="seen"' in page
    check(admin_client, text, seen="x")
    assert not SyncConfig.objects.exists()


def test_a_secret_that_is_missing_is_asked_for_and_never_shown(
    admin_client: Client, unreachable: OdooConnection
) -> None:
    text = WITH_SECRET.format("{env: SYNC_SECRET_FOR_X}")
    page = check(admin_client, text)
    assert 'name="secret-configs[0].auth_secret"' in page.content.decode()
    answer = apply(admin_client, text, **{"secret-configs[0].auth_secret": "typed-8Ui"})
    assert answer.status_code == 302
    assert SyncConfig.objects.get().auth_secret == "typed-8Ui"


def test_what_was_changed_in_between_is_looked_at_again(admin_client: Client, sync: SyncConfig) -> None:
    text = exported().replace("PUT", "POST").replace("key: X-Shop", "key: X-Store")
    text = text.replace("url: https://shop", "url: https://store")
    page = check(admin_client, exported().replace("url: https://shop", "url: https://store"))
    sync.page_size = 7
    sync.save()
    answer = check(
        admin_client, exported().replace("url: https://shop", "url: https://store"), seen=page.context["outcome"].state
    )
    assert "changed by somebody else since" in answer.content.decode()
    sync.refresh_from_db()
    assert sync.url.startswith("https://shop")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("connections:\n  - {name: Nowhere, url: 'http://h', database: d, login: l}\nconfigs:", "Odoo connections"),
        ("configs:\n  - {name: X}\nconfigs:", "stands here twice"),
    ],
)
def test_an_editor_changes_configs_and_no_connections(unreachable: OdooConnection, change: str, said: str) -> None:
    client = editor()
    assert said in check(client, MINIMAL.replace("configs:", change)).content.decode()
    assert apply(client, MINIMAL).status_code == 302


def test_an_editor_without_rights_on_credentials_imports_none(unreachable: OdooConnection) -> None:
    client = editor()
    text = f"{MINIMAL}    credentials:\n      - {{name: Shop, secret: {{env: SYNC_SECRET_FOR_X}}}}\n"
    answer = apply(client, text, **{"secret-configs[0].credentials[0].secret": "typed"})
    assert "You may not add: credentials." in answer.content.decode()
    assert not Credential.objects.exists()
    assert not SyncConfig.objects.exists()


SCRIPTED = (
    f"{MINIMAL}      - {{field: comment, key: note, calculation: script, script: result = value, direction: in}}\n"
)


def test_scripts_are_imported_only_by_who_may_write_them(unreachable: OdooConnection, admin_client: Client) -> None:
    client = editor()
    assert "You may not write scripts" in apply(client, SCRIPTED).content.decode()
    assert not SyncConfig.objects.exists()
    assert apply(admin_client, SCRIPTED).status_code == 302
    # What is there already is no change of a script.
    assert apply(client, SCRIPTED.replace("key: name", "key: label")).status_code == 302
    assert "You may not write scripts" in apply(client, SCRIPTED.replace("= value", "= 1")).content.decode()


def test_who_may_only_look_has_no_import(viewer: Client, sync: SyncConfig) -> None:
    assert viewer.get(IMPORT).status_code == 403
    assert viewer.post(IMPORT, {"text": MINIMAL, "seen": "x"}).status_code == 403
    assert viewer.get(f"{LIST}{sync.pk}/duplicate/").status_code == 403
    page = viewer.get(LIST).content.decode()
    assert IMPORT not in page


def test_a_duplicate_is_off_has_its_own_endpoint_and_the_secrets(
    admin_client: Client, press: Any, unreachable: OdooConnection
) -> None:
    config = SyncConfig.objects.create(
        name="Partners in", request_type="in", connection=unreachable, model="res.partner", endpoint="partners",
        method_post=True, auth_type="bearer", auth_secret=SECRETS[1],
    )  # fmt: skip
    SyncConfigLine.objects.create(config=config, field="ref", key="id", is_identifier=True)
    Credential.objects.create(config=config, name="Shop", secret=SECRETS[2])
    assert "Partners in copy was made" in press(admin_client, f"{LIST}{config.pk}/duplicate/", name="")
    copy = SyncConfig.objects.get(name="Partners in copy")
    assert (copy.active, copy.endpoint, copy.auth_secret) == (False, "partners-copy", SECRETS[1])
    assert copy.lines.get().field == "ref"
    assert Credential.objects.get(config=copy).secret == SECRETS[2]
    assert "Partners in copy 2 was made" in press(admin_client, f"{LIST}{config.pk}/duplicate/", name="")
    assert SyncConfig.objects.get(name="Partners in copy 2").endpoint == "partners-copy-2"
    assert "already exists" in press(admin_client, f"{LIST}{config.pk}/duplicate/", name="Partners in copy")
    data = {"action": "duplicate_chosen", "_selected_action": [config.pk, copy.pk]}
    admin_client.post(LIST, data)
    assert SyncConfig.objects.count() == 5


def test_a_duplicate_of_what_no_key_opens_is_refused(
    admin_client: Client, press: Any, sync: SyncConfig, lost_key: Any
) -> None:
    lost_key(sync, "auth_secret")
    assert "cannot be decrypted" in press(admin_client, f"{LIST}{sync.pk}/duplicate/", name="")
    assert SyncConfig.objects.count() == 1
