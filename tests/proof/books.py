"""Books with one of everything that a proof looks at, and a way to falsify them behind the panel's back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256

from billhook import PaymentPaid
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from host_stub.adapters.clock import FixedClock
from host_stub.domain.arrivals import Door, Kind
from host_stub.domain.listening import Listening, WatchSpec
from host_stub.persistence import Arrival, BalanceWatch, Document, Period, Reseller, Store
from host_stub.persistence.types import Json
from host_stub.services.books import corrections, proof
from host_stub.services.charges import subscriptions
from host_stub.services.money_in import approvals, decisions, gateway, payments, versions
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.decisions import Handled, Part
from host_stub.services.money_in.reversals import Undo
from host_stub.services.telling.journal import log
from tests.support.charging_world import LISTENER, ChargingWorld
from tests.support.world import MANAGER, MERCHANT, World, an_account, rub

WATCH = WatchSpec(LISTENER, "low", "balance", "low_at", None)
_BYTES = b"%PDF-1.7 a bill"
_FROZEN = {"vat": "20", "basis": "договор 7"}
_SELLER = {"scheme": "ru", "requisites": {"name": "ООО «Хостинг»"}}


class Books(ChargingWorld):
    """A busy account and others, and another reseller.

    One account is in credit hold, one was in it, one has no movement, and one has paid twice: what the first payment
    had started was taken back.
    """

    def __init__(self, store: Store, clock: FixedClock) -> None:
        super().__init__(store, clock)
        store.listening = Listening(store.listening.hooks, (WATCH,))
        self.other = World(store)
        with store.write() as session:
            reseller = session.get_one(Reseller, self.reseller_id)
            made = (an_account(session, reseller).id for _ in range(4))
            self.idle_id, self.held_id, self.resumed_id, self.taken_back_id = made
            for account_id, level, armed in ((self.account_id, 1_00, True), (self.idle_id, 1_00, False)):
                session.add(
                    BalanceWatch(
                        reseller_id=reseller.id,
                        account_id=account_id,
                        plugin=WATCH.plugin,
                        key=WATCH.key,
                        level_minor=level,
                        armed=armed,
                    )
                )
        self._money_in()
        self._charges()
        self._taken_back()

    def _money_in(self) -> None:
        self.approved_id, undone, self.waiting_id = (self.a_payment() for _ in range(3))
        for payment_id, number in ((self.approved_id, "117"), (undone, "118")):
            self._approve(payment_id, number)
        payments.cancel(self.store, self.scope, self.a_payment(), by=MANAGER)
        approvals.reverse_approval(self.store, self.scope, undone, Undo("ошибка"), by=MANAGER)
        paid_id = self.a_payment()
        self.started(paid_id)
        self._notify(paid_id, "43184405")
        self._notify(None, "43184406")
        self._notify(None, "43184407")
        self.started(self.waiting_id)
        self._notify(self.waiting_id, "43184408", "4999.00")
        self._notify(None, "43184409")
        self._notify(None, "43184410")
        self._notify(paid_id, "43184405", "1.00")
        self._notify(paid_id, "43184411")
        self.give(self.account_id, "-10.00")
        with self.store.write() as session:
            self._issued(session, self.approved_id, 1)
            self.withdrawn_id = self._issued(session, self.waiting_id, 1)
        versions.withdraw(self.store, self.scope, self.waiting_id, self.withdrawn_id, reason="ошибка", by=MANAGER)
        with self.store.write() as session:
            self._issued(session, self.waiting_id, 2)
            self._issued(session, self.waiting_id, 3)
        self._decide()

    def _decide(self) -> None:
        """Credit, split, close, keep, take back: everything that people may decide about money that came."""
        self._credit("43184406", "5000.00")
        self._credit("43184409", "1000.00")
        self._credit("43184409", "500.00")
        decisions.close(self.store, self.scope, self._handled("43184407"), Kind.NOT_OURS, by=MANAGER)
        twin = self._handled("43184405").arrival_id
        decisions.close(self.store, self.scope, self._handled("43184410"), Kind.SAME_AS, by=MANAGER, other_id=twin)
        decisions.keep(self.store, self.scope, self._handled("43184405"), by=MANAGER)
        decisions.reverse(self.store, self.scope, self._handled("43184411"), by=MANAGER)
        decisions.reverse(self.store, self.scope, self._handled("43184409"), by=MANAGER)

    def _handled(self, key: str) -> Handled:
        with self.store.read(self.scope) as session:
            arrival = session.scalars(select(Arrival).where(Arrival.key == key, Arrival.door == Door.GATEWAY)).one()
            return Handled(arrival.id, arrival.decisions, "наш")

    def _credit(self, key: str, amount: str) -> None:
        part = Part(rub(amount), account_id=self.account_id)
        decisions.credit_parts(self.store, self.scope, self._handled(key), [part], by=MANAGER, anyway=True)

    def _issued(self, session: Session, payment_id: int, version: int) -> int:
        document = Document(
            reseller_id=self.reseller_id,
            payment_id=payment_id,
            method_id=self.bank_id,
            kind="receipt",
            version=version,
            issued_at=self.store.now(),
            issued_on=self.store.now().date(),
            file_name="bill.pdf",
            content=_BYTES,
            sha256=sha256(_BYTES).hexdigest(),
            frozen=_FROZEN,
            seller=_SELLER,
            seller_sha256=sha256(Json.text(_SELLER).encode()).hexdigest(),
            template_sha256="",
        )
        session.add(document)
        session.flush()
        issued_as = {
            "document": "receipt",
            "sha256": sha256(_BYTES).hexdigest(),
            "frozen": sha256(Json.text(_FROZEN).encode()).hexdigest(),
        }
        action = "document.reissued" if version == 3 else "document.issued"
        log(session, "payment", payment_id, action, reseller_id=self.reseller_id, by=MANAGER, **issued_as)
        return document.id

    def _approve(self, payment_id: int, number: str) -> None:
        order = BankOrder(rub("5000.00"), number, date(2020, 11, 13))
        approvals.approve_payment(self.store, self.scope, payment_id, order, by=MANAGER, anyway=True)

    def _charges(self) -> None:
        self.subscription_id = self.running(Period.HOUR, "730.00")
        for account_id in (self.held_id, self.resumed_id):
            self.give(account_id, "10.00")
            plan_id = self.a_plan(Period.DAY, "10.00")
            made = subscriptions.create(self.store, self.scope, account_id, plan_id, name="VPS", by=MANAGER)
            subscriptions.activate(self.store, self.scope, made, by=MANAGER)
        subscriptions.change_threshold(self.store, self.scope, self.held_id, rub("-5.00"), by=MANAGER)
        for _ in range(3):
            self.clock.advance(hours=1)
            self.run()
        self.clock.advance(days=2)
        self.run()
        self.give(self.resumed_id, "100.00")

    def _taken_back(self) -> None:
        """Approve, take back what that started, and approve again within the same hour; close and reopen within it."""
        plan_id = self.a_plan(Period.HOUR, "730.00")
        subscriptions.create(self.store, self.scope, self.taken_back_id, plan_id, name="VPS", by=MANAGER)
        self.clock.advance(minutes=-self.clock.now().minute + 5)
        payment_id = self.a_payment(account_id=self.taken_back_id)
        self._approve(payment_id, "119")
        self.clock.advance(minutes=10)
        approvals.reverse_approval(self.store, self.scope, payment_id, Undo("не тот", True), by=MANAGER)
        self.clock.advance(minutes=10)
        self._approve(payment_id, "120")
        self.clock.advance(hours=1)
        self.run()

    def _notify(self, payment_id: int | None, external_id: str, amount: str = "5000.00") -> None:
        reference = self.reference(payment_id) if payment_id else "unheard of"
        event = PaymentPaid(
            reference=reference,
            merchant=MERCHANT,
            amount=rub(amount),
            is_test=False,
            external_id=external_id,
            signed_digest=sha256(f"{external_id}{amount}".encode()).hexdigest(),
            details={},
        )
        verified = gateway.VerifiedEvent(self.method_id, "paymaster", event, b"raw body")
        gateway.apply_event(self.store, verified)

    def give(self, account_id: int, amount: str) -> None:
        """Correct an account's balance."""
        corrections.correct(
            self.store,
            self.scope,
            account_id,
            rub(amount),
            reason="test",
            once_token=f"{account_id}:{amount}",
            by=MANAGER,
        )

    def names(self) -> dict[str, object]:
        """Return what statements of a falsification may name in braces."""
        return {
            "account": self.account_id,
            "idle": self.idle_id,
            "held": self.held_id,
            "reseller": self.reseller_id,
            "other": self.other.reseller_id,
            "payment": self.approved_id,
            "waiting": self.waiting_id,
            "subscription": self.subscription_id,
            "approved": _transaction("source like 'order/%'", "asc"),
            "paid": _transaction("source like 'gateway/%' and kind = 'credit'", "asc"),
            "correction": _transaction("source = 'correction' and source_id like 'form:%'", "asc"),
            "reversal": _transaction("kind = 'reversal'", "asc"),
            "order": _arrival("source like 'order/%'"),
            "told": _arrival("source like 'gateway/%' and kind = 'credit'"),
            # Charges of the busy account: one in the middle, and its last movement of all.
            "charged": _charged(self.subscription_id, 2),
            "last": _charged(self.subscription_id, 0),
        }


def _transaction(condition: str, order: str) -> str:
    return f"(select id from ledger_transaction where {condition} order by id {order} limit 1)"


def _arrival(condition: str) -> str:
    return f"(select arrival_id from arrival_decision where transaction_id = {_transaction(condition, 'asc')})"


def _charged(subscription_id: int, before_last: int) -> str:
    return (
        f"(select transaction_id from charge where subscription_id = {subscription_id} "
        f"order by period_start desc limit 1 offset {before_last})"
    )


@contextmanager
def falsifying(store: Store) -> Iterator[Connection]:
    """Give a transaction in which no guard and no foreign key holds, as a person with the database's password has it.

    It is rolled back. On SQLite the guards are taken away until `back` puts them there again.
    """
    sqlite = store.engine.dialect.name == "sqlite"
    with store.engine.connect() as connection:
        if sqlite:
            connection.connection.driver_connection.execute("pragma foreign_keys = off")  # type: ignore[union-attr]
        transaction = connection.begin()
        if sqlite:
            guards = connection.execute(text("select name, sql from sqlite_master where type = 'trigger'")).all()
            for name, _sql in guards:
                connection.exec_driver_sql(f"drop trigger {name}")
            connection.info["guards"] = [sql for _name, sql in guards]
        else:
            connection.exec_driver_sql("set session_replication_role = replica")
            connection.info["silent"] = True
        try:
            yield connection
        finally:
            transaction.rollback()
            if sqlite:
                connection.connection.driver_connection.execute("pragma foreign_keys = on")  # type: ignore[union-attr]
            connection.invalidate()


def guards_back(connection: Connection) -> None:
    """Put the guards back, so that only the falsification is left to be found."""
    if connection.info.pop("silent", False):
        connection.exec_driver_sql("set session_replication_role = origin")
    for statement in connection.info.pop("guards", ()):
        connection.exec_driver_sql(statement)


def finders(store: Store, connection: Connection) -> dict[str, list[str]]:
    """Return what each check finds on the connection, without those that find nothing."""
    around = proof.Surroundings(store.now(), (f"{WATCH.plugin}/{WATCH.key}",))
    results = [proof.examine(connection, check, around) for check in proof.CHECKS]
    return {result.name: result.shown for result in results if result.found}
