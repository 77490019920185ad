"""A small world for tests: resellers, accounts, methods, made the shortest way that the schema allows."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import cast

from billhook import Addresses, MethodView, Money, PaymentProvider, StartRequest
from billhook_kit import make_seller
from billhook_kit.views import make_account, make_payment
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.arrivals import Act, Door, Kind
from host_stub.persistence import (
    Account,
    Arrival,
    ArrivalMessage,
    GatewayOperation,
    PaymentMethod,
    PluginActivation,
    Reseller,
    Scope,
    SellerAccount,
    SellerRegime,
    SellerRequisites,
    Store,
)
from host_stub.persistence.store import now
from host_stub.plugins.frozen_requests import frozen
from host_stub.services.money_in import arrivals, payments, tries
from host_stub.services.money_in.tries import Try

CUSTOMER = Actor("customer", "Иван Петров", 1)
MANAGER = Actor("manager", "Ольга Смирнова", 2)
OTHER_MANAGER = Actor("manager", "Пётр Волков", 3)
MERCHANT = "11112222-3333-4444-5555-666677778888"


def rub(amount: str) -> Money:
    return Money.of(amount, "RUB")


def a_reseller(session: Session, name: str = "ООО «Хостинг»", **more: object) -> Reseller:
    row = Reseller(name=name, created_at=now(session), **more)
    session.add(row)
    session.flush()
    if not row.is_operator:
        a_seller(session, row)
    return row


#: A day before all that tests issue.
TAXED_SINCE = date(2019, 1, 1)


def a_seller(session: Session, reseller: Reseller, **said: str) -> None:
    """Enter who sells: taxed in general; said: requisites and parts of the bank account that are not the sample's."""
    sample, at = make_seller(), now(session)
    assert sample.account is not None
    owned: dict[str, object] = {"reseller_id": reseller.id, "scheme": sample.scheme}
    values = {
        each: {**known, **{k: v for k, v in said.items() if k in known}}
        for each, known in (("requisites", sample.requisites), ("account", sample.account.values))
    }
    session.add(SellerRequisites(**owned, values=values["requisites"], changed_at=at))
    session.add(SellerAccount(**owned, values=values["account"], is_default=True, created_at=at))
    tax = {"valid_from": TAXED_SINCE, "regime": "general", "vat": "general"}
    session.add(SellerRegime(**owned, **tax, created_at=at, created_by=str(MANAGER)))
    session.flush()


def says(session: Session, reseller_id: int, **said: str) -> None:
    """Change what a seller says of itself, past every check."""
    requisites = session.scalars(select(SellerRequisites).where(SellerRequisites.reseller_id == reseller_id))
    accounts = session.scalars(select(SellerAccount).where(SellerAccount.reseller_id == reseller_id))
    for row in (*requisites, *accounts):
        row.values = {**row.values, **{key: value for key, value in said.items() if key in row.values}}
    session.flush()


def an_account(session: Session, reseller: Reseller, kind: str = "company", **more: object) -> Account:
    row = Account(reseller_id=reseller.id, type=kind, created_at=now(session), **{"name": "ООО «Ромашка»", **more})
    session.add(row)
    session.flush()
    return row


def a_method(session: Session, reseller: Reseller, plugin: str, **more: object) -> PaymentMethod:
    """Add a method, and turn its plugin on for the reseller."""
    row = PaymentMethod(
        reseller_id=reseller.id,
        plugin=plugin,
        created_at=now(session),
        **{"name": plugin, "account_types": ["person", "sole_proprietor", "company"], **more},
    )
    session.add(row)
    if session.get(PluginActivation, (reseller.id, plugin)) is None:
        session.add(PluginActivation(reseller_id=reseller.id, plugin=plugin, enabled=True, changed_at=now(session)))
    session.flush()
    return row


def reference_of(session: Session, payment_id: int) -> str:
    """Return the reference of a payment's newest try; without one, what no try is called."""
    query = select(GatewayOperation.reference).where(GatewayOperation.payment_id == payment_id)
    found = session.scalars(query.order_by(GatewayOperation.id.desc()).limit(1)).one_or_none()
    return found or f"never-started-{payment_id}"


def a_request(plugin: str = "", method_id: int = 0) -> dict[str, object]:
    """Return what a try of a method freezes, as JSON has it: values of the kit's sample world."""
    payment = make_payment(rub("5000.00"), make_account())
    request = StartRequest(payment, MethodView(method_id, 1, plugin, plugin, {}), Addresses({}, {}, ""), "", 0, "ru")
    plain = cast(PaymentProvider, SimpleNamespace(settings=(), asks=()))
    return frozen(plain, request)


def a_parked_arrival(session: Session, method: PaymentMethod, body: bytes = b"", **more: object) -> Arrival:
    """Write what a gateway told of and nobody knows."""
    values = {"key": "777", "reference": "", "amount_minor": 500_00, "currency": "RUB", "is_test": False, **more}
    whose = {"reseller_id": method.reseller_id, "method_id": method.id}
    origin = {"origin": f"{method.plugin}:11112222-3333", "details": {}, "day": now(session).date()}
    row = Arrival(**whose, door=Door.GATEWAY, **{**origin, **values})
    act = Act(Kind.PARKED, why="unknown_payment")
    arrivals.receive(session, row, act, arrivals.Linked(), by=Actor("gateway", "PayMaster"))
    said = {key: values[key] for key in ("reference", "amount_minor", "currency", "is_test")}
    message = {"digest": "ab" * 32, "body": body, "reason": act.why, "received_at": now(session)}
    session.add(ArrivalMessage(**whose, arrival_id=row.id, **message, **said))
    session.flush()
    return row


class World:
    """One reseller with one account and one gateway method."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with store.write() as session:
            reseller = a_reseller(session)
            self.reseller_id = reseller.id
            self.account_id = an_account(session, reseller).id
            self.method_id = a_method(session, reseller, "paymaster").id
            self.bank_id = a_method(session, reseller, "check_cash").id

    @property
    def scope(self) -> Scope:
        return Scope.reseller(self.reseller_id)

    def a_payment(self, amount: str = "5000.00", account_id: int | None = None) -> int:
        top_up = payments.TopUp(account_id or self.account_id, rub(amount))
        return payments.start_top_up(self.store, self.scope, top_up, by=CUSTOMER)

    def started(self, payment_id: int, *, merchant: str = MERCHANT, is_test: bool = False) -> Try:
        draft = tries.Draft(merchant, is_test, a_request("paymaster", self.method_id))
        return tries.begin(self.store, self.scope, payment_id, self.method_id, draft, by=CUSTOMER)

    def reference(self, payment_id: int) -> str:
        """Return how a gateway names the payment: by its newest try, or by what no try is called."""
        with self.store.read() as session:
            return reference_of(session, payment_id)

    def balance(self, account_id: int | None = None) -> Money:
        with self.store.read() as session:
            row = session.get_one(Account, account_id or self.account_id)
            return Money(row.balance_minor, "RUB")
