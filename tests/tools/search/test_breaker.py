"""Engines that failed are left alone for a while that grows."""

from __future__ import annotations

import pytest

from tests.doubles.search_engines import Clock
from tools.search.breaker import LONGEST, OFFLINE, PAUSES, Breakers
from tools.search.engine import EngineError, FailureKind


def failed(kind: FailureKind = "blocked", **more: float) -> EngineError:
    return EngineError("duck", "no", kind, **more)


@pytest.fixture
def breakers(clock: Clock) -> Breakers:
    return Breakers(clock)


@pytest.mark.parametrize("kind", PAUSES)
def test_it_opens_waits_and_gives_one_trial(
    breakers: Breakers, clock: Clock, kind: FailureKind
) -> None:
    assert breakers.state("duck") == "closed"
    breakers.failed(failed(kind))
    assert breakers.state("duck") == "open"
    assert not breakers.admit("duck")
    clock.now += PAUSES[kind] + 1
    assert breakers.state("duck") == "half-open"
    assert breakers.admit("duck")
    assert not breakers.admit("duck")  # its one trial runs
    breakers.succeeded("duck")
    assert breakers.state("duck") == "closed"
    assert breakers.admit("duck")


def test_the_pause_grows_to_an_hour(breakers: Breakers, clock: Clock) -> None:
    pauses = []
    since = clock.now
    for _ in range(12):
        breakers.failed(failed())
        health = breakers.health("duck")
        pauses.append(health.until - clock.now)
        assert health.since == since
        clock.now = health.until
        assert breakers.admit("duck")
    assert pauses[:4] == [60, 120, 240, 480]
    assert pauses[-1] == LONGEST
    breakers.succeeded("duck")
    breakers.failed(failed())
    assert breakers.health("duck").until - clock.now == 60


def test_the_engines_own_wish_is_kept(breakers: Breakers, clock: Clock) -> None:
    breakers.failed(failed(retry_after=900))
    assert breakers.health("duck").until - clock.now == 900
    breakers.failed(failed(retry_after=1e9))
    assert breakers.health("duck").until - clock.now == LONGEST


def test_a_query_that_it_does_not_take_is_no_failure(breakers: Breakers) -> None:
    breakers.failed(failed("query"))
    assert breakers.state("duck") == "closed"


def test_being_late_or_empty_once_is_forgiven(breakers: Breakers) -> None:
    breakers.weak("duck", "late")
    assert breakers.state("duck") == "closed"
    breakers.succeeded("duck")
    breakers.weak("duck", "late")
    assert breakers.state("duck") == "closed"
    breakers.weak("duck", "late")
    assert breakers.state("duck") == "open"


def test_ones_own_connection_is_no_fault_of_the_engine(breakers: Breakers, clock: Clock) -> None:
    for _ in range(5):
        breakers.failed(failed("unreachable"), offline=True)
        assert breakers.health("duck").until - clock.now == OFFLINE
        clock.now += OFFLINE + 1


def test_a_trial_that_is_broken_off_may_be_made_again(breakers: Breakers, clock: Clock) -> None:
    breakers.failed(failed())
    clock.now += 61
    assert breakers.admit("duck")
    breakers.released("duck")
    assert breakers.admit("duck")


def test_a_clock_that_was_set_back_keeps_no_engine_away(breakers: Breakers, clock: Clock) -> None:
    breakers.failed(failed())
    clock.now -= 10 * LONGEST
    assert breakers.state("duck") == "half-open"
