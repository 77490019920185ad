"""What people decide about money that waits: matched, split, closed, kept, taken back, each once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from threading import Barrier

import pytest
from billhook import PaymentStatus, Reason, Verdict
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from host_stub.domain.arrivals import Kind
from host_stub.domain.errors import AlreadySettled, InvalidAmount, NotFound, NotTheSame, PartsDoNotFit, PaymentClosed
from host_stub.persistence import Account, Arrival, PaymentMethod, Reseller, Scope
from host_stub.services.books import ledger
from host_stub.services.money_in import approvals, decisions, payments
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.decisions import Handled, Part
from host_stub.services.money_in.doubts import Doubtful, Why
from host_stub.services.money_in.reversals import Undo
from tests.money.test_gateway_events import a_started_payment, apply, messages, paid, parked, status
from tests.support.world import MANAGER, OTHER_MANAGER, World, a_parked_arrival, an_account, rub

ORDER = BankOrder(rub("5000.00"), "147", date(2020, 11, 13), "7707083893", "ООО «Ромашка»")


def waiting(world: World, **more: object) -> int:
    """Write an arrival of 500 roubles that nobody knows; return its id."""
    with world.store.write() as session:
        return a_parked_arrival(session, session.get_one(PaymentMethod, world.method_id), **more).id


def row(world: World, arrival_id: int) -> Arrival:
    with world.store.read() as session:
        return session.get_one(Arrival, arrival_id)


def handled(world: World, arrival_id: int) -> Handled:
    return Handled(arrival_id, row(world, arrival_id).decisions, "проверено")


def credit(world: World, arrival_id: int, *parts: Part, **more: object) -> None:
    decisions.credit_parts(world.store, world.scope, handled(world, arrival_id), parts, by=MANAGER, **more)  # type: ignore[arg-type]


def to_account(world: World, amount: str = "500.00", account_id: int | None = None) -> Part:
    return Part(rub(amount), account_id=account_id or world.account_id)


def close(world: World, arrival_id: int, kind: Kind = Kind.NOT_OURS, other_id: int | None = None) -> None:
    handling = handled(world, arrival_id)
    decisions.close(world.store, world.scope, handling, kind, by=MANAGER, other_id=other_id)


def state(world: World, arrival_id: int) -> tuple[str, str, int]:
    found = row(world, arrival_id)
    return found.state, found.waits, found.credited_minor


def test_money_that_waits_completes_the_payment_that_it_is_matched_to(world: World) -> None:
    payment_id, arrival_id = world.a_payment("500.00"), waiting(world)

    credit(world, arrival_id, Part(rub("500.00"), payment_id=payment_id))

    assert status(world, payment_id) == PaymentStatus.COMPLETED
    assert world.balance() == rub("500.00")
    assert state(world, arrival_id) == ("credited", "", 500_00)
    with pytest.raises(PaymentClosed) as closed:
        approvals.approve_payment(world.store, world.scope, payment_id, ORDER, by=OTHER_MANAGER)
    assert closed.value.closed_by == MANAGER.name


def test_a_cancelled_or_completed_payment_is_refused_and_the_money_goes_on_waiting(world: World) -> None:
    cancelled, completed, arrival_id = world.a_payment(), world.a_payment(), waiting(world)
    payments.cancel(world.store, world.scope, cancelled, by=MANAGER)
    approvals.approve_payment(world.store, world.scope, completed, ORDER, by=MANAGER)

    for payment_id in (cancelled, completed):
        with pytest.raises(PaymentClosed):
            credit(world, arrival_id, Part(rub("500.00"), payment_id=payment_id))

    assert state(world, arrival_id) == ("open", "unknown_payment", 0)


def test_an_arrival_is_split_over_payments_and_customers_and_the_rest_waits(world: World) -> None:
    payment_id, arrival_id = world.a_payment("100.00"), waiting(world)
    with world.store.write() as session:
        other_id = an_account(session, session.get_one(Reseller, world.reseller_id), name="Другой").id

    credit(world, arrival_id, Part(rub("100.00"), payment_id=payment_id), to_account(world, "150.00", other_id))

    assert (world.balance(), world.balance(other_id)) == (rub("100.00"), rub("150.00"))
    assert state(world, arrival_id) == ("open", "rest", 250_00)
    credit(world, arrival_id, to_account(world, "250.00"), anyway=True)
    assert state(world, arrival_id) == ("credited", "", 500_00)


@pytest.mark.parametrize("sums", [["500.01"], ["300.00", "200.01"], ["0"], ["-1.00", "100.00"], []])
def test_parts_that_do_not_fit_are_refused_and_move_nothing(world: World, sums: list[str]) -> None:
    arrival_id = waiting(world)

    with pytest.raises(PartsDoNotFit):
        credit(world, arrival_id, *(to_account(world, each) for each in sums))

    assert world.balance() == rub("0")
    assert state(world, arrival_id) == ("open", "unknown_payment", 0)


def test_another_reseller_s_payment_and_account_are_not_there(world: World) -> None:
    other, arrival_id = World(world.store), waiting(world)

    for part in (to_account(other), Part(rub("500.00"), payment_id=other.a_payment())):
        with pytest.raises(NotFound):
            credit(world, arrival_id, part)


def test_another_currency_is_closed_only(world: World) -> None:
    arrival_id = waiting(world, currency="USD")

    with pytest.raises(InvalidAmount, match="other_currency"):
        credit(world, arrival_id, to_account(world))

    close(world, arrival_id, Kind.TO_BE_RETURNED)
    assert state(world, arrival_id) == ("closed", "", 0)


def test_of_two_who_decide_at_once_the_second_hears_who_was_first(world: World) -> None:
    for key in range(5):
        arrival_id = waiting(world, key=str(key), amount_minor=100 + key)
        seen, barrier = Handled(arrival_id, 1, "r"), Barrier(2)
        amount = rub(f"1.0{key}")

        def deed(name: str, seen: Handled = seen, barrier: Barrier = barrier, amount: object = amount) -> str:
            barrier.wait()
            try:
                if name == "close":
                    decisions.close(world.store, world.scope, seen, Kind.NOT_OURS, by=MANAGER)
                else:
                    part = Part(amount, account_id=world.account_id)  # type: ignore[arg-type]
                    decisions.credit_parts(world.store, world.scope, seen, [part], by=OTHER_MANAGER)
            except AlreadySettled as first:
                return first.by
            return "done"

        with ThreadPoolExecutor(2) as pool:
            closed, credited = pool.map(deed, ("close", "credit"))

        assert (closed, credited) in (("done", MANAGER.name), (OTHER_MANAGER.name, "done"))


def test_a_page_that_is_older_than_an_alarm_decides_nothing(world: World) -> None:
    payment_id = world.a_payment()
    apply(world, paid(world, payment_id, "1"))
    (seen,) = parked(world)
    apply(world, paid(world, payment_id, "1", amount=rub("1.00")))

    with pytest.raises(AlreadySettled):
        decisions.close(world.store, world.scope, Handled(seen.id, seen.decisions), Kind.NOT_OURS, by=MANAGER)


def test_the_same_money_credits_nothing_and_is_offered_again_when_the_other_is_taken_back(world: World) -> None:
    payment_id, twin_id = world.a_payment(), waiting(world)
    approvals.approve_payment(world.store, world.scope, payment_id, ORDER, by=MANAGER)
    with world.store.read() as session:
        order_id = session.query(Arrival.id).filter(Arrival.door == "order").scalar()

    close(world, twin_id, Kind.SAME_AS, order_id)
    assert (state(world, twin_id), world.balance()) == (("closed", "", 0), rub("5000.00"))

    approvals.reverse_approval(world.store, world.scope, payment_id, Undo("ошибка"), by=MANAGER)
    assert state(world, twin_id) == ("open", "reopened", 0)
    assert state(world, order_id) == ("undone", "", 0)


def test_nothing_is_the_same_as_itself_or_as_what_does_not_stand_or_as_a_twin(world: World) -> None:
    first, second, third = (waiting(world, key=key) for key in "123")
    for other_id in (first, second):
        with pytest.raises(NotTheSame):
            close(world, first, Kind.SAME_AS, other_id)
    credit(world, second, to_account(world))
    close(world, first, Kind.SAME_AS, second)
    with pytest.raises(NotTheSame):
        close(world, third, Kind.SAME_AS, first)
    foreign = waiting(World(world.store))
    with pytest.raises(NotFound):
        close(world, third, Kind.SAME_AS, foreign)


def test_a_credit_by_hand_is_taken_back_and_can_be_given_to_the_right_one(world: World) -> None:
    payment_id, arrival_id = world.a_payment("500.00"), waiting(world)
    credit(world, arrival_id, to_account(world))
    decisions.reverse(world.store, world.scope, handled(world, arrival_id), by=MANAGER)
    assert (state(world, arrival_id), world.balance()) == (("open", "reversed", 0), rub("0"))

    credit(world, arrival_id, Part(rub("500.00"), payment_id=payment_id))
    decisions.reverse(world.store, world.scope, handled(world, arrival_id), by=MANAGER)

    assert status(world, payment_id) == PaymentStatus.WAITING_FOR_PAYMENT
    assert state(world, arrival_id) == ("open", "reversed", 0)
    with world.store.read() as session:
        sources = [
            ledger.find(session, world.reseller_id, f"gateway{n}/paymaster:11112222-3333", "777") for n in ("", ":r1")
        ]
    assert None not in sources


def test_a_gateway_that_is_paid_what_stands_already_is_credited_and_waits_until_somebody_keeps_it(world: World) -> None:
    payment_id = a_started_payment(world)
    approvals.approve_payment(world.store, world.scope, payment_id, ORDER, by=MANAGER, anyway=True)

    assert apply(world, paid(world, payment_id)) is Verdict.ACCEPTED

    assert world.balance() == rub("10000.00")
    (doubtful,) = parked(world)
    assert state(world, doubtful.id) == ("credited", "paid_twice", 5000_00)
    decisions.keep(world.store, world.scope, handled(world, doubtful.id), by=MANAGER)
    assert state(world, doubtful.id) == ("credited", "", 5000_00)


def test_a_doubt_ends_with_the_credit_that_gave_rise_to_it(world: World) -> None:
    payment_id = a_started_payment(world)
    approvals.approve_payment(world.store, world.scope, payment_id, ORDER, by=MANAGER, anyway=True)
    apply(world, paid(world, payment_id))

    approvals.reverse_approval(world.store, world.scope, payment_id, Undo("пришло картой"), by=MANAGER)

    assert parked(world) == []
    assert status(world, payment_id) == PaymentStatus.COMPLETED
    assert world.balance() == rub("5000.00")


def test_an_order_is_asked_about_whatever_its_sum_unless_payers_are_known_and_differ(world: World) -> None:
    used, other = world.a_payment(), world.a_payment()
    approvals.approve_payment(world.store, world.scope, used, ORDER, by=MANAGER)
    less = replace(ORDER, received=rub("1000.00"))

    with pytest.raises(Doubtful) as asked:
        approvals.approve_payment(world.store, world.scope, other, less, by=MANAGER)

    assert [doubt.why for doubt in asked.value.doubts] == [Why.SAME_ORDER]
    stranger = replace(less, payer_inn="5024002119", payer_name="ИП Другой")
    approvals.approve_payment(world.store, world.scope, other, stranger, by=MANAGER)


def test_what_a_gateway_may_still_take_is_asked_about_and_what_is_new_is_asked_again(world: World) -> None:
    payment_id, other = a_started_payment(world), world.a_payment()

    with pytest.raises(Doubtful) as asked:
        approvals.approve_payment(world.store, world.scope, payment_id, ORDER, by=MANAGER)
    assert [doubt.why for doubt in asked.value.doubts] == [Why.MAY_BE_PAID]
    approvals.approve_payment(world.store, world.scope, other, ORDER, by=OTHER_MANAGER)

    said_yes = [doubt.token for doubt in asked.value.doubts]
    with pytest.raises(Doubtful) as again:
        approvals.approve_payment(world.store, world.scope, payment_id, ORDER, by=MANAGER, anyway=said_yes)
    assert [doubt.why for doubt in again.value.doubts] == [Why.SAME_ORDER, Why.MAY_BE_PAID]


@pytest.mark.parametrize(("received", "asks"), [("10000.00", False), ("10000.01", True), ("100000000.00", True)])
def test_a_sum_far_above_the_bill_is_asked_about(world: World, received: str, asks: bool) -> None:
    payment_id, order = world.a_payment("5000.00"), replace(ORDER, received=rub(received))

    with pytest.raises(Doubtful, match=Why.FAR_FROM_BILL) if asks else nullcontext():
        approvals.approve_payment(world.store, world.scope, payment_id, order, by=MANAGER)

    assert (world.balance() == rub("0")) is asks


def test_what_no_balance_can_hold_is_parked_for_a_gateway_and_refused_for_a_manager(world: World) -> None:
    payment_id = a_started_payment(world)
    with world.store.write() as session:
        session.get_one(Account, world.account_id).balance_minor = ledger.MOST_MINOR - 1

    with pytest.raises(InvalidAmount, match="too_large"):
        approvals.approve_payment(world.store, world.scope, payment_id, ORDER, by=MANAGER, anyway=True)
    assert apply(world, paid(world, payment_id)) is Verdict.PARKED
    assert [arrival.waits for arrival in parked(world)] == [Reason.TOO_LARGE]
    assert apply(world, paid(world, payment_id)) is Verdict.PARKED
    assert [message.deliveries for message in messages(world)] == [2]
    with world.store.write() as session:
        session.get_one(Account, world.account_id).balance_minor = 0


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update arrival set amount_minor = 1", "does not change"),
        ("update arrival set state = 'closed', waits = ''", "nobody decided so"),
        ("update arrival set decisions = 2", "nobody decided so"),
        ("delete from arrival", "append-only"),
        ("update arrival_message set body = body", "does not change"),
        ("delete from arrival_message", "append-only"),
        ("update arrival_decision set words = ''", "append-only"),
        ("delete from arrival_decision", "append-only"),
    ],
)
def test_what_was_said_and_decided_stays_behind_the_panel_s_back_too(world: World, statement: str, said: str) -> None:
    waiting(world)

    with pytest.raises(DatabaseError, match=said), world.store.write() as session:
        session.execute(text(statement))


def test_a_repeated_message_counts_and_changes_nothing_else(world: World) -> None:
    payment_id = a_started_payment(world)
    for _ in range(3):
        apply(world, paid(world, payment_id, "1"))

    assert [message.deliveries for message in messages(world)] == [3]


def test_an_order_of_another_reseller_is_not_asked_about_whoever_looks(world: World) -> None:
    other = World(world.store)
    approvals.approve_payment(world.store, world.scope, world.a_payment(), ORDER, by=MANAGER)

    approvals.approve_payment(world.store, Scope.everything(), other.a_payment(), ORDER, by=MANAGER)

    assert other.balance() == rub("5000.00")
