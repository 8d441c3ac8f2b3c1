"""The script bench runs a script as it stands in the form, and changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from auditlog.models import ApiLog
from demo.odoo import DemoOdoo
from syncconfig.models import OdooConnection

BENCH = "/admin/syncconfig/syncconfig/bench/"
SAMPLE = {"customer": {"email": " Ann@Example.com "}, "items": [{"sku": "A"}]}


def run(client: Client, script: str, **values: Any) -> Any:
    given = {"script": script, "place": "evaluate", "direction": "in", "sample": json.dumps(SAMPLE), **values}
    answer = client.post(BENCH, given)
    assert answer.status_code == 200
    return answer.json()


def staff(*names: str) -> Client:
    user = User.objects.create_user("-".join(names), is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def test_a_script_gets_the_value_of_its_key_and_tells_result_prints_and_time(admin_client: Client) -> None:
    told = run(admin_client, "print('got', value)\nresult = value.strip().lower()", key="customer.email")
    assert told["kind"] == "result"
    assert json.loads(told["value"]) == "ann@example.com"
    assert told["printed"] == "got  Ann@Example.com \n"
    assert told["duration_ms"] > 0


def test_a_script_of_a_line_in_a_list_gets_the_first_element(admin_client: Client) -> None:
    sample = {"name": "#1", "items": [{"sku": "A", "price": "20.00", "off": "5.00"}, {"sku": "B"}]}
    script = "result = [item['sku'], record['price'], value, request_data['name']]"
    told = run(admin_client, script, sample=json.dumps(sample), key="items[].off")
    assert json.loads(told["value"]) == ["A", "20.00", "5.00", "#1"]
    told = run(admin_client, "result = [item, value]", sample='{"items": []}', key="items[].off")
    assert json.loads(told["value"]) == [None, None]


@pytest.mark.parametrize(
    ("place", "script", "result"),
    [
        ("execute", "values['note'] = record['customer']['email'].strip()", {"name": "x", "note": "Ann@Example.com"}),
        ("before_script", "record['n'] = 1", {**SAMPLE, "n": 1}),
        ("before_script", "result = {'only': direction}", {"only": "in"}),
        ("after_script", "result = {'data': values}", {"data": {"name": "x"}}),
    ],
)
def test_each_place_gives_back_what_it_would_in_a_run(
    admin_client: Client, place: str, script: str, result: Any
) -> None:
    assert json.loads(run(admin_client, script, place=place, values='{"name": "x"}')["value"]) == result


@pytest.mark.parametrize(
    ("script", "kind", "message", "line"),
    [
        ("x = 1\nresult = 1 / 0", "failed", "division by zero", 2),
        ("while True:\n    pass\nresult = 1", "failed", "ran for more than", None),
        ("raise UserError('no stock')\nresult = 1", "refused", "no stock", None),
        ("skip('a test order')\nresult = 1", "skipped", "a test order", None),
        ("result = (", "invalid", "", 1),
        ("import os\nresult = os.listdir('/')", "failed", "", None),
    ],
)
def test_what_goes_wrong_is_told_with_its_line(
    admin_client: Client, script: str, kind: str, message: str, line: int | None
) -> None:
    told = run(admin_client, script)
    assert told["kind"] == kind
    assert message in told["message"]
    assert line is None or told["line"] == line


def test_what_was_printed_before_it_broke_off_is_told_once(admin_client: Client) -> None:
    assert run(admin_client, "print('here')\nresult = 1 / 0")["printed"] == "here\n"


def test_env_reads_odoo_and_the_log_marks_it_as_a_dry_run(
    admin_client: Client, connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    demo_odoo.call("res.partner", "create", {"name": "Ann", "ref": "C-1"})
    created = demo_odoo.calls["res.partner", "create"]
    script = "result = env['res.partner'].search_read([('ref', '=', 'C-1')], ['name'])[0]['name']"
    assert json.loads(run(admin_client, script, connection=connection.pk, model="res.partner")["value"]) == "Ann"
    assert set(ApiLog.objects.values_list("is_dry_run", flat=True)) == {True}
    told = run(admin_client, "env['res.partner'].create({'name': 'x'})\nresult = 1", connection=connection.pk)
    assert told["kind"] == "failed"
    assert demo_odoo.calls["res.partner", "create"] == created


def test_an_odoo_that_is_down_is_told(admin_client: Client) -> None:
    nowhere = OdooConnection.objects.create(
        name="N", url="http://127.0.0.1:9", database="d", login="l", secret="s3cr3t"
    )
    told = run(admin_client, "result = env['res.partner'].search([])", connection=nowhere.pk)
    assert "127.0.0.1:9" in told["message"]
    assert "s3cr3t" not in json.dumps(told)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"sample": "{"}, "Sample: this is no JSON"),
        ({"sample": "[1]"}, "Sample: write a JSON object"),
        ({"values": "nope"}, "Values: this is no JSON"),
        ({"key": "a["}, "["),
    ],
)
def test_a_sample_that_is_none_is_said(admin_client: Client, values: dict[str, str], error: str) -> None:
    assert error in run(admin_client, "result = 1", **values)["error"]


def test_only_who_may_write_scripts_runs_them(db: None) -> None:
    given = {"script": "result = 1", "place": "evaluate"}
    assert staff("change_syncconfig").post(BENCH, given).status_code == 403
    assert staff("author_script").post(BENCH, given).status_code == 403
    author = staff("change_syncconfig", "author_script")
    assert author.post(BENCH, given).status_code == 200
    assert author.get(BENCH).status_code == 405
    assert author.post(BENCH, {**given, "place": "elsewhere"}).status_code == 400
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="change_syncconfig-author_script"))
    assert strict.post(BENCH, given).status_code == 403
