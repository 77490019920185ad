"""A company's payment with an issued bill, its people, and a stranger with a link."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from host_stub.persistence import Account, Document, Payment, PaymentMethod, Reseller, UserKind
from host_stub.plugins import documents
from host_stub.plugins.documents import Replacement
from host_stub.services.money_in import versions
from tests.support.web import Visitor, a_customer, a_user, store_of
from tests.support.world import CUSTOMER, MANAGER, World, says

REQUISITES = {
    "name": "ООО «Хостинг Север»",
    "account": "40602810700000000025",
    "bank_name": "Банк «Пример»",
    "bic": "049805746",
    "corr_account": "30101810500000000746",
}


@dataclass(frozen=True)
class Said:
    """What a place says of a bill."""

    account: str
    purpose: str


class Bill:
    def __init__(self, app: Flask) -> None:
        self.app, self.store = app, store_of(app)
        self.desk = app.extensions["billhook"].desk
        self.world = World(self.store)
        with self.store.write() as session:
            says(session, self.world.reseller_id, **REQUISITES)
        self.payment_id = self.world.a_payment()
        self.document_id = self.issue()
        self.client: FlaskClient = app.test_client()

    def issue(self) -> int:
        return documents.issue(self.desk, self.world.scope, self.payment_id, self.world.bank_id, "receipt", by=CUSTOMER)

    def reissue(self, reason: str = "Сменили банк", document_id: int | None = None) -> int:
        replacement = Replacement(document_id or self.document_id, reason)
        return documents.reissue(self.desk, self.world.scope, self.payment_id, replacement, by=MANAGER)

    def withdraw(self, reason: str = "Ошибка", document_id: int | None = None) -> None:
        which = document_id or self.document_id
        versions.withdraw(self.store, self.world.scope, self.payment_id, which, reason=reason, by=MANAGER)

    def link(self, version: int = 1) -> str:
        with self.store.read() as session:
            payment = session.get_one(Payment, self.payment_id)
            method = session.get_one(PaymentMethod, self.world.bank_id)
            url = documents.document_url(self.desk, payment, method, "receipt", version)
        return url.removeprefix(self.desk.base_url)

    @property
    def h(self) -> str:
        return self.link().partition("?h=")[2]

    def address(self, **other: object) -> str:
        parts = {"plugin": "check_cash", "payment": self.payment_id, "method": self.world.bank_id, "h": self.h, **other}
        return "/plugin/{plugin}/payment/{payment}/payment_method/{method}/receipt?h={h}".format(**parts)

    def manager(self) -> Visitor:
        with self.store.write() as session:
            reseller = session.get_one(Reseller, self.world.reseller_id)
            user_id = a_user(session, reseller, UserKind.MANAGER, "m@example.com").id
        return Visitor(self.app, user_id)

    def owner(self) -> Visitor:
        with self.store.write() as session:
            account = session.get_one(Account, self.world.account_id)
            user_id = a_customer(session, account, "owner@example.com").id
        return Visitor(self.app, user_id)

    @property
    def page(self) -> str:
        return f"/accounts/{self.world.account_id}/payments/{self.payment_id}"

    @property
    def manager_page(self) -> str:
        return f"/reseller/payments/{self.payment_id}"

    def documents(self) -> list[Document]:
        with self.store.read() as session:
            found = session.query(Document).filter_by(payment_id=self.payment_id).order_by(Document.version).all()
            session.expunge_all()
            return found


def words(pdf: bytes) -> str:
    return re.sub(r"\s+", " ", PdfReader(io.BytesIO(pdf)).pages[0].extract_text())
