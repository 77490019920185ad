"""The journal: what people can read in it, and find."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape

import pytest

from host_stub.domain.actors import SYSTEM, Actor
from host_stub.persistence import Payment
from host_stub.services.books import corrections
from host_stub.services.money_in import approvals, payments
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.reversals import Undo
from host_stub.services.reading import journal
from host_stub.services.telling.journal import log
from tests.staff.conftest import Staff
from tests.support.charging_world import ChargingWorld
from tests.support.web import Visitor
from tests.support.world import CUSTOMER, MANAGER, rub

DAY = datetime(2020, 11, 13, tzinfo=UTC).date()


def read(visitor: Visitor, **asked: str) -> str:
    """Return the journal as text, its entities and its hard blanks read."""
    answer = visitor.get("/reseller/journal", query_string=asked)
    assert answer.status_code == 200
    return unescape(answer.text).replace("\xa0", " ")


def table(visitor: Visitor, **asked: str) -> str:
    """Return what stands in the list alone: the filter names every act."""
    return read(visitor, **asked).partition("<tbody>")[2].partition("</tbody>")[0]


def test_objects_are_called_as_people_know_them_and_lead_to_their_pages(staff: Staff, olga: Visitor) -> None:
    number = staff.row(Payment, payment := staff.payment()).number
    corrections.correct(
        staff.store, staff.scope, staff.account_id, rub("10.00"), reason="Подарок", once_token="1", by=MANAGER
    )

    text = table(olga)

    assert f'href="/reseller/payments/{payment}">{number}</a>' in text
    assert f'<a href="/reseller/accounts/{staff.account_id}">ООО «Ромашка»</a>' in text
    assert f"Платеж {payment}<" not in text
    assert f"Клиент {staff.account_id}<" not in text


def test_sign_ins_stand_on_a_tab_of_their_own(staff: Staff, olga: Visitor) -> None:
    with staff.store.write() as session:
        by = Actor("manager", "Ольга", staff.people["olga"])
        log(session, "user", by.user_id or 0, "user.signed_in", reseller_id=staff.reseller_id, by=by)
    payments.cancel(staff.store, staff.scope, staff.payment(), by=CUSTOMER)

    assert "Вход в панель" not in table(olga)
    assert "Платеж отменен" in table(olga)
    assert "Вход в панель" in table(olga, sign_ins="1")
    assert "Платеж отменен" not in table(olga, sign_ins="1")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"status": "payment.cancelled"}, ["Платеж отменен"]),
        ({"status": "payment"}, ["Платеж отменен", "Создан платеж"]),
        ({"status": "account"}, ["Подарок"]),
        ({"status": "nonsense"}, ["Платеж отменен", "Создан платеж", "Подарок"]),
        ({"since": "2020-11-14"}, ["Подарок"]),
        ({"until": "2020-11-13"}, ["Платеж отменен", "Создан платеж"]),
        ({"since": "2020-11-13", "until": "2020-11-13"}, ["Платеж отменен", "Создан платеж"]),
        ({"since": "14.11.2020"}, ["Подарок"]),
        ({"until": "13 ноября 2020 г."}, ["Платеж отменен", "Создан платеж"]),
        ({"since": "9999-12-31"}, []),
        ({"until": "0001-01-01"}, []),
        ({"since": "вчера", "until": "31.11"}, ["Платеж отменен", "Создан платеж", "Подарок"]),
        ({"q": "Ромашка"}, ["Подарок"]),
        ({"q": "NUMBER"}, ["Платеж отменен", "Создан платеж"]),
    ],
)
def test_acts_and_days_are_found(staff: Staff, asked: dict[str, str], found: list[str]) -> None:
    payments.cancel(staff.store, staff.scope, payment := staff.payment(), by=CUSTOMER)
    # The next day has begun in Moscow, not yet in Greenwich.
    staff.clock.set(datetime(2020, 11, 13, 21, 30, tzinfo=UTC))
    corrections.correct(
        staff.store, staff.scope, staff.account_id, rub("10.00"), reason="Подарок", once_token="1", by=MANAGER
    )
    asked = {name: value.replace("NUMBER", staff.row(Payment, payment).number) for name, value in asked.items()}

    text = table(staff.visitor("olga"), **asked)

    for word in ("Платеж отменен", "Создан платеж", "Подарок"):
        assert (word in text) == (word in found), word


def test_a_day_that_is_none_is_named(staff: Staff, olga: Visitor) -> None:
    said = read(olga, since="вчера", until="30.11.2020")

    assert "«вчера» — не дата" in said
    assert "«30.11.2020»" not in said
    assert "не дата" not in read(olga, since="", until="30.11.2020")


def test_what_the_system_does_by_itself_says_what_it_was_at(staff: Staff, olga: Visitor) -> None:
    with staff.store.write() as session:
        for kind, action in (
            ("account", "account.hold_entered"),
            ("payment", "payment.lifetime_over"),
            ("account", "account.mail_refused"),
            ("reseller", "reseller.changed"),
        ):
            log(session, kind, 1, action, reseller_id=staff.reseller_id, by=SYSTEM)

    text = table(olga)

    assert "Billhook" not in text
    for author in ("Система: списание", "Система: срок платежа", "Система: почта", ">Система<"):
        assert author in text


def order(world: ChargingWorld) -> list[str]:
    """Return the acts on the account in the order of the log, newest first."""
    with world.store.read() as session:
        return [entry.action for entry in journal.entries(session, "account", world.account_id)]


@pytest.mark.parametrize("amount", ["-100.00"])
def test_a_hold_stands_above_the_correction_that_brought_it_about(world: ChargingWorld, amount: str) -> None:
    corrections.correct(
        world.store, world.scope, world.account_id, rub(amount), reason="Ошибка", once_token="1", by=MANAGER
    )

    assert order(world) == ["account.hold_entered", "account.corrected"]


def test_a_hold_stands_above_the_undone_approval_that_brought_it_about(world: ChargingWorld) -> None:
    payment = world.a_payment("100.00")
    approvals.approve_payment(world.store, world.scope, payment, BankOrder(rub("100.00"), "1", DAY), by=MANAGER)
    corrections.correct(
        world.store, world.scope, world.account_id, rub("-50.00"), reason="Пеня", once_token="1", by=MANAGER
    )
    approvals.reverse_approval(world.store, world.scope, payment, Undo("Не пришло"), by=MANAGER)

    assert order(world) == ["account.hold_entered", "account.approval_reversed", "account.corrected"]
