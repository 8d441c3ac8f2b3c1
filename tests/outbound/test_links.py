"""Claims and links: who may create a record, and which one it became."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from outbound import links
from outbound.models import RecordLink
from syncconfig.models import OdooConnection, SyncConfig

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def config_id() -> int:
    odoo = OdooConnection.objects.create(name="O", url="http://127.0.0.1:1", database="d", login="l", secret="s")
    return SyncConfig.objects.create(name="c", request_type="in", connection=odoo, model="res.partner").pk


def take(config_id: int, key: str = "A", ttl_s: float = 60) -> links.Known | links.Claim | None:
    return links.acquire(config_id=config_id, keys=[key], ttl_s=ttl_s)[key]


def claim(config_id: int, key: str = "A", ttl_s: float = 60) -> links.Claim:
    found = take(config_id, key, ttl_s)
    assert isinstance(found, links.Claim)
    return found


def test_the_first_gets_the_claim_and_the_second_none(config_id: int) -> None:
    assert isinstance(take(config_id), links.Claim)
    assert take(config_id) is None


def test_a_settled_claim_is_known_to_everybody(config_id: int) -> None:
    links.settle(claim(config_id), 7)

    assert take(config_id) == links.Known(7)


def test_a_released_claim_is_free_again(config_id: int) -> None:
    links.release(claim(config_id))

    assert isinstance(take(config_id), links.Claim)


def test_a_claim_is_its_configs_own(config_id: int) -> None:
    first = SyncConfig.objects.get(pk=config_id)
    other = SyncConfig.objects.create(name="x", request_type="in", connection=first.connection, model="res.partner")
    claim(config_id)

    assert isinstance(take(other.pk), links.Claim)


def test_many_keys_are_taken_with_three_statements(
    config_id: int, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    links.settle(claim(config_id, "known"), 7)
    claim(config_id, "busy")
    keys = ["known", "busy", *(f"new-{number}" for number in range(100))]

    with django_assert_max_num_queries(5):  # type: ignore[operator] # two of them begin and commit
        found = links.acquire(config_id=config_id, keys=keys, ttl_s=60)

    assert found["known"] == links.Known(7)
    assert found["busy"] is None
    assert all(isinstance(found[f"new-{number}"], links.Claim) for number in range(100))


def test_an_expired_claim_is_taken_over_by_one(config_id: int) -> None:
    RecordLink.objects.create(
        config_id=config_id,
        external_id="A",
        claim=uuid.uuid4(),
        claimed_until=timezone.now() - timedelta(seconds=1),
    )

    assert isinstance(take(config_id), links.Claim)
    assert take(config_id) is None


def test_a_holder_whose_claim_was_taken_over_may_not_create(config_id: int) -> None:
    old = claim(config_id, ttl_s=0.01)
    time.sleep(0.02)
    new = claim(config_id)

    with pytest.raises(links.ClaimLost):
        links.keep(old)
    links.keep(new)


def test_a_holder_whose_claim_was_taken_over_releases_nothing(config_id: int) -> None:
    old = claim(config_id, ttl_s=0.01)
    time.sleep(0.02)
    claim(config_id)

    links.release(old)

    assert take(config_id) is None


def test_keeping_a_claim_prolongs_it(config_id: int) -> None:
    held = claim(config_id, ttl_s=0.3)
    time.sleep(0.2)
    links.keep(held)
    time.sleep(0.2)

    assert take(config_id) is None


def test_whoever_waits_learns_what_became_of_the_record(config_id: int) -> None:
    held = claim(config_id)
    timer = threading.Timer(0.1, _in_thread, args=(lambda: links.settle(held, 7),))
    timer.start()

    found = links.wait(config_id=config_id, key="A", ttl_s=60, timeout_s=5)

    timer.join()
    assert found == links.Known(7)


def test_whoever_waits_gets_the_claim_when_it_is_released(config_id: int) -> None:
    held = claim(config_id)
    timer = threading.Timer(0.1, _in_thread, args=(lambda: links.release(held),))
    timer.start()

    found = links.wait(config_id=config_id, key="A", ttl_s=60, timeout_s=5)

    timer.join()
    assert isinstance(found, links.Claim)


def test_whoever_waits_too_long_is_told(config_id: int) -> None:
    claim(config_id)

    with pytest.raises(links.ClaimBusy):
        links.wait(config_id=config_id, key="A", ttl_s=60, timeout_s=0.1)


def test_of_many_threads_one_gets_the_claim(config_id: int) -> None:
    start = threading.Barrier(20)

    def race(_number: int) -> bool:
        start.wait()
        return _in_thread(lambda: isinstance(take(config_id), links.Claim))

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(race, range(20))) == 1


def test_a_record_with_a_new_identifier_loses_the_old_link(config_id: int) -> None:
    links.settle(claim(config_id, "old"), 7)
    links.settle(claim(config_id, "new"), 7)

    assert take(config_id, "new") == links.Known(7)
    assert isinstance(take(config_id, "old"), links.Claim)


def test_a_forgotten_record_is_nobodys(config_id: int) -> None:
    links.settle(claim(config_id), 7)
    links.forget(config_id=config_id, odoo_id=7)

    assert isinstance(take(config_id), links.Claim)


def test_keys_are_case_sensitive_text() -> None:
    assert links.link_key(12) == links.link_key("12") == "12"
    assert links.link_key("a") != links.link_key("A")


def test_a_long_or_reserved_identifier_is_hashed_and_stays_distinct() -> None:
    long = [links.link_key("x" * 201), links.link_key("x" * 202)]

    assert all(len(key) <= links.MAX_KEY_LENGTH for key in long)
    assert len(set(long)) == 2
    assert links.link_key(long[0]) != long[0]


def test_a_related_record_is_never_taken_for_an_identifier() -> None:
    related = links.related_key("res.partner", "email", "bob@example.com")

    assert links.link_key(related) != related
    assert len(links.related_key("res.partner", "email", "x" * 500)) <= links.MAX_KEY_LENGTH


def _in_thread(work):  # type: ignore[no-untyped-def]
    """The thread's own database connection does not outlive its work."""
    try:
        return work()
    finally:
        connections.close_all()
