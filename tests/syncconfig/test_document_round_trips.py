"""Whatever staff may configure is written so that it is read back the same: over generated configs."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbound.models import Credential
from outbound.models import DeliveryPolicy
from syncconfig.documents.yaml_text import dump_yaml, load_yaml
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine, SyncHeader, SyncParam, SyncTrigger
from tests.syncconfig.test_documents import done, environment, exported, specs, wipe

_SIGNS = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
_TEXT = st.text(_SIGNS, max_size=30)
_NAME = st.text(_SIGNS, min_size=1, max_size=30).map(lambda text: text.replace("\r", "\n").strip()).filter(bool)
_WORD = st.from_regex(r"[a-z][a-z_]{0,10}", fullmatch=True)


def json_values(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    """Whatever JSON holds."""
    return st.recursive(
        st.none() | st.booleans() | st.integers(-(10**15), 10**15) | numbers | _TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
        max_leaves=6,
    )


# Of 1e300 PostgreSQL's jsonb makes a whole number of 301 digits.
_STORED = json_values(st.floats(-1e15, 1e15))
_SECRET = st.text(_SIGNS, min_size=1, max_size=30)
_SCRIPT = st.sampled_from(
    ["result = value", "if value:\n    result = 'a: b'\nelse:\n    result = \"#\"", "result = '''\n  x\n\n- y'''"]
)
_KIND = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {"calculation": st.just("constant"), "default": _STORED.filter(lambda value: value is not None)}
    ),
    st.fixed_dictionaries({"calculation": st.just("script"), "script": _SCRIPT, "direction": st.just("in")}),
    st.fixed_dictionaries(
        {
            "calculation": st.just("value_map"),
            "options": st.fixed_dictionaries(
                {"map": st.lists(st.tuples(_WORD, _WORD).map(list), min_size=1, max_size=3)}
            ),
        }
    ),
    st.fixed_dictionaries({"calculation": st.just("relational"), "match_field": _WORD, "is_secret": st.booleans()}),
)
_LINES = st.lists(st.tuples(_WORD, _WORD, _KIND), min_size=1, max_size=6, unique_by=lambda line: line[0])


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    """What a config is made of."""
    return {
        "name": draw(_NAME),
        "secret": draw(_SECRET),
        "active": draw(st.booleans()),
        "page_size": draw(st.integers(1, 1000)),
        "read_timeout_s": draw(st.floats(0.1, 600)),
        "lines": draw(_LINES),
        "headers": draw(st.dictionaries(st.from_regex(r"X-[A-Za-z]{1,8}", fullmatch=True), _SECRET, max_size=3)),
        "params": draw(st.dictionaries(_NAME, _NAME, max_size=3)),
        "minutes": draw(st.lists(st.integers(1, 1000), max_size=2)),
        "rate": draw(st.none() | st.integers(1, 60_000)),
        "callers": draw(st.dictionaries(_NAME, _SECRET, max_size=2)),
    }


def store(given: dict[str, Any]) -> None:
    """As the admin would, every row validated."""
    connection = OdooConnection(name=given["name"], url="http://127.0.0.1:9", database="d", login="l", secret="s")
    config = SyncConfig(
        name=given["name"], request_type="out", connection=connection, model="res.partner", url="https://h/x",
        method_post=True, active=given["active"], page_size=given["page_size"],
        read_timeout_s=given["read_timeout_s"], auth_type="bearer", auth_secret=given["secret"],
    )  # fmt: skip
    rows: list[Any] = [connection, config]
    for index, (field, key, kind) in enumerate(given["lines"]):
        rows.append(
            SyncConfigLine(config=config, position=index, field=field, key=key, is_identifier=index == 0, **kind)
        )
    rows += [SyncHeader(config=config, key=key, value=value) for key, value in given["headers"].items()]
    rows += [SyncParam(config=config, name=name, value=value) for name, value in given["params"].items()]
    rows += [SyncTrigger(config=config, interval_minutes=minutes) for minutes in given["minutes"]]
    rows.append(DeliveryPolicy(config=config, rate_per_minute=given["rate"]))
    rows += [Credential(config=config, name=name, secret=value) for name, value in given["callers"].items()]
    for row in rows:
        for name in ("connection", "config"):
            if hasattr(row, f"{name}_id"):
                setattr(row, name, getattr(row, name))
        row.full_clean()
        row.save()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(given=configs())
def test_any_config_is_exported_wiped_imported_and_exported_the_same(db: None, given: dict[str, Any]) -> None:
    wipe()
    store(given)
    text, environ, before = exported(), environment(), specs()
    assert not done(text).effective
    wipe()
    done(text, environ)
    assert exported() == text
    assert environment() == environ
    assert specs() == before


@settings(deadline=None)
@given(value=json_values(st.floats(allow_nan=False, allow_infinity=False)))
def test_any_value_is_read_back_as_it_was_written(value: Any) -> None:
    assert load_yaml(dump_yaml(value)).value == value
