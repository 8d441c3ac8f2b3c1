"""The demo Odoo as a server: transports beyond the recordings, planned faults, concurrency, stop and start."""

import http.client
import json
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from demo.odoo import DemoOdoo


@pytest.fixture
def odoo() -> Iterator[DemoOdoo]:
    with DemoOdoo(version=19) as server:
        yield server


def post(
    odoo: DemoOdoo, path: str, body: Any, *, method: str = "POST", key: str = "demo-api-key", timeout_s: float = 5
) -> tuple[int, Any, dict[str, str]]:
    """One call on a connection of its own: status, body (parsed where it is JSON), headers."""
    connection = http.client.HTTPConnection(odoo.host, odoo.port, timeout=timeout_s)
    headers = {"Content-Type": "application/json", "Authorization": f"bearer {key}"}
    try:
        connection.request(method, path, body if isinstance(body, str) else json.dumps(body), headers)
        response = connection.getresponse()
        raw = response.read()
        is_json = "json" in (response.getheader("Content-Type") or "")
        return response.status, json.loads(raw) if is_json else raw.decode(), dict(response.headers)
    finally:
        connection.close()


def count(odoo: DemoOdoo) -> int:
    status, body, _headers = post(odoo, "/json/2/res.partner/search_count", {"domain": []})
    assert status == 200
    return int(body)


def test_json2_is_not_there_on_18() -> None:
    with DemoOdoo(version=18) as odoo:
        status, body, _headers = post(odoo, "/json/2/res.partner/search_count", {"domain": []})
    assert status == 404
    assert "<h1>Not Found</h1>" in body


def test_a_body_that_is_no_object_is_a_400(odoo: DemoOdoo) -> None:
    status, body, _headers = post(odoo, "/json/2/res.partner/search_count", "[]")
    assert (status, body["message"]) == (400, "could not parse the body, expecting a json object")


def test_an_unexpected_argument_is_a_422(odoo: DemoOdoo) -> None:
    status, body, _headers = post(odoo, "/json/2/res.partner/search", {"domain": [], "size": 1})
    assert (status, body["message"]) == (422, "got an unexpected keyword argument 'size'")


def test_create_over_json2_answers_a_list_even_for_one(odoo: DemoOdoo) -> None:
    status, body, _headers = post(odoo, "/json/2/res.partner/create", {"vals_list": {"name": "Ada"}})
    assert status == 200
    assert isinstance(body, list)


def test_the_version_page_tells_the_version(odoo: DemoOdoo) -> None:
    status, body, _headers = post(odoo, "/web/version", "", method="GET")
    assert (status, body["version_info"][:2]) == (200, [19, 0])


def test_a_method_without_a_result_has_none_over_jsonrpc() -> None:
    with DemoOdoo(version=18) as odoo:
        args = [odoo.db, 2, odoo.api_key, "res.partner", "action_archive", [[6]], {}]
        call = {"jsonrpc": "2.0", "id": 7, "params": {"service": "object", "method": "execute_kw", "args": args}}
        status, body, _headers = post(odoo, "/jsonrpc", call)
        assert (status, body) == (200, {"jsonrpc": "2.0", "id": 7})
        assert odoo.call("res.partner", "read", [6], ["active"]) == [{"id": 6, "active": False}]


def test_the_password_serves_like_the_key(odoo: DemoOdoo) -> None:
    common = xmlrpc.client.ServerProxy(f"{odoo.url}/xmlrpc/2/common")
    assert common.authenticate(odoo.db, "admin", "admin", {}) == 2
    assert common.authenticate(odoo.db, "nobody", "admin", {}) is False
    common("close")()


def test_calls_are_counted_by_model_and_method(odoo: DemoOdoo) -> None:
    count(odoo)
    count(odoo)
    assert odoo.calls == {("res.partner", "search_count"): 2}


def test_a_planned_status_does_no_work(odoo: DemoOdoo) -> None:
    before = count(odoo)
    odoo.fail_next(1, "503")
    status, _body, _headers = post(odoo, "/json/2/res.partner/create", {"vals_list": [{"name": "x"}]})
    assert status == 503
    assert count(odoo) == before


def test_a_proxy_s_error_page_is_html(odoo: DemoOdoo) -> None:
    odoo.fail_next(1, "502_html")
    status, body, headers = post(odoo, "/json/2/res.partner/search_count", {"domain": []})
    assert (status, headers["Content-Type"]) == (502, "text/html")
    assert "Bad Gateway" in body


@pytest.mark.parametrize(("mode", "done"), [("drop_before", 0), ("drop_after", 1), ("truncate", 1)])
def test_a_lost_answer_says_nothing_about_the_work(odoo: DemoOdoo, mode: str, done: int) -> None:
    before = count(odoo)
    odoo.fail_next(1, mode)
    with pytest.raises((http.client.RemoteDisconnected, http.client.IncompleteRead, ConnectionError)):
        post(odoo, "/json/2/res.partner/create", {"vals_list": [{"name": "x"}]})
    assert count(odoo) == before + done


def test_a_slow_answer_outlasts_the_client_s_timeout(odoo: DemoOdoo) -> None:
    before = count(odoo)
    odoo.fail_next(1, "slow:0.5")
    with pytest.raises(TimeoutError):
        post(odoo, "/json/2/res.partner/create", {"vals_list": [{"name": "x"}]}, timeout_s=0.1)
    assert count(odoo) == before + 1


def test_a_fault_can_wait_for_a_certain_call(odoo: DemoOdoo) -> None:
    odoo.fail_next(1, "503", only="/create")
    assert count(odoo) == 3
    assert post(odoo, "/json/2/res.partner/create", {"vals_list": [{"name": "x"}]})[0] == 503
    assert count(odoo) == 3


def test_an_unknown_fault_mode_is_refused(odoo: DemoOdoo) -> None:
    with pytest.raises(ValueError, match="unknown fault mode 'explode'"):
        odoo.fail_next(1, "explode")


def test_parallel_creates_lose_and_double_nothing(odoo: DemoOdoo) -> None:
    def create(number: int) -> int:
        body = {"vals_list": [{"name": f"P{number}", "ref": f"R{number}"}]}
        return int(post(odoo, "/json/2/res.partner/create", body)[1][0])

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(create, range(80)))
    assert len(set(ids)) == 80
    refs = [row["ref"] for row in odoo.call("res.partner", "read", ids, ["ref"])]
    assert refs == [f"R{number}" for number in range(80)]


def test_the_answer_comes_with_connection_close_unless_a_proxy_is_played() -> None:
    for keep_alive in (False, True):
        with DemoOdoo(version=19, keep_alive=keep_alive) as odoo:
            headers = post(odoo, "/json/2/res.partner/search_count", {"domain": []})[2]
            assert headers["Connection"] == ("keep-alive" if keep_alive else "close")


def test_kept_connections_serve_many_calls() -> None:
    with DemoOdoo(version=19, keep_alive=True) as odoo:
        connection = http.client.HTTPConnection(odoo.host, odoo.port, timeout=5)
        for _number in range(3):
            connection.request(
                "POST",
                "/json/2/res.partner/search_count",
                iter([b'{"domain"', b": []}"]),
                {"Content-Type": "application/json", "Authorization": f"bearer {odoo.api_key}"},
                encode_chunked=True,
            )
            assert connection.getresponse().read() == b"3"
        connection.close()
        assert odoo.connections == 1


def test_service_time_is_added_to_every_call_and_record() -> None:
    with DemoOdoo(version=19, service_time_ms=20, per_record_ms=5) as odoo:
        start = time.perf_counter()
        post(odoo, "/json/2/res.partner/read", {"ids": [1, 3], "fields": ["name"]})
        assert time.perf_counter() - start >= 0.03


def test_it_comes_back_on_its_port_with_its_data(odoo: DemoOdoo) -> None:
    post(odoo, "/json/2/res.partner/create", {"vals_list": [{"name": "x"}]})
    url = odoo.url
    odoo.stop()
    with pytest.raises(ConnectionRefusedError):
        count(odoo)
    odoo.start()
    assert odoo.url == url
    assert count(odoo) == 4


def test_seeding_is_deterministic_and_goes_on_where_it_stopped(odoo: DemoOdoo) -> None:
    first, more = odoo.seed_products(2), odoo.seed_products(1)
    rows = odoo.call("product.product", "read", [*first, *more], ["default_code", "barcode", "list_price"])
    assert [(row["default_code"], row["barcode"], row["list_price"]) for row in rows] == [
        ("DEMO-0001", "2000000000015", 6.25),
        ("DEMO-0002", "2000000000022", 7.5),
        ("DEMO-0003", "2000000000039", 8.75),
    ]
    assert odoo.seed_shop_skus() == odoo.seed_shop_skus()
    assert odoo.call("product.product", "search_count", [["default_code", "=", "IPOD2008GREEN"]]) == 1


def test_what_is_no_http_is_a_400(odoo: DemoOdoo) -> None:
    with socket.create_connection((odoo.host, odoo.port), timeout=5) as connection:
        connection.sendall(b"hello\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_it_runs_as_a_command() -> None:
    command = [sys.executable, "-m", "demo.odoo", "--port", "0", "--version", "19", "--products", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("Demo Odoo 19 (a stand-in) at http://127.0.0.1:")
            port = int(line.split("127.0.0.1:")[1].split(",")[0])
            common = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/xmlrpc/2/common")
            assert common.version()["server_serie"] == "19.0"
            common("close")()
        finally:
            process.terminate()
