"""What waits, decided without a database: whose turn it is, which places are left alone, which clock is believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.domains import ascii_domain
from host_stub.domain.belief import OUTAGE, SMALL, STEADY, Belief, Reading, ahead, decide
from host_stub.plugins.delivery import RESELLERS
from host_stub.progress import Progress
from host_stub.services.queues.claims import LEASE, Turns
from host_stub.services.queues.destinations import FULL, Bounds, Destinations
from host_stub.services.queues.provisioning import ADDRESSES
from host_stub.services.telling.mail_sending import DOMAINS

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


def test_places_of_one_host_share_its_seats_and_each_has_a_silence_of_its_own(clock: FixedClock) -> None:
    places = doors(clock)

    entered = [places.enter(name, "host") for name in ("a", "a", "a", "b", "b")]
    places.leave("a", answered=False)
    places.leave("a", answered=False)
    left_alone = places.enter("a", "host")

    assert entered == [None, None, FULL, None, FULL]
    assert left_alone not in (None, FULL)
    assert places.enter("b", "host") is None


def test_a_slow_place_holds_one_thread_and_all_of_them_few_while_others_are_called(clock: FixedClock) -> None:
    places = doors(clock)
    for name in ("a", "b", "c"):
        places.enter(name)
        clock.advance(seconds=14)
        places.leave(name, answered=True)
    places.enter("quick")
    places.leave("quick", answered=True)
    places.enter("quick")

    among_slow = [places.enter(name) for name in ("a", "a", "b", "c")]
    clock.advance(seconds=11)

    assert among_slow == [None, FULL, None, FULL]
    assert places.enter("c") is None  # nobody else was called meanwhile
    assert places.enter("quick") is None


def test_a_place_that_nobody_knows_waits_while_many_calls_turn_out_to_be_long(clock: FixedClock) -> None:
    places = doors(clock)
    places.enter("quick")
    places.leave("quick", answered=True)
    for name in ("a", "b", "c", "d"):
        places.enter(name)
    clock.advance(seconds=2)

    assert [places.enter("e"), places.enter("quick")] == [FULL, None]


def test_a_call_that_goes_on_without_a_thread_keeps_its_seat_and_no_thread(clock: FixedClock) -> None:
    places = doors(clock, slow=1, slow_alone=1)
    places.enter("a")
    clock.advance(seconds=10)
    places.linger("a")

    at_once = [places.enter("a"), places.enter("b")]
    places.leave("a", answered=True, lingering=True)
    places.leave("b", answered=True)

    assert at_once == [FULL, None]
    assert places.enter("a") is None


@dataclass(frozen=True)
class Load:
    """threads: of the worker. quick, long: seconds of a call at a place that is well, and at a slow one."""

    bounds: Bounds
    threads: int
    quick: float
    long: float


def seconds_until_others_are_done(load: Load, slow: int, *, of: int = 10, each: int = 12) -> float:
    """Return when all calls to the places that are not slow have ended; the slow ones' came first.

    Threads claim place by place in turn, as a worker's do; a claim takes a hundredth of a second.
    """
    at = [0.0]
    places = Destinations(lambda: at[0], load.bounds)
    ready = {number: [0.0] * each for number in range(of)}
    undone = dict.fromkeys(range(slow, of), each)
    free_at: list[tuple[float, int, int | None]] = [(0.0, thread, None) for thread in range(load.threads)]
    last = -1
    while undone:
        at[0], thread, ended = heappop(free_at)
        if ended is not None:
            places.leave(str(ended), answered=True)
            if ended in undone:
                undone[ended] -= 1
                undone = {number: left for number, left in undone.items() if left}
        turn = [*range(last + 1, of), *range(last + 1)]
        number = next((n for n in turn if ready[n] and min(ready[n]) <= at[0]), None)
        if number is None:
            heappush(free_at, (at[0] + 1, thread, None))
            continue
        last = number
        ready[number].remove(min(ready[number]))
        rest = places.enter(str(number))
        if rest is None:
            heappush(free_at, (at[0] + 0.01 + (load.long if number < slow else load.quick), thread, number))
        else:
            ready[number].append(at[0] + rest.total_seconds())
            heappush(free_at, (at[0] + 0.01, thread, None))
    return at[0]


@pytest.mark.parametrize("slow", [1, 2, 3, 5])
@pytest.mark.parametrize(
    "load",
    [Load(ADDRESSES, 6, 0.2, 14), Load(DOMAINS, 3, 1, 9), Load(RESELLERS, 3, 0.1, 9)],
    ids=["services", "mail", "plugins"],
)
def test_slow_places_cost_the_others_no_more_than_twice_the_usual_once_they_are_known(load: Load, slow: int) -> None:
    usual = seconds_until_others_are_done(load, 0)

    # Nobody is known to be slow before a call to it has ended: as many at once as there are threads.
    first_calls = load.long * -(-slow // load.threads)
    assert seconds_until_others_are_done(load, slow) <= 2 * usual + first_calls


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
