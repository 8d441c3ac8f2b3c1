"""Configurations that cannot work are refused, with the field and the cure."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine, SyncParam, SyncTrigger
from syncconfig.rules import lines_messages, placeholders, url_message
from syncconfig.validators import validate_id_list


def config(**values: Any) -> SyncConfig:
    fields: dict[str, Any] = {
        "name": "c",
        "request_type": "in",
        "model": "res.partner",
        "endpoint": "x",
        "method_get": True,
    }
    return SyncConfig(**{**fields, **values})


def out(**values: Any) -> SyncConfig:
    return config(**{"request_type": "out", "endpoint": None, "method_get": False, "url": "https://h/x", **values})


@pytest.mark.parametrize(
    ("row", "field", "cure"),
    [
        (config(endpoint=""), "endpoint", "needs an endpoint"),
        (config(method_get=False), "method_post", "at least one HTTP method"),
        (out(url="", method_post=True), "url", "needs the URL"),
        (out(), "method_post", "exactly one HTTP method"),
        (out(method_post=True, method_put=True), "method_post", "exactly one HTTP method"),
        (out(method_get=True, method_post=True), "method_get", "make a second sync"),
        (out(method_put=True, request_shape="page", url="https://h/{record_id}"), "url", "one request per record"),
        (config(auth_type="basic", auth_secret="x"), "auth_login", "needs a login"),
        (config(auth_type="basic", auth_login="x"), "auth_secret", "needs a password"),
        (config(auth_type="bearer"), "auth_secret", "needs a token"),
        (config(auth_type="header", auth_secret="x"), "auth_header", "name of the header"),
        (config(auth_type="header", auth_header="X-Key"), "auth_secret", "needs a value"),
    ],
)
def test_a_config_that_cannot_work_is_refused(row: SyncConfig, field: str, cure: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        row.clean()
    assert cure in " ".join(refusal.value.message_dict[field])


@pytest.mark.parametrize(
    "row",
    [
        config(),
        config(auth_type="basic", auth_login="x", auth_secret="y"),
        config(method_post=True, method_put=True, method_delete=True),
        out(method_delete=True, url="https://h/{external_id}"),
        out(method_post=True, request_shape="page", url="https://h/{shop}/items"),
    ],
)
def test_a_config_that_can_work_is_taken(row: SyncConfig) -> None:
    row.clean()


def test_an_empty_endpoint_becomes_none_so_that_two_out_configs_do_not_collide() -> None:
    row = out(endpoint="", method_post=True)
    row.clean()
    assert row.endpoint is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("endpoint", "Orders"), ("endpoint", "a b"), ("endpoint", "a/b"), ("endpoint", "docs"), ("endpoint", "-a"),
        ("url", "ftp://h/x"), ("url", "h/x"), ("url", "https://u:p@h/x"), ("url", "https://{host}/x"),
        ("url", "https://h/{x"),
        ("domain", "[('a', '=', "), ("domain", "[('a', '=', open('x'))]"), ("auth_header", "X Key"),
        ("auth_header", "Host"),
        ("page_size", 0), ("page_size", 1001), ("connect_timeout_s", 0), ("retry_schedule", "5, x"),
        ("model", "Res Partner"),
    ],
)  # fmt: skip
def test_single_fields_refuse_what_they_cannot_be(field: str, value: Any) -> None:
    row = config(**{field: value})
    with pytest.raises(ValidationError) as refusal:
        row.clean_fields(exclude=["connection"])
    assert set(refusal.value.message_dict) == {field}


def line(field: str = "name", key: str = "name", **values: Any) -> SyncConfigLine:
    return SyncConfigLine(field=field, key=key, **values)


def test_exactly_one_active_line_is_the_identifier() -> None:
    first, second = line("ref", "id", is_identifier=True), line("name", "name", is_identifier=True)
    assert not lines_messages([first, line()])
    assert [message.index for message in lines_messages([line()])] == [None]
    assert "Mark one active line" in lines_messages([line()])[0].message
    assert [(message.index, message.field) for message in lines_messages([first, second])] == [(1, "is_identifier")]
    second.active = False
    assert not lines_messages([first, second])
    first.active = False
    assert len(lines_messages([first, second])) == 1


@pytest.mark.parametrize(
    ("one", "other", "is_refused"),
    [
        ("both", "both", True), ("both", "in", True), ("in", "both", True), ("in", "in", True), ("out", "out", True),
        ("in", "out", False), ("both", "out", False),
    ],
)  # fmt: skip
def test_a_field_is_written_by_one_line_only(one: str, other: str, is_refused: bool) -> None:
    lines = [
        line("ref", "id", is_identifier=True),
        line("name", "a", direction=one),
        line("name", "b", direction=other),
    ]
    assert [message.field for message in lines_messages(lines)] == (["field"] if is_refused else [])


def test_a_relational_line_needs_a_field_to_match_by_or_sub_lines() -> None:
    identifier, relational = line("ref", "id", is_identifier=True), line("country_id", "c", calculation="relational")
    assert [message.field for message in lines_messages([identifier, relational])] == ["match_field"]
    assert not lines_messages([identifier, relational, line("country_id.code", "c.code")])
    relational.match_field = "code"
    assert not lines_messages([identifier, relational])


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (line(key=""), "key"),
        (line(key="", calculation="constant"), "default"),
        (SyncParam(kind="filter", name="a"), "field"),
        (SyncParam(kind="query", name="a"), "value"),
        (SyncParam(kind="query", name="a", value="open('x')", is_computed=True), "value"),
        (SyncParam(kind="query", name="a", value="1), ('b', '=', 2", is_computed=True), "value"),
        (SyncTrigger(kind="cron"), "cron"),
        (SyncTrigger(kind="interval"), "interval_minutes"),
    ],
)
def test_rows_that_lack_what_their_kind_needs_are_refused(row: Any, field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        row.clean()
    assert set(refusal.value.message_dict) == {field}


@pytest.mark.parametrize(
    "row",
    [
        line(key="", calculation="constant", default=False),
        SyncParam(kind="path", name="shop", value="1"),
        SyncParam(
            kind="query", name="a", value="(datetime.now() - timedelta(days=1)).strftime('%Y-%m-%d')", is_computed=True
        ),
        SyncTrigger(kind="cron", cron="0 6 * * 1-5"),
    ],
)
def test_complete_rows_are_taken(row: Any) -> None:
    row.clean()


def test_placeholders_of_the_url_must_be_fillable() -> None:
    row = out(url="https://h/{shop}/{sku}/{external_id}", method_put=True)
    assert placeholders(row.url) == ["shop", "sku", "external_id"]
    assert not url_message(row, keys=["sku"], path_params=["shop"])
    assert "{shop}" in url_message(row, keys=["sku"], path_params=[])
    row.request_shape = "page"
    assert "{sku}" in url_message(row, keys=["sku"], path_params=["shop"])


def test_company_ids_are_numbers() -> None:
    validate_id_list("1, 3")
    for text in ("1,,3", "a", "0", "-1", "1;2"):
        with pytest.raises(ValidationError, match="separated by commas"):
            validate_id_list(text)


def test_a_connection_needs_a_known_time_zone_and_an_http_url() -> None:
    row = OdooConnection(name="x", url="mycompany.odoo.com", database="d", login="l", secret="s", timezone="Mars/Base")
    with pytest.raises(ValidationError) as refusal:
        row.clean_fields()
    assert set(refusal.value.message_dict) == {"url", "timezone"}
