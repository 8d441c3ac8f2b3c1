"""Claims: exclusive, in order per record, counted before the work, and taken back when their holder is gone."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db.models import F
from django.utils import timezone

from demo.shop import DemoShop
from outbound.claims import LEASE, claims_renew, deliveries_claim, units_release
from outbound.models import Delivery, DeliveryState, RunTrigger, SyncRun
from outbound.outcomes import outcomes_write
from outbound.sender import Outcome
from outbound.sweeps import sweep
from outbound.targets.base import Answer
from syncconfig.models import SyncConfig
from tests.outbound.conftest import MakeConfig, make_delivery, send

BATCH = uuid.UUID(int=7)


@pytest.mark.django_db
def test_the_attempt_is_counted_before_the_work(config: SyncConfig) -> None:
    delivery = make_delivery(config, 1)
    claim = deliveries_claim(config_id=config.pk, limit=10)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.claim) == (DeliveryState.SENDING, 1, claim.token)
    assert timezone.now() < delivery.claimed_until <= timezone.now() + LEASE


@pytest.mark.django_db
def test_what_is_not_due_yet_is_left_alone(config: SyncConfig) -> None:
    make_delivery(config, 1, next_attempt_at=timezone.now() + timedelta(seconds=5))
    assert deliveries_claim(config_id=config.pk, limit=10).units == ()


@pytest.mark.django_db
def test_what_is_due_longest_comes_first(config: SyncConfig) -> None:
    now = timezone.now()
    for record_id, age_s in ((1, 1), (2, 3), (3, 2)):
        make_delivery(config, record_id, next_attempt_at=now - timedelta(seconds=age_s))
    claim = deliveries_claim(config_id=config.pk, limit=2)
    assert [unit.deliveries[0].record_id for unit in claim.units] == [2, 3]


@pytest.mark.django_db
@pytest.mark.parametrize("state", [DeliveryState.PENDING, DeliveryState.SENDING])
def test_a_record_with_an_earlier_open_delivery_waits(config: SyncConfig, state: DeliveryState) -> None:
    later = timezone.now() + timedelta(minutes=1)
    make_delivery(config, 1, state=state, next_attempt_at=later)
    second = make_delivery(config, 1)
    assert deliveries_claim(config_id=config.pk, limit=10).units == ()
    second.refresh_from_db()
    if state == DeliveryState.PENDING:
        # Not found due and blocked every second from now on.
        assert second.next_attempt_at == later


@pytest.mark.django_db
def test_an_earlier_delivery_of_another_config_holds_nothing_up(config: SyncConfig, make_config: MakeConfig) -> None:
    make_delivery(make_config(name="Other"), 1, state=DeliveryState.SENDING)
    make_delivery(config, 1)
    assert len(deliveries_claim(config_id=config.pk, limit=10).units) == 1


@pytest.mark.django_db
def test_a_batch_is_claimed_whole(config: SyncConfig) -> None:
    for record_id in (1, 2, 3):
        make_delivery(config, record_id, batch=BATCH)
    claim = deliveries_claim(config_id=config.pk, limit=1)
    assert [[delivery.record_id for delivery in unit.deliveries] for unit in claim.units] == [[1, 2, 3]]
    assert claim.units[0].idempotency_key == BATCH.hex


@pytest.mark.django_db
def test_a_batch_waits_when_one_of_its_records_has_an_earlier_delivery(config: SyncConfig) -> None:
    make_delivery(config, 2, state=DeliveryState.SENDING)
    for record_id in (1, 2, 3):
        make_delivery(config, record_id, batch=BATCH)
    assert deliveries_claim(config_id=config.pk, limit=10).units == ()


@pytest.mark.django_db
def test_what_was_not_begun_is_given_back_without_an_attempt(config: SyncConfig) -> None:
    delivery = make_delivery(config, 1)
    claim = deliveries_claim(config_id=config.pk, limit=10)
    assert units_release(claim.units) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.claim) == (DeliveryState.PENDING, 0, None)


@pytest.mark.django_db
def test_a_renewed_lease_is_not_taken_back(config: SyncConfig) -> None:
    make_delivery(config, 1)
    claim = deliveries_claim(config_id=config.pk, limit=10)
    _let_leases_run_out()
    claims_renew([claim.token])
    assert sweep().deliveries == 0


@pytest.mark.django_db
def test_a_lease_that_ran_out_is_another_attempt(config: SyncConfig, shop: DemoShop) -> None:
    delivery = make_delivery(config, 1)
    deliveries_claim(config_id=config.pk, limit=10)
    _let_leases_run_out()
    assert sweep().deliveries == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 1)
    assert delivery.last_error.startswith("The worker stopped while sending")
    Delivery.objects.update(next_attempt_at=timezone.now())
    assert send(config).delivered == 1


@pytest.mark.django_db
def test_a_delivery_that_kills_its_worker_every_time_is_dead_in_the_end(config: SyncConfig) -> None:
    run = SyncRun.objects.create(config=config, trigger=RunTrigger.MANUAL, state="done")
    delivery = make_delivery(config, 1, run=run)
    for _attempt in range(4):
        assert len(deliveries_claim(config_id=config.pk, limit=10).units) == 1
        _let_leases_run_out()
        sweep()
        Delivery.objects.filter(state="pending").update(next_attempt_at=timezone.now())
    delivery.refresh_from_db()
    run.refresh_from_db()
    assert (delivery.state, delivery.attempts, run.dead_count) == (DeliveryState.DEAD, 4, 1)


@pytest.mark.django_db
def test_a_result_that_comes_after_the_lease_was_taken_back_changes_nothing(config: SyncConfig) -> None:
    delivery = make_delivery(config, 1)
    late = deliveries_claim(config_id=config.pk, limit=10)
    _let_leases_run_out()
    sweep()
    Delivery.objects.update(next_attempt_at=timezone.now())
    deliveries_claim(config_id=config.pk, limit=10)
    written = outcomes_write(config=config, outcomes=[Outcome(late.units[0], Answer(200))])
    delivery.refresh_from_db()
    assert (written.delivered, delivery.state) == (0, DeliveryState.SENDING)
    assert not config.links.exists()


def _claim_by_threads(config: SyncConfig, *, deliveries: int, threads: int) -> Counter[int]:
    """How often each delivery was claimed by threads that claim until nothing is left."""
    claimed: list[int] = []
    errors: list[BaseException] = []
    start = threading.Barrier(threads)

    def work() -> None:
        try:
            start.wait()
            while (claim := deliveries_claim(config_id=config.pk, limit=3)).units:
                claimed.extend(delivery.pk for unit in claim.units for delivery in unit.deliveries)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)
        finally:
            database.close()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    return Counter(claimed)


def _check_exclusive(config: SyncConfig) -> None:
    for record_id in range(1, 41):
        make_delivery(config, record_id)
    for number in range(5):
        for record_id in range(4):
            make_delivery(config, 100 + 10 * number + record_id, batch=uuid.UUID(int=number + 1))
    counts = _claim_by_threads(config, deliveries=60, threads=6)
    # A thread that found everything locked gave up; what is left is claimed now, and nothing twice.
    while (claim := deliveries_claim(config_id=config.pk, limit=100)).units:
        counts.update(delivery.pk for unit in claim.units for delivery in unit.deliveries)
    assert len(counts) == 60
    assert set(counts.values()) == {1}
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}
    holders = Delivery.objects.filter(batch__isnull=False).order_by().values("batch", "claim").distinct()
    assert len(holders) == 5


@pytest.mark.django_db(transaction=True)
def test_claims_of_many_threads_do_not_overlap(config: SyncConfig) -> None:
    _check_exclusive(config)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_claims_of_many_threads_do_not_overlap_on_postgresql(config: SyncConfig) -> None:
    assert database.vendor == "postgresql"
    _check_exclusive(config)


def _let_leases_run_out() -> None:
    Delivery.objects.filter(state="sending").update(claimed_until=F("claimed_until") - timedelta(hours=1))
