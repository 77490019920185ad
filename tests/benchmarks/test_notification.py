"""A verified notification, from its body to the answer, against one transaction that writes the same rows."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from billhook import RawRequest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.persistence import (
    Account,
    Arrival,
    ArrivalDecision,
    ArrivalMessage,
    Base,
    Entry,
    Lane,
    LedgerTransaction,
    LogEntry,
    Mail,
    Outbox,
    Payment,
    PaymentMethod,
    Store,
    open_store,
)
from host_stub.plugins import callbacks
from host_stub.plugins.desk import Desk
from host_stub.plugins.registry import Registry
from tests.benchmarks.ratios import alternate
from tests.support.world import MERCHANT, World

SECRET = "a-long-secret-for-signing"
PAIRS = 60
WRITTEN = (Entry, LedgerTransaction, LogEntry, Mail, Outbox, Arrival, ArrivalMessage, ArrivalDecision)

pytestmark = pytest.mark.bench


@pytest.fixture
def desk(database_url: str, clock: FixedClock) -> Iterator[Desk]:
    store = open_store(database_url, clock)
    registry = Registry.discover()
    registry.attach(store)
    yield Desk(store, registry, new_keys(), None, "https://panel.example")  # type: ignore[arg-type]
    store.close()


@pytest.fixture
def world(desk: Desk) -> World:
    world = World(desk.store)
    with desk.store.write() as session:
        method = session.get_one(PaymentMethod, world.method_id)
        method.settings = {"merchant_id": MERCHANT, "hash_algorithm": "sha256"}
        method.secrets = {"secret": [{"value": desk.keys.encrypt(SECRET), "replaced_at": None}]}
        session.get_one(Account, world.account_id).email = "buh@romashka.example"
    return world


def signed_body(reference: str, external_id: str) -> bytes:
    fields = {
        "LMI_MERCHANT_ID": MERCHANT,
        "LMI_PAYMENT_NO": reference,
        "LMI_SYS_PAYMENT_ID": external_id,
        "LMI_SYS_PAYMENT_DATE": "2020-11-13T12:00:00",
        "LMI_PAYMENT_AMOUNT": "5000.00",
        "LMI_CURRENCY": "RUB",
        "LMI_PAID_AMOUNT": "5000.00",
        "LMI_PAID_CURRENCY": "RUB",
        "LMI_PAYMENT_SYSTEM": "93",
    }
    text = ";".join([*fields.values(), "", SECRET])
    digest = hashlib.sha256(text.encode()).digest()
    return urlencode({**fields, "LMI_PAYMENT_METHOD": "BankCard", "LMI_HASH": base64.b64encode(digest)}).encode()


def deliver(desk: Desk, method_id: int, body: bytes) -> None:
    from urllib.parse import parse_qsl

    request = RawRequest(
        "POST", "application/x-www-form-urlencoded", body, tuple(parse_qsl(body.decode())), {}, "127.0.0.1"
    )
    found = callbacks.find(desk, "paymaster", method_id, "notify")
    assert callbacks.receive(desk, found, request).status == 200


def rows_of(session: Session, kind: type[Base]) -> list[dict[str, Any]]:
    columns = [column.key for column in inspect(kind).column_attrs]
    return [{key: getattr(row, key) for key in columns} for row in session.scalars(select(kind))]


def written_once(desk: Desk, world: World) -> list[tuple[type[Base], dict[str, Any]]]:
    """Return the rows that one notification writes, by delivering one and looking."""
    payment_id = world.a_payment()
    world.started(payment_id)
    with desk.store.read() as session:
        before = {kind: {row["id"] for row in rows_of(session, kind)} for kind in WRITTEN}
    deliver(desk, world.method_id, signed_body(world.reference(payment_id), "pattern"))
    with desk.store.read() as session:
        return [(kind, row) for kind in WRITTEN for row in rows_of(session, kind) if row["id"] not in before[kind]]


def bare(store: Store, world: World, pattern: list[tuple[type[Base], dict[str, Any]]], payment_id: int) -> None:
    """Write the same rows, and nothing but rows: what any correct answer would have to write."""
    unique = f"bare-{payment_id}"
    # High, and drawn so that the ledger's own numbering on SQLite (highest + 1) never meets it.
    header_id = 10_000_000_000 - payment_id
    replaced = {
        "transaction_id": header_id,
        "source_id": unique,
        "key": unique,
        "arrival_id": header_id,
        "once_key": unique,
        "lane": unique,
        "payment_id": payment_id,
    }
    with store.write() as session:
        account = session.get_one(Account, world.account_id)
        account.balance_minor += 5000_00
        account.event_sequence += 1
        payment = session.get_one(Payment, payment_id)
        payment.status = "completed"
        for kind, row in pattern:
            copy = {**row, **{key: value for key, value in replaced.items() if row.get(key) is not None}}
            copy["id"] = header_id if kind in (LedgerTransaction, Arrival) else None
            if copy.get("account_sequence") is not None:
                copy["account_sequence"] = account.event_sequence
            session.add(kind(**copy))
            if kind is Outbox:
                session.add(Lane(receiver=copy["receiver"], lane=unique, ready_at=copy["created_at"]))
            if kind in (Entry, LedgerTransaction, Arrival):
                session.flush()


def test_a_verified_notification_costs_little_more_than_two_bare_transactions(
    desk: Desk, world: World, database_url: str
) -> None:
    pattern = written_once(desk, world)
    assert {kind for kind, _row in pattern} >= set(WRITTEN)
    jobs = [_prepared(desk, world) for _ in range(PAIRS)]
    spare = [world.a_payment() for _ in range(PAIRS)]

    def full(number: int) -> Callable[[], None]:
        return lambda: deliver(desk, world.method_id, jobs[number])

    def baseline(number: int) -> Callable[[], None]:
        return lambda: bare(desk.store, world, pattern, spare[number])

    result = alternate("verified notification / same rows", full, baseline, PAIRS, database_url.partition(":")[0])

    assert result.ratio <= 2.75


def _prepared(desk: Desk, world: World) -> bytes:
    payment_id = world.a_payment()
    world.started(payment_id)
    return signed_body(world.reference(payment_id), f"id-{payment_id}")
