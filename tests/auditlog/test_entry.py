"""An entry of the log: readable bodies, a command to copy, and what happened with it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from auditlog import replays
from auditlog.bodies import is_whole
from auditlog.curl import curl_of
from auditlog.models import ApiLog
from auditlog.pretty import pretty_body
from auditlog.recorder import recording
from auditlog.replays import ReplayOffer, add_replay_offer

pytestmark = pytest.mark.django_db
LIST = "/admin/auditlog/apilog/"


def entry(**values: Any) -> ApiLog:
    fields = {
        "created_at": timezone.now(), "direction": "in", "party": "api", "method": "POST", "status": 201,
        "url": "/bj_api_sync/v1/orders", "duration_ms": 5,
    }  # fmt: skip
    return ApiLog.objects.create(**{**fields, **values})


def arguments(command: str) -> list[str]:
    """What curl would be given by a shell that knows the variables."""
    script = command.replace("curl", "python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))'", 1)
    environment = {**os.environ, "TOKEN": "t0ken", "SECRET": "s3cret", "X_API_KEY": "k3y"}
    done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_the_command_says_what_was_said_with_variables_for_what_is_hidden() -> None:
    row = entry(
        url="/bj_api_sync/v1/orders?a=1&token=***",
        request_headers={"Authorization": "Bearer ***", "X-Api-Key": "***", "X-Note": "it's $HOME `id`", "Host": "h"},
        request_body='{"name": "O\'Hara $(id)", "password": "***"}',
    )
    assert arguments(curl_of(row, site_url="https://hub.example.com/")) == [
        "-X", "POST",
        "-H", "Authorization: Bearer t0ken",
        "-H", "X-Api-Key: k3y",
        "-H", "X-Note: it's $HOME `id`",
        "--data-binary", '{"name": "O\'Hara $(id)", "password": "s3cret"}',
        "https://hub.example.com/bj_api_sync/v1/orders?a=1&token=s3cret",
    ]  # fmt: skip


def test_the_command_of_a_cut_body_says_so() -> None:
    row = entry(request_body="abc\n[cut: 999 bytes in all, the first 3 are kept]", method="PUT; id")
    command = curl_of(row, site_url="https://hub")
    assert command.startswith("# The log kept only a part of this body.\n")
    assert shlex.split(command.partition("\n")[2])[:3] == ["curl", "-X", "PUT; id"]


def test_what_the_recorder_cut_or_left_out_is_not_whole(settings: Any) -> None:
    settings.SYNC_LOG_BODY_BYTES = 20
    bodies = [b'{"a": 1}', b'{"a": "' + b"x" * 100 + b'"}', b"%PDF-1.7 binary"]
    with recording(request_id="r") as rec:
        for body in bodies:
            rec.add_inbound(
                method="POST", url="/x", headers={"Content-Type": "application/json"}, body=body, status=200,
                response_headers={}, response_body="", duration_ms=1, started_at=timezone.now(),
            )  # fmt: skip
    assert [is_whole(row.request_body) for row in ApiLog.objects.order_by("pk")] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<a><b>1</b><c/></a>", "<a>\n  <b>1</b>\n  <c/>\n</a>"),
        ("<a>\n <b>1</b>\n</a>", "<a>\n  <b>1</b>\n</a>"),
        ("<?xml version='1.0' encoding='UTF-8'?><a>é</a>", '<?xml version="1.0" ?>\n<a>é</a>'),
    ],
)
def test_xml_is_indented(text: str, shown: str) -> None:
    assert pretty_body(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "<html><br></html>",
        "<a><b>cut",
        '<!DOCTYPE a [<!ENTITY x "xxx"><!ENTITY y "&x;&x;">]><a>&y;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    ],
)
def test_what_is_no_xml_or_wants_more_than_itself_stays_as_it_is(text: str) -> None:
    assert pretty_body(text) == text


def test_the_same_request_is_told_in_order_with_offsets(admin_client: Client) -> None:
    start = timezone.now()
    first = entry(request_id="r", created_at=start)
    entry(request_id="r", created_at=start + timedelta(milliseconds=40), party="odoo", summary="res.partner.create")
    page = BeautifulSoup(admin_client.get(f"{LIST}{first.pk}/change/").content, "html.parser")
    rows = [" ".join(row.get_text(" ").split()) for row in page.select("table.sync-table tbody tr")]
    assert rows[0].startswith("+0 ms External system")
    assert "this entry" in rows[0]
    assert rows[1].startswith("+40 ms Odoo POST res.partner.create")


def test_links_lead_only_where_one_may_go(client: Client) -> None:
    row = entry(delivery_id=5, run_id=6)
    user = User.objects.create_user("viewer", is_staff=True)
    for names, links in ((["view_apilog"], False), (["view_apilog", "view_delivery", "view_syncrun"], True)):
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client.force_login(user)
        page = client.get(f"{LIST}{row.pk}/change/").content.decode()
        assert ("/admin/outbound/delivery/5/change/" in page) is links
        assert ("/admin/outbound/syncrun/6/change/" in page) is links


def test_what_can_be_replayed_is_offered_or_the_reason_told(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "_offerers", [])
    row = entry()
    add_replay_offer(lambda entry, user: ReplayOffer("Again", "/there/", "Shown first."))
    add_replay_offer(lambda entry, user: ReplayOffer("Not this", reason="it is <gone>"))
    add_replay_offer(lambda entry, user: None)
    page = admin_client.get(f"{LIST}{row.pk}/change/").content.decode()
    assert 'href="/there/"' in page
    assert "it is &lt;gone&gt;" in page


def test_the_search_for_a_record_is_the_first_thing_above_the_log(admin_client: Client) -> None:
    page = BeautifulSoup(admin_client.get(LIST).content, "html.parser")
    forms = page.select("form")
    places = [form.get("action") or form.get("id") for form in forms]
    assert places.index("/admin/auditlog/apilog/find/") < places.index("changelist-search")
    assert page.select_one('a[href="/admin/auditlog/apilog/find/"]') is not None


def test_half_a_character_in_a_body_is_shown_as_it_was_written(admin_client: Client) -> None:
    row = entry(request_body='{"name": "a\\ud800b \\ud83d\\ude00"}')
    page = admin_client.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "a\\ud800b \U0001f600" in page
