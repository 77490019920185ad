"""The scene of the authorization matrix, lived in: something of every kind that a page can show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from host_stub.adapters.clock import FixedClock
from host_stub.domain.actors import Actor
from host_stub.persistence import (
    Account,
    CallbackRefusal,
    ChargingFailure,
    GatewayOperation,
    LogEntry,
    Mail,
    Outbox,
    PaymentMethod,
    Period,
    Plan,
    PluginFailure,
    Scope,
    Subscription,
    SubscriptionStatus,
    Worker,
)
from host_stub.persistence.store import now
from host_stub.services.books import corrections
from host_stub.services.charges import subscriptions
from host_stub.services.money_in import approvals, payments
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.payments import TopUp
from host_stub.services.money_in.reversals import Undo
from tests.security.scene import PLUGIN, WATCHER, Scene
from tests.support.web import store_of
from tests.support.world import MANAGER, rub

#: More than a page of a list.
PAYMENTS = 35


@pytest.fixture
def scene(sqlite_url: str, clock: FixedClock) -> Iterator[Scene]:
    scene = Scene(sqlite_url, clock)
    live(scene)
    yield scene
    store_of(scene.app).close()


def live(scene: Scene) -> None:
    """Let account A have a history, and account B be on hold."""
    store, reseller_id, account_id = store_of(scene.app), scene.a.ids["reseller_id"], scene.a.ids["account_id"]
    scope, customer = Scope.reseller(reseller_id), Actor("customer", "Анна", scene.people["owner"])
    for number in range(PAYMENTS):
        payment_id = payments.start_top_up(store, scope, TopUp(account_id, rub(f"{200 + number}.50")), by=customer)
        if number % 3:
            order = BankOrder(rub(f"{200 + number}.00"), str(number), scene.clock.now().date())
            approvals.approve_payment(store, scope, payment_id, order, by=MANAGER)
    approvals.reverse_approval(store, scope, payment_id, Undo("Ошибся"), by=MANAGER)
    corrections.correct(store, scope, account_id, rub("9.00"), reason="Подарок", once_token="1", by=MANAGER)
    with store.write() as session:
        dear = Plan(
            reseller_id=reseller_id, name="Д", period=Period.DAY, price_minor=99_999_00, created_at=now(session)
        )
        cheap = Plan(reseller_id=reseller_id, name="Ч", period=Period.HOUR, price_minor=720_00, created_at=now(session))
        session.add_all([dear, cheap])
        session.flush()
        _trouble(session, scene, dear)
        plans = dear.id, cheap.id
    running = [subscriptions.create(store, scope, account_id, plan_id, by=MANAGER) for plan_id in plans]
    subscriptions.activate(store, scope, running[1], by=MANAGER)


def _trouble(session: Session, scene: Scene, plan: Plan) -> None:
    at, ids = now(session), scene.a.ids
    whose: dict[str, Any] = {"reseller_id": ids["reseller_id"]}
    method, payment = {"method_id": ids["method_id"]}, {"payment_id": ids["payment_id"]}
    held = session.get_one(Account, scene.b.ids["account_id"])
    held.on_hold_since = at
    session.get_one(Subscription, ids["subscription_id"]).provisioning_error = "HTTP 500"
    icon = session.get_one(PaymentMethod, ids["method_id"])
    icon.icon, icon.icon_type = b"\x89PNG", "image/png"
    log = {"object_kind": "account", "actor": str(MANAGER), "action": "account.nobody_to_write_to", "details": {}}
    session.add_all(
        [
            Subscription(
                **whose,
                account_id=held.id,
                plan_id=plan.id,
                name="Стоит",
                status=SubscriptionStatus.STOPPED,
                created_at=at,
                anchor_at=at,
                next_charge_at=at,
                stopped_at=at,
            ),
            Worker(name="w", started_at=at, beat_at=at - timedelta(minutes=5)),
            PluginFailure(plugin=PLUGIN, place="start", error="E", count=2, first_at=at, last_at=at),
            CallbackRefusal(**whose, **method, reason="bad_signature", day=at.date(), count=3),
            GatewayOperation(
                **whose,
                **method,
                **payment,
                merchant="m",
                amount_minor=5000_00,
                currency="RUB",
                is_test=False,
                kind="start",
                reference="1834729101-a",
                reference_number=1834729101,
                request={},
                state="started",
                created_at=at,
            ),
            ChargingFailure(**whose, account_id=held.id, error="E", count=1, first_at=at, last_at=at, retry_at=at),
            Mail(
                **whose,
                account_id=held.id,
                category="test",
                once_key="refused",
                created_at=at,
                recipient="y@example.com",
                subject="s",
                text="t",
                html="",
                message_id="<r>",
                status="refused",
                last_error="550",
            ),
            Outbox(
                **whose,
                receiver=f"plugin:{WATCHER}",
                lane="account:1",
                kind="billhook_balance_changed",
                payload={},
                created_at=at,
                last_error="Boom",
                attempts=2,
            ),
            LogEntry(**whose, **log, object_id=held.id, at=at),
        ]
    )
