"""The retry policy, without a clock of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clients.errors import Kind, RemoteError
from outbound.retry import RETRY_AFTER_MAX_S, SCHEDULE_S, decision, schedule_of

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def error(kind: Kind = Kind.RETRYABLE, retry_after_s: float | None = None) -> RemoteError:
    return RemoteError("It answered 503.", kind=kind, status=503, retry_after_s=retry_after_s)


def wait_s(failure: RemoteError, attempts: int, dice: float = 0.5) -> float:
    made = decision(failure, attempts=attempts, schedule_s=SCHEDULE_S, now=NOW, random=lambda: dice)
    assert made.retry_at is not None
    return (made.retry_at - NOW).total_seconds()


def test_the_default_schedule_is_that_of_the_architecture() -> None:
    waits = [wait_s(error(), attempts) for attempts in range(1, 10)]
    assert waits == pytest.approx([5, 30, 120, 600, 1800, 7200, 18000, 36000, 86400])


def test_the_tenth_failed_attempt_is_the_last() -> None:
    made = decision(error(), attempts=10, schedule_s=SCHEDULE_S, now=NOW, random=lambda: 0.5)
    assert made.is_dead
    assert made.reason == "It answered 503. Given up after 10 attempts."


@pytest.mark.parametrize(("dice", "expected_s"), [(0.0, 4.0), (0.5, 5.0), (0.999999, 6.0)])
def test_delays_are_spread_by_a_fifth(dice: float, expected_s: float) -> None:
    assert wait_s(error(), 1, dice) == pytest.approx(expected_s, abs=0.001)


def test_retry_after_replaces_the_delay_and_is_never_shortened() -> None:
    assert wait_s(error(retry_after_s=77), 1, dice=0.0) == 77
    assert 77 < wait_s(error(retry_after_s=77), 1, dice=0.9) <= 77 * 1.2


def test_retry_after_of_a_year_is_clamped_to_a_day() -> None:
    assert wait_s(error(retry_after_s=365 * 86400), 1, dice=0.0) == RETRY_AFTER_MAX_S == 86400


def test_a_negative_retry_after_means_now() -> None:
    assert wait_s(error(retry_after_s=-5), 1) == 0


def test_a_host_that_always_says_a_second_does_not_use_up_all_attempts_at_once() -> None:
    waits = [wait_s(error(retry_after_s=1), attempts, dice=0.0) for attempts in range(1, 10)]
    assert waits == [1, 1, 1, *SCHEDULE_S[3:]]
    assert wait_s(error(retry_after_s=50_000), 5, dice=0.0) == 50_000


@pytest.mark.parametrize("kind", [Kind.PERMANENT, Kind.BLOCKED])
def test_what_would_fail_again_is_dead_at_once(kind: Kind) -> None:
    made = decision(error(kind), attempts=1, schedule_s=SCHEDULE_S, now=NOW, random=lambda: 0.5)
    assert made.retry_at is None
    assert made.reason == "It answered 503."


def test_an_ambiguous_answer_is_repeated_and_says_with_which_key() -> None:
    made = decision(error(Kind.AMBIGUOUS), attempts=1, schedule_s=(1,), now=NOW, random=lambda: 0.5)
    assert made.retry_at == NOW + timedelta(seconds=1)
    assert made.reason == "It answered 503. It is sent again with the same Idempotency-Key."


def test_a_config_may_have_its_own_schedule() -> None:
    assert schedule_of(" 5, 30,120.5 ") == (5.0, 30.0, 120.5)
    assert schedule_of("  ") == SCHEDULE_S


def test_a_schedule_of_words_is_refused() -> None:
    with pytest.raises(ValueError, match="soon"):
        schedule_of("5, soon")
