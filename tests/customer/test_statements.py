"""«Operations» and «Subscriptions»."""

from __future__ import annotations

import re

from billhook.formats import use_timezone
from billhook.i18n import use_language

from host_stub.persistence import Account, Period
from host_stub.persistence.listings import Cursor
from host_stub.services.books import corrections
from host_stub.services.charges import charging
from host_stub.services.money_in import approvals
from host_stub.services.money_in.reversals import Undo
from host_stub.services.reading import Listing
from host_stub.services.reading import operations as movements
from host_stub.services.reading.operations import Operation
from host_stub.web.customer import words
from tests.customer.seed import Room
from tests.support.web import Visitor
from tests.support.world import MANAGER, rub


def a_history(room: Room) -> None:
    """+500 by a payment, −90 for a day, −5 by hand, the payment taken back."""
    room.service("Бэкап", "90.00")
    payment = room.payment("500")
    room.approve(payment, "500.00")
    corrections.correct(
        room.store, room.scope, room.account_id, rub("-5.00"), reason="Лишний диск", once_token="1", by=MANAGER
    )
    approvals.reverse_approval(room.store, room.scope, payment, Undo("Ошибся строкой"), by=MANAGER)


def operations(room: Room, cursor: Cursor = Cursor(), limit: int = 30) -> Listing[Operation]:  # noqa: B008
    with room.store.read(room.scope) as session:
        return movements.list_operations(session, room.account_id, cursor, limit=limit)


def test_every_movement_stands_with_its_reason_and_the_running_balance(any_room: Room) -> None:
    a_history(any_room)

    listing = operations(any_room)

    with use_language("ru"), use_timezone("Europe/Moscow"):
        said = [(str(words.operation_title(o)), str(words.operation_reason(o))) for o in listing.rows]
    assert said == [
        ("Отмена зачисления платежа 2563977", "Ошибся строкой"),
        ("Корректировка баланса", "Лишний диск"),
        ("Списание за «Бэкап»", "13.11.2020"),
        ("Пополнение баланса, платеж 2563977", ""),
    ]
    assert [(o.amount.minor, o.balance_after.minor) for o in listing.rows] == [
        (-500_00, -95_00),
        (-5_00, 405_00),
        (-90_00, 410_00),
        (500_00, 500_00),
    ]
    with any_room.store.read() as session:
        assert session.get_one(Account, any_room.account_id).balance_minor == listing.rows[0].balance_after.minor


def test_operations_are_paged_by_the_accounts_own_sequence(any_room: Room) -> None:
    for number in range(7):
        corrections.correct(
            any_room.store,
            any_room.scope,
            any_room.account_id if number != 3 else any_room.neighbour_id,
            rub("1.00"),
            reason=str(number),
            once_token=str(number),
            by=MANAGER,
        )
    seen, cursor = [], Cursor()

    while True:
        page = operations(any_room, cursor, limit=2)
        seen += [operation.reason for operation in page.rows]
        if page.older is None:
            break
        cursor = Cursor(before=page.older)

    assert seen == ["6", "5", "4", "2", "1", "0"]


def test_the_operations_page_shows_sums_with_their_sign(owner: Visitor, room: Room) -> None:
    a_history(room)

    page = owner.get(room.path("/operations")).text

    assert re.search(r'positive">\+500,00\u00a0руб\.', page)
    assert re.search(r'negative">\u2212500,00\u00a0руб\.', page)
    assert "Баланс после операции" in page


def test_a_stopped_subscription_says_why(owner: Visitor, room: Room) -> None:
    room.service("VPS", "350.00")
    room.service("Месяц", "9000.00", Period.MONTH)
    room.approve(room.payment("500"), "500.00")
    running = owner.get(room.path("/subscriptions")).text
    room.clock.advance(days=1)
    charging.run_due(room.store)

    stopped = Visitor(room.app, room.users["owner"]).get(room.path("/subscriptions")).text

    assert "активна" in running
    assert "14.11.2020, 00:00 — 350,00\u00a0руб." in running
    assert "Включится, когда средств на балансе хватит на первое списание: 9\u00a0000,00\u00a0руб." in running
    assert "350,00\u00a0руб. в день" in running
    assert "остановлена" in stopped
    assert re.search(r"Остановлена 14\.11\.2020, \d\d:\d\d: на балансе не хватило средств", stopped)
    assert "Пополните баланс на 200,00\u00a0руб." in stopped


def test_a_user_sees_subscriptions_and_no_money(room: Room) -> None:
    room.service("VPS", "350.00")
    user = Visitor(room.app, room.users["user"])

    page = user.get(room.path("/subscriptions"))

    assert page.status_code == 200
    assert "VPS" in page.text
    assert "/payments" not in page.text
    assert "/top-up" not in page.text
    assert user.get(room.path()).location == room.path("/subscriptions")


def test_an_hour_a_day_and_a_month_are_told_apart() -> None:
    from datetime import UTC, datetime

    from host_stub.domain.charging import Span

    hour = Span(datetime(2020, 11, 13, 9, tzinfo=UTC), datetime(2020, 11, 13, 10, tzinfo=UTC))
    day = Span(datetime(2020, 11, 12, 21, tzinfo=UTC), datetime(2020, 11, 13, 21, tzinfo=UTC))
    month = Span(datetime(2020, 11, 13, 9, tzinfo=UTC), datetime(2020, 12, 13, 9, tzinfo=UTC))

    with use_timezone("Europe/Moscow"):
        assert [words.period(span) for span in (hour, day, month)] == [
            "13.11.2020, 12:00–13:00",
            "13.11.2020",
            "13.11.2020 – 13.12.2020",
        ]
