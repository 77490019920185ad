"""What waits, decided without a database: whose turn it is, which places are left alone, which clock is believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.domains import ascii_domain
from host_stub.domain.belief import OUTAGE, SMALL, STEADY, Belief, Reading, ahead, decide
from host_stub.progress import Progress
from host_stub.services.queues.claims import LEASE, Turns
from host_stub.services.queues.destinations import FULL, Bounds, Destinations

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.mark.parametrize(
    ("beyond", "steady", "belief"),
    [
        (timedelta(), timedelta(), Belief.BELIEVED),
        (SMALL, timedelta(), Belief.BELIEVED),
        (SMALL + MINUTE, timedelta(), Belief.WATCHED),
        (SMALL + MINUTE, STEADY, Belief.BELIEVED),
        (OUTAGE, STEADY - MINUTE, Belief.WATCHED),
        (OUTAGE, STEADY, Belief.BELIEVED),
        (OUTAGE + MINUTE, timedelta(days=300), Belief.DOUBTED),
    ],
)
def test_a_clock_is_believed_at_once_after_a_while_or_by_a_person(
    beyond: timedelta, steady: timedelta, belief: Belief
) -> None:
    assert decide(beyond, steady) is belief


def test_a_clock_is_ahead_of_what_was_believed_last_and_not_of_time_that_passed() -> None:
    believed = Reading(NOON, 100.0)

    evenly = ahead(Reading(NOON + timedelta(days=40), 100.0 + 40 * 86400), believed, mark=NOON)
    leapt = ahead(Reading(NOON + timedelta(days=30), 175.0), believed, mark=NOON)
    confirmed = ahead(Reading(NOON + timedelta(days=30), 175.0), believed, mark=NOON + timedelta(days=30))
    back = ahead(Reading(NOON - timedelta(hours=3), 175.0), believed, mark=NOON)
    first = ahead(Reading(NOON, 0.0), None, None)

    assert (evenly, back, first, confirmed) == (timedelta(),) * 4
    assert leapt == timedelta(days=30) - timedelta(seconds=75)


def test_resellers_take_turns_whoever_has_more(clock: FixedClock) -> None:
    turns = Turns(clock)

    served = [turns.next([1, 2, 3], 1) for _claim in range(4)] + [turns.next([1, 3], 5), turns.next([], 5)]

    assert served == [[1], [2], [3], [1], [3, 1], []]


@pytest.mark.parametrize("hours", [3, -3])
def test_leases_of_others_cannot_be_read_for_a_lease_after_the_clock_was_set(clock: FixedClock, hours: int) -> None:
    turns = Turns(clock)
    before = turns.steady()
    clock.step(hours=hours)
    after = [turns.steady()]
    clock.advance(seconds=LEASE.total_seconds() - 1)
    after.append(turns.steady())
    clock.advance(seconds=1)
    after.append(turns.steady())

    assert (before, after) == (True, [False, False, True])


def doors(clock: FixedClock, **bounds: int) -> Destinations:
    return Destinations(clock.ticks, Bounds(timedelta(seconds=30), timedelta(minutes=30), **bounds))


def test_a_silent_place_is_left_alone_for_longer_each_time_and_after_an_answer_not_at_all(clock: FixedClock) -> None:
    places = doors(clock)
    rests = []
    for _silence in range(8):
        assert places.enter("a") is None
        places.leave("a", answered=False)
        rest = places.enter("a")
        assert rest is not None
        rests.append(rest.total_seconds())
        clock.advance(seconds=rest.total_seconds())
    assert places.enter("a") is None
    places.leave("a", answered=True)

    assert rests == [30, 60, 120, 240, 480, 960, 1800, 1800]
    assert places.enter("a") is None
    assert places.silent() == []


def test_a_rest_ends_though_the_wall_clock_was_set_back(clock: FixedClock) -> None:
    places = doors(clock)
    places.enter("a")
    places.leave("a", answered=False)

    clock.step(hours=-3)
    clock.advance(seconds=30)

    assert places.enter("a") is None


def test_one_place_holds_two_threads_at_most_and_all_silent_ones_together_one(clock: FixedClock) -> None:
    places = doors(clock)

    at_one = [places.enter("a"), places.enter("a"), places.enter("a")]
    places.leave("a", answered=False)
    places.leave("a", answered=False)
    places.enter("b")
    places.leave("b", answered=False)
    clock.advance(minutes=2)
    among_silent = [places.enter("a"), places.enter("b"), places.enter("c")]

    assert at_one == [None, None, FULL]
    assert among_silent == [None, FULL, None]


def test_a_job_is_stuck_when_nothing_gets_done_in_it_though_its_loop_turns(clock: FixedClock) -> None:
    progress = Progress(clock.ticks)
    progress.expect("mail 0", "mail", 600)
    progress.expect("mail 1", "mail", 600)
    progress.expect("expiry 0", "expiry", 630)

    clock.advance(seconds=601)
    progress.ended("mail 0")
    progress.ended("mail 1", "RuntimeError: no")
    clock.step(hours=-3)
    states = {state.name: (state.idle_seconds, state.stuck, state.error) for state in progress.states()}

    assert states == {"mail": (601, True, "RuntimeError: no"), "expiry": (601, False, "")}


@pytest.mark.parametrize(
    ("domain", "encoded"),
    [
        ("straße.de", "xn--strae-oqa.de"),
        ("strasse.de", "strasse.de"),
        ("почта.рф", "xn--80a1acny.xn--p1ai"),
        ("Under_Score.Example", "Under_Score.Example"),
    ],
)
def test_a_domain_is_encoded_by_idna_2008(domain: str, encoded: str) -> None:
    assert ascii_domain(domain) == encoded
