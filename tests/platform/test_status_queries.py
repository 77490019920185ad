"""What becomes of a start whose end nobody saw."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from billhook import (
    AnswersStatus,
    Asking,
    AttemptState,
    PaymentPaid,
    PaymentProvider,
    ProviderError,
    Redirect,
    Start,
    StartRequest,
    StatusAnswer,
    StatusRequest,
    hookimpl,
)
from billhook.http import GatewayUnreachable
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.persistence import GatewayOperation, PluginFailure, Reseller, Store, open_store
from host_stub.plugins import paying, status_queries
from host_stub.plugins.desk import Desk
from host_stub.plugins.registry import Registry
from host_stub.services.money_in import gateway, questions, tries
from host_stub.services.money_in.tries import Draft
from tests.support.world import CUSTOMER, World, a_method, rub


class Gateway(PaymentProvider, AnswersStatus):
    """A redirect gateway whose answers a test chooses."""

    name = "far_bank"
    title = "Gateway"
    starts = (Redirect,)
    begins: Callable[[StartRequest], Start]
    answers: Callable[[StatusRequest], StatusAnswer]

    def start(self, request: StartRequest) -> Start:
        return type(self).begins(request)

    def query(self, request: StatusRequest) -> StatusAnswer:
        return type(self).answers(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Gateway]


def lost(_request: StartRequest) -> Start:
    raise GatewayUnreachable("ReadTimeout: gateway.example")


def paid(request: StatusRequest) -> StatusAnswer:
    return [PaymentPaid(request.reference, "", rub("5000.00"), False, "ext-1", "d" * 64, {})]


@pytest.fixture
def desk(database_url: str, clock: FixedClock) -> Iterator[Desk]:
    store = open_store(database_url, clock)
    registry = Registry.of({"far_bank": SimpleNamespace(billhook_payment_providers=billhook_payment_providers)})
    registry.attach(store)
    yield Desk(store, registry, new_keys(), None, "https://panel.example")  # type: ignore[arg-type]
    store.close()


@pytest.fixture
def world(desk: Desk) -> World:
    world = World(desk.store)
    with desk.store.write() as session:
        world.method_id = a_method(session, session.get_one(Reseller, world.reseller_id), "far_bank").id
    Gateway.begins = lost
    return world


def start(desk: Desk, world: World) -> int:
    payment_id = world.a_payment()
    with pytest.raises(ProviderError):
        paying.start(desk, world.scope, payment_id, world.method_id, language="ru", by=CUSTOMER)
    return payment_id


def ask(desk: Desk) -> int:
    return status_queries.ask_due(desk.store, desk.registry, desk.keys)  # type: ignore[arg-type]


def attempts_of(store: Store) -> list[GatewayOperation]:
    with store.read() as session:
        return list(session.scalars(select(GatewayOperation).order_by(GatewayOperation.id)))


def attempt(store: Store) -> GatewayOperation:
    (only,) = attempts_of(store)
    return only


def test_a_start_that_timed_out_stays_unknown_and_is_asked_for_after_a_while(desk: Desk, world: World) -> None:
    start(desk, world)

    assert attempt(desk.store).state == "unknown"
    assert ask(desk) == 0


def test_why_a_start_or_a_query_failed_is_kept_and_logged(desk: Desk, world: World) -> None:
    def silent(_request: StatusRequest) -> StatusAnswer:
        raise GatewayUnreachable("ConnectTimeout: gateway.example")

    with capture_logs() as logged:
        payment_id = start(desk, world)
        before = attempt(desk.store).error
        Gateway.answers = silent
        desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]
        ask(desk)

    assert (before, attempt(desk.store).error) == ("ReadTimeout: gateway.example", "ConnectTimeout: gateway.example")
    named = {"plugin": "far_bank", "method": world.method_id, "payment": payment_id, "log_level": "warning"}
    assert [each for each in logged if each["event"] in ("start failed", "status query failed")] == [
        {"event": "start failed", "error": "ReadTimeout: gateway.example", **named},
        {"event": "status query failed", "error": "ConnectTimeout: gateway.example", **named},
    ]


def test_what_a_gateway_says_is_kept_without_what_no_database_keeps_and_cut_to_what_can_be_read(
    desk: Desk, world: World
) -> None:
    def odd(_request: object) -> Start:
        raise ProviderError("it said \ud800 and \0" + "x" * 1_000_000)

    Gateway.begins = Gateway.answers = odd
    payment_id = world.a_payment()
    with pytest.raises(ProviderError):
        paying.start(desk, world.scope, payment_id, world.method_id, language="ru", by=CUSTOMER)

    error = attempt(desk.store).error
    assert error.startswith("it said ? and \ufffdxxx")
    assert len(error) < 3000


def test_an_odd_answer_about_one_attempt_keeps_no_other_waiting(desk: Desk, world: World) -> None:
    start(desk, world)
    start(desk, world)

    def odd(_request: StatusRequest) -> StatusAnswer:
        raise ProviderError("half a character: \ud800")

    Gateway.answers = odd
    desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]

    assert ask(desk) == 2
    assert [(each.state, each.queries, each.error) for each in attempts_of(desk.store)] == [
        ("unknown", 1, "half a character: ?")
    ] * 2


def test_a_paid_answer_credits_once_like_a_notification(desk: Desk, world: World) -> None:
    start(desk, world)
    Gateway.answers = paid
    desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]

    assert (ask(desk), ask(desk)) == (1, 0)
    assert world.balance() == rub("5000.00")
    assert attempt(desk.store).state == "paid"


@pytest.mark.parametrize(("answer", "state"), [(AttemptState.OPEN, "started"), (AttemptState.FAILED, "failed")])
def test_what_the_gateway_knows_ends_the_asking(desk: Desk, world: World, answer: AttemptState, state: str) -> None:
    start(desk, world)
    Gateway.answers = lambda _request: answer
    desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]
    ask(desk)

    assert attempt(desk.store).state == state
    assert (attempt(desk.store).query_at is None) == (state == "failed")


def test_an_open_try_is_asked_about_until_its_end_since_a_notification_may_get_lost(desk: Desk, world: World) -> None:
    start(desk, world)
    Gateway.answers = lambda _request: AttemptState.OPEN
    begun = desk.store.now()
    asked = []
    while (waiting := attempt(desk.store).query_at) is not None:
        desk.store.clock.set(waiting)  # type: ignore[attr-defined]
        asked.append(waiting - begun)
        assert ask(desk) == 1

    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert asked[0] == timedelta(minutes=2)
    assert pauses == sorted(pauses)
    assert (pauses[-1], len(asked)) == (timedelta(hours=6), 18)
    assert timedelta(days=2, hours=18) < asked[-1] < timedelta(days=3)
    assert attempt(desk.store).state == "started"


def test_silence_is_asked_again_with_growing_pauses_and_an_end(desk: Desk, world: World) -> None:
    start(desk, world)
    Gateway.answers = lambda _request: AttemptState.UNKNOWN
    pauses = []
    while (waiting := attempt(desk.store)).query_at is not None:
        pauses.append(waiting.query_at - desk.store.now())
        desk.store.clock.set(waiting.query_at)  # type: ignore[attr-defined]
        assert ask(desk) == 1

    assert len(pauses) == 18
    assert pauses == sorted(pauses)
    assert attempt(desk.store).state == "abandoned"


def test_a_provider_that_raises_is_asked_again_later(desk: Desk, world: World) -> None:
    def broken(_request: StatusRequest) -> StatusAnswer:
        raise RuntimeError("a fault")

    start(desk, world)
    Gateway.answers = broken
    desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]
    ask(desk)

    assert (attempt(desk.store).state, attempt(desk.store).queries) == ("unknown", 1)


def test_a_start_that_ended_is_not_asked_for_where_nobody_wants_that(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gateway, "asked", Asking(open=False))
    Gateway.begins = lambda _request: Redirect("https://gateway.example/pay/1")
    paying.start(desk, world.scope, world.a_payment(), world.method_id, language="ru", by=CUSTOMER)
    desk.store.clock.advance(days=1)  # type: ignore[attr-defined]

    assert ask(desk) == 0
    assert attempt(desk.store).state == "started"


def again(desk: Desk, world: World, payment_id: int, starts: Callable[[StartRequest], Start]) -> None:
    """Start the payment once more; what the provider raises is the payer's to read."""
    Gateway.begins = starts
    with contextlib.suppress(ProviderError):
        paying.start(desk, world.scope, payment_id, world.method_id, language="ru", by=CUSTOMER)


def refused(_request: StartRequest) -> Start:
    raise ProviderError("502 Bad Gateway")


def went(_request: StartRequest) -> Start:
    return Redirect("https://gateway.example/pay/1")


def test_a_start_that_failed_is_over_and_the_next_one_has_a_key_of_its_own(desk: Desk, world: World) -> None:
    payment_id = world.a_payment()
    for _ in range(2):
        again(desk, world, payment_id, refused)

    first, second = attempts_of(desk.store)
    assert (first.state, first.query_at, second.state) == ("failed", None, "failed")
    assert first.reference != second.reference


def test_a_lost_start_is_asked_for_though_later_starts_failed(desk: Desk, world: World) -> None:
    keys = []

    def counted(request: StartRequest) -> Start:
        keys.append(request.reference)
        return refused(request)

    payment_id = start(desk, world)
    for _ in range(2):
        again(desk, world, payment_id, counted)
    Gateway.answers = paid
    desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]

    assert keys == [attempt(desk.store).reference] * 2
    assert attempt(desk.store).state == "unknown"
    assert ask(desk) == 1
    assert world.balance() == rub("5000.00")
    assert attempt(desk.store).state == "paid"


@pytest.mark.parametrize("later", [refused, lost], ids=["fails", "is lost"])
def test_a_start_that_went_well_stays_so_when_a_second_press_does_not(
    desk: Desk, world: World, later: Callable[[StartRequest], Start]
) -> None:
    payment_id = world.a_payment()
    again(desk, world, payment_id, went)
    again(desk, world, payment_id, later)

    assert attempt(desk.store).state == "started"


def test_a_twin_that_fails_does_not_end_a_start_that_is_still_under_way(desk: Desk, world: World) -> None:
    payment_id = world.a_payment()

    def with_a_twin(request: StartRequest) -> Start:
        again(desk, world, payment_id, lost)
        return refused(request)

    again(desk, world, payment_id, with_a_twin)

    assert attempt(desk.store).state == "unknown"
    assert attempt(desk.store).query_at is not None


def test_an_abandoned_start_that_is_lost_again_is_asked_for_again(desk: Desk, world: World) -> None:
    payment_id = start(desk, world)
    Gateway.answers = lambda _request: AttemptState.UNKNOWN
    while (waiting := attempt(desk.store)).query_at is not None:
        desk.store.clock.set(waiting.query_at)  # type: ignore[attr-defined]
        ask(desk)
    assert attempt(desk.store).state == "abandoned"

    again(desk, world, payment_id, lost)

    assert (attempt(desk.store).state, attempt(desk.store).queries) == ("unknown", 0)
    Gateway.answers = paid
    desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]
    assert ask(desk) == 1
    assert world.balance() == rub("5000.00")


def test_an_answer_from_before_a_start_was_repeated_says_nothing_of_it(desk: Desk, world: World) -> None:
    payment_id = start(desk, world)

    def meanwhile(_request: StatusRequest) -> StatusAnswer:
        again(desk, world, payment_id, lost)
        return AttemptState.FAILED

    Gateway.answers = meanwhile
    desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]
    ask(desk)

    waiting = attempt(desk.store)
    assert (waiting.state, waiting.query_at) == ("unknown", desk.store.now() + Asking().first)


def test_an_answer_that_cannot_be_taken_is_recorded_and_keeps_nobody_else_waiting(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(desk, world)
    desk.store.clock.advance(seconds=1)  # type: ignore[attr-defined]
    start(desk, world)
    Gateway.answers = paid
    desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]
    apply, first = gateway.apply_event, attempts_of(desk.store)[0].reference

    def fails_on_the_first(store: Store, event: gateway.VerifiedEvent) -> object:
        if event.paid.reference == first:
            raise ValueError("no such column")
        return apply(store, event)

    monkeypatch.setattr(gateway, "apply_event", fails_on_the_first)

    assert ask(desk) == 2
    assert {(each.state, each.queries) for each in attempts_of(desk.store)} == {("unknown", 1), ("paid", 1)}
    assert world.balance() == rub("5000.00")
    with desk.store.read() as session:
        (told,) = session.scalars(select(PluginFailure)).all()
    assert (told.plugin, told.place) == ("far_bank", "query")


def test_a_database_that_is_down_costs_no_question(desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    start(desk, world)
    Gateway.answers = paid
    desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]

    @contextlib.contextmanager
    def down(*_arguments: object) -> Iterator[None]:
        raise OperationalError("select", {}, Exception("down"))
        yield

    with monkeypatch.context() as away:
        away.setattr(desk.store, "write", down)
        with pytest.raises(OperationalError):
            ask(desk)

    assert attempt(desk.store).queries == 0
    assert ask(desk) == 1
    assert world.balance() == rub("5000.00")


def test_a_gateway_that_is_away_is_not_asked_about_its_other_tries_and_uses_up_none_of_them(
    desk: Desk, world: World
) -> None:
    for _ in range(3):
        start(desk, world)
    asked: list[str] = []

    def away(request: StatusRequest) -> StatusAnswer:
        asked.append(request.reference)
        raise GatewayUnreachable("ReadTimeout: gateway.example")

    Gateway.answers = away
    rounds = []
    for _ in range(3):
        desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]
        rounds.append([ask(desk), ask(desk)])

    assert rounds == [[1, 0]] * 3
    assert sorted(asked) == sorted(row.reference for row in attempts_of(desk.store))
    assert [(row.state, row.queries) for row in attempts_of(desk.store)] == [("unknown", 0)] * 3


def test_a_gateway_that_stays_away_is_given_up_in_the_end(desk: Desk, world: World) -> None:
    start(desk, world)
    Gateway.answers = lost  # type: ignore[assignment]
    desk.store.clock.advance(days=9)  # type: ignore[attr-defined]
    ask(desk)
    kept = attempt(desk.store).query_at
    desk.store.clock.advance(days=2)  # type: ignore[attr-defined]
    ask(desk)

    assert kept is not None
    assert (attempt(desk.store).state, attempt(desk.store).query_at) == ("abandoned", None)


def test_slow_answers_end_a_round_after_a_minute(desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        start(desk, world)
    time = [0.0]

    def slow(_request: StatusRequest) -> StatusAnswer:
        time[0] += 40
        return AttemptState.UNKNOWN

    Gateway.answers = slow
    desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]
    monkeypatch.setattr(status_queries, "time", SimpleNamespace(monotonic=lambda: time[0]))

    assert [ask(desk), ask(desk), ask(desk)] == [2, 1, 0]


def test_plugins_are_asked_in_turn(database_url: str, clock: FixedClock) -> None:
    store = open_store(database_url, clock)
    world = World(store)
    due = []
    for plugin in ("a", "a", "a", "b", "b"):
        with store.write() as session:
            method_id = a_method(session, session.get_one(Reseller, world.reseller_id), plugin).id
        begun = tries.begin(
            store, world.scope, world.a_payment(), method_id, Draft(asked=Asking(open=False)), by=CUSTOMER
        )
        due.append(begun.id)
        clock.advance(seconds=1)
    clock.advance(minutes=3)

    found = questions.due(store, limit=4)

    store.close()
    assert [each.plugin for each in found] == ["a", "b", "a", "b"]
    assert [each.id for each in found] == [due[0], due[3], due[1], due[4]]
