"""Whatever comes in wrong gets its status and a message that names the cure, is logged, and writes nothing."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from auditlog.models import ApiLog
from demo.odoo import DemoOdoo
from outbound.models import RecordLink
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from tests.inbound.conftest import CUSTOMER_LINES, TOKEN, Api, ConfigMaker, logged

ANN: dict[str, Any] = {"code": "C1", "name": "Ann"}


@pytest.fixture(autouse=True)
def _nothing_is_written(transactional_db: None, demo_odoo: DemoOdoo) -> Any:
    """No test of this module may leave a trace in Odoo, or a claim."""
    fields = ["name", "ref", "active", "write_date"]
    before = demo_odoo.call("res.partner", "search_read", [], fields, context={"active_test": False})
    yield
    after = demo_odoo.call("res.partner", "search_read", [], fields, context={"active_test": False})
    assert after == before
    assert not RecordLink.objects.exists()


def refused(answer: Any, status: int, error: str, *parts: str) -> dict[str, Any]:
    """The body of the refusal, after the proof that it is what it should be, and that it stands in the log."""
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"], body["error"]) == (status, "error", status, error), body
    for part in parts:
        assert part in body["message"]
    assert body["trace_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["Content-Type"] == "application/json"
    row = logged(answer)
    assert (row.status, row.error_kind) == (status, error[:20])
    assert row.error
    return dict(body)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b'{"code": "C1", "name": }', "Expecting value at line 1, column 24"),
        (b'{"code": "C1"', "Expecting ',' delimiter at line 1, column 14"),
        (b"", "The body is empty"),
        (b"  \n ", "The body is empty"),
        (b"[]", "The list is empty"),
        (b'{"records": []}', "The list is empty"),
        (b'[{"code": "C1", "name": "Ann"}, 3]', "Entry 1 of the list is no JSON object"),
        (b'"text"', "no JSON object"),
        (b"null", "no JSON object"),
        (b"12", "no JSON object"),
        (b'{"code": "C1", "code": "C2"}', "'code' stands twice"),
        (b'{"code": "C1", "credit": NaN}', "NaN is no JSON"),
        (b'{"code": "C1", "credit": -Infinity}', "-Infinity is no JSON"),
        (b'{"code": "C1", "credit": 1e999}', "1e999 is too large"),
        (b'{"code": "C1", "color": 1' + b"0" * 5000 + b"}", "too many digits"),
        (b'{"code": "C1", "name": "\xff"}', "not UTF-8: byte 25"),
        ('{"code": "C1", "name": "Ä"}'.encode("utf-16"), "not UTF-8"),
        (b'{"a": ' * 65 + b"1" + b"}" * 65, "nested more than 64"),
        (b"[" * 200_000 + b"]" * 200_000, "nested more than 64"),
        (b'{"code": "C1", "name": "\\u0000"}', "\\u0000"),
        (b'{"code": "C1", "name": "\\ud800"}', "surrogate"),
        (b'{"code": "C1", "name": "Ann"} {}', "Extra data"),
    ],
)
def test_a_body_that_is_no_json_object_is_a_400_that_says_where(
    customers: SyncConfig, api: Api, body: bytes, part: str
) -> None:
    refused(api.call("POST", "customers", body), 400, "VALIDATION_ERROR", part)


@pytest.mark.parametrize(
    ("headers", "part"),
    [
        ({"Content-Type": "text/plain"}, "'text/plain' came"),
        ({"Content-Type": ""}, "none came"),
        ({"Content-Type": "application/json; charset=latin-1"}, "UTF-8, not in 'latin-1'"),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, "uncompressed, not as 'gzip'"),
    ],
)
def test_a_body_of_another_type_is_a_415(customers: SyncConfig, api: Api, headers: dict[str, str], part: str) -> None:
    refused(api.call("POST", "customers", b"code=C1", headers=headers), 415, "UNSUPPORTED_MEDIA_TYPE", part)


def test_a_body_of_20_mb_is_a_413_and_is_not_read(customers: SyncConfig, api: Api) -> None:
    big = b'{"code": "C1", "name": "' + b"x" * 20_000_000 + b'"}'

    answer = api.call("POST", "customers", big)

    body = refused(answer, 413, "PAYLOAD_TOO_LARGE", "larger than 10485760 bytes")
    assert body["limit_bytes"] == 10485760
    assert logged(answer).request_body == ""


def test_a_body_of_20_mb_in_chunks_is_a_413(customers: SyncConfig, gunicorn: str) -> None:
    chunks = (b"x" * 65536 for _ in range(306))

    refused(post_chunks(gunicorn, chunks), 413, "PAYLOAD_TOO_LARGE", "larger than 10485760 bytes")


def post_chunks(url: str, chunks: Any) -> Any:
    caller = Api(url)
    return caller.session.post(
        f"{url}/bj_api_sync/v1/customers",
        data=chunks,
        headers={"Content-Type": "application/json"},
        timeout=60,
    )


def test_chunks_are_a_411_where_the_server_cannot_read_them(customers: SyncConfig, api: Api) -> None:
    refused(post_chunks(api.url, iter([b"{}"])), 411, "LENGTH_REQUIRED", "Content-Length")


@pytest.mark.parametrize("path", ["nothing", "CUSTOMERS", "customers%00", "../customers", "a/b/c/d"])
def test_an_unknown_endpoint_is_a_404(customers: SyncConfig, api: Api, path: str) -> None:
    answer = api.call("POST", path, ANN)

    refused(answer, 404, "NOT_FOUND", "There is no")
    assert logged(answer).config_id is None


@pytest.mark.parametrize("change", [{"active": False}, {"request_type": "out"}])
def test_an_endpoint_that_is_off_is_a_404(make_config: ConfigMaker, api: Api, change: dict[str, Any]) -> None:
    make_config(**change)

    refused(api.call("GET", "customers"), 404, "NOT_FOUND", "'customers'")


@pytest.mark.parametrize("path", ["/bj_api_sync", "/bj_api_sync/", "/bj_api_sync/v2/customers", "/bj_api_sync/v1/"])
def test_an_unknown_address_of_the_api_is_a_404_in_json(customers: SyncConfig, api: Api, path: str) -> None:
    refused(api.session.get(api.url + path, timeout=10), 404, "NOT_FOUND", "/bj_api_sync/v1/<endpoint>")


def test_a_method_that_is_not_allowed_is_a_405_that_names_the_allowed_ones(make_config: ConfigMaker, api: Api) -> None:
    make_config(method_put=False, method_delete=False)

    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        answer = api.call(method, "customers/1", ANN)
        refused(answer, 405, "METHOD_NOT_ALLOWED", f"{method} is not allowed", "Allowed are: GET, HEAD, OPTIONS.")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_method_override_is_ignored(customers: SyncConfig, api: Api) -> None:
    answer = api.call("GET", "customers?limit=1", headers={"X-HTTP-Method-Override": "DELETE"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "part"),
    [
        ("GET", "customers/abc", "'abc'"),
        ("GET", "customers/0", "above 0"),
        ("GET", "customers/-1", "'-1'"),
        ("DELETE", "customers/1.5", "'1.5'"),
        ("GET", "customers/by/%2F", "code in the address is empty"),
        ("PUT", "customers/by/%2F", "code in the address is empty"),
        ("DELETE", "customers/by/%2F", "code in the address is empty"),
    ],
)
def test_an_address_with_a_wrong_id_is_a_400(
    customers: SyncConfig, api: Api, method: str, path: str, part: str
) -> None:
    refused(api.call(method, path, ANN), 400, "VALIDATION_ERROR", part)


@pytest.mark.parametrize(
    ("method", "path", "part", "allowed"),
    [
        ("PUT", "customers", "PUT /bj_api_sync/v1/customers/<record_id>", "GET, HEAD, POST, OPTIONS"),
        ("DELETE", "customers", "customers/by/<identifier>", "GET, HEAD, POST, OPTIONS"),
        ("POST", "customers/1", "takes no id", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("POST", "customers/by/C1", "takes no id", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
    ],
)
def test_a_method_that_is_not_for_the_address_is_a_405_that_says_which_one_is(
    customers: SyncConfig, api: Api, method: str, path: str, part: str, allowed: str
) -> None:
    answer = api.call(method, path, ANN)

    refused(answer, 405, "METHOD_NOT_ALLOWED", part)
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("odoo_id", ["99999", "2147483648", "99999999999999999999999"])
def test_an_unknown_record_is_a_404(customers: SyncConfig, api: Api, odoo_id: str) -> None:
    for method, body in (("GET", None), ("PUT", {"name": "X"}), ("DELETE", None)):
        refused(api.call(method, f"customers/{odoo_id}", body), 404, "NOT_FOUND", f"no record {odoo_id}")


@pytest.mark.parametrize("number", ["1e308", "-1e308", "1e290", "1" + "0" * 295])
def test_a_number_that_odoo_cannot_round_is_a_400_that_names_the_key(
    customers: SyncConfig, api: Api, number: str
) -> None:
    body = refused(
        api.call("POST", "customers", f'{{"code": "C1", "name": "Ann", "credit": {number}}}'.encode()),
        *(400, "VALIDATION_ERROR", "credit: ", "too large; Odoo takes numbers below 1e+290"),
    )

    assert body["errors"][0]["external_key"] == "credit"
    refused(api.call("GET", f"customers?credit__gte={number}"), 400, "VALIDATION_ERROR", "credit__gte", "too large")


def test_a_missing_required_value_is_a_400_that_names_line_and_key(customers: SyncConfig, api: Api) -> None:
    line = SyncConfigLine.objects.get(config=customers, field="name")

    for body in ({"code": "C1"}, {"code": "C1", "name": None}, {"code": "C1", "name": ""}):
        found = refused(api.call("POST", "customers", body), 400, "VALIDATION_ERROR", "name: ")
        assert found["line_id"] == line.pk
        assert [(each["external_key"], each["rule"]) for each in found["errors"]] == [("name", "required")]


def test_all_errors_of_a_record_come_at_once(customers: SyncConfig, api: Api) -> None:
    body = {"code": "C1", "credit": "a lot", "company": "perhaps", "country": "Atlantis", "name": {"first": "Ann"}}

    found = refused(api.call("POST", "customers", body), 400, "VALIDATION_ERROR", "3 more in errors")

    assert [(each["external_key"], each["rule"]) for each in found["errors"]] == [
        ("name", "type"),
        ("credit", "type"),
        ("company", "type"),
        ("country", "no_match"),
    ]
    assert found["errors"][1]["value"] == "a lot"


def test_a_line_of_an_unknown_field_is_a_503_and_its_name_is_logged(make_config: ConfigMaker, api: Api) -> None:
    make_config([*CUSTOMER_LINES, {"field": "no_such_field", "key": "x"}])

    answer = api.call("POST", "customers", ANN)

    refused(answer, 503, "CONFIGURATION_ERROR", "staff of the hub must mend it")
    assert "no_such_field" in logged(answer).error


def test_a_field_that_odoo_no_longer_has_is_a_503_that_names_it(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    api.call("GET", "customers?limit=1")
    color = demo_odoo.database.registry.models["res.partner"].fields.pop("color")
    try:
        answer = api.call("POST", "customers", {**ANN, "color": 3})
    finally:
        demo_odoo.database.registry.models["res.partner"].fields["color"] = color

    found = refused(answer, 503, "CONFIGURATION_ERROR", "'color'")
    assert found["line_id"] == SyncConfigLine.objects.get(field="color").pk


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("colour=3", ("no parameter 'colour'", "Known are: limit, offset, cursor, sort, fields, q, id, code, name")),
        ("limit=0", ("limit must be a whole number from 1 to 1000, not '0'",)),
        ("limit=-1", ("'-1'",)),
        ("limit=1000000", ("from 1 to 1000",)),
        ("limit=ten", ("'ten'",)),
        ("limit=", ("limit must be",)),
        ("offset=-1", ("offset must be a whole number from 0",)),
        ("color=red", ("color must be a whole number, not 'red'",)),
        ("credit=1,5", ("credit must be a float", "1,5")),
        ("company=maybe", ("company must be a boolean", "maybe")),
        ("id=one", ("id must be the id of a record",)),
        ("name=%00", ("character that cannot be stored",)),
    ],
)
def test_a_wrong_parameter_is_a_400_that_names_it(
    customers: SyncConfig, api: Api, query: str, parts: tuple[str, ...]
) -> None:
    found = refused(api.call("GET", f"customers?{query}"), 400, "VALIDATION_ERROR", *parts)

    assert found["parameter"] == query.partition("=")[0]


def test_a_parameter_for_one_record_is_a_400(customers: SyncConfig, api: Api) -> None:
    refused(api.call("GET", "customers/3?limit=1"), 400, "VALIDATION_ERROR", "no parameter 'limit'")


def test_another_api_version_is_a_400(customers: SyncConfig, api: Api) -> None:
    refused(api.call("GET", "customers", headers={"X-API-Version": "2"}), 400, "VALIDATION_ERROR", "X-API-Version '2'")
    for version in ("1", "v1"):
        assert api.call("GET", "customers?limit=1", headers={"X-API-Version": version}).status_code == 200


def test_odoo_down_is_a_503_to_try_again_after(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    api.call("GET", "customers?limit=1")
    demo_odoo.stop()
    try:
        for method, path, body in (("POST", "customers", ANN), ("GET", "customers", None), ("PUT", "customers/3", ANN)):
            answer = api.call(method, path, body)
            found = refused(answer, 503, "ODOO_UNAVAILABLE", "Nothing was changed")
            assert int(answer.headers["Retry-After"]) >= 1
            assert "127.0.0.1" not in found["message"]
    finally:
        demo_odoo.start()
    assert not RecordLink.objects.exists()


def test_a_slow_odoo_is_a_504_while_nothing_was_sent_to_be_changed(
    connection: OdooConnection, demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    api.call("GET", "customers?limit=1")
    connection.read_timeout_s = 0.3
    connection.save()
    api.call("GET", "customers?limit=1")
    demo_odoo.fail_next(2, "slow:1", only="search_read")

    refused(api.call("POST", "customers", ANN), 504, "ODOO_TIMEOUT", "Nothing was changed")
    refused(api.call("GET", "customers"), 504, "ODOO_TIMEOUT", "did not answer in time")
    assert not RecordLink.objects.exists()


def test_odoo_refusing_a_value_is_a_400_with_its_sentence_and_the_line(
    demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api
) -> None:
    demo_odoo.call("product.product", "create", {"name": "One", "barcode": "123", "default_code": "P1"})
    make_config(
        [
            {"field": "default_code", "key": "sku", "is_identifier": True},
            {"field": "name", "key": "name"},
            {"field": "barcode", "key": "barcode"},
        ],
        endpoint="products",
        model="product.product",
    )

    answer = api.call("POST", "products", {"sku": "P2", "name": "Two", "barcode": "123"})

    body = answer.json()
    assert (answer.status_code, body["error"]) == (409, "DUPLICATE_RECORD")
    assert "123" in body["message"]
    assert demo_odoo.call("product.product", "search_count", [["default_code", "=", "P2"]]) == 0
    assert not RecordLink.objects.filter(external_id="P2").exists()


def test_a_many2one_to_a_missing_record_is_a_400(make_config: ConfigMaker, api: Api) -> None:
    make_config([*CUSTOMER_LINES[:2], {"field": "country_id", "key": "country"}])

    refused(api.call("POST", "customers", {**ANN, "country": 99999}), 400, "VALIDATION_ERROR", "res.country(99999")


def test_a_wrong_key_of_the_hub_is_a_502_that_tells_nothing_about_it(
    connection: OdooConnection, customers: SyncConfig, api: Api
) -> None:
    api.call("GET", "customers?limit=1")
    connection.secret = "wrong-hub-key"
    connection.save()

    answer = api.call("POST", "customers", ANN)

    found = refused(answer, 502, "CONFIGURATION_ERROR", "connection to Odoo needs attention")
    assert connection.url not in json.dumps(found)
    assert "access_denied" in logged(answer).error


def test_archiving_where_records_cannot_be_archived_is_a_503_that_says_so(
    demo_odoo: DemoOdoo, orders: SyncConfig, api: Api
) -> None:
    order_id = demo_odoo.call("sale.order", "create", {"partner_id": 3, "client_order_ref": "#1"})

    refused(api.call("DELETE", f"orders/{order_id}"), 503, "CONFIGURATION_ERROR", "cannot be archived")
    assert demo_odoo.call("sale.order", "search_count", [["id", "=", order_id]]) == 1


def test_a_bug_of_our_own_is_a_500_in_json_without_a_traceback(
    customers: SyncConfig, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: Any) -> Any:
        raise LookupError("a bug")

    monkeypatch.setattr("inbound.keeping.run_jobs", broken)

    answer = api.call("POST", "customers", ANN)

    found = refused(answer, 500, "INTERNAL_ERROR", "under the trace id")
    assert "a bug" not in answer.text
    assert found["trace_id"] in caplog.text
    assert "LookupError: a bug" in caplog.text


def test_every_refusal_is_logged_once(customers: SyncConfig, api: Api) -> None:
    for _attempt in range(3):
        api.call("POST", "customers", b"{")

    assert ApiLog.objects.filter(direction="in", status=400).count() == 3


def test_a_domain_that_no_longer_parses_is_a_503(customers: SyncConfig, api: Api) -> None:
    SyncConfig.objects.filter(pk=customers.pk).update(domain="[('a', '=']", revision=99)

    for method, path, body in (("GET", "customers", None), ("POST", "customers", ANN), ("PUT", "customers/3", ANN)):
        refused(api.call(method, path, body), 503, "CONFIGURATION_ERROR", "staff of the hub must mend it")


def test_a_host_name_that_is_not_served_is_a_400_in_json(customers: SyncConfig, api: Api, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["sync.example.com"]

    answer = api.call("GET", "customers", headers={"Host": "evil.example.com"})

    assert (answer.status_code, answer.json()["status"]) == (400, "error")
    assert "ALLOWED_HOSTS" in answer.json()["message"]


def test_a_secret_that_no_key_opens_is_a_503(customers: SyncConfig, api: Api, settings: Any) -> None:
    settings.SYNC_SECRET_KEYS = ["YW5vdGhlciBrZXksIGFub3RoZXIga2V5LCBhbm90aGU="]

    answer = api.call("GET", "customers")

    assert (answer.status_code, answer.json()["error"]) == (503, "CONFIGURATION_ERROR")


def test_a_body_that_ends_early_is_a_400(customers: SyncConfig, gunicorn: str) -> None:
    host, port = gunicorn.removeprefix("http://").split(":")
    head = (
        "POST /bj_api_sync/v1/customers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=10) as sock:
        sock.sendall(head.encode() + b'{"code": "C1", "name": "Ann"}')
        sock.shutdown(socket.SHUT_WR)
        answer = sock.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"status":"error"' in answer


def test_answers_say_how_long_they_are(customers: SyncConfig, gunicorn: str) -> None:
    for method, path, status in (("GET", "customers", 200), ("GET", "nothing", 404), ("POST", "customers", 415)):
        answer = Api(gunicorn).call(method, path)
        assert (answer.status_code, answer.headers.get("Transfer-Encoding")) == (status, None)
        assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_chunks_and_head_are_understood_as_it_is_served(customers: SyncConfig, gunicorn: str) -> None:
    refused(post_chunks(gunicorn, iter([b'{"code": ', b'"C1"}'])), 400, "VALIDATION_ERROR", "name: is missing")
    caller = Api(gunicorn)
    head = caller.call("HEAD", "customers?limit=1")
    following = caller.call("GET", "customers?limit=1")

    assert (head.status_code, head.content) == (200, b"")
    assert following.json()["status"] == "success"
