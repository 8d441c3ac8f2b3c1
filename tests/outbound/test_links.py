"""Which record is which, and who may create one: links and claims."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from outbound import links, record_claims
from outbound.models import RecordClaim
from outbound.record_claims import Claim
from syncconfig.models import OdooConnection, SyncConfig

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def config_id() -> int:
    odoo = OdooConnection.objects.create(name="O", url="http://127.0.0.1:1", database="d", login="l", secret="s")
    return SyncConfig.objects.create(name="c", request_type="in", connection=odoo, model="res.partner").pk


def claim_of(value: str) -> str:
    return record_claims.claim_key(place="here", model="res.partner", match_field="ref", value=value)


def take(config_id: int, key: str = "A", ttl_s: float = 60) -> links.Known | Claim | None:
    return links.acquire(config_id=config_id, keys={key: claim_of(key)}, ttl_s=ttl_s)[key]


def claim(config_id: int, key: str = "A", ttl_s: float = 60) -> Claim:
    found = take(config_id, key, ttl_s)
    assert isinstance(found, Claim)
    return found


def settle(config_id: int, held: Claim, odoo_id: int, key: str = "A") -> None:
    links.settle(config_id=config_id, made=[(held, key, odoo_id)])


def wait(config_id: int, timeout_s: float) -> links.Known | Claim:
    return links.wait(config_id=config_id, key="A", claim=claim_of("A"), ttl_s=60, timeout_s=timeout_s)


def test_the_first_gets_the_claim_and_the_second_none(config_id: int) -> None:
    assert isinstance(take(config_id), Claim)
    assert take(config_id) is None


def test_a_settled_claim_is_known_to_everybody(config_id: int) -> None:
    settle(config_id, claim(config_id), 7)

    assert take(config_id) == links.Known(7)
    assert not RecordClaim.objects.exists()


def test_a_released_claim_is_free_again(config_id: int) -> None:
    record_claims.release([claim(config_id)])

    assert isinstance(take(config_id), Claim)


def test_a_claim_holds_for_every_config(config_id: int) -> None:
    first = SyncConfig.objects.get(pk=config_id)
    other = SyncConfig.objects.create(name="x", request_type="in", connection=first.connection, model="res.partner")
    held = claim(config_id)

    assert take(other.pk) is None
    settle(config_id, held, 7)
    assert isinstance(take(other.pk), Claim)


def test_a_claim_is_of_one_value_of_one_field_of_one_model_of_one_odoo() -> None:
    parts = {"place": "here", "model": "res.partner", "match_field": "ref", "value": "A"}
    others = [{**parts, name: "another"} for name in parts]

    keys = {record_claims.claim_key(**each) for each in [parts, *others]}

    assert len(keys) == 5


def test_many_keys_are_taken_with_two_statements_and_settled_with_two(
    config_id: int, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    settle(config_id, claim(config_id, "known"), 7, "known")
    claim(config_id, "busy")
    keys = ["known", "busy", *(f"new-{number}" for number in range(100))]

    with django_assert_num_queries(2):  # type: ignore[operator]
        found = links.acquire(config_id=config_id, keys={key: claim_of(key) for key in keys}, ttl_s=60)

    assert found["known"] == links.Known(7)
    assert found["busy"] is None
    new = [(each, key, number) for number, (key, each) in enumerate(found.items(), 10) if isinstance(each, Claim)]
    assert len(new) == 100
    with django_assert_num_queries(2):  # type: ignore[operator]
        links.settle(config_id=config_id, made=new)
    assert RecordClaim.objects.count() == 1


def test_an_expired_claim_is_taken_over_by_one(config_id: int) -> None:
    past = timezone.now() - timedelta(seconds=1)
    RecordClaim.objects.create(key=claim_of("A"), token="dead", claimed_until=past)

    assert isinstance(take(config_id), Claim)
    assert take(config_id) is None


def test_a_holder_whose_claim_was_taken_over_may_not_create(config_id: int) -> None:
    old = claim(config_id, ttl_s=0.01)
    time.sleep(0.02)
    new = claim(config_id)

    with pytest.raises(record_claims.ClaimLost):
        record_claims.keep([old])
    record_claims.keep([new])


def test_a_holder_whose_claim_was_taken_over_releases_nothing(config_id: int) -> None:
    old = claim(config_id, ttl_s=0.01)
    time.sleep(0.02)
    claim(config_id)

    record_claims.release([old])

    assert take(config_id) is None


def test_keeping_a_claim_prolongs_it(config_id: int) -> None:
    held = claim(config_id, ttl_s=0.3)
    time.sleep(0.2)
    record_claims.keep([held])
    time.sleep(0.2)

    assert take(config_id) is None


def test_whoever_waits_learns_what_became_of_the_record(config_id: int) -> None:
    held = claim(config_id)
    timer = threading.Timer(0.1, _in_thread, args=(lambda: settle(config_id, held, 7),))
    timer.start()

    found = wait(config_id, 5)

    timer.join()
    assert found == links.Known(7)


def test_whoever_waits_gets_the_claim_when_it_is_released(config_id: int) -> None:
    held = claim(config_id)
    timer = threading.Timer(0.1, _in_thread, args=(lambda: record_claims.release([held]),))
    timer.start()

    found = wait(config_id, 5)

    timer.join()
    assert isinstance(found, Claim)


def test_whoever_waits_too_long_is_told(config_id: int) -> None:
    claim(config_id)

    with pytest.raises(record_claims.ClaimBusy):
        wait(config_id, 0.1)


def test_of_many_threads_one_gets_the_claim(config_id: int) -> None:
    start = threading.Barrier(20)

    def race(_number: int) -> bool:
        start.wait()
        return _in_thread(lambda: isinstance(take(config_id), Claim))

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(race, range(20))) == 1


def test_a_record_with_a_new_identifier_loses_the_old_link(config_id: int) -> None:
    settle(config_id, claim(config_id, "old"), 7, "old")
    settle(config_id, claim(config_id, "new"), 7, "new")

    assert take(config_id, "new") == links.Known(7)
    assert isinstance(take(config_id, "old"), Claim)


def test_a_forgotten_record_is_nobodys(config_id: int) -> None:
    settle(config_id, claim(config_id), 7)
    links.forget(config_id=config_id, odoo_ids=[7])

    assert isinstance(take(config_id), Claim)


def test_keys_are_case_sensitive_text() -> None:
    assert links.link_key(12) == links.link_key("12") == "12"
    assert links.link_key("a") != links.link_key("A")


def test_a_long_or_reserved_identifier_is_hashed_and_stays_distinct() -> None:
    long = [links.link_key("x" * 201), links.link_key("x" * 202)]

    assert all(len(key) <= links.MAX_KEY_LENGTH for key in long)
    assert len(set(long)) == 2
    assert links.link_key(long[0]) != long[0]


def _in_thread(work):  # type: ignore[no-untyped-def]
    """The thread's own database connection does not outlive its work."""
    try:
        return work()
    finally:
        connections.close_all()
