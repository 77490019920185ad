"""The staff rooms with the real plugins and a printer that draws text, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Account, Base, LogEntry, Payment, PaymentMethod, Reseller, Scope, UserKind
from host_stub.plugins.registry import Registry
from host_stub.services.money_in import payments
from host_stub.services.money_in.payments import TopUp
from tests.customer.fakes import Printer
from tests.support.web import Visitor, a_user, an_app, store_of
from tests.support.world import CUSTOMER, a_method, a_reseller, an_account, rub

#: What a bill of the reseller says of its own.
BANK = {"service_name": "Предоплата за хостинг"}
MERCHANT = {"merchant_id": "11112222-3333", "test_mode": False}


class Staff:
    """Two resellers with a customer each, two managers of the first, one of the second, and the operator."""

    def __init__(self, app: Flask, clock: FixedClock, printer: Printer) -> None:
        self.app, self.clock, self.printer, self.store = app, clock, printer, store_of(app)
        with self.store.write() as session:
            root = a_reseller(session, "Оператор", is_operator=True)
            first, second = a_reseller(session, "ООО «Пример»"), a_reseller(session, "ИП Другой")
            self.operator_id, self.reseller_id, self.other_id = root.id, first.id, second.id
            self.account_id = an_account(session, first).id
            self.stranger_id = an_account(session, second, name="ООО «Чужая фирма»").id
            self.bank_id = a_method(session, first, "check_cash", name="Банковский перевод", settings=BANK).id
            self.gateway_id = a_method(session, first, "paymaster", name="PayMaster", settings=MERCHANT).id
            self.people = {
                "olga": a_user(session, first, UserKind.MANAGER, "olga@example.com", name="Ольга Смирнова").id,
                "petr": a_user(session, first, UserKind.MANAGER, "petr@example.com", name="Пётр Волков").id,
                "other": a_user(session, second, UserKind.MANAGER, "other@example.com").id,
                "operator": a_user(session, root, UserKind.MANAGER, "operator@example.com").id,
            }

    @property
    def scope(self) -> Scope:
        return Scope.reseller(self.reseller_id)

    def visitor(self, who: str) -> Visitor:
        return Visitor(self.app, self.people[who])

    def payment(self, amount: str = "5000.00", **more: Any) -> int:
        """Make a payment that waits, by bank transfer."""
        top_up = TopUp(self.account_id, rub(amount), method_id=self.bank_id, **more)
        return payments.start_top_up(self.store, self.scope, top_up, by=CUSTOMER)

    def row(self, kind: type[Base], row_id: int) -> Any:
        with self.store.read() as session:
            return session.get_one(kind, row_id)

    def balance(self) -> int:
        return int(self.row(Account, self.account_id).balance_minor)

    def status(self, payment_id: int) -> str:
        return str(self.row(Payment, payment_id).status)

    def method(self, method_id: int) -> PaymentMethod:
        found: PaymentMethod = self.row(PaymentMethod, method_id)
        return found

    def reseller(self) -> Reseller:
        found: Reseller = self.row(Reseller, self.reseller_id)
        return found

    def logged(self, kind: str) -> list[str]:
        with self.store.read() as session:
            query = select(LogEntry.action).where(LogEntry.object_kind == kind).order_by(LogEntry.id)
            return list(session.scalars(query))


def _staff(url: str, clock: FixedClock) -> Staff:
    printer = Printer()
    return Staff(an_app(url, clock, registry=Registry.discover(), renderer=printer), clock, printer)


@pytest.fixture
def staff(sqlite_url: str, clock: FixedClock) -> Iterator[Staff]:
    """On SQLite: for what does not depend on the database."""
    staff = _staff(sqlite_url, clock)
    yield staff
    staff.store.close()


@pytest.fixture
def any_staff(database_url: str, clock: FixedClock) -> Iterator[Staff]:
    """On each database in turn."""
    staff = _staff(database_url, clock)
    yield staff
    staff.store.close()


@pytest.fixture
def olga(staff: Staff) -> Visitor:
    return staff.visitor("olga")
