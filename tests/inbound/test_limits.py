"""How often, how much, and how many at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from demo.odoo import DemoOdoo
from inbound import crowding
from inbound.limits import Limit, count_call
from inbound.models import Credential, EndpointPolicy
from syncconfig.models import OdooConnection, SyncConfig
from tests.inbound.conftest import CUSTOMER_LINES, Api, ConfigMaker


@pytest.fixture(autouse=True)
def _a_whole_minute() -> None:
    """The minute is the clock's own."""
    left_s = 60 - time.time() % 60
    if left_s < 8:
        time.sleep(left_s + 0.1)


def test_the_headers_count_down_and_the_next_call_is_a_429(customers: SyncConfig, api: Api) -> None:
    EndpointPolicy.objects.create(config=customers, per_minute=3, per_hour=100)

    answers = [api.call("GET", "customers?limit=1") for _number in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"3"}
    assert 0 <= int(answers[0].headers["X-RateLimit-Reset"]) - time.time() <= 60
    assert answers[3].json()["error"] == "RATE_LIMIT_EXCEEDED"
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60


def test_a_hundred_a_minute_and_a_thousand_an_hour_are_the_default(customers: SyncConfig, api: Api) -> None:
    answer = api.call("GET", "customers?limit=1")

    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("100", "99")


@pytest.mark.django_db
def test_minutes_begin_anew_and_hours_go_on() -> None:
    limits = [Limit("k", 2, 3)]
    left = []
    for now_s in (0, 1, 2, 60, 61):
        found = count_call(limits, now_s=now_s)
        assert found is not None
        left.append((found.remaining, found.is_exceeded, found.reset_s))

    # Two in the first minute, the third is too many; the hour is used up by then.
    assert left == [(1, False, 60), (0, False, 60), (0, True, 60), (0, True, 3600), (0, True, 3600)]


def test_a_credential_has_limits_of_its_own_within_the_endpoints(make_config: ConfigMaker, api: Api) -> None:
    config = make_config(CUSTOMER_LINES[:3])
    Credential.objects.create(config=config, name="Slow", kind="bearer", secret="slow-token", per_minute=1)
    slow = {"Authorization": "Bearer slow-token"}

    codes = [api.call("GET", "customers?limit=1", headers=slow).status_code for _number in range(2)]

    assert codes == [200, 429]
    assert api.call("GET", "customers?limit=1").status_code == 200


def test_limits_hold_over_several_processes(customers: SyncConfig, gunicorn: str) -> None:
    EndpointPolicy.objects.create(config=customers, per_minute=10, per_hour=100)

    def get(_number: int) -> int:
        return Api(gunicorn).call("GET", "customers?limit=1").status_code

    with ThreadPoolExecutor(10) as pool:
        codes = list(pool.map(get, range(30)))

    assert sorted(codes) == [200] * 10 + [429] * 20


def test_zero_is_no_limit(customers: SyncConfig, api: Api) -> None:
    EndpointPolicy.objects.create(config=customers, per_minute=0, per_hour=0)

    assert "X-RateLimit-Limit" not in api.call("GET", "customers?limit=1").headers


def test_a_body_beyond_the_policys_size_is_a_413(customers: SyncConfig, api: Api) -> None:
    EndpointPolicy.objects.create(config=customers, max_body_bytes=50)

    answer = api.call("POST", "customers", {"code": "C1", "name": "A" * 60})

    assert (answer.status_code, answer.json()["limit_bytes"]) == (413, 50)


def test_an_address_outside_the_endpoints_networks_is_a_403(customers: SyncConfig, api: Api) -> None:
    EndpointPolicy.objects.create(config=customers, allowed_networks="203.0.113.0/24")

    answer = api.call("GET", "customers")

    assert (answer.status_code, answer.json()["error"]) == (403, "PERMISSION_DENIED")


def test_a_slow_odoo_leaves_threads_to_others(
    demo_odoo: DemoOdoo,
    customers: SyncConfig,
    make_config: ConfigMaker,
    api: Api,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crowding, "SLOW_AFTER_S", 0.3)
    settings.SYNC_ODOO_CONCURRENCY = 2
    other_odoo = OdooConnection.objects.create(
        name="Other", url=demo_odoo.url, database=demo_odoo.db, login=demo_odoo.login, secret=demo_odoo.api_key
    )
    make_config(endpoint="others", connection=other_odoo)
    for path in ("customers", "others"):
        api.call("GET", f"{path}?limit=1")
    demo_odoo.fail_next(2, "slow:2", only="search_read")
    start = threading.Barrier(5)

    def get(_number: int) -> tuple[int, float]:
        start.wait()
        began = time.monotonic()
        answer = Api(api.url).call("GET", "customers?limit=1")
        return answer.status_code, time.monotonic() - began

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(get, number) for number in range(4)]
        start.wait()
        time.sleep(0.6)
        other = api.call("GET", "others?limit=1")
        results = sorted(each.result() for each in waiting)

    assert [code for code, _took_s in results] == [200, 200, 503, 503]
    assert max(took_s for code, took_s in results if code == 503) < 1.5
    assert other.status_code == 200


def test_several_slow_odoos_leave_a_thread_too(
    demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding, "SLOW_AFTER_S", 0.3)
    monkeypatch.setenv("SYNC_WEB_THREADS", "3")
    settings.SYNC_ODOO_CONCURRENCY = 1
    for number in range(3):
        odoo = OdooConnection.objects.create(
            name=f"Odoo {number}",
            url=demo_odoo.url,
            database=demo_odoo.db,
            login=demo_odoo.login,
            secret=demo_odoo.api_key,
        )
        make_config(endpoint=f"at{number}", connection=odoo)
        api.call("GET", f"at{number}?limit=1")
    demo_odoo.fail_next(2, "slow:2", only="search_read")

    with ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(Api(api.url).call, "GET", f"at{number}?limit=1") for number in range(2)]
        time.sleep(0.6)
        refused = api.call("GET", "at2?limit=1")
        assert [each.result().status_code for each in slow] == [200, 200]

    assert (refused.status_code, refused.json()["error"]) == (503, "ODOO_UNAVAILABLE")
    assert refused.headers["Retry-After"]
    assert api.call("GET", "at2?limit=1").status_code == 200


def test_a_burst_waits_for_its_turn_while_odoo_answers(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api, settings: Any
) -> None:
    settings.SYNC_ODOO_CONCURRENCY = 1
    api.call("GET", "customers?limit=1")
    demo_odoo.database.service_time_s = 0.05

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _n: Api(api.url).call("GET", "customers?limit=1").status_code, range(8)))

    assert codes == [200] * 8


def changes_one_by_one(count: int) -> dict[str, Any]:
    """A batch that takes a call of Odoo for each of its operations."""
    entry = {"action": "create", "data": {"name": "Ann"}}
    return {
        "operations": [{**entry, "data": {"code": f"C{at}", "name": "Ann"}} for at in range(count)],
        "continue_on_error": False,
    }


@pytest.fixture
def one_place(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request at a time, and Odoo is slow after 1.2 s."""
    settings.SYNC_ODOO_CONCURRENCY = 1
    monkeypatch.setattr(crowding, "SLOW_AFTER_S", 1.2)
    api.call("GET", "customers?limit=1")
    demo_odoo.database.service_time_s = 0.3


def test_a_long_request_to_an_odoo_that_answers_is_waited_for(one_place: None, api: Api) -> None:
    with ThreadPoolExecutor(1) as pool:
        batch = pool.submit(Api(api.url).call, "POST", "customers/batch", changes_one_by_one(5))
        time.sleep(0.2)
        began = time.monotonic()
        read = api.call("GET", "customers?limit=1")
        waited_s = time.monotonic() - began
        assert batch.result().status_code == 201, batch.result().text

    assert read.status_code == 200, read.text
    assert waited_s > 1.5


def test_who_has_waited_for_too_long_is_told_so_and_that_nothing_was_done(
    one_place: None, demo_odoo: DemoOdoo, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding, "LONGEST_WAIT_S", 0.3)
    with ThreadPoolExecutor(1) as pool:
        batch = pool.submit(Api(api.url).call, "POST", "customers/batch", changes_one_by_one(5))
        time.sleep(0.2)
        refused = api.call("POST", "customers", {"code": "LATE", "name": "Late"})
        assert batch.result().status_code == 201

    assert (refused.status_code, refused.json()["error"]) == (503, "ODOO_UNAVAILABLE")
    assert "turn has not come in time. Nothing of this one was done." in refused.json()["message"]
    assert demo_odoo.call("res.partner", "search_count", [["ref", "=", "LATE"]]) == 0


def test_an_odoo_whose_answers_take_long_is_slow_also_while_it_answers(
    one_place: None, demo_odoo: DemoOdoo, api: Api
) -> None:
    """Otherwise all threads would always be taken, one answer after the other."""
    demo_odoo.database.service_time_s = 1.4
    with ThreadPoolExecutor(1) as pool:
        batch = pool.submit(Api(api.url).call, "POST", "customers/batch", changes_one_by_one(2))
        time.sleep(1.8)
        began = time.monotonic()
        refused = api.call("GET", "customers?limit=1")
        waited_s = time.monotonic() - began
        assert batch.result().status_code == 201

    assert (refused.status_code, waited_s < 0.3) == (503, True), refused.text
    assert "Odoo is answering slowly" in refused.json()["message"]
    # What was is forgotten once nobody waits any more.
    assert api.call("GET", "customers?limit=1").status_code == 200


def test_requests_that_wait_for_one_record_leave_a_thread_to_others(
    demo_odoo: DemoOdoo, customers: SyncConfig, make_config: ConfigMaker, gunicorn: str
) -> None:
    """Two web processes, and a create that takes 5 s: who waits for its record holds a thread as well."""
    other_odoo = OdooConnection.objects.create(
        name="Other", url=demo_odoo.url, database=demo_odoo.db, login=demo_odoo.login, secret=demo_odoo.api_key
    )
    make_config(endpoint="others", connection=other_odoo)
    for path in ("customers", "others") * 4:
        Api(gunicorn).call("GET", f"{path}?limit=1")
    demo_odoo.fail_next(1, "slow:5", only="create")

    with ThreadPoolExecutor(40) as pool:
        posts = [
            pool.submit(Api(gunicorn).call, "POST", "customers", {"code": "C1", "name": f"Ann {at}"})
            for at in range(40)
        ]
        time.sleep(3.5)
        began = time.monotonic()
        others = [Api(gunicorn).call("GET", "others?limit=1").status_code for _at in range(4)]
        took_s = time.monotonic() - began
        answers = [each.result() for each in posts]

    assert others == [200] * 4
    assert took_s < 1.2
    codes = Counter(answer.status_code for answer in answers)
    assert (codes[201], codes[200] + codes[503]) == (1, 39), codes
    assert {answer.headers["Retry-After"] for answer in answers if answer.status_code == 503} == {"5"}
    assert demo_odoo.calls["res.partner", "create"] == 1


def test_a_sluggish_odoo_under_load_leaves_a_thread_to_others(
    demo_odoo: DemoOdoo, customers: SyncConfig, make_config: ConfigMaker, gunicorn: str
) -> None:
    """With answers that take 2 s it is not slow yet; but forty callers at once would take every thread, for long."""
    fast_odoo = DemoOdoo(version=18).start()
    fast = OdooConnection.objects.create(
        name="Fast", url=fast_odoo.url, database=fast_odoo.db, login=fast_odoo.login, secret=fast_odoo.api_key
    )
    make_config(endpoint="others", connection=fast)
    for config in SyncConfig.objects.all():
        EndpointPolicy.objects.create(config=config, per_minute=0, per_hour=0)
    for path in ("customers", "others") * 4:
        Api(gunicorn).call("GET", f"{path}?limit=1")
    demo_odoo.database.service_time_s = 2.0

    with ThreadPoolExecutor(40) as pool:
        calls = [pool.submit(Api(gunicorn).call, "GET", "customers?limit=1") for _at in range(40)]
        time.sleep(1.5)
        took_s = []
        for _at in range(6):
            began = time.monotonic()
            assert Api(gunicorn).call("GET", "others?limit=1").status_code == 200
            took_s.append(time.monotonic() - began)
        codes = Counter(each.result().status_code for each in calls)
    fast_odoo.stop()

    assert max(took_s) < 1.0, took_s
    assert set(codes) == {200, 503}
    assert codes[200] >= 12
