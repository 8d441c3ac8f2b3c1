"""What Odoo's "Send Webhook Notification" posts, as real ones were recorded, and what else may come to that address."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from auditlog.models import ApiLog
from inbound import odoo_hooks
from inbound.guessing import FAILURES_PER_MINUTE
from outbound import noticed
from outbound.models import Notice, OdooHook
from outbound.noticed import secret_hash
from syncconfig.models import OdooConnection, SyncConfig
from tests.clients.recordings import REASON, WIRE
from tests.inbound.conftest import Api

SECRET = "S3cret-of-the-rule-in-Odoo-0123456789"
# As 18.0 posts it; see the recorded ones.
POST: dict[str, Any] = {
    "_action": "Push contact(#452)",
    "_id": 8,
    "_model": "res.partner",
    "category_id": [],
    "country_id": 20,
    "email": "h@example.com",
    "id": 8,
    "name": "Hook One",
    "write_date": "2026-11-23 12:54:43.323477",
}

Tell = Callable[..., requests.Response]


@pytest.fixture
def config(transactional_db: None, connection: OdooConnection) -> SyncConfig:
    made = SyncConfig.objects.create(
        name="Contacts to the shop",
        request_type="out",
        connection=connection,
        model="res.partner",
        url="http://127.0.0.1:1/",
        method_post=True,
    )
    OdooHook.objects.create(config=made, secret=SECRET, secret_hash=secret_hash(SECRET))
    return made


@pytest.fixture
def tell(config: SyncConfig, live_server: Any) -> Iterator[Tell]:
    """Post as Odoo does: another connection each time, and a second to wait."""

    def post(body: Any = POST, secret: str = SECRET, method: str = "POST", **options: Any) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        url = f"{live_server.url}/bj_api_sync/hooks/{secret}"
        return requests.request(method, url, data=data, headers=headers, timeout=10, **options)

    return post


def notices() -> list[tuple[int, int]]:
    return list(Notice.objects.order_by("record_id").values_list("config_id", "record_id"))


@pytest.mark.skipif(not WIRE.exists(), reason=REASON)
@pytest.mark.parametrize("version", [18, 19])
def test_what_real_odoos_posted_is_a_notice_for_each_record(version: int, config: SyncConfig, tell: Tell) -> None:
    recorded = json.loads((WIRE / str(version) / "webhook.json").read_text())
    for post in recorded:
        answer = tell(post["body"].encode(), headers=post["headers"])
        assert (answer.status_code, answer.json()["status"]) == (202, "success")
    told = sorted({json.loads(post["body"])["_id"] for post in recorded})
    assert len(recorded) == 42
    assert len(told) == 3
    assert notices() == [(config.pk, record_id) for record_id in told]


def test_a_post_costs_one_query_one_statement_and_its_log(config: SyncConfig, client: Client) -> None:
    def post() -> None:
        answer = client.post(f"/bj_api_sync/hooks/{SECRET}", json.dumps(POST), content_type="application/json")
        assert answer.status_code == 202

    post()
    with CaptureQueriesContext(database) as queries:
        post()
    made = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COM"))]
    assert len(made) == 3
    assert "outbound_odoohook" in made[0]
    assert made[1].startswith("INSERT INTO outbound_notice")
    assert 'INSERT INTO "auditlog_apilog"' in made[2]


def test_the_log_says_what_was_told_and_neither_the_secret_nor_what_nobody_reads(
    config: SyncConfig, tell: Tell
) -> None:
    tell(headers={"X-Request-ID": "told"})
    row = ApiLog.objects.get(request_id="told")
    assert (row.direction, row.party, row.config_id, row.status) == ("in", "odoo", config.pk, 202)
    assert (row.url, row.record_ref) == ("/bj_api_sync/hooks/***", "8")
    assert row.summary == "res.partner #8: Push contact(#452)"
    assert row.request_body == ""


def test_an_unknown_secret_gets_the_answer_of_an_address_that_is_not_there(tell: Tell, live_server: Any) -> None:
    wrong = tell(secret="another-secret-0123456789", headers={"X-Request-ID": "same"})
    nowhere = requests.post(
        f"{live_server.url}/bj_api_sync/nothing", json=POST, headers={"X-Request-ID": "same"}, timeout=10
    )
    assert wrong.status_code == nowhere.status_code == 404
    assert wrong.content == nowhere.content
    assert tell(secret="another-secret-0123456789", method="GET").status_code == 404
    assert notices() == []


@pytest.mark.parametrize(
    "path",
    [
        "hooks/{}",
        "hooks/{}/",
        "hooks/{}/more?and={}",
        "hooks//{}",
        "/hooks/{}",
        "hook/{}",
    ],
)
@pytest.mark.parametrize("secret", [SECRET, "a-mistyped-S3cret-0123456789"])
def test_no_log_shows_a_secret_however_it_was_called(
    path: str, secret: str, tell: Tell, live_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    requests.post(f"{live_server.url}/bj_api_sync/{path.format(secret, secret)}", json=POST, timeout=10)
    row = ApiLog.objects.get()
    assert secret not in f"{row.url} {row.summary} {row.error} {row.request_headers} {row.request_body}"
    ours = [record.getMessage() for record in caplog.records if record.name.split(".")[0] not in ("urllib3", "django")]
    assert secret not in " ".join(ours)


def test_a_failure_of_the_hub_is_logged_without_the_secret(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(odoo_hooks, "changes_noticed", fail)
    assert tell().status_code == 500
    said = [record.getMessage() for record in caplog.records if record.name == "django.request"]
    assert said == ["Internal Server Error: /bj_api_sync/hooks/***"]


def test_a_post_that_is_none_of_odoos_is_a_400_that_says_so(tell: Tell) -> None:
    for body, words in (
        (b"", "The body is no JSON."),
        (b"_id=7&_model=res.partner", "The body is no JSON."),
        (b'{"_id": 7, "_model"', "The body is no JSON."),
        (b"[" * 100_000, "The body is no JSON."),
        (b'{"_id": "\xff"}', "The body is no JSON."),
        (b"[1]", "no JSON object"),
        ({"id": 7}, "no _model"),
        ({"_model": 5, "_id": 7}, "no _model"),
        *(
            ({"_model": "res.partner", "_id": wrong}, "no _id")
            for wrong in (None, True, 0, -1, 2**31, 7.5, "7", [7], 10**300)
        ),
    ):
        answer = tell(body, headers={"X-Request-ID": "wrong"})
        assert answer.status_code == 400, body
        assert words in answer.json()["message"]
        assert "Send Webhook Notification" in answer.json()["message"]
    assert notices() == []
    # Here the body is kept: somebody has to find out what called.
    assert "_id=7&_model=res.partner" in ApiLog.objects.filter(status=400).values_list("request_body", flat=True)


def test_fields_that_odoo_sends_along_may_be_anything(tell: Tell) -> None:
    odd = b'{"_id": 7, "_model": "res.partner", "_id": 7, "x": NaN, "y": 1e999, "z": {"a": [1]}, "t": "\\ud800"}'
    assert tell(odd).status_code == 202
    assert tell({"_id": 9, "_model": "res.partner", "_action": None}).status_code == 202
    assert [record_id for _config, record_id in notices()] == [7, 9]


def test_another_model_is_a_409_that_names_both(tell: Tell) -> None:
    answer = tell({**POST, "_model": "sale.order"})
    assert answer.status_code == 409
    assert "hears of res.partner, not of 'sale.order'" in answer.json()["message"]
    assert notices() == []


def test_a_body_beyond_a_megabyte_is_not_read(tell: Tell) -> None:
    answer = tell({**POST, "image_1920": "x" * odoo_hooks.MAX_BODY_BYTES})
    assert (answer.status_code, answer.json()["error"]) == (413, "PAYLOAD_TOO_LARGE")


def test_only_post_tells_anything(tell: Tell) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = tell(method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST"), method
    # What a redirect from http to https makes of a post.
    assert "redirect" in answer.json()["message"]
    assert notices() == []


def test_neither_cookie_nor_csrf_token_is_asked_for(config: SyncConfig) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(f"/bj_api_sync/hooks/{SECRET}/", json.dumps(POST), content_type="application/json")
    assert (answer.status_code, answer.cookies) == (202, {})


def test_guessing_is_cut_off_and_the_right_secret_is_heard_all_the_same(tell: Tell, api: Api) -> None:
    # Twice as many, since a minute may end in between.
    codes = {tell(secret=f"guess-{number}").status_code for number in range(2 * FAILURES_PER_MINUTE + 1)}
    assert codes == {404, 429}
    assert tell().status_code == 202
    # Nor are other callers at this address shut out for what a rule left behind in Odoo does.
    assert api.call("GET", "nothing").status_code == 404


def test_a_config_that_is_switched_off_hears_and_waits(config: SyncConfig, tell: Tell) -> None:
    SyncConfig.objects.filter(pk=config.pk).update(active=False)
    assert tell().status_code == 202
    assert notices() == [(config.pk, 8)]


def test_when_odoo_last_called_is_kept_to_the_minute(
    config: SyncConfig, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell({"no": "post"})
    assert OdooHook.objects.get().told_at is None
    tell()
    first = OdooHook.objects.get().told_at
    tell()
    assert OdooHook.objects.get().told_at == first
    monkeypatch.setattr(noticed, "TOLD_EVERY_S", 0.0)
    tell()
    assert OdooHook.objects.get().told_at > first


def test_a_rule_that_was_removed_here_is_not_heard(config: SyncConfig, tell: Tell) -> None:
    OdooHook.objects.all().delete()
    assert tell().status_code == 404
    assert "left behind in Odoo" in ApiLog.objects.get(status=404).error


def test_what_the_records_are_a_part_of_may_tell_too(config: SyncConfig, tell: Tell) -> None:
    OdooHook.objects.update(links={"product.template": "product_tmpl_id"})

    answer = tell({"_model": "product.template", "_id": 8})

    assert answer.status_code == 202
    assert list(Notice.objects.values_list("record_id", "through")) == [(8, "product_tmpl_id")]
