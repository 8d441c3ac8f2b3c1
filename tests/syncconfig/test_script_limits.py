"""Each script may have limits of its own, below the installation's: in the form, documents, runs and the bench."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from mapping.engine import map_in, map_out
from mapping.spec import ScriptLimits
from syncconfig.documents.importing import text_import
from syncconfig.models import OdooConnection, SyncConfig
from syncconfig.plans import plan_for
from syncconfig.script_limits import script_limits, validate_script_limits
from tests.syncconfig.test_config_admin import IDENTIFIER, LIST, errors_of, form, line
from tests.syncconfig.test_documents import exported

SLOW = "total = 0\nfor number in range(400_000):\n    total += number\nresult = str(total)"
LARGE = "result = str(len([number for number in range(200_000)]))"
DEEP = "def down(n):\n    return 0 if n == 0 else down(n - 1)\nresult = str(down(40))"
LONG = "result = 'x' * 5000"
CURIOUS = "result = str([env['res.partner'].search_count([]) for _ in range(5)])"

EXCEEDED = [
    ("time 0.01", SLOW, "was stopped: it ran for more than 0.01 s"),
    ("memory 1", LARGE, "was stopped: it needed more than 1 MB of memory"),
    ("depth 20", DEEP, "maximum recursion depth exceeded"),
    ("output 1000", LONG, "it is larger than 1000 bytes"),
    ("env 3", CURIOUS, "env may be asked at most 3 times"),
]


def made(client: Client, connection: OdooConnection, *lines: dict[str, Any], **values: Any) -> SyncConfig:
    answer = client.post(f"{LIST}add/", form(connection, [IDENTIFIER, line("name", "name"), *lines], **values))
    assert answer.status_code == 302, errors_of(answer)
    return SyncConfig.objects.get()


def problem(config: SyncConfig) -> str:
    """What is wrong with a record that the sync takes in; empty when nothing is."""
    (result,) = map_in(
        plan_for(config), [{"id": "7", "name": "Ann"}], lookup=lambda *_: {}, ask=lambda *_: 1, existing=False
    )
    return "; ".join(error.message for error in result.errors)


@pytest.mark.parametrize(("limits", "script", "message"), EXCEEDED)
def test_the_script_of_a_line_is_held_to_its_own_limits(
    admin_client: Client, connection: OdooConnection, limits: str, script: str, message: str
) -> None:
    row = line("city", "", calculation="script", script=script, direction="in", opt_limits=limits)
    config = made(admin_client, connection, row)
    assert message in problem(config)
    config.lines.filter(field="city").update(options={})
    SyncConfig.objects.update(revision=config.revision + 1)
    assert problem(SyncConfig.objects.get()) == ""


@pytest.mark.parametrize(("limits", "script", "message"), EXCEEDED)
@pytest.mark.parametrize("place", ["before", "after"])
def test_the_scripts_of_a_config_are_held_to_their_own_limits(
    admin_client: Client, connection: OdooConnection, place: str, limits: str, script: str, message: str
) -> None:
    variable = "record" if place == "before" else "values"
    values = {f"{place}_script": f"{script}\n{variable}['name'] = result\nresult = None", f"{place}_limits": limits}
    config = made(admin_client, connection, **values)
    assert message in problem(config)
    SyncConfig.objects.update(**{f"{place}_limits": "", "revision": config.revision + 1})
    assert problem(SyncConfig.objects.get()) == ""


def test_the_way_back_of_a_line_has_its_limits_too(admin_client: Client, connection: OdooConnection) -> None:
    row = line("city", "c", calculation="script", script="result = value", script_reverse=SLOW, opt_limits="time 0.01")
    config = made(admin_client, connection, row, method_get="on")
    (result,) = map_out(plan_for(config), [{"id": 1, "ref": "7", "name": "Ann", "city": "x"}], related=lambda *_: {})
    assert "more than 0.01 s" in result.errors[0].message


def test_no_script_gets_more_than_the_installation_allows(settings: Any) -> None:
    settings.SYNC_SCRIPT_TIME_S, settings.SYNC_SCRIPT_MEMORY_MB = 0.25, 32
    assert script_limits("time 9, memory 16, depth 30, output 2000, env 0") == ScriptLimits(
        time_s=0.25, memory_bytes=16 * 2**20, depth=30, output_bytes=2000, env_calls=0
    )
    assert script_limits("") == ScriptLimits(time_s=0.25, memory_bytes=32 * 2**20)
    assert script_limits("nobody can read this") == script_limits()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time 5", "time: this installation allows at most 1 (SYNC_SCRIPT_TIME_S). Write less, or leave it out."),
        ("memory 65", "memory: this installation allows at most 64 (SYNC_SCRIPT_MEMORY_MB)"),
        ("output 1000001", "output: this installation allows at most 1000000 "),
        ("depth 20.5", "depth: write a whole number."),
        ("depth 3", "depth: with less than 10 no script gets anywhere."),
        ("time 0", "time: with less than 0.01 no script gets anywhere."),
        ("speed 3", "There is no limit “speed”. There are time, memory, depth, output, env."),
        ("time 0.5, time 0.4", "“time” stands there twice."),
        ("0.5 s", "“0.5 s” is no limit. Write names and numbers, e.g. time 0.5"),
        ("time -1", "“time -1” is no limit."),
        ("time 1e3", "“time 1e3” is no limit."),
    ],
)
def test_a_limit_that_cannot_be_says_which_and_why(text: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validate_script_limits(text)
    assert message in caught.value.messages[0]


@pytest.mark.parametrize("text", ["", "time 0.5", "time=0.5, memory: 16", "time 1, depth 100,", "env 0"])
def test_limits_may_be_written_in_several_ways(text: str) -> None:
    validate_script_limits(text)


def test_the_form_says_it_at_the_input(admin_client: Client, connection: OdooConnection) -> None:
    row = line("city", "", calculation="script", script="result = 'x'", direction="in", opt_limits="time 5")
    answer = admin_client.post(f"{LIST}add/", form(connection, [IDENTIFIER, row], before_limits="depth 5000"))
    assert "before_limits" in answer.context["adminform"].form.errors
    assert "time: this installation allows at most 1" in errors_of(answer)
    assert not SyncConfig.objects.exists()


def test_limits_are_exported_and_imported(admin_client: Client, connection: OdooConnection) -> None:
    row = line("city", "", calculation="script", script="result = 'x'", direction="in", opt_limits="time 0.5, memory 8")
    made(admin_client, connection, row, before_script="record['a'] = 1", before_limits="depth 30", after_limits="env 2")
    text = exported()
    SyncConfig.objects.all().delete()
    assert text_import(text, environ={}).is_done
    config = SyncConfig.objects.get()
    assert (config.before_limits, config.after_limits) == ("depth 30", "env 2")
    assert config.lines.get(field="city").options["limits"] == "time 0.5, memory 8"
    refused = text_import(text.replace("time 0.5", "time 50").replace("depth 30", "depth 300"), environ={})
    told = "\n".join(str(each) for each in refused.problems)
    assert "time: this installation allows at most 1 " in told
    assert "depth: this installation allows at most 100 " in told


def test_the_bench_runs_under_the_limits_of_the_form(admin_client: Client) -> None:
    given = {"script": SLOW, "place": "evaluate", "direction": "in", "sample": "{}"}
    bench = "/admin/syncconfig/syncconfig/bench/"
    assert admin_client.post(bench, given).json()["kind"] == "result"
    assert "more than 0.01 s" in admin_client.post(bench, {**given, "limits": "time 0.01"}).json()["message"]
    told = admin_client.post(bench, {**given, "limits": "time 50"}).json()
    assert told == {
        "error": "Limits: time: this installation allows at most 1 (SYNC_SCRIPT_TIME_S). Write less, or leave it out."
    }
