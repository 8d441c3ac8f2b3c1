"""The log is counted in hours: each entry once, however often and by however many it is done."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Sum

from auditlog import rollup
from auditlog.models import ApiLog, TrafficHour, TrafficMark
from auditlog.rollup import SETTLED_AFTER, hour_of, log_rollup, traffic_purge
from auditlog.traffic import MAX_TAIL, Rate, quantile_ms, rates_of, traffic_of_day

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 5, 14, 20, tzinfo=UTC)


def entry(**fields: Any) -> ApiLog:
    return ApiLog(
        **{
            "created_at": NOW, "direction": "out", "party": "api", "config_id": 7, "method": "POST", "url": "/",
            "status": 200, "duration_ms": 40, **fields,
        }
    )  # fmt: skip


def add(count: int = 1, **fields: Any) -> None:
    ApiLog.objects.bulk_create(entry(**fields) for _ in range(count))


def count_settled(now: datetime = NOW) -> int:
    """Count what is there now, as if it had been there for long."""
    log_rollup(now=now)
    return log_rollup(now=now + SETTLED_AFTER)


def counted() -> int:
    return TrafficHour.objects.aggregate(total=Sum("count"))["total"] or 0


def test_entries_are_counted_by_hour_config_direction_and_party() -> None:
    add(3)
    add(2, created_at=NOW - timedelta(hours=1))
    add(4, config_id=None, direction="in")
    add(5, party="odoo")
    count_settled()
    found = TrafficHour.objects.values_list("hour", "config_id", "direction", "party", "count")
    now, before = hour_of(NOW), hour_of(NOW) - timedelta(hours=1)
    assert set(found) == {
        (now, 7, "out", "api", 3),
        (before, 7, "out", "api", 2),
        (now, 0, "in", "api", 4),
        (now, 7, "out", "odoo", 5),
    }


def test_failures_are_told_from_what_went_well() -> None:
    add(2)
    add(3, status=404)
    add(4, status=None, error="No answer")
    add(5, status=200, error="Odoo: ValidationError", created_at=NOW + timedelta(minutes=1))
    count_settled()
    hour = TrafficHour.objects.get()
    assert (hour.count, hour.failed, hour.last_ok_at) == (14, 12, NOW)


def test_dry_runs_are_not_counted() -> None:
    add(3, is_dry_run=True)
    add(1)
    count_settled()
    assert counted() == 1


def test_counting_again_counts_nothing_twice() -> None:
    add(10)
    count_settled()
    for minute in range(1, 4):
        add(2)
        log_rollup(now=NOW + timedelta(minutes=minute))
    assert counted() == 14
    log_rollup(now=NOW + timedelta(minutes=5))
    log_rollup(now=NOW + timedelta(minutes=6))
    assert counted() == 16


def test_what_is_not_settled_waits_for_those_with_lower_ids() -> None:
    """A transaction that got its id before ours may commit after it."""
    add(1)
    late = ApiLog.objects.latest("pk").pk + 1
    ApiLog.objects.bulk_create([entry(pk=late + 1)])
    log_rollup(now=NOW)
    log_rollup(now=NOW + SETTLED_AFTER / 2)
    assert counted() == 0
    ApiLog.objects.bulk_create([entry(pk=late)])
    log_rollup(now=NOW + SETTLED_AFTER)
    assert counted() == 3


def test_a_gap_that_a_purge_left_is_passed_at_once() -> None:
    add(1)
    ApiLog.objects.bulk_create([entry(pk=50_000_000)])
    log_rollup(now=NOW)
    log_rollup(now=NOW + SETTLED_AFTER, max_chunks=2)
    assert counted() == 2
    assert TrafficMark.objects.get().upto_id == 50_000_000


def test_a_log_that_begins_anew_is_counted_anew() -> None:
    ApiLog.objects.bulk_create([entry(pk=90_000)])
    count_settled()
    ApiLog.objects.all().delete()
    ApiLog.objects.bulk_create([entry(pk=5), entry(pk=6)])
    later = NOW + timedelta(minutes=5)
    log_rollup(now=later)
    log_rollup(now=later + SETTLED_AFTER)
    assert counted() == 3


@pytest.mark.django_db(transaction=True)
def test_several_workers_count_each_entry_once() -> None:
    add(12_000)
    log_rollup(now=NOW)
    begin = threading.Barrier(4)

    def work() -> None:
        try:
            begin.wait()
            for _round in range(5):
                log_rollup(now=NOW + SETTLED_AFTER)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log_rollup(now=NOW + 3 * SETTLED_AFTER)
    assert counted() == 12_000


def test_who_looked_at_the_mark_before_another_one_moved_it_takes_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "CHUNK_IDS", 2)
    add(6)
    log_rollup(now=NOW)
    log_rollup(now=NOW + SETTLED_AFTER, max_chunks=1)
    stale = TrafficMark.objects.get()
    # The other one is still at its chunks.
    passed = stale.upto_id + 2
    TrafficMark.objects.update(upto_id=passed)
    monkeypatch.setattr(rollup, "_mark", lambda: stale)
    assert log_rollup(now=NOW + 2 * SETTLED_AFTER) == 0
    assert TrafficMark.objects.get().upto_id == passed


def test_old_hours_are_forgotten_now_and_then() -> None:
    add(1, created_at=NOW - timedelta(days=500))
    add(1)
    count_settled()
    assert traffic_purge(now=NOW, older_than=NOW - timedelta(days=400)) == 1
    assert counted() == 1
    assert traffic_purge(now=NOW + timedelta(hours=1), older_than=NOW + timedelta(days=1)) == 0


def test_a_day_has_its_hours_and_what_is_not_counted_yet() -> None:
    add(3, created_at=NOW - timedelta(hours=23), direction="in", status=500)
    count_settled()
    add(2, direction="in")
    day = traffic_of_day(NOW)
    assert day.is_complete
    assert (len(day.hours), day.hours[-1].begins_at) == (24, hour_of(NOW))
    assert (day.hours[0].inbound.count, day.hours[0].inbound.failed) == (3, 3)
    assert day.hours[-1].inbound.count == 2
    assert day.total("inbound").count == 5


def test_what_is_older_than_a_day_is_left_out() -> None:
    add(9, created_at=NOW - timedelta(hours=24))
    count_settled()
    assert traffic_of_day(NOW).total("outbound").count == 0


def test_a_long_tail_is_left_out_and_said_to_be() -> None:
    count_settled()
    add(MAX_TAIL + 1)
    day = traffic_of_day(NOW)
    assert not day.is_complete
    assert day.total("outbound").count == 0


def test_the_95th_percentile_lies_in_its_span() -> None:
    for duration_ms in range(1, 101):
        add(1, duration_ms=duration_ms * 10)
    count_settled()
    p95 = quantile_ms(traffic_of_day(NOW).total("outbound"), 0.95)
    assert p95 is not None
    assert 900 <= p95 <= 1000
    assert quantile_ms(traffic_of_day(NOW).total("inbound"), 0.95) is None


def test_a_single_duration_is_what_it_was() -> None:
    add(1, duration_ms=45_000)
    count_settled()
    assert quantile_ms(traffic_of_day(NOW).total("outbound"), 0.95) == 45_000


def test_rates_are_of_the_last_day_and_of_other_systems_alone() -> None:
    add(8)
    add(2, status=503)
    add(50, party="odoo", status=500)
    add(9, created_at=NOW - timedelta(hours=30), status=500)
    count_settled()
    assert rates_of([7, 8], now=NOW) == {(7, "out"): Rate(10, 2)}
    fresh = NOW + timedelta(seconds=1)
    add(1, created_at=fresh)
    assert rates_of([7, 8], now=NOW) == {(7, "out"): Rate(11, 2, fresh)}


@pytest.mark.parametrize(("count", "failed", "percent"), [(1000, 1, 99), (1000, 999, 1), (3, 0, 100), (3, 3, 0)])
def test_a_rate_is_whole_only_where_all_or_none_went_well(count: int, failed: int, percent: int) -> None:
    assert Rate(count, failed).percent == percent


def test_counting_reads_no_bodies(django_assert_num_queries: Any) -> None:
    add(1)
    log_rollup(now=NOW)
    with django_assert_num_queries(9) as captured:
        log_rollup(now=NOW + SETTLED_AFTER)
    statements = [each["sql"] for each in captured.captured_queries]
    assert not any("request_body" in sql or "response_body" in sql for sql in statements)
    assert connection.vendor != "sqlite" or not any("COUNT(" in sql for sql in statements)
