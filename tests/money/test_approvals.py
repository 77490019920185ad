"""A manager credits what arrived at the bank, and takes it back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier

import pytest
from billhook import PaymentStatus
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from host_stub.domain.errors import InvalidAmount, NotFound, PaymentClosed
from host_stub.persistence import Payment
from host_stub.services.books import corrections
from host_stub.services.money_in import approvals, payments
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.doubts import Doubtful, Why
from host_stub.services.money_in.reversals import Undo
from host_stub.services.reading import arrivals
from tests.support.world import CUSTOMER, MANAGER, OTHER_MANAGER, World, rub

ORDER = BankOrder(rub("5000.00"), "117", date(2020, 11, 14), "7707083893", "ООО «Ромашка»")


def approve(world: World, payment_id: int, order: BankOrder = ORDER, by: object = MANAGER) -> int:
    return approvals.approve_payment(world.store, world.scope, payment_id, order, by=by)  # type: ignore[arg-type]


def asked(world: World, payment_id: int, order: BankOrder = ORDER) -> list[int]:
    """Return the payments whose money a manager is asked about before this order is credited."""
    with world.store.read(world.scope) as session:
        found = approvals.questions(session, session.get_one(Payment, payment_id), order)
        of_orders = [arrivals.history(session, doubt.arrival_id) for doubt in found if doubt.why is Why.SAME_ORDER]
    return [each.standing.payment_id for each in of_orders]


def reverse(world: World, payment_id: int, reason: str = "ошибка", **more: bool) -> int:
    return approvals.reverse_approval(world.store, world.scope, payment_id, Undo(reason, **more), by=MANAGER)


def status(world: World, payment_id: int) -> str:
    with world.store.read() as session:
        return session.get_one(Payment, payment_id).status


def test_an_approval_credits_what_came_and_completes(world: World) -> None:
    payment_id = world.a_payment()

    approve(world, payment_id, BankOrder(rub("4990.00"), "117", date(2020, 11, 14)))

    assert world.balance() == rub("4990.00")
    assert status(world, payment_id) == PaymentStatus.COMPLETED


def test_of_two_managers_at_once_the_second_sees_who_did_it(world: World) -> None:
    payment_id = world.a_payment()
    barrier = Barrier(2)

    def press(manager: object) -> str:
        barrier.wait()
        try:
            approve(world, payment_id, by=manager)
        except PaymentClosed as closed:
            return closed.closed_by
        return "credited"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(press, [MANAGER, OTHER_MANAGER]))

    assert "credited" in answers
    assert set(answers) & {MANAGER.name, OTHER_MANAGER.name}
    assert world.balance() == rub("5000.00")


def test_a_payment_order_used_elsewhere_is_found(world: World) -> None:
    first, second = world.a_payment(), world.a_payment()
    approve(world, first)

    assert asked(world, second, ORDER) == [first]


SPELLINGS = [
    "0147", "№ 147", "п/п 147", "п.п. 147", "пл. поручение 147", "#147", "147 от 13.11.2020", "147, 13.11.20",
    "Платёжное поручение № 000147 от «13» ноября 2020 г.", "О147", "１４７", "147.",
]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second"),
    [*(("147", each) for each in SPELLINGS), *(("147-А", each) for each in ("147-а", "147-A", "147А", "№ 147/a"))],
)
def test_one_order_is_asked_about_however_its_number_is_written(world: World, first: str, second: str) -> None:
    used, other = world.a_payment(), world.a_payment()
    approve(world, used, replace(ORDER, number=first))

    assert asked(world, other, replace(ORDER, number=second)) == [used]


@pytest.mark.parametrize(("first", "second"), [("147", "1470"), ("147", "147-А"), ("1-47", "147"), ("А-147", "Б-147")])
def test_orders_of_other_numbers_are_not_asked_about(world: World, first: str, second: str) -> None:
    used, other = world.a_payment(), world.a_payment()
    approve(world, used, replace(ORDER, number=first))

    assert asked(world, other, replace(ORDER, number=second)) == []


def test_a_payer_s_name_may_be_written_with_fewer_words(world: World) -> None:
    first, second = world.a_payment(), world.a_payment()
    approve(world, first, replace(ORDER, payer_inn="", payer_name="ООО «Ромашка», г. Москва"))
    names = ["РОМАШКА", "ООО Ромашка", "ООО Ромашка-2"]

    found = [len(asked(world, second, replace(ORDER, payer_inn="", payer_name=name))) for name in names]

    assert found == [1, 1, 0]


def test_of_two_payments_approved_at_once_with_one_order_the_second_is_always_asked_about(world: World) -> None:
    for number in range(20):
        order = BankOrder(rub("100.00"), f"{number}", date(2020, 11, 14))
        pair = [world.a_payment("100.00"), world.a_payment("100.00")]
        barrier = Barrier(2)

        def press(payment_id: int, order: BankOrder = order, barrier: Barrier = barrier) -> str:
            barrier.wait()
            try:
                approvals.approve_payment(world.store, world.scope, payment_id, order, by=MANAGER)
            except Doubtful as doubtful:
                return f"asked: {[str(doubt.why) for doubt in doubtful.doubts]}"
            return "credited"

        with ThreadPoolExecutor(2) as pool:
            answers = dict(zip(pair, pool.map(press, pair), strict=True))

        assert sorted(answers.values()) == ["asked: ['same_order']", "credited"]
    assert world.balance() == rub("2000.00")


def test_a_payer_is_the_same_in_any_spelling_of_the_name(world: World) -> None:
    first, second = world.a_payment(), world.a_payment()
    approve(world, first, BankOrder(ORDER.received, "117", ORDER.day, payer_name="ИП «Пётр Ёлкин»"))
    again = BankOrder(ORDER.received, "117", ORDER.day, payer_name='ип "ПЕТР ЕЛКИН"')
    stranger = BankOrder(ORDER.received, "117", ORDER.day, payer_name="ИП Павел Ёлкин")

    assert [asked(world, second, order) for order in (again, stranger)] == [[first], []]


def test_a_reversed_approval_is_no_use_elsewhere(world: World) -> None:
    first, second = world.a_payment(), world.a_payment()
    approve(world, first)
    reverse(world, first, "не тот клиент")

    assert asked(world, second, ORDER) == []


def test_a_reversal_takes_the_money_back_and_the_payment_waits_again(world: World) -> None:
    payment_id = world.a_payment()
    approve(world, payment_id)

    reverse(world, payment_id, "ошибка")

    assert world.balance() == rub("0")
    assert status(world, payment_id) == PaymentStatus.WAITING_FOR_PAYMENT


def test_a_payment_can_be_approved_again_after_a_reversal_and_reversed_again(world: World) -> None:
    payment_id = world.a_payment()
    for _ in range(2):
        approve(world, payment_id)
        reverse(world, payment_id, "ошибка")
    approve(world, payment_id)

    assert world.balance() == rub("5000.00")


def test_a_reversal_after_the_lifetime_leaves_the_payment_expired(world: World) -> None:
    payment_id = world.a_payment()
    approve(world, payment_id)
    world.store.clock.advance(days=31)  # type: ignore[attr-defined]

    reverse(world, payment_id, "ошибка")

    assert status(world, payment_id) == PaymentStatus.EXPIRED


def test_what_was_not_approved_cannot_be_reversed(world: World) -> None:
    with pytest.raises(PaymentClosed):
        reverse(world, world.a_payment(), "?")


@pytest.mark.parametrize("received", ["0", "-1.00"])
def test_nothing_or_less_is_no_approval(world: World, received: str) -> None:
    with pytest.raises(InvalidAmount):
        approve(world, world.a_payment(), BankOrder(rub(received), "117", date(2020, 11, 14)))


def test_a_cancelled_payment_cannot_be_approved(world: World) -> None:
    payment_id = world.a_payment()
    payments.cancel(world.store, world.scope, payment_id, by=CUSTOMER)

    with pytest.raises(PaymentClosed) as refused:
        approve(world, payment_id)

    assert refused.value.closed_by == CUSTOMER.name
    assert world.balance() == rub("0")


def test_another_resellers_manager_finds_no_such_payment(world: World) -> None:
    other = World(world.store)

    with pytest.raises(NotFound):
        approvals.approve_payment(world.store, other.scope, world.a_payment(), ORDER, by=MANAGER)


def test_the_same_correction_form_twice_posts_once(world: World) -> None:
    for _ in range(2):
        corrections.correct(
            world.store, world.scope, world.account_id, rub("-10.00"), reason="сбой", once_token="abc", by=MANAGER
        )

    assert world.balance() == rub("-10.00")


@pytest.mark.parametrize("table", ["ledger_transaction", "entry", "arrival_decision", "log_entry"])
@pytest.mark.parametrize("statement", ["update {} set reseller_id = reseller_id", "delete from {}"])
def test_what_was_posted_can_neither_be_changed_nor_deleted(world: World, table: str, statement: str) -> None:
    approve(world, world.a_payment())

    with pytest.raises(DatabaseError, match="append-only"), world.store.write() as session:
        session.execute(text(statement.format(table)))


def test_legs_that_do_not_balance_are_refused_by_the_database(world: World) -> None:
    approve(world, world.a_payment())
    legs = (
        "insert into entry (id, reseller_id, transaction_id, leg, amount_minor, currency, at) "
        "select 1000 + {n}, reseller_id, 999, 'revenue', {amount}, 'RUB', at from entry limit 1"
    )
    header = (
        "insert into ledger_transaction (id, reseller_id, source, source_id, kind, reason, details, actor, at) "
        "select 999, reseller_id, 'x', 'x', 'correction', '', '{{}}', 'system::x', at from entry limit 1"
    ).replace("{{}}", "{}")

    def post() -> None:
        with world.store.write() as session:
            session.execute(text(legs.format(n=1, amount=5)))
            session.execute(text(legs.format(n=2, amount=-4)))
            session.execute(text(header))

    with pytest.raises(DatabaseError, match="unbalanced"):
        post()


def test_a_read_unit_cannot_write(world: World) -> None:
    with pytest.raises(DatabaseError), world.store.read() as session:
        session.execute(text("update reseller set name = 'x'"))
