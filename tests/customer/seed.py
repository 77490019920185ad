"""An account with a life: what the customer's room is looked at and tested with."""

from __future__ import annotations

from typing import Any

from billhook import Money
from flask import Flask

from host_stub.adapters.clock import FixedClock
from host_stub.domain.actors import Actor
from host_stub.persistence import AccessLevel, Payment, Period, Plan, Reseller, Scope, Store
from host_stub.persistence.store import now
from host_stub.services.charges import subscriptions
from host_stub.services.money_in import approvals, payments
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.payments import TopUp
from tests.support.web import a_customer, store_of
from tests.support.world import MANAGER, a_method, a_reseller, an_account, rub

CONTACTS = {
    "brand_name": "АктивХост",
    "site_url": "https://hosting.example",
    "sales_email": "sales@hosting.example",
    "billing_email": "billing@hosting.example",
    "accounting_email": "accounting@hosting.example",
    "support_email": "support@hosting.example",
    "general_phone": "8 800 555-00-01",
    "sales_phone": "+7 495 555-00-02",
    "next_number": 2563977,
}


class Room:
    """One reseller; a company with a user of every level, a person, and a neighbour who must see nothing."""

    def __init__(self, app: Flask, clock: FixedClock) -> None:
        self.app, self.clock, self.store = app, clock, store_of(app)
        self.users: dict[str, int] = {}
        with self.store.write() as session:
            reseller = a_reseller(session, "ООО «АктивХост»", **CONTACTS)
            self.reseller_id = reseller.id
            company = an_account(session, reseller, inn="7707083893", kpp="770701001", city="Москва")
            person = an_account(session, reseller, "person", name="Иван Петров")
            neighbour = an_account(session, reseller, name="ООО «Соседи»")
            other = a_reseller(session, "ИП Другой", number_mask="D-####")
            stranger = an_account(session, other, "sole_proprietor", name="ИП Чужой")
            self.account_id, self.person_id = company.id, person.id
            self.neighbour_id, self.stranger_id = neighbour.id, stranger.id
            for level in AccessLevel:
                self.users[level] = a_customer(session, company, f"{level}@example.com", level).id
            self.users["person"] = a_customer(session, person, "person@example.com").id
            self.users["neighbour"] = a_customer(session, neighbour, "neighbour@example.com").id
            self.users["stranger"] = a_customer(session, stranger, "stranger@example.com").id

    @property
    def scope(self) -> Scope:
        return Scope.reseller(self.reseller_id)

    def method(self, plugin: str, **more: Any) -> int:
        with self.store.write() as session:
            return a_method(session, session.get_one(Reseller, self.reseller_id), plugin, **more).id

    def payment(self, amount: str = "5000.00", account_id: int | None = None, **more: Any) -> int:
        """Create a waiting payment, of the company unless told otherwise."""
        return a_payment(self.store, account_id or self.account_id, rub(amount), **more)

    def number(self, payment_id: int) -> str:
        with self.store.read() as session:
            return session.get_one(Payment, payment_id).number

    def approve(self, payment_id: int, received: str = "5000.00") -> None:
        order = BankOrder(rub(received), "17", self.clock.now().date())
        approvals.approve_payment(self.store, self.scope, payment_id, order, by=MANAGER, anyway=True)

    def service(self, name: str, price: str, period: Period = Period.DAY) -> int:
        with self.store.write() as session:
            plan = Plan(
                reseller_id=self.reseller_id,
                name=name,
                period=period,
                price_minor=rub(price).minor,
                created_at=now(session),
            )
            session.add(plan)
            session.flush()
            plan_id = plan.id
        return subscriptions.create(self.store, self.scope, self.account_id, plan_id, by=MANAGER)

    def path(self, page: str = "") -> str:
        return f"/accounts/{self.account_id}{page}"


def a_payment(store: Store, account_id: int, amount: Money, **more: Any) -> int:
    by = Actor("customer", "Анна", 1)
    return payments.start_top_up(store, Scope.everything(), TopUp(account_id, amount, **more), by=by)
