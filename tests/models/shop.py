"""A panel with one of the model gateways, its customer and its manager, all by HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from billhook import Money
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Account, Arrival, GatewayOperation, Payment, PaymentMethod, Reseller, User
from host_stub.plugins import status_queries
from host_stub.plugins.registry import Registry
from tests.support.web import Visitor, a_customer, an_app, store_of
from tests.support.world import World, a_method


class Shop:
    """settings, secrets: of the method, in clear."""

    def __init__(
        self, url: str, clock: FixedClock, plugin: ModuleType, settings: Mapping[str, str], secrets: Mapping[str, str]
    ) -> None:
        self.clock, self.plugin = clock, plugin.__name__.rpartition(".")[2]
        self.app = an_app(url, clock, registry=Registry.of({self.plugin: plugin}))
        self.panel, self.store = self.app.extensions["billhook"], store_of(self.app)
        self.world = World(self.store)
        self.client = self.app.test_client()
        self.method_id = self.add_method(self.world.reseller_id, settings, secrets)
        self.customer = self.visitor(self.world.account_id, "customer@example.com")

    def add_method(self, reseller_id: int, settings: Mapping[str, str], secrets: Mapping[str, str]) -> int:
        kept = {key: [{"value": self.panel.keys.encrypt(text), "replaced_at": None}] for key, text in secrets.items()}
        with self.store.write() as session:
            reseller = session.get_one(Reseller, reseller_id)
            return a_method(session, reseller, self.plugin, settings=dict(settings), secrets=kept).id

    def visitor(self, account_id: int, email: str) -> Visitor:
        with self.store.write() as session:
            customer = a_customer(session, session.get_one(Account, account_id), email)
            session.flush()
            customer_id = customer.id
        return Visitor(self.app, customer_id)

    def change(self, settings: Mapping[str, str]) -> None:
        with self.store.write() as session:
            method = session.get_one(PaymentMethod, self.method_id)
            method.settings = {**method.settings, **settings}

    def page(self, payment_id: int, account_id: int | None = None) -> str:
        return f"/accounts/{account_id or self.world.account_id}/payments/{payment_id}"

    def press(self, payment_id: int, language: str = "ru", **fields: str) -> TestResponse:
        """Press the method's button, as the payer does."""
        with self.store.write() as session:
            session.execute(update(User).where(User.email == "customer@example.com").values(language=language))
        wanted = {"method_id": str(self.method_id), **fields}
        return self.customer.post(f"{self.page(payment_id)}/pay", wanted)

    def seen(self, payment_id: int) -> str:
        return self.customer.get(self.page(payment_id)).text

    def tell(self, address: str, method_id: int | None = None, **sent: Any) -> TestResponse:
        """Send a message to one of the method's addresses, as its gateway does."""
        return self.client.post(f"/plugin/{self.plugin}/method/{method_id or self.method_id}/{address}", **sent)

    def ask(self) -> int:
        """Ask gateways about what is due, as the worker does."""
        return status_queries.ask_due(self.store, self.panel.registry, self.panel.keys)

    def tries(self, payment_id: int) -> list[GatewayOperation]:
        query = select(GatewayOperation).where(GatewayOperation.payment_id == payment_id)
        with self.store.read() as session:
            return list(session.scalars(query.order_by(GatewayOperation.id)))

    def reference(self, payment_id: int) -> str:
        return self.tries(payment_id)[-1].reference

    def status(self, payment_id: int) -> str:
        with self.store.read() as session:
            return session.get_one(Payment, payment_id).status

    def waiting(self) -> list[Arrival]:
        with self.store.read() as session:
            return list(session.scalars(select(Arrival).where(Arrival.waits != "")))

    def balance(self, account_id: int | None = None) -> Money:
        return self.world.balance(account_id)
