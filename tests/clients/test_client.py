from __future__ import annotations

import json
import random
import xmlrpc.client
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.errors import Kind, RemoteError
from clients.http import Exchange, Timeouts, observing
from clients.odoo.client import ChangeCursor, OdooClient, Protocol, connect
from clients.odoo.settings import OdooSettings
from tests.clients.recordings import settings
from tests.clients.servers import Answer, Received, Server, serving
from tests.clients.small_odoo import SmallOdoo

HTML = Answer(403, b"<html><title>Forbidden by firewall</title></html>", {"Content-Type": "text/html"})


@pytest.fixture
def odoo() -> SmallOdoo:
    return SmallOdoo()


@pytest.fixture
def client(odoo: SmallOdoo) -> Iterator[OdooClient]:
    with serving(odoo) as server:
        client = connect(settings(server.url, "jsonrpc"))
        yield client
        client.transport.http.close()


def json_answer(told: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(told).encode(), {"Content-Type": "application/json"})


def gate(version: int, *, blocked: tuple[str, ...] = (), password: bool = False):  # type: ignore[no-untyped-def]
    """An Odoo of `version` behind a proxy that blocks the paths beginning with `blocked`."""
    told = {"server_version": f"{version}.0", "server_version_info": [version, 0]}

    def respond(request: Received) -> Answer:
        path = request.path
        if path.startswith(blocked):
            return HTML
        if path.startswith("/json/2/"):
            if version < 19:
                return Answer(404, b"<html><title>404 Not Found</title></html>")
            if password:
                return json_answer({"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey"}, 401)
            return json_answer({"uid": 2} if path.endswith("context_get") else 5)
        if path == "/web/version":
            return json_answer({"version": f"{version}.0", "version_info": [version, 0]}) if version >= 19 else HTML
        result: Any = 5
        if b">version<" in request.body[:120] or b'"version"' in request.body[:120]:
            result = told
        elif b"authenticate" in request.body[:120]:
            result = 2
        if path.startswith("/xmlrpc"):
            return Answer(
                200, xmlrpc.client.dumps((result,), methodresponse=True).encode(), {"Content-Type": "text/xml"}
            )
        return json_answer({"jsonrpc": "2.0", "id": 1, "result": result})

    return respond


@pytest.mark.parametrize(
    ("version", "blocked", "password", "protocol"),
    [
        (18, (), False, Protocol.JSONRPC),
        (19, (), False, Protocol.JSON2),
        (19, (), True, Protocol.JSONRPC),
        (18, ("/jsonrpc",), False, Protocol.XMLRPC),
        (19, ("/json",), False, Protocol.XMLRPC),
        (19, ("/json/2",), False, Protocol.JSONRPC),
        (19, ("/jsonrpc",), False, Protocol.JSON2),
        (19, ("/jsonrpc", "/xmlrpc"), False, Protocol.JSON2),
    ],
)
def test_auto_takes_the_fastest_transport_that_works_and_remembers_it(
    version: int, blocked: tuple[str, ...], password: bool, protocol: Protocol
) -> None:
    with serving(gate(version, blocked=blocked, password=password)) as server:
        client = connect(settings(server.url, "auto"))
        assert client.protocol is Protocol.AUTO
        assert client.search_count("res.partner", []) == 5
        assert client.protocol is protocol
        assert client.authenticate() == 2
        assert client.version().major == version
        asked = len(server.received)
        client.search_count("res.partner", [])
        assert len(server.received) == asked + 1
        assert server.connections == 1
        client.transport.http.close()


def test_auto_says_what_stands_in_the_way_if_nothing_works() -> None:
    with serving(gate(18, blocked=("/",))) as server:
        client = connect(settings(server.url, "auto"))
        with pytest.raises(RemoteError, match=r"forbids /jsonrpc \(403 \(Forbidden by firewall\)") as caught:
            client.search_count("res.partner", [])
        client._http.close()
    assert caught.value.code == "forbidden"


@pytest.mark.parametrize("protocol", ["json2", "jsonrpc", "xmlrpc", "auto"])
@pytest.mark.parametrize(
    ("answer", "kind", "code", "message"),
    [
        (Answer(404, b"<html><title>Not Found</title></html>"), Kind.PERMANENT, "not_odoo", "No Odoo answers at"),
        (Answer(200, b"<!DOCTYPE html><html><title>My shop</title></html>"), Kind.PERMANENT, "not_", "My shop"),
        (Answer(502, b"<html>bad gateway</html>"), Kind.RETRYABLE, "unavailable", "502 Bad Gateway"),
        (Answer(503, b"upgrading", {"Retry-After": "30"}), Kind.RETRYABLE, "unavailable", "upgrading"),
        (
            Answer(301, b"", {"Location": "https://x.example/jsonrpc"}),
            Kind.BLOCKED,
            "redirect",
            r"to https://x\.example",
        ),
        (Answer(500, b"<html>oops</html>"), Kind.RETRYABLE, "server_error", "500 Internal"),
    ],
)
def test_what_is_no_odoo_answer_is_said_so(protocol: str, answer: Answer, kind: Kind, code: str, message: str) -> None:
    with serving(lambda request: answer) as server:
        client = connect(settings(server.url, protocol))
        with pytest.raises(RemoteError, match=message) as caught:
            client.authenticate()
        client._http.close()
    assert caught.value.kind is kind
    assert caught.value.code.startswith(code)
    assert caught.value.retry_after_s == (30 if "Retry-After" in answer.headers else None)


def test_a_gateway_error_in_the_middle_of_a_write_is_ambiguous(odoo: SmallOdoo, client: OdooClient) -> None:
    odoo.before = lambda method: Answer(504, b"<html>gateway timeout</html>")
    with pytest.raises(RemoteError, match="may or may not have taken effect") as caught:
        client.create("res.partner", [{"name": "x"}])
    assert caught.value.kind is Kind.AMBIGUOUS
    with pytest.raises(RemoteError, match="504") as read:
        client.search_read("res.partner", [], ["name"])
    assert read.value.kind is Kind.RETRYABLE


@pytest.mark.parametrize("protocol", ["json2", "jsonrpc", "xmlrpc"])
def test_a_damaged_answer_leaves_a_write_in_doubt_and_a_read_repeatable(protocol: str) -> None:
    whole = gate(19)

    def cut(request: Received) -> Answer:
        answer = whole(request)
        if b"authenticate" in request.body[:120]:
            return answer
        body = b'{"a": ' if protocol == "json2" else answer.body[: len(answer.body) * 2 // 3]
        return answer._replace(body=body)

    with serving(cut) as server:
        client = connect(settings(server.url, protocol))
        with pytest.raises(RemoteError, match="damaged or cut short") as write:
            client.create("res.partner", [{"name": "x"}])
        with pytest.raises(RemoteError, match="damaged or cut short") as read:
            client.search_count("res.partner", [])
        client._http.close()
    assert (write.value.kind, read.value.kind) == (Kind.AMBIGUOUS, Kind.RETRYABLE)


def test_an_entity_bomb_is_refused() -> None:
    bomb = b"""<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY c "&a;&a;&a;&a;&a;">]>
    <methodResponse><params><param><value><string>&c;</string></value></param></params></methodResponse>"""
    with serving(lambda request: Answer(200, bomb, {"Content-Type": "text/xml"})) as server:
        client = connect(settings(server.url, "xmlrpc"))
        with pytest.raises(RemoteError, match="document type or entities") as caught:
            client.version()
        client._http.close()
    assert (caught.value.kind, caught.value.code) == (Kind.PERMANENT, "unsafe_answer")


def test_a_none_fault_is_a_success() -> None:
    fault = xmlrpc.client.Fault(
        1,
        'Traceback (most recent call last):\n  File "/opt/odoo/rpc.py", line 1, in _xmlrpc\n'
        "TypeError: cannot marshal None unless allow_none is enabled\n",
    )

    def respond(request: Received) -> Answer:
        told = (2,) if b"authenticate" in request.body else fault
        return Answer(200, xmlrpc.client.dumps(told, methodresponse=True).encode())

    with serving(respond) as server:
        client = connect(settings(server.url, "xmlrpc"))
        assert client.call("res.partner", "action_archive", ids=[1]) is None
        client._http.close()


@pytest.mark.parametrize("protocol", ["json2", "jsonrpc"])
def test_none_is_a_result_over_json(protocol: str) -> None:
    def respond(request: Received) -> Answer:
        if b"authenticate" in request.body:
            return json_answer({"jsonrpc": "2.0", "result": 2})
        return json_answer(None if protocol == "json2" else {"jsonrpc": "2.0", "id": 1})

    with serving(respond) as server:
        client = connect(settings(server.url, protocol))
        assert client.call("res.partner", "action_archive", ids=[1]) is None
        client._http.close()


@pytest.mark.parametrize(
    ("protocol", "vals", "message"),
    [
        ("xmlrpc", {"name": "a\x00b"}, "The value of .*name cannot be sent: it contains a control character"),
        ("xmlrpc", {"color": 2**31}, "The value of .*color cannot be sent: 2147483648 does not fit"),
        ("xmlrpc", {"image": b"x"}, "The value of .*image cannot be sent: bytes must be given as base64"),
        ("xmlrpc", {"n": float("nan")}, "The value of .*n cannot be sent: nan is no number"),
        ("xmlrpc", {"d": datetime(2026, 1, 1)}, "a datetime is no value Odoo takes"),
        ("jsonrpc", {"n": float("inf")}, "The value of .*n cannot be sent: inf is no number"),
        ("jsonrpc", {"image": b"x"}, "The value of .*image cannot be sent: bytes"),
        ("json2", {"child_ids": [[0, 0, {"d": datetime(2026, 1, 1)}]]}, "The value of .*child_ids.*d cannot be sent"),
    ],
)
def test_what_cannot_be_sent_is_refused_naming_the_field(protocol: str, vals: dict[str, Any], message: str) -> None:
    with serving(gate(19)) as server:
        client = connect(settings(server.url, protocol))
        client.authenticate()
        asked = len(server.received)
        with pytest.raises(RemoteError, match=message) as caught:
            client.create("res.partner", [vals])
        assert len(server.received) == asked
        client._http.close()
    assert (caught.value.kind, caught.value.code) == (Kind.PERMANENT, "bad_value")
    assert caught.value.field in ("d", *vals)


def test_a_secret_shows_in_no_observed_exchange_and_no_repr() -> None:
    secret = 'ge<h>e"i&m'
    seen: list[Exchange] = []
    with serving(gate(18)) as server, observing(seen.append):
        for protocol in ("jsonrpc", "xmlrpc"):
            client = connect(settings(server.url, protocol, secret))
            client.search_count("res.partner", [])
            client._http.close()
        for exchange in seen:
            assert secret.encode() not in (exchange.request_body or b"")
            assert b"ge&lt;h" not in (exchange.request_body or b"")
        assert sum(b"***" in (exchange.request_body or b"") for exchange in seen) == 4
        assert secret not in repr(client.settings)


def test_context_and_timeouts_are_the_connections() -> None:
    with serving(gate(19)) as server:
        client = connect(settings(server.url, "json2", context={"lang": "fr_BE", "tz": "UTC"}, timeouts=Timeouts(1, 2)))
        client.search_count("res.partner", [], context={"tz": "Europe/Brussels"})
        body = json.loads(server.received[-1].body)
        client.call("res.partner", "search", args=([["a", "=", 1]],))
        positional = json.loads(server.received[-1].body)
        headers = server.received[-1].headers
        client._http.close()
    assert body == {"domain": [], "context": {"lang": "fr_BE", "tz": "Europe/Brussels"}}
    assert positional["domain"] == [["a", "=", 1]]
    assert (headers["Authorization"], headers["X-Odoo-Database"]) == ("bearer API_KEY", "odoo")


def test_unknown_positional_arguments_are_refused_over_json2() -> None:
    with serving(gate(19)) as server:
        client = connect(settings(server.url, "json2"))
        with pytest.raises(RemoteError, match="by name only"):
            client.call("res.partner", "message_post", ids=[1], args=("hello",))
        client._http.close()


@pytest.mark.parametrize(("model", "method"), [("../web", "search"), ("res.partner", "a/b"), ("", "search")])
def test_names_cannot_leave_their_place_in_the_url(model: str, method: str) -> None:
    client = connect(settings("http://127.0.0.1:9", "json2"))
    with pytest.raises(RemoteError, match=r"is no (model|method)'s name"):
        client.call(model, method)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://a.odoo.com/", "https://a.odoo.com"),
        ("https://a.odoo.com/web#action=1", "https://a.odoo.com"),
        ("https://a.com/odoo/contacts/7", "https://a.com"),
        ("http://a.com:8069/erp/web/login?db=x", "http://a.com:8069/erp"),
    ],
)
def test_a_url_pasted_from_the_browser_works(url: str, base: str) -> None:
    assert OdooSettings(url, "d", "l", "s").base_url == base


@pytest.mark.parametrize("url", ["a.odoo.com", "ftp://a", "", "https://"])
def test_what_is_no_url_is_refused_at_once(url: str) -> None:
    with pytest.raises(RemoteError, match="is no URL of an Odoo"):
        connect(OdooSettings(url, "d", "l", "s"))


# --- many records


def test_a_thousand_records_with_three_bad_ones_take_a_few_dozen_calls(odoo: SmallOdoo, client: OdooClient) -> None:
    odoo.refuse = lambda vals: f"{vals['name']} is bad" if vals["name"] in ("n13", "n500", "n999") else None
    result = client.create_many("res.partner", [{"name": f"n{i}"} for i in range(1000)])
    assert sorted(result.errors) == [13, 500, 999]
    assert result.errors[500].message == "n500 is bad"
    assert [i for i, made in enumerate(result.ids) if made is None] == [13, 500, 999]
    assert all(odoo.records[made]["name"] == f"n{i}" for i, made in enumerate(result.ids) if made)
    assert len(odoo.records) == 997
    assert result.calls == odoo.calls.count("create") <= 48


@pytest.mark.parametrize("seed", range(5))
def test_any_set_of_bad_records_is_found_and_the_rest_written_once(
    odoo: SmallOdoo, client: OdooClient, seed: int
) -> None:
    dice = random.Random(seed)
    bad = {i for i in range(60) if dice.random() < (0.02, 0.1, 0.5, 0.9, 1.0)[seed]}
    odoo.refuse = lambda vals: "bad" if vals["n"] in bad else None
    result = client.create_many("res.partner", [{"n": i} for i in range(60)], batch_size=25)
    assert set(result.errors) == bad
    assert sorted(record["n"] for record in odoo.records.values()) == sorted(set(range(60)) - bad)


def test_a_lost_answer_stops_the_work_and_nothing_is_repeated(odoo: SmallOdoo, client: OdooClient) -> None:
    odoo.before = lambda method: Answer(504, b"") if odoo.calls.count("create") == 2 else None
    result = client.create_many("res.partner", [{"n": i} for i in range(30)], batch_size=10)
    assert odoo.calls.count("create") == result.calls == 2
    assert all(result.ids[i] for i in range(10))
    assert {result.errors[i].kind for i in range(10, 20)} == {Kind.AMBIGUOUS}
    assert {(result.errors[i].kind, result.errors[i].code) for i in range(20, 30)} == {
        (Kind.RETRYABLE, "not_attempted")
    }


def test_an_error_about_the_connection_is_not_looked_for_in_every_record(odoo: SmallOdoo, client: OdooClient) -> None:
    odoo.before = lambda method: json_answer(
        {"jsonrpc": "2.0", "error": {"data": {"name": "odoo.exceptions.AccessDenied", "message": "Access Denied"}}}
    )
    result = client.create_many("res.partner", [{"n": i} for i in range(500)], batch_size=100)
    assert result.calls == 1
    assert {error.code for error in result.errors.values()} == {"access_denied"}
    assert len(result.errors) == 500


def test_writes_of_the_same_values_share_a_call_and_missing_records_are_found(
    odoo: SmallOdoo, client: OdooClient
) -> None:
    ids = client.create("res.partner", [{"n": i} for i in range(40)])
    updates = [(one, {"active": False}) for one in [*ids[:20], 9999, *ids[20:39]]] + [(ids[39], {"n": -1})]
    result = client.write_many("res.partner", updates)
    assert list(result.errors) == [20]
    assert result.errors[20].code == "missing_record"
    assert sum(record.get("active") is False for record in odoo.records.values()) == 39
    assert odoo.records[ids[39]]["n"] == -1
    assert result.calls <= 14


def test_two_writes_to_one_record_keep_their_order(odoo: SmallOdoo, client: OdooClient) -> None:
    (one,) = client.create("res.partner", [{"n": 0}])
    client.write_many("res.partner", [(one, {"n": 1}), (one, {"n": 2}), (one, {"n": 1})])
    assert odoo.records[one]["n"] == 1
    assert odoo.calls.count("write") == 3


# --- pages and changes


def test_pages_lose_and_repeat_nothing_while_records_come_and_go(odoo: SmallOdoo, client: OdooClient) -> None:
    ids = client.create("res.partner", [{"n": i} for i in range(95)])
    seen: list[int] = []
    for page in client.iter_pages("res.partner", [], ["n"], page_size=10):
        seen += [record["id"] for record in page]
        with odoo.lock:
            odoo.records.pop(seen[0], None)
            if len(odoo.records) < 100:
                odoo.add(n=-1)
    assert seen[:95] == ids
    assert len(seen) == len(set(seen))
    rest = [record["id"] for page in client.iter_pages("res.partner", [], ["n"], after_id=90) for record in page]
    assert rest[0] == 91


@pytest.mark.parametrize("seed", range(4))
def test_changes_are_read_once_each_while_others_write(odoo: SmallOdoo, client: OdooClient, seed: int) -> None:
    """Writes go on between the pages, many in the same second; every last state is seen, and no state twice."""
    dice = random.Random(seed)
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    odoo.now = lambda: clock
    versions = 0

    def write_some() -> None:
        nonlocal clock, versions
        for _ in range(dice.randrange(6)):
            clock += timedelta(microseconds=dice.choice([0, 1000, 300_000, 2_000_000]))
            versions += 1
            if odoo.records and dice.random() < 0.6:
                odoo.records[dice.choice(list(odoo.records))].update(v=versions, write_date=clock)
            else:
                odoo.add(v=versions)

    for i in range(37):  # one transaction, one instant, more than a page
        odoo.add(v=-i)
    seen: list[tuple[int, int]] = []
    cursor: ChangeCursor | None = None
    for _round in range(30):
        write_some()
        until = clock - timedelta(seconds=1)
        for page, after in client.iter_changes("res.partner", [], ["v"], cursor, page_size=5, until=until):
            seen += [(record["id"], record["v"]) for record in page]
            cursor = ChangeCursor.from_text(after.as_text())
            with odoo.lock:
                write_some()
            if dice.random() < 0.2:
                break  # a worker that stops here goes on from the stored cursor
    for page, _ in client.iter_changes("res.partner", [], ["v"], cursor, until=clock + timedelta(seconds=2)):
        seen += [(record["id"], record["v"]) for record in page]
    assert len(seen) == len(set(seen))
    assert {(record["id"], record["v"]) for record in odoo.records.values()} <= set(seen)


@pytest.mark.parametrize("protocol", ["json2", "jsonrpc", "xmlrpc"])
@pytest.mark.parametrize("told", [{"a": 1}, "text", [1]])
def test_an_answer_of_another_shape_is_a_remote_error(protocol: str, told: Any) -> None:
    def respond(request: Received) -> Answer:
        if request.path.startswith("/xmlrpc"):
            return Answer(200, xmlrpc.client.dumps((told,), methodresponse=True).encode())
        return json_answer(told if request.path.startswith("/json/2") else {"jsonrpc": "2.0", "result": told})

    with serving(respond) as server:
        client = connect(settings(server.url, protocol))
        client.transport._uid = 2
        for ask in (
            lambda: client.search_count("m", []),
            lambda: client.search_read("m", [], []) if told != [1] else client.search_count("m", []),
        ):
            with pytest.raises(RemoteError, match="of an unknown shape") as caught:
                ask()
            assert caught.value.code == "not_odoo"
        client.transport._uid = None
        codes = []
        for ask in (client.authenticate, client.version):
            with pytest.raises(RemoteError) as caught:
                ask()
            codes.append(caught.value.code)
        client._http.close()
    assert codes[1] == "not_odoo"
    assert codes[0] in ("not_odoo", "access_denied")


def test_servers_are_not_called_before_the_first_call(odoo: SmallOdoo) -> None:
    server = Server(odoo)
    connect(settings(server.url, "auto"))
    assert server.received == []
    server.close()
