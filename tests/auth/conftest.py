"""A panel with an operator, a manager, and a customer who has a password."""

from __future__ import annotations

import re
import unicodedata

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Mail, Store, User, UserKind
from host_stub.services.people import passwords
from host_stub.services.people.password_resets import ResetReceiver
from host_stub.services.queues import deliveries, outbox
from tests.support.web import PASSWORD, Visitor, a_customer, a_user, an_app, store_of
from tests.support.world import a_reseller, an_account

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = CHEAP.hash(unicodedata.normalize("NFKC", PASSWORD))


@pytest.fixture(autouse=True)
def _cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing is slow on purpose; here its cost is not what is tested."""
    monkeypatch.setattr(passwords, "_hasher", lambda: CHEAP)
    passwords._dummy.cache_clear()


class People:
    def __init__(self, store: Store) -> None:
        with store.write() as session:
            operator = a_reseller(session, "ООО «Оператор»", is_operator=True)
            reseller = a_reseller(session)
            account = an_account(session, reseller)
            owner = a_customer(session, account, "owner@example.com")
            owner.password_hash = HASH
            self.owner, self.account, self.reseller = owner.id, account.id, reseller.id
            manager = a_user(session, reseller, UserKind.MANAGER, "manager@example.com", password_hash=HASH)
            self.manager = manager.id
            self.operator = a_user(session, operator, UserKind.MANAGER, "op@example.com", password_hash=HASH).id


@pytest.fixture
def app(database_url: str, clock: FixedClock) -> Flask:
    return an_app(database_url, clock)


@pytest.fixture
def store(app: Flask):
    store = store_of(app)
    yield store
    store.close()


@pytest.fixture
def people(store: Store) -> People:
    return People(store)


@pytest.fixture
def visitor(app: Flask, people: People) -> Visitor:
    return Visitor(app)


@pytest.fixture
def mail(store: Store):
    """Return the links in the mails to an address, oldest first."""

    def links(recipient: str) -> list[str]:
        send_resets(store)
        with store.read() as session:
            texts = session.scalars(select(Mail.text).where(Mail.recipient == recipient).order_by(Mail.id)).all()
        return [re.search(r"https?://\S+/(?:invitation|reset-password)/\S+", text)[0] for text in texts]

    return links


def send_resets(store: Store) -> int:
    """Do what the worker does with requests for links; return how many there were."""
    return deliveries.work(store, "worker", outbox.RESETS, ResetReceiver(store))


def password_hash(store: Store, user_id: int) -> str | None:
    with store.read() as session:
        return session.get_one(User, user_id).password_hash


def without_token(page: str) -> str:
    """The page without what is new every time: the CSRF token."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", page)
