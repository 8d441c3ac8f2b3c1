"""The Odoo under test, a client on each of its transports, and records that are deleted afterwards."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from clients.errors import RemoteError
from clients.http import HttpClient
from clients.odoo.client import OdooClient
from tests.conformance.target import POLICY, Target, running, variants

Make = Callable[..., int]


@pytest.fixture(scope="session")
def targets() -> Iterator[Callable[[int | None], Target]]:
    """The target of a version, started once."""
    with ExitStack() as stack:
        started: dict[int | None, Target] = {}

        def target_of(version: int | None) -> Target:
            if version not in started:
                started[version] = stack.enter_context(running(version))
            return started[version]

        yield target_of


@pytest.fixture(scope="session")
def http() -> HttpClient:
    return HttpClient(POLICY)


@pytest.fixture(scope="session", params=variants(), ids=lambda each: f"{each[0] or 'real'}-{each[1]}")
def variant(request: pytest.FixtureRequest) -> tuple[int | None, str]:
    chosen: tuple[int | None, str] = request.param
    return chosen


@pytest.fixture(scope="session")
def target(variant: tuple[int | None, str], targets: Callable[[int | None], Target]) -> Target:
    return targets(variant[0])


@pytest.fixture(scope="session")
def odoo(variant: tuple[int | None, str], target: Target, http: HttpClient) -> OdooClient:
    """A client of the target on one of its transports."""
    _version, transport = variant
    if transport == "json2" and target.demo_version is None:
        major = target.client("xmlrpc", http=http).version().major
        if major < 19:
            pytest.skip(f"Odoo {major} has no JSON-2")
    return target.client(transport, http=http)


@pytest.fixture(scope="session")
def major(odoo: OdooClient) -> int:
    return odoo.version().major


@pytest.fixture
def tag() -> str:
    """A beginning for names that no other test and no earlier run has used."""
    return f"conf-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def later(odoo: OdooClient) -> Iterator[Callable[[str, list[int]], None]]:
    """`later(model, ids)`: delete those at the end of the test: orders first, then the newest first."""
    kept: list[tuple[str, list[int]]] = []

    def remember(model: str, ids: list[int]) -> None:
        kept.append((model, ids))

    yield remember
    kept.reverse()
    problems = []
    for model, ids in sorted(kept, key=lambda each: each[0] != "sale.order"):
        try:
            _delete(odoo, model, ids)
        except RemoteError as error:  # the others are deleted all the same
            problems.append(f"{model} {ids}: {error}")
    assert problems == []


def _delete(odoo: OdooClient, model: str, ids: list[int]) -> None:
    """Delete what is still there of them, archived ones and confirmed orders too; what the stock moves of confirmed
    orders keep is archived."""
    there = odoo.search(model, [["id", "in", ids]], context={"active_test": False})
    if model == "sale.order" and there:
        odoo.call(model, "action_unlock", ids=there)
        for order in odoo.search(model, [["id", "in", there], ["state", "!=", "cancel"]]):
            odoo.call(model, "action_cancel", ids=[order], context={"disable_cancel_warning": True})
    try:
        odoo.unlink(model, there)
    except RemoteError as error:
        # 18 names the table, 19 the model.
        if not any(word in error.message for word in ("stock_move", "stock.move")):
            raise
        odoo.archive(model, there)


@pytest.fixture
def make(odoo: OdooClient, later: Callable[[str, list[int]], None], tag: str) -> Make:
    """`make(model, **vals)` creates a record, named after the test unless `name` is given; answers its id."""
    numbers = itertools.count(1)

    def create(model: str, **vals: Any) -> int:
        if model not in ("sale.order", "sale.order.line"):
            vals.setdefault("name", f"{tag}-{next(numbers)}")
        (record_id,) = odoo.create(model, [vals])
        later(model, [record_id])
        return record_id

    return create


@pytest.fixture
def one(odoo: OdooClient) -> Callable[..., Any]:
    """`one(model, id, field)` reads one value, with more fields a dict of them."""

    def read(model: str, record_id: int, *fields: str) -> Any:
        (record,) = odoo.read(model, [record_id], fields)
        return record[fields[0]] if len(fields) == 1 else {name: record[name] for name in fields}

    return read


@pytest.fixture
def there(odoo: OdooClient) -> Callable[[str, int], bool]:
    """`there(model, id)`: whether the record exists, archived ones too."""

    def look_up(model: str, record_id: int) -> bool:
        return odoo.search(model, [["id", "=", record_id]], context={"active_test": False}) == [record_id]

    return look_up


@pytest.fixture(scope="session")
def country(odoo: OdooClient) -> Callable[[str], int]:
    """The id of a country by its code; the same everywhere, but not to be relied on."""

    def look_up(code: str) -> int:
        (found,) = odoo.search("res.country", [["code", "=", code]])
        return found

    return look_up


@pytest.fixture
def error() -> Callable[..., RemoteError]:
    """`error(function, *args, **kwargs)` is the RemoteError that the call must raise."""

    def raised(function: Callable[..., Any], *args: Any, **kwargs: Any) -> RemoteError:
        with pytest.raises(RemoteError) as caught:
            function(*args, **kwargs)
        return caught.value

    return raised
