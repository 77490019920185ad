"""What becomes of a start whose end nobody saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from billhook import (
    AttemptState,
    Capabilities,
    PaymentPaid,
    PaymentProvider,
    ProviderError,
    Redirect,
    Start,
    StartKind,
    StartRequest,
    StatusAnswer,
    StatusRequest,
    hookimpl,
)
from billhook.http import GatewayUnreachable
from sqlalchemy import select

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.persistence import PaymentAttempt, Reseller, Store, open_store
from host_stub.plugins import paying, status_queries
from host_stub.plugins.desk import Desk
from host_stub.plugins.registry import Registry
from host_stub.services.attempts import MOST_QUERIES
from tests.support.world import CUSTOMER, World, a_method, rub


class Gateway(PaymentProvider):
    """A redirect gateway whose answers a test chooses."""

    name = "gateway"
    title = "Gateway"
    capabilities = Capabilities(start=StartKind.REDIRECT, status_query=True)
    starts: Callable[[StartRequest], Start]
    answers: Callable[[StatusRequest], StatusAnswer]

    def start(self, request: StartRequest) -> Start:
        return type(self).starts(request)

    def query(self, request: StatusRequest) -> StatusAnswer:
        return type(self).answers(request)


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Gateway]


def lost(_request: StartRequest) -> Start:
    raise GatewayUnreachable("ReadTimeout: gateway.example")


def paid(request: StatusRequest) -> StatusAnswer:
    return PaymentPaid(request.reference, "", rub("5000.00"), False, "ext-1", "d" * 64, {})


@pytest.fixture
def desk(database_url: str, clock: FixedClock) -> Iterator[Desk]:
    store = open_store(database_url, clock)
    registry = Registry.of({"gateway": SimpleNamespace(billhook_payment_providers=billhook_payment_providers)})
    registry.attach(store)
    yield Desk(store, registry, new_keys(), None, "https://panel.example")  # type: ignore[arg-type]
    store.close()


@pytest.fixture
def world(desk: Desk) -> World:
    world = World(desk.store)
    with desk.store.write() as session:
        world.method_id = a_method(session, session.get_one(Reseller, world.reseller_id), "gateway").id
    Gateway.starts = lost
    return world


def start(desk: Desk, world: World) -> int:
    payment_id = world.a_payment()
    with pytest.raises(ProviderError):
        paying.start(desk, world.scope, payment_id, world.method_id, language="ru", by=CUSTOMER)
    return payment_id


def ask(desk: Desk) -> int:
    return status_queries.ask_due(desk.store, desk.registry, desk.keys)  # type: ignore[arg-type]


def attempt(store: Store) -> PaymentAttempt:
    with store.read() as session:
        return session.scalars(select(PaymentAttempt)).one()


def test_a_start_that_timed_out_stays_unknown_and_is_asked_for_after_a_while(desk: Desk, world: World) -> None:
    start(desk, world)

    assert attempt(desk.store).state == "unknown"
    assert ask(desk) == 0


def test_a_paid_answer_credits_once_like_a_notification(desk: Desk, world: World) -> None:
    start(desk, world)
    Gateway.answers = paid
    desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]

    assert (ask(desk), ask(desk)) == (1, 0)
    assert world.balance() == rub("5000.00")
    assert attempt(desk.store).state == "started"


@pytest.mark.parametrize(("answer", "state"), [(AttemptState.OPEN, "started"), (AttemptState.FAILED, "failed")])
def test_what_the_gateway_knows_ends_the_asking(desk: Desk, world: World, answer: AttemptState, state: str) -> None:
    start(desk, world)
    Gateway.answers = lambda _request: answer
    desk.store.clock.advance(minutes=3)  # type: ignore[attr-defined]
    ask(desk)

    assert attempt(desk.store).state == state
    assert attempt(desk.store).query_at is None


def test_silence_is_asked_again_with_growing_pauses_and_an_end(desk: Desk, world: World) -> None:
    start(desk, world)
    Gateway.answers = lambda _request: AttemptState.UNKNOWN
    pauses = []
    while (waiting := attempt(desk.store)).query_at is not None:
        pauses.append(waiting.query_at - desk.store.now())
        desk.store.clock.set(waiting.query_at)  # type: ignore[attr-defined]
        assert ask(desk) == 1

    assert len(pauses) == MOST_QUERIES
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


def test_a_start_that_ended_is_not_asked_for(desk: Desk, world: World) -> None:
    Gateway.starts = lambda _request: Redirect("https://gateway.example/pay/1")
    paying.start(desk, world.scope, world.a_payment(), world.method_id, language="ru", by=CUSTOMER)
    desk.store.clock.advance(days=1)  # type: ignore[attr-defined]

    assert ask(desk) == 0
    assert attempt(desk.store).state == "started"
