"""The whole world of money against a simple model: whatever is done in whatever order, every promise is kept.

The model knows payments by the table, sums by addition and prices by fractions; it knows nothing of SQL, locks, units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from billhook import Level, Money, PaymentPaid, Setting, SettingKind, Verdict
from billhook.host.places import EVENTS
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, select, update

from host_stub.adapters.clock import FixedClock
from host_stub.domain.arrivals import Kind, State
from host_stub.domain.errors import InsufficientFunds, PaymentClosed
from host_stub.domain.listening import Listening, WatchSpec
from host_stub.persistence import (
    Account,
    Arrival,
    Charge,
    Entry,
    LedgerTransaction,
    LogEntry,
    Mail,
    Outbox,
    Payment,
    Period,
    Store,
    Subscription,
)
from host_stub.persistence import SubscriptionStatus as Status
from host_stub.services.books import corrections
from host_stub.services.charges import charging, plans, subscriptions
from host_stub.services.money_in import approvals, decisions, gateway, payments
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.reversals import Undo
from host_stub.services.settings import plugin_settings
from tests.adversarial.invariants import broken_promises
from tests.support.charging_world import LISTENER, ChargingWorld
from tests.support.world import CUSTOMER, MANAGER, MERCHANT, rub

START = datetime(2020, 11, 13, 9, 30, tzinfo=UTC)
LIFETIME = timedelta(days=30)
LEVEL = Setting("threshold", SettingKind.MONEY, "Level", level=Level.ACCOUNT)
WATCH = WatchSpec(LISTENER, "low", "balance", "threshold", None)
PERIODS = st.sampled_from(
    [(Period.HOUR, "500.00"), (Period.HOUR, "7.00"), (Period.DAY, "3.33"), (Period.MONTH, "20.00")]
)
SUMS = st.integers(1, 40_00)


@dataclass
class Bill:
    """A payment as the model sees it. credits: standing ones by proof, minor units."""

    id: int
    number: str
    made_at: datetime
    status: str = "waiting_for_payment"
    started: bool = False
    credits: dict[str, int] = field(default_factory=dict)

    @property
    def approved(self) -> bool:
        return "approval" in self.credits


@dataclass(frozen=True)
class Seen:
    """What stands in the books of the account after a step."""

    balance: int
    threshold: int
    held: bool
    entries: tuple[tuple[int, int, str], ...]  # amount, balance after, kind
    charges: tuple[tuple[int, int, datetime, datetime, datetime, int], ...]  # id, subscription, span, made at, price
    statuses: dict[int, str]
    next_charges: dict[int, datetime | None]


class MoneyWorld(RuleBasedStateMachine):
    """One account, its payments and subscriptions."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        store.listening = Listening(dict.fromkeys(EVENTS, (LISTENER,)), (WATCH,))
        self.clock = FixedClock(START)
        store.clock = self.clock
        self.world = ChargingWorld(store, self.clock)
        self.store.listening = Listening(dict.fromkeys(EVENTS, (LISTENER,)), (WATCH,))
        self.bills: list[Bill] = []
        self.externals: dict[str, str] = {}
        self.corrected = 0
        self.prices: dict[int, tuple[Period, int]] = {}
        self.level: int | None = None
        self.armed = False
        self.crossings = 0
        self.tokens = 0
        self.last = self.look()

    @initialize(
        sold=st.lists(PERIODS, min_size=1, max_size=3), level=st.integers(0, 20_00), money=st.integers(0, 60_00)
    )
    def open_for_business(self, sold: list[tuple[Period, str]], level: int, money: int) -> None:
        self.move_the_level(level)
        for each in sold:
            self.subscribe(each)
        self.last = self.look()
        if money:
            self.correct(money)

    # -- what people, the gateway and the worker do

    @rule(amount=st.integers(-10_00, 40_00).filter(bool))
    def correct(self, amount: int) -> None:
        self.tokens += 1
        corrections.correct(
            self.store, self.world.scope, self.world.account_id, Money(amount, "RUB"),
            reason="r", once_token=str(self.tokens), by=MANAGER,
        )  # fmt: skip
        self.corrected += amount

    @precondition(lambda self: len(self.bills) < 5)
    @rule(amount=st.integers(20_00, 60_00), start=st.booleans())
    def make_a_payment(self, amount: int, start: bool) -> None:
        top_up = payments.TopUp(self.world.account_id, Money(amount, "RUB"))
        made = payments.start_top_up(self.store, self.world.scope, top_up, by=CUSTOMER)
        with self.store.read() as session:
            number = session.get_one(Payment, made).number
        self.bills.append(Bill(made, number, self.clock.now(), started=start))
        if start:
            self.world.started(made)

    @precondition(lambda self: self.bills)
    @rule(data=st.data())
    def start_a_payment(self, data: st.DataObject) -> None:
        bill = data.draw(st.sampled_from(self.bills))
        self._or_closed(bill, bill.status in ("waiting_for_payment", "expired"), lambda: self.world.started(bill.id))
        bill.started |= bill.status in ("waiting_for_payment", "expired")

    @precondition(lambda self: self.bills)
    @rule(data=st.data(), external=st.integers(0, 3), right=st.booleans(), digest=st.integers(0, 1))
    def notify(self, data: st.DataObject, external: int, right: bool, digest: int) -> None:
        bill = data.draw(st.sampled_from(self.bills))
        amount = self._amount(bill) + (0 if right or not bill.started else 1)
        key, signed = str(external), f"{bill.id}:{amount}:{digest}"
        paid = PaymentPaid(self.world.reference(bill.id), MERCHANT, Money(amount, "RUB"), False, key, signed, {})
        verified = gateway.VerifiedEvent(self.world.method_id, "paymaster", paid, b"body")

        verdict = gateway.apply_event(self.store, verified).verdict

        known = self.externals.get(key)
        if known is not None and known.endswith(signed):
            assert verdict is (Verdict.DUPLICATE if known.startswith("credited") else Verdict.PARKED)
        elif known is not None or not bill.started or amount != self._amount(bill) or bill.status == "cancelled":
            assert verdict is Verdict.PARKED
            self.externals.setdefault(key, f"parked {signed}")
        else:
            assert verdict is Verdict.ACCEPTED
            self.externals[key] = f"credited {signed}"
            bill.status = "completed"
            bill.credits[f"gateway {key}"] = amount

    @precondition(lambda self: self.bills)
    @rule(data=st.data(), amount=SUMS)
    def approve(self, data: st.DataObject, amount: int) -> None:
        bill = data.draw(st.sampled_from(self.bills))
        order = BankOrder(Money(amount, "RUB"), "1", self.clock.now().date())
        allowed = bill.status in ("waiting_for_payment", "expired")
        self._or_closed(
            bill,
            allowed,
            lambda: approvals.approve_payment(self.store, self.world.scope, bill.id, order, by=MANAGER, anyway=True),
        )
        if allowed:
            bill.status, bill.credits["approval"] = "completed", amount

    @precondition(lambda self: self.bills)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        bill = data.draw(st.sampled_from(self.bills))
        self._or_closed(
            bill,
            bill.approved,
            lambda: approvals.reverse_approval(self.store, self.world.scope, bill.id, Undo("r"), by=MANAGER),
        )
        if bill.approved:
            del bill.credits["approval"]
            over = self.clock.now() >= bill.made_at + LIFETIME
            bill.status = "completed" if bill.credits else "expired" if over else "waiting_for_payment"

    @precondition(lambda self: self.bills)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        bill = data.draw(st.sampled_from(self.bills))
        allowed = bill.status in ("waiting_for_payment", "expired")
        self._or_closed(bill, allowed, lambda: payments.cancel(self.store, self.world.scope, bill.id, by=CUSTOMER))
        if allowed:
            bill.status = "cancelled"

    def expire(self) -> None:
        payments.expire_due(self.store)
        for bill in self.bills:
            if bill.status == "waiting_for_payment" and self.clock.now() >= bill.made_at + LIFETIME:
                bill.status = "expired"

    def those(self, *statuses: Status) -> list[int]:
        """Return the subscriptions in these statuses."""
        return [made for made, status in sorted(self.last.statuses.items()) if status in statuses]

    @precondition(lambda self: len(self.prices) < 4)
    @rule(sold=PERIODS)
    def subscribe(self, sold: tuple[Period, str]) -> None:
        made = self.world.pending(*sold)
        self.prices[made] = (sold[0], rub(sold[1]).minor)

    @precondition(lambda self: self.those(Status.PENDING))
    @rule(data=st.data())
    def activate(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.those(Status.PENDING)))
        with suppress(InsufficientFunds):
            subscriptions.activate(self.store, self.world.scope, chosen, by=MANAGER)

    @precondition(lambda self: len(self.those(Status.ACTIVE, Status.STOPPED)) > 1)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.those(Status.ACTIVE, Status.STOPPED)))
        subscriptions.delete(self.store, self.world.scope, chosen, by=MANAGER)

    @precondition(lambda self: self.those(Status.ACTIVE, Status.STOPPED))
    @rule(data=st.data(), price=st.integers(1, 50) | st.integers(1, 50_00))
    def reprice(self, data: st.DataObject, price: int) -> None:
        chosen = data.draw(st.sampled_from(self.those(Status.ACTIVE, Status.STOPPED)))
        period = self.prices[chosen][0]
        with self.store.read() as session:
            plan_id = session.get_one(Subscription, chosen).plan_id
        terms = plans.PlanTerms("p", period, Money(price, "RUB"))
        plans.change(self.store, self.world.scope, plan_id, terms, by=MANAGER)
        self.prices[chosen] = (period, price)

    @rule(threshold=st.integers(-10_00, 5_00))
    def move_the_threshold(self, threshold: int) -> None:
        subscriptions.change_threshold(
            self.store, self.world.scope, self.world.account_id, Money(threshold, "RUB"), by=MANAGER
        )

    @rule(level=st.none() | st.integers(0, 30_00))
    def move_the_level(self, level: int | None) -> None:
        """Change the customer's own level. Raising it above the balance warns once."""
        owner = plugin_settings.Owner(LISTENER, self.world.reseller_id, self.world.account_id)
        given = Money(level, "RUB") if level is not None else None
        plugin_settings.save(self.store, self.world.scope, owner, (LEVEL,), {"threshold": given}, by=MANAGER)
        if level is not None and level != self.level:
            # An account that never moved is new: it is not warned at nought.
            armed = bool(self.last.entries) if self.level is None else self.armed
            self.armed = self.last.balance >= level
            self.crossings += armed and not self.armed
        self.level = level

    @rule(hours=st.integers(1, 40), minutes=st.integers(0, 59), working=st.booleans())
    def let_time_pass(self, hours: int, minutes: int, working: bool) -> None:
        """working: whether the worker was there; if not, it finds missed periods later."""
        self.clock.advance(hours=hours, minutes=minutes)
        if working:
            self.work()

    @rule()
    def let_a_month_pass(self) -> None:
        self.clock.advance(days=31)
        self.expire()

    @rule()
    def work(self) -> None:
        charging.reconsider_holds(self.store)
        charging.run_due(self.store)
        with self.store.read() as session:
            due = [s for s in session.scalars(self._mine(Subscription)) if s.status == Status.ACTIVE]
        assert all(s.next_charge_at is not None and s.next_charge_at > self.clock.now() for s in due)

    @precondition(lambda self: "parked" in " ".join(self.externals.values()))
    @rule(credit=st.booleans())
    def decide_about_what_is_parked(self, credit: bool) -> None:
        with self.store.read(self.world.scope) as session:
            query = select(Arrival).where(Arrival.state == State.OPEN)
            found = session.scalars(query.limit(1)).one_or_none()
        if found is None:
            return
        store, scope, handled = self.store, self.world.scope, decisions.Handled(found.id, found.decisions, "r")
        if credit:
            part = decisions.Part(Money(found.amount_minor, "RUB"), account_id=self.world.account_id)
            decisions.credit_parts(store, scope, handled, [part], by=MANAGER, anyway=True)
            self.corrected += found.amount_minor
        else:
            decisions.close(store, scope, handled, Kind.NOT_OURS, by=MANAGER)

    # -- what must be true after each of that

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        before, seen = self.last, self.look()
        self.last = seen
        charged = sum(charge[-1] for charge in seen.charges)
        assert seen.balance == self.corrected + sum(sum(b.credits.values()) for b in self.bills) - charged
        assert {bill.number: bill.status for bill in self.bills} == self._statuses()
        self._check_charges(before, seen)
        self._check_warnings(before, seen)
        assert broken_promises(self.store, self.world.scope, settled=False) == []

    def _check_charges(self, before: Seen, seen: Seen) -> None:
        fresh = seen.charges[len(before.charges) :]
        assert not (before.held and seen.held and fresh), "charged in hold"
        for _amount, after, kind in seen.entries[len(before.entries) :]:
            assert kind != "charge" or after >= seen.threshold, "a charge went below the threshold"
        paid_until = dict(before.next_charges)
        for _id, subscription_id, start, end, made_at, price in fresh:
            period, terms = self.prices[subscription_id]
            assert price == naive_price(period, terms, start)
            ran, follows = before.statuses[subscription_id] == Status.ACTIVE, paid_until[subscription_id]
            # What begins in the present hour, day or month was just started; anything else was missed while it ran.
            if not start <= made_at < end:
                assert ran, "stopped time was charged"
            if ran and follows is not None and before.held is seen.held is False:
                assert start >= follows, "a period was charged twice"
                assert free(period, terms, follows, start), "a period was skipped"
            paid_until[subscription_id] = end

    def _check_warnings(self, before: Seen, seen: Seen) -> None:
        """One event per crossing of the level, neither lost nor doubled."""
        for _amount, after, _kind in seen.entries[len(before.entries) :]:
            if self.level is None:
                break
            self.crossings += self.armed and after < self.level
            self.armed = after >= self.level
        with self.store.read(self.world.scope) as session:
            told = Counter(session.scalars(select(Outbox.kind).where(Outbox.receiver == f"plugin:{LISTENER}")))
            done = Counter(session.scalars(select(LogEntry.action)))
            mails = Counter(session.scalars(select(Mail.category)))
        assert told["billhook_balance_threshold_crossed"] == self.crossings
        assert told["billhook_balance_changed"] == sum(kind != "charge" for *_rest, kind in seen.entries)
        assert told["billhook_subscription_stopped"] == done["subscription.stopped"]
        assert told["billhook_subscription_resumed"] == done["subscription.resumed"]
        assert mails["hold_entered"] <= done["account.hold_entered"]
        assert mails["payment_credited"] == sum(kind == "credit" for *_rest, kind in seen.entries)

    def look(self) -> Seen:
        with self.store.read(self.world.scope) as session:
            account = session.get_one(Account, self.world.account_id)
            moves = session.execute(
                select(Entry.amount_minor, Entry.balance_after_minor, LedgerTransaction.kind)
                .join(LedgerTransaction, LedgerTransaction.id == Entry.transaction_id)
                .where(Entry.account_id == account.id)
                .order_by(Entry.account_sequence)
            )
            charges = session.scalars(select(Charge).order_by(Charge.id))
            owned = session.scalars(self._mine(Subscription)).all()
            return Seen(
                account.balance_minor,
                account.threshold_minor,
                account.on_hold_since is not None,
                tuple((amount, after, kind) for amount, after, kind in moves),
                tuple(
                    (c.id, c.subscription_id, c.period_start, c.period_end, c.created_at, c.amount_minor)
                    for c in charges
                ),
                {s.id: s.status for s in owned},
                {s.id: s.next_charge_at for s in owned},
            )

    def teardown(self) -> None:
        """Leave nothing to the worker of the next example."""
        with self.store.write(self.world.scope) as session:
            session.execute(update(Subscription).values(status=Status.DELETED, next_charge_at=None))
            session.execute(update(Account).values(on_hold_since=None))

    def _mine(self, kind: type[Any]) -> Any:
        return select(kind).where(kind.reseller_id == self.world.reseller_id)

    def _statuses(self) -> dict[str, str]:
        with self.store.read(self.world.scope) as session:
            return {p.number: p.status for p in session.scalars(select(Payment))}

    def _amount(self, bill: Bill) -> int:
        with self.store.read() as session:
            return session.get_one(Payment, bill.id).amount_minor

    def _or_closed(self, bill: Bill, allowed: bool, deed: Callable[[], object]) -> None:
        if allowed:
            deed()
            return
        with pytest.raises(PaymentClosed):
            deed()


def naive_price(period: Period, price: int, start: datetime) -> int:
    """Return what a period costs. Moscow has no clock changes: an hour is counted on the fingers."""
    if period is not Period.HOUR:
        return price
    local = start + timedelta(hours=3)
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = (first + timedelta(days=32)).replace(day=1)
    hours, number = (after - first) // timedelta(hours=1), (local - first) // timedelta(hours=1) + 1
    return half_up(Fraction(price * number, hours)) - half_up(Fraction(price * (number - 1), hours))


def free(period: Period, price: int, start: datetime, end: datetime) -> bool:
    """Say whether all hours from `start` to `end` cost nothing; no other period does."""
    hours = range((end - start) // timedelta(hours=1))
    return start == end or (
        period is Period.HOUR and all(not naive_price(period, price, start + timedelta(hours=n)) for n in hours)
    )


def half_up(number: Fraction) -> int:
    return (number + Fraction(1, 2)).__floor__()


def prove(store: Store, examples: int, steps: int) -> None:
    if store.engine.dialect.name == "sqlite":
        event.listen(store.engine, "connect", lambda raw, _record: raw.execute("pragma synchronous=off"))
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: MoneyWorld(store),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


def test_whatever_happens_to_money_every_promise_is_kept(store: Store) -> None:
    # What the two databases do differently shows in few examples; the long form below looks for rare orders.
    prove(store, 12 if store.engine.dialect.name == "sqlite" else 4, 25)


@pytest.mark.long
def test_whatever_happens_to_money_for_long_every_promise_is_kept(store: Store) -> None:
    prove(store, 2000 if store.engine.dialect.name == "sqlite" else 200, 30)
