"""Every recorded request of a real Odoo 18 and 19, sent to the demo Odoo, gets the recorded answer."""

import http.client
import json
import re
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.odoo import DemoOdoo

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "odoo-wire"
TRANSPORTS = {18: ("xmlrpc", "jsonrpc"), 19: ("xmlrpc", "jsonrpc", "json2")}
NOT_COMPARED = {
    "write_date": "the moment of the recording; its form is compared",
    "traceback": "Odoo's own files and lines; its first and its last line are compared",
    "tz": "the zones of the server's own database; the field's other attributes are compared",
    "fields_get": "fields that the demo does not have; those it has are compared whole, and it has none of its own",
}
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings of a real Odoo are not here")

Case = tuple[int, str, int]


def recorded(version: int, transport: str) -> list[dict[str, Any]]:
    path = RECORDINGS / str(version) / f"{transport}.json"
    cases: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    return cases


def all_cases() -> Iterator[Any]:
    for version, transports in TRANSPORTS.items():
        for transport in transports:
            for number, case in enumerate(recorded(version, transport)):
                name = f"{version}-{transport}-{case['case'].replace(' ', '_')}"
                yield pytest.param((version, transport, number), id=name)


def replay(version: int) -> dict[Case, dict[str, Any]]:
    """The demo's answers to all requests in the order they were recorded, so that ids and counts agree too."""
    answers = {}
    with DemoOdoo(version=version, database=f"odoo{version}", api_key="API_KEY") as demo:
        for transport in TRANSPORTS[version]:
            for number, case in enumerate(recorded(version, transport)):
                connection = http.client.HTTPConnection(demo.host, demo.port, timeout=10)
                content_type = "text/xml" if transport == "xmlrpc" else "application/json"
                headers = {"Content-Type": content_type, **case["request"].get("headers", {})}
                connection.request("POST", case["request"]["path"], case["request"]["body"].encode(), headers)
                response = connection.getresponse()
                answers[version, transport, number] = {
                    "status": response.status,
                    "headers": dict(response.headers),
                    "body": response.read().decode(),
                }
                connection.close()
    return answers


@pytest.fixture(scope="module")
def answers() -> dict[Case, dict[str, Any]]:
    return {case: answer for version in TRANSPORTS for case, answer in replay(version).items()}


def content(transport: str, body: str) -> Any:
    """The meaning of an answer: a value, a fault as a dict, or the text of a page."""
    if transport == "xmlrpc":
        try:
            return xmlrpc.client.loads(body)[0][0]
        except xmlrpc.client.Fault as fault:
            return {"faultCode": fault.faultCode, "faultString": fault.faultString}
    try:
        return json.loads(body)
    except ValueError:
        return body


def without_frames(text: str) -> list[str]:
    """A traceback's first line, and the error it ends with (which may have several lines)."""
    lines = text.split("\n")
    last_frame = max(number for number, line in enumerate(lines) if line.startswith("  File "))
    return [lines[0], *lines[last_frame + 1 :]]


def comparable(value: Any, key: str = "") -> Any:
    """The value with what NOT_COMPARED names taken out, and with types told apart (True is not 1)."""
    if isinstance(value, dict):
        return {name: comparable(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if key == "write_date" and isinstance(value, str) and TIME.fullmatch(value):
        return "a time"
    if isinstance(value, str) and value.startswith("Traceback "):
        return without_frames(value)
    return (type(value).__name__, value)


@pytest.mark.parametrize("case", list(all_cases()))
def test_answer_is_the_recorded_one(case: Case, answers: dict[Case, dict[str, Any]]) -> None:
    version, transport, number = case
    expected = recorded(version, transport)[number]
    answer, wanted = answers[case], expected["response"]
    assert answer["status"] == wanted["status"]
    for name, value in wanted["headers"].items():
        assert answer["headers"].get(name) == value
    got, recorded_content = content(transport, answer["body"]), content(transport, wanted["body"])
    if expected["case"].startswith("fields_get"):
        got, recorded_content = got.get("result", got), recorded_content.get("result", recorded_content)
        assert set(got) <= set(recorded_content)
        recorded_content = {name: recorded_content[name] for name in got}
        for fields in (got, recorded_content):
            if "tz" in fields:
                assert ["Europe/Brussels", "Europe/Brussels"] in fields["tz"].pop("selection")
    assert comparable(got) == comparable(recorded_content)


@pytest.mark.parametrize("version", [18, 19])
@pytest.mark.parametrize(("model", "least"), [("partner", 40), ("order", 25), ("product", 35)])
def test_the_demo_has_most_fields_that_are_synced(
    version: int, model: str, least: int, answers: dict[Case, dict[str, Any]]
) -> None:
    numbers = [n for n, case in enumerate(recorded(version, "jsonrpc")) if case["case"] == f"fields_get {model}"]
    fields = json.loads(answers[version, "jsonrpc", numbers[0]]["body"])["result"]
    assert len(fields) >= least
