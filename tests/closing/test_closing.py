"""A reseller is closed: what stops, what is refused, what goes on, and what runs again when he is opened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from billhook import AccountType, Level, PaymentPaid, Setting, SettingKind, Verdict
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host_stub.domain.errors import NotFound, ResellerClosed
from host_stub.domain.listening import Listening, WatchSpec
from host_stub.persistence import (
    AccessLevel,
    Account,
    Charge,
    GatewayOperation,
    LogEntry,
    Mail,
    Outbox,
    Payment,
    Period,
    Plan,
    Reseller,
    Subscription,
    User,
    UserKind,
    WebSession,
)
from host_stub.persistence import SubscriptionStatus as Status
from host_stub.services.charges import charge_watches, charging, charging_failures, plans, subscriptions
from host_stub.services.money_in import approvals, decisions, gateway, payments, tries
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.reversals import Undo
from host_stub.services.people import users
from host_stub.services.settings import plugin_settings
from host_stub.services.tenants import accounts, closing
from tests.closing.conftest import OPERATOR, ClosingWorld
from tests.support.charging_world import LISTENER
from tests.support.web import a_user
from tests.support.world import MANAGER, MERCHANT, a_reseller, rub

NOON = datetime(2020, 11, 13, 9, tzinfo=UTC)  # 12:00 in Moscow
INVITATIONS = users.Invitations("https://panel.example")


def pay(world: ClosingWorld, payment_id: int, external: str = "1", amount: str = "5000.00") -> Verdict:
    reference = world.reference(payment_id)
    paid = PaymentPaid(reference, MERCHANT, rub(amount), False, external, f"{payment_id}:{amount}", {})
    verified = gateway.VerifiedEvent(world.method_id, "paymaster", paid, b"body")
    return gateway.apply_event(world.store, verified).verdict


def count(world: ClosingWorld, kind: type) -> int:
    with world.store.read() as session:
        return int(session.execute(select(func.count()).select_from(kind)).scalar_one())


# -- what stops


def test_whatever_runs_is_stopped_in_the_transaction_of_the_closing_and_the_outside_world_is_told(
    world: ClosingWorld,
) -> None:
    world.credit("1000.00")
    made = [world.running(Period.HOUR, "720.00"), world.running(Period.DAY, "10.00"), world.running(Period.MONTH, "30")]
    waiting = world.pending(Period.DAY, "10.00")

    assert world.close()

    assert [world.subscription(s).status for s in made] == [Status.STOPPED] * 3
    assert world.subscription(waiting).status == Status.PENDING
    assert [world.subscription(s).desired_version for s in made] == [2, 2, 2]
    assert [f.kind for f in world.facts(f"plugin:{LISTENER}")] == ["billhook_subscription_stopped"] * 3
    assert world.logged("subscription", made[0])[-1] == "subscription.stopped_by_closing"
    assert (world.reseller().closed_at, world.reseller().catching_up) == (NOON, False)


def test_a_closing_is_no_hold_and_asks_nobody_for_money(world: ClosingWorld) -> None:
    world.credit("10.00")
    world.running(Period.DAY, "10.00")

    world.close()

    assert not world.on_hold()
    assert world.mails() == []


def test_closing_and_reopening_stand_in_the_journal_with_who_and_why(world: ClosingWorld) -> None:
    world.credit("10.00")
    world.running(Period.DAY, "10.00")

    world.close()
    world.reopen()

    closed, reopened = world.journal()
    assert (closed.action, closed.actor, closed.details["reason"]) == ("reseller.closed", str(OPERATOR), "долги")
    assert closed.details["subscriptions"] == 1
    assert (reopened.action, reopened.actor) == ("reseller.reopened", str(OPERATOR))
    assert reopened.details["reason"] == "договорились"


def test_a_second_closing_and_a_second_reopening_change_nothing(world: ClosingWorld) -> None:
    assert world.close()
    assert not world.close()
    assert world.reopen()
    assert not world.reopen()
    assert len(world.journal()) == 2


def test_the_operators_own_reseller_cannot_be_closed(world: ClosingWorld) -> None:
    with world.store.write() as session:
        root = a_reseller(session, "Оператор", is_operator=True).id

    with pytest.raises(closing.OperatorStaysOpen):
        closing.close(world.store, root, reason="x", by=OPERATOR)
    with pytest.raises(NotFound):
        closing.close(world.store, 999_999, reason="x", by=OPERATOR)


def test_a_month_of_closed_time_charges_nothing_looks_at_nothing_and_tells_nobody(world: ClosingWorld) -> None:
    world.credit("100.00")
    for period, price in ((Period.HOUR, "720.00"), (Period.DAY, "10.00"), (Period.MONTH, "30.00")):
        world.running(period, price)
    world.close()
    before = (world.balance(), count(world, Charge), count(world, Mail), count(world, Outbox))

    for _day in range(31):
        world.clock.advance(days=1)
        world.run()
        charging.reconsider_holds(world.store)
        charge_watches.look_ahead(world.store)
        closing.follow(world.store)

    assert (world.balance(), count(world, Charge), count(world, Mail), count(world, Outbox)) == before


def test_what_is_due_is_not_charged_before_the_worker_has_stopped_it(world: ClosingWorld) -> None:
    world.credit("100.00")
    world.running(Period.HOUR, "720.00")
    world.another_account()
    world.credit("100.00")
    second = world.running(Period.HOUR, "720.00")

    world.close(at_once=1)
    world.clock.advance(hours=3)
    world.run()
    charging.charge_earliest(world.store, world.account_id)
    running = world.subscription(second).status
    with world.store.read() as session:
        behind = charging.is_behind(session, world.account_id)

    assert (running, behind) == (Status.ACTIVE, False)
    assert world.balance() == rub("99.00")
    assert closing.follow(world.store) == 1
    assert world.subscription(second).status == Status.STOPPED
    assert not world.reseller().catching_up


def test_a_large_reseller_is_stopped_by_the_worker_which_may_die_anywhere(
    world: ClosingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for _ in range(5):
        world.another_account()
        world.credit("10.00")
        made.append(world.running(Period.DAY, "10.00"))
    world.close(at_once=1)
    whole = charging.stop_all

    def dies_at_the_third(session: Session, account: Account) -> int:
        if account.id == world.account_id - 2:
            raise KeyboardInterrupt
        return whole(session, account)

    monkeypatch.setattr(charging, "stop_all", dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        closing.follow(world.store, limit=2)
    monkeypatch.undo()
    half = [world.subscription(s).status for s in made]
    closing.follow(world.store, limit=2)

    assert half == [Status.STOPPED] * 2 + [Status.ACTIVE] * 3
    assert [world.subscription(s).status for s in made] == [Status.STOPPED] * 5
    assert not world.reseller().catching_up
    assert closing.follow(world.store) == 0


# -- what is refused


def new_things(world: ClosingWorld) -> dict[str, Callable[[], object]]:
    """Return everything that would begin something new, prepared while the reseller is open."""
    store, scope, payment_id = world.store, world.scope, world.a_payment()
    plan_id = world.a_plan(Period.DAY, "10.00")
    waiting = world.pending(Period.DAY, "10.00")
    with store.write() as session:
        reseller = session.get_one(Reseller, world.reseller_id)
        invited = a_user(session, reseller, UserKind.MANAGER, "invited@example.com").id
    person = users.NewUser("new@example.com", "Нина")

    def in_a_unit(deed: Callable[..., object]) -> Callable[[], object]:
        def do() -> object:
            with store.write(scope) as session:
                return deed(session)

        return do

    return {
        "payment": lambda: payments.start_top_up(
            store, scope, payments.TopUp(world.account_id, rub("50")), by=OPERATOR
        ),
        "start": lambda: tries.begin(store, scope, payment_id, world.method_id, tries.Draft(), by=OPERATOR),
        "subscription": lambda: subscriptions.create(store, scope, world.account_id, plan_id, by=OPERATOR),
        "activation": lambda: subscriptions.activate(store, scope, waiting, by=OPERATOR),
        "account": lambda: accounts.create(
            store, scope, world.reseller_id, accounts.AccountDraft(AccountType.PERSON, "Пётр"), by=OPERATOR
        ),
        "plan": lambda: plans.create(
            store, scope, world.reseller_id, plans.PlanTerms("P", Period.DAY, rub("1")), by=OPERATOR
        ),
        "manager": in_a_unit(
            lambda session: users.add_manager(session, world.reseller_id, person, by=OPERATOR, invitations=INVITATIONS)
        ),
        "user": in_a_unit(
            lambda session: users.add_customer(
                session,
                session.get_one(Account, world.account_id),
                person,
                AccessLevel.OWNER,
                by=OPERATOR,
                invitations=INVITATIONS,
            )
        ),
        "invitation": in_a_unit(
            lambda session: users.invite(session, session.get_one(User, invited), by=OPERATOR, invitations=INVITATIONS)
        ),
    }


NEW = ("payment", "start", "subscription", "activation", "account", "plan", "manager", "user", "invitation")


@pytest.mark.parametrize("what", NEW)
def test_nothing_new_begins_while_closed_and_everything_again_afterwards(world: ClosingWorld, what: str) -> None:
    world.credit("100.00")
    deeds = new_things(world)
    assert tuple(deeds) == NEW
    kinds = (Payment, GatewayOperation, Subscription, Charge, Account, Plan, User, Mail, LogEntry)
    world.close()
    before = [count(world, kind) for kind in kinds]

    with pytest.raises(ResellerClosed):
        deeds[what]()

    assert [count(world, kind) for kind in kinds] == before
    world.reopen()
    deeds[what]()


def test_another_reseller_s_business_goes_on(world: ClosingWorld) -> None:
    other = ClosingWorld.__new__(ClosingWorld)
    with world.store.write() as session:
        neighbour = a_reseller(session, "ИП Сосед")
    other.__dict__.update(world.__dict__, reseller_id=neighbour.id, _tokens=500)
    other.another_account()
    other.credit("100.00")
    made = other.running(Period.DAY, "10.00")
    world.close()

    other.clock.advance(days=1)
    other.run()
    other.a_payment()

    assert len(other.charges(made)) == 2
    assert other.subscription(made).status == Status.ACTIVE


# -- what goes on


def test_a_notification_that_comes_after_the_closing_is_credited_once_and_activates_nothing(
    world: ClosingWorld,
) -> None:
    world.credit("10.00")
    stopped = world.running(Period.DAY, "10.00")
    waiting = world.pending(Period.DAY, "10.00")
    payment_id = world.a_payment()
    world.started(payment_id)
    world.close()

    verdicts = [pay(world, payment_id) for _ in range(3)]

    assert verdicts == [Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.DUPLICATE]
    assert world.balance() == rub("5000.00")
    assert world.subscription(stopped).status == Status.STOPPED
    assert world.subscription(waiting).status == Status.PENDING


def test_the_customer_is_told_that_his_money_came_and_asked_for_none(world: ClosingWorld) -> None:
    payment_id = world.a_payment()
    world.started(payment_id)
    world.close()

    pay(world, payment_id)

    (mail,) = world.mails()
    assert mail.category == "payment_credited"
    assert "top-up" not in mail.text


def test_what_is_under_way_is_settled_approved_reversed_corrected(world: ClosingWorld) -> None:
    world.credit("5.00")
    approved, paid_wrongly = world.a_payment(), world.a_payment()
    world.started(paid_wrongly)
    world.close()

    order = BankOrder(rub("70.00"), "1", date(2020, 11, 13))
    approvals.approve_payment(world.store, world.scope, approved, order, by=OPERATOR)
    after_approval = world.balance()
    approvals.reverse_approval(world.store, world.scope, approved, Undo("ошибка"), by=OPERATOR)
    assert pay(world, paid_wrongly, amount="4000.00") is Verdict.PARKED
    part = decisions.Part(rub("4000.00"), account_id=world.account_id)
    decisions.credit_parts(world.store, world.scope, decisions.Handled(2, 1, "r"), [part], by=OPERATOR)
    world.credit("-6.00")

    assert after_approval == rub("75.00")
    assert world.balance() == rub("3999.00")


def test_a_correction_below_the_threshold_begins_its_hold_only_when_the_reseller_is_open_again(
    world: ClosingWorld,
) -> None:
    world.credit("5.00")
    world.close()
    world.credit("-6.00")
    closed = world.on_hold()

    world.reopen()

    assert (closed, world.on_hold()) == (False, True)
    assert world.needed() == rub("1.00")
    assert len(world.mails("hold_entered")) == 1


def test_payments_of_a_closed_reseller_expire_and_are_cancelled_as_always(world: ClosingWorld) -> None:
    expired, cancelled = world.a_payment(), world.a_payment()
    world.close()

    payments.cancel(world.store, world.scope, cancelled, by=OPERATOR)
    world.clock.advance(days=31)

    assert payments.expire_due(world.store) == 1
    with world.store.read() as session:
        assert session.get_one(Payment, expired).status == "expired"


LEVEL = Setting("threshold", SettingKind.MONEY, "Level", level=Level.ACCOUNT)


def listen(world: ClosingWorld) -> None:
    specs = (
        WatchSpec(LISTENER, "low", "balance", "threshold", None),
        WatchSpec(LISTENER, "ahead", "charge", "days", 3),
    )
    hooks = ("billhook_balance_threshold_crossed", "billhook_charge_uncovered")
    world.store.listening = Listening(dict.fromkeys(hooks, (LISTENER,)), specs)


def test_nobody_is_warned_of_a_low_balance_while_closed_and_the_warning_is_made_up_for(world: ClosingWorld) -> None:
    listen(world)
    owner = plugin_settings.Owner(LISTENER, world.reseller_id)
    plugin_settings.save(world.store, world.scope, owner, (LEVEL,), {"threshold": rub("50.00")}, by=MANAGER)
    world.credit("60.00")
    world.running(Period.DAY, "5.00")
    world.close()
    world.credit("-30.00")
    charge_watches.look_ahead(world.store)
    while_closed = world.facts(f"plugin:{LISTENER}")

    world.reopen()
    world.clock.advance(days=1)
    world.run()
    charge_watches.look_ahead(world.store)

    assert while_closed == []
    assert [f.kind for f in world.facts(f"plugin:{LISTENER}")] == ["billhook_balance_threshold_crossed"]


# -- what runs again


@pytest.mark.parametrize(
    ("period", "price", "closed_for", "charged_at", "next_charge"),
    [
        # The hour or day is the clock's: paid for, it runs on; else the present one is charged in full.
        pytest.param(Period.HOUR, "720.00", {"minutes": 20}, [], {"hours": 1}, id="within the paid hour"),
        pytest.param(
            Period.HOUR, "720.00", {"hours": 5, "minutes": 20}, [{"hours": 5}], {"hours": 6}, id="hours later"
        ),
        pytest.param(Period.DAY, "10.00", {"hours": 6}, [], {"hours": 12}, id="within the paid day"),
        pytest.param(
            Period.DAY,
            "10.00",
            {"days": 3, "hours": 2},
            [{"days": 2, "hours": 12}],
            {"days": 3, "hours": 12},
            id="days later",
        ),
        # A month is the customer's: what is left of it runs from the reopening on.
        pytest.param(Period.MONTH, "30.00", {"hours": 1}, [], {"days": 30, "hours": 1}, id="within the paid month"),
        pytest.param(Period.MONTH, "30.00", {"days": 100}, [], {"days": 130}, id="months later"),
    ],
)
def test_each_kind_of_plan_resumes_exactly(
    world: ClosingWorld,
    period: Period,
    price: str,
    closed_for: dict[str, int],
    charged_at: list[dict[str, int]],
    next_charge: dict[str, int],
) -> None:
    world.credit("100.00")
    made = world.running(period, price)
    (first,) = world.charges(made)
    world.close()
    world.clock.advance(**closed_for)
    world.run()

    world.reopen()

    subscription = world.subscription(made)
    assert subscription.status == Status.ACTIVE
    assert world.charged_at(made)[1:] == [NOON + timedelta(**at) for at in charged_at]
    assert subscription.next_charge_at == NOON + timedelta(**next_charge)
    assert world.balance() == rub("100.00") - rub(f"{first.amount_minor / 100:.2f}") * (1 + len(charged_at))
    assert world.logged("subscription", made)[-2:] == ["subscription.stopped_by_closing", "subscription.resumed"]


def test_what_is_left_of_a_month_runs_out_and_then_months_follow_from_there(world: ClosingWorld) -> None:
    world.credit("100.00")
    made = world.running(Period.MONTH, "30.00")  # paid until 13 December, 12:00
    world.clock.advance(days=10)
    world.close()
    world.clock.advance(days=40)

    world.reopen()  # 2 January: 20 days are left
    ends = datetime(2021, 1, 22, 9, tzinfo=UTC)
    world.clock.set(ends - timedelta(seconds=1))
    world.run()
    before = len(world.charges(made))
    world.clock.set(ends)
    world.run()

    assert before == 1
    assert world.charged_at(made) == [NOON, ends]
    assert world.subscription(made).next_charge_at == datetime(2021, 2, 22, 9, tzinfo=UTC)


def test_closed_twice_a_month_keeps_what_is_left_each_time(world: ClosingWorld) -> None:
    world.credit("100.00")
    made = world.running(Period.MONTH, "30.00")  # 30 days
    for _ in range(2):
        world.clock.advance(days=10)
        world.close()
        world.clock.advance(days=50)
        world.reopen()

    assert world.subscription(made).next_charge_at == world.clock.now() + timedelta(days=10)
    assert len(world.charges(made)) == 1


def test_one_that_the_balance_does_not_cover_stays_stopped_in_hold(world: ClosingWorld) -> None:
    world.credit("15.00")
    daily = world.running(Period.DAY, "10.00")
    world.close()
    world.clock.advance(days=2)

    world.reopen()

    assert world.subscription(daily).status == Status.STOPPED
    assert world.on_hold()
    assert world.needed() == rub("5.00")
    assert len(world.mails("hold_entered")) == 1
    world.credit("5.00")
    assert world.subscription(daily).status == Status.ACTIVE
    assert len(world.charges(daily)) == 2


def test_what_is_paid_for_runs_it_out_even_if_the_rest_does_not_fit_as_in_any_hold(world: ClosingWorld) -> None:
    world.credit("45.00")
    daily, monthly = world.running(Period.DAY, "10.00"), world.running(Period.MONTH, "30.00")
    world.close()
    world.clock.advance(days=2)

    world.reopen()
    statuses = (world.subscription(daily).status, world.subscription(monthly).status)
    world.clock.advance(days=30)
    world.run()

    assert statuses == (Status.STOPPED, Status.ACTIVE)
    assert world.subscription(monthly).status == Status.STOPPED
    assert world.balance() == rub("5.00")


def test_a_hold_from_before_the_closing_is_the_same_hold_afterwards(world: ClosingWorld) -> None:
    world.credit("40.00")
    daily, monthly = world.running(Period.DAY, "10.00"), world.running(Period.MONTH, "30.00")
    world.clock.advance(days=1)
    world.run()
    since = world.account().on_hold_since
    world.close()
    world.clock.advance(days=5)

    world.reopen()

    assert since is not None
    assert world.account().on_hold_since == since
    assert (world.subscription(daily).status, world.subscription(monthly).status) == (Status.STOPPED, Status.ACTIVE)
    assert len(world.mails("hold_entered")) == 1


def test_money_that_came_while_closed_lets_the_hold_end_at_the_reopening(world: ClosingWorld) -> None:
    world.credit("10.00")
    daily = world.running(Period.DAY, "10.00")
    waiting = world.pending(Period.DAY, "10.00")
    world.clock.advance(days=1)
    world.run()
    world.close()
    world.credit("50.00")
    closed = (world.on_hold(), world.subscription(daily).status)

    world.reopen()

    assert closed == (True, Status.STOPPED)
    assert (world.on_hold(), world.subscription(daily).status) == (False, Status.ACTIVE)
    assert world.subscription(waiting).status == Status.PENDING
    assert world.balance() == rub("40.00")


def test_a_deleted_subscription_does_not_come_back(world: ClosingWorld) -> None:
    world.credit("10.00")
    made = world.running(Period.DAY, "10.00")
    world.close()
    subscriptions.delete(world.store, world.scope, made, by=OPERATOR)

    world.reopen()

    assert world.subscription(made).status == Status.DELETED


def test_a_reopened_reseller_s_accounts_are_right_even_before_the_worker_comes(world: ClosingWorld) -> None:
    world.another_account()
    world.credit("10.00")
    world.running(Period.DAY, "10.00")
    world.another_account()
    world.credit("10.00")
    made = world.running(Period.DAY, "10.00")
    waiting = world.pending(Period.DAY, "10.00")
    world.close()
    world.clock.advance(days=2)
    world.reopen(at_once=1)
    behind = world.subscription(made).status

    world.credit("15.00")  # what was stopped comes first, as after a hold

    assert behind == Status.STOPPED
    assert (world.subscription(made).status, world.subscription(waiting).status) == (Status.ACTIVE, Status.PENDING)
    closing.follow(world.store)
    assert len(world.charges(made)) == 2
    assert not world.reseller().catching_up


def test_an_account_that_cannot_be_resumed_keeps_no_other_and_is_tried_again(
    world: ClosingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.credit("10.00")
    broken, unlucky = world.running(Period.DAY, "10.00"), world.account_id
    world.another_account()
    world.credit("20.00")
    sound = world.running(Period.DAY, "10.00")
    world.close()
    whole = charging.resume_after_reopening

    def fails(session: Session, account: Account) -> int:
        if account.id == unlucky:
            raise RuntimeError("broken")
        return whole(session, account)

    monkeypatch.setattr(charging, "resume_after_reopening", fails)
    world.reopen()
    monkeypatch.undo()
    world.clock.advance(minutes=2)
    with world.store.read() as session:
        noted = [failure.account_id for failure in charging_failures.failing(session)]
    then = (world.subscription(sound).status, world.subscription(broken).status, world.reseller().catching_up)
    closing.follow(world.store)

    assert (then, noted) == ((Status.ACTIVE, Status.STOPPED, True), [unlucky])
    assert (world.subscription(broken).status, world.reseller().catching_up) == (Status.ACTIVE, False)
    with world.store.read() as session:
        assert charging_failures.failing(session) == []


def test_sessions_from_before_the_closing_are_over_after_the_reopening(world: ClosingWorld) -> None:
    with world.store.write() as session:
        manager = a_user(session, session.get_one(Reseller, world.reseller_id), UserKind.MANAGER, "m@example.com")
        at = world.clock.now()
        session.add(
            WebSession(
                token_hash="x", user_id=manager.id, created_at=at, seen_at=at, expires_at=at + timedelta(hours=12)
            )
        )
    world.close()
    during = count(world, WebSession)

    world.reopen()

    assert (during, count(world, WebSession)) == (1, 0)


def test_the_counts_say_whom_a_closing_concerns(world: ClosingWorld) -> None:
    world.credit("20.00")
    world.running(Period.DAY, "10.00")
    world.pending(Period.DAY, "10.00")
    world.a_payment()

    with world.store.read() as session:
        before = closing.impact(session, world.reseller_id)
    world.close()
    with world.store.read() as session:
        after = closing.impact(session, world.reseller_id)

    assert (before.accounts, before.running, before.stopped, before.pending, before.open_payments) == (1, 1, 0, 1, 1)
    assert (after.running, after.stopped) == (0, 1)
