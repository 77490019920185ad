"""A bill through the limited child, against the same bill drawn in this process with the same caches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from billhook import (
    AccountType,
    AccountView,
    DocumentFacts,
    MethodView,
    Money,
    PaymentStatus,
    PaymentView,
    ResellerView,
)
from billhook_check_cash.provider import CheckCash
from billhook_kit import make_seller

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.adapters.render import Renderer
from host_stub.persistence import Payment, Store, open_store
from host_stub.plugins import documents, public_documents
from host_stub.plugins.desk import Desk
from host_stub.plugins.registry import Registry
from host_stub.services.money_in.capability import capability
from tests.benchmarks.ratios import alternate
from tests.support.world import CUSTOMER, World

PAIRS = 42  # two of them warm up

pytestmark = pytest.mark.bench


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as opened:
        opened.warm()
        yield opened


def payment() -> PaymentView:
    reseller = ResellerView(1, "ООО «Хостинг Север»", "RUB", "Europe/Moscow")
    account = AccountView(
        1, 1, AccountType.COMPANY, "ООО «Ромашка»", Money(0, "RUB"), Money(0, "RUB"), False, "ru", inn="7707083893"
    )
    at = datetime(2026, 11, 13, 9, tzinfo=UTC)
    return PaymentView(
        1, "0000001", Money.of("5000.00", "RUB"), PaymentStatus.WAITING_FOR_PAYMENT, "", "", at, at, account, reseller
    )


def complete_settings() -> dict[str, object]:
    return {setting.key: setting.default for setting in CheckCash.settings}


def test_a_warm_bill_through_the_child_costs_at_most_a_third_more(renderer: Renderer) -> None:
    from host_stub.adapters.render.drawing import render_in_process

    method = MethodView(1, 1, "check_cash", "Банковский перевод", complete_settings(), {}, make_seller())
    provider, base = CheckCash(), payment()

    def through(draw: Callable[[object], object], side: int) -> Callable[[int], Callable[[], object]]:
        def prepare(pair: int) -> Callable[[], object]:
            numbered = replace(base, number=f"{side}{pair:06d}")  # no two bills are alike
            facts = DocumentFacts(numbered.number, date(2026, 11, 13))
            return lambda: draw(provider.document("receipt", numbered, method, facts))

        return prepare

    result = alternate(
        "warm bill: child / in process",
        through(renderer.render, 1),  # type: ignore[arg-type]
        through(render_in_process, 2),  # type: ignore[arg-type]
        PAIRS,
    )

    assert result.ratio <= 1.15


@pytest.fixture
def desk(sqlite_url: str, clock: FixedClock, renderer: Renderer) -> Iterator[Desk]:
    store: Store = open_store(sqlite_url, clock)
    registry = Registry.discover()
    registry.attach(store)
    yield Desk(store, registry, new_keys(), renderer, "https://panel.example")
    store.close()


def test_a_frozen_bill_costs_at_most_a_twentieth_of_the_first(desk: Desk) -> None:
    world = World(desk.store)
    fresh = [world.a_payment() for _ in range(12)]

    def first(pair: int) -> Callable[[], object]:
        return lambda: documents.issue(desk, world.scope, fresh[pair], world.bank_id, "receipt", by=CUSTOMER)

    documents.issue(desk, world.scope, fresh[0], world.bank_id, "receipt", by=CUSTOMER)
    with desk.store.read() as session:
        h = capability(desk.keys, session.get_one(Payment, fresh[0]), world.bank_id, "receipt")

    def frozen(_pair: int) -> Callable[[], object]:
        return lambda: public_documents.open_public(desk, "check_cash", fresh[0], world.bank_id, "receipt", h)

    result = alternate("bill: frozen / first", frozen, lambda pair: first(pair + 1), 11)

    assert result.ratio <= 1 / 20
