"""The list of payments, one payment, cancelling."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from host_stub.domain.errors import NotFound
from host_stub.persistence import AccessLevel, Payment, PluginActivation, User
from host_stub.persistence.listings import Cursor
from host_stub.services.money_in.payments import cancel, expire_due
from host_stub.services.reading import Listing, documents, payments
from host_stub.services.reading.payments import PaymentFilter
from tests.customer.seed import Room
from tests.support.web import Visitor
from tests.support.world import CUSTOMER, MANAGER


def numbers(page: str) -> list[str]:
    return re.findall(r'/payments/\d+">(\d{7})</a>', page)


def status_of(room: Room, payment_id: int) -> str:
    with room.store.read() as session:
        return session.get_one(Payment, payment_id).status


def test_the_newest_payment_stands_first_and_waits(owner: Visitor, room: Room) -> None:
    first, second = room.payment("100"), room.payment("5000")

    page = owner.get(room.path("/payments")).text

    assert numbers(page) == [room.number(second), room.number(first)]
    assert "ожидает оплаты" in page
    assert "5\u00a0000,00\u00a0руб." in page


def test_the_number_of_unpaid_payments_stands_on_the_menu(owner: Visitor, room: Room) -> None:
    room.payment()
    cancel(room.store, room.scope, room.payment(), by=CUSTOMER)
    room.payment()

    page = owner.get(room.path("/subscriptions")).text

    assert '2<span class="visually-hidden"> не оплачено</span>' in page


def test_payments_are_filtered_by_status_and_found_by_number(owner: Visitor, room: Room) -> None:
    waiting, cancelled = room.payment(), room.payment()
    cancel(room.store, room.scope, cancelled, by=CUSTOMER)

    by_status = owner.get(room.path("/payments?status=cancelled")).text
    by_number = owner.get(room.path(f"/payments?q={room.number(waiting)[-3:]}")).text
    nothing = owner.get(room.path("/payments?q=%25")).text

    assert numbers(by_status) == [room.number(cancelled)]
    assert numbers(by_number) == [room.number(waiting)]
    assert "По «%» ничего не нашлось" in nothing


def test_a_document_number_in_the_address_opens_its_payment(owner: Visitor, room: Room) -> None:
    payment = room.payment()
    foreign = room.payment(account_id=room.neighbour_id)

    found = owner.get(room.path(f"/payments?document_id={room.number(payment)}"))
    not_found = owner.get(room.path(f"/payments?document_id={room.number(foreign)}"))

    assert (found.status_code, found.location) == (303, room.path(f"/payments/{payment}"))
    assert not_found.status_code == 200


def test_keyset_pages_show_every_payment_once_although_new_ones_arrive(any_room: Room) -> None:
    made = [any_room.payment() for _ in range(7)]
    seen: list[int] = []
    cursor = Cursor()

    while True:
        with any_room.store.read(any_room.scope) as session:
            page = payments.list_of_account(session, any_room.account_id, PaymentFilter(), cursor, limit=3)
        seen += [payment.id for payment in page.rows]
        any_room.payment()
        if page.older is None:
            break
        cursor = Cursor(before=page.older)

    assert seen == made[::-1]


def test_the_way_back_through_pages_shows_the_same_rows(any_room: Room) -> None:
    for _ in range(7):
        any_room.payment()

    with any_room.store.read(any_room.scope) as session:

        def page(**place: int | None) -> Listing[payments.Payment]:
            return payments.list_of_account(session, any_room.account_id, PaymentFilter(), Cursor(**place), limit=3)

        first = page()
        second = page(before=first.older)
        back = page(after=second.newer)

    assert [p.id for p in back.rows] == [p.id for p in first.rows]
    assert back.newer is None


def test_pages_keep_the_filter_in_their_addresses(owner: Visitor, room: Room) -> None:
    for _ in range(32):
        room.payment()

    page = owner.get(room.path("/payments?status=waiting_for_payment")).text
    older = re.search(r'rel="next" href="([^"]+)"', page)

    assert older is not None
    assert "status=waiting_for_payment" in older[1]
    assert len(numbers(owner.get(older[1].replace("&amp;", "&")).text)) == 2


@pytest.mark.parametrize("place", ["before=x", "before=99999999999999999999", "after=-1", "before=", "status=zzz"])
def test_a_place_that_is_no_place_shows_the_first_page(owner: Visitor, room: Room, place: str) -> None:
    payment = room.payment()

    assert numbers(owner.get(room.path(f"/payments?{place}")).text) == [room.number(payment)]


def test_the_payments_page_reads_as_in_the_letter(owner: Visitor, room: Room) -> None:
    payment = room.payment("5000", purpose="За ноябрь")
    room.method("cash_desk", name="Касса")

    page = owner.get(room.path(f"/payments/{payment}")).text

    assert f"Платеж {room.number(payment)} на сумму 5\u00a0000,00\u00a0руб." in page
    assert "ожидает оплаты" in page
    assert re.search(r"Дата создания <time[^>]*>13\.11\.2020</time>", page)
    assert "Пополнение баланса на сумму 5\u00a0000,00\u00a0руб." in page
    assert "За ноябрь" in page
    assert "Выберите способ оплаты:" in page
    assert page.index("Выберите способ оплаты:") < page.index("<h2>Журнал</h2>")


def test_a_method_is_offered_to_its_account_types_only(room: Room) -> None:
    room.method("cash_desk", name="Касса")
    room.method("card_gateway", name="Шлюз", account_types=["person", "sole_proprietor"])
    company, person = room.payment(), room.payment(account_id=room.person_id)

    theirs = Visitor(room.app, room.users["owner"]).get(room.path(f"/payments/{company}")).text
    his = Visitor(room.app, room.users["person"]).get(f"/accounts/{room.person_id}/payments/{person}").text

    assert ("<strong>Касса</strong>" in theirs, "<strong>Шлюз</strong>" in theirs) == (True, False)
    assert ("<strong>Касса</strong>" in his, "<strong>Шлюз</strong>" in his) == (True, True)


def test_what_is_inactive_off_or_unavailable_is_not_offered(owner: Visitor, room: Room) -> None:
    room.method("cash_desk", name="Касса", active=False)
    room.method("elsewhere", name="Не за столько")
    room.method("card_gateway", name="Шлюз")
    with room.store.write() as session:
        session.execute(update(PluginActivation).where(PluginActivation.plugin == "card_gateway").values(enabled=False))

    page = owner.get(room.path(f"/payments/{room.payment('50')}")).text

    assert 'class="methods"' not in page
    assert "нет доступных способов оплаты" in page


def test_a_methods_description_is_shown_as_its_markup(owner: Visitor, room: Room) -> None:
    room.method("cash_desk", description="<p>Наличными <b>в кассе</b></p>")

    page = owner.get(room.path(f"/payments/{room.payment()}")).text

    assert "<p>Наличными <b>в кассе</b></p>" in page


def test_a_waiting_payment_is_cancelled_by_owner_and_admin_only(room: Room) -> None:
    outcomes = {}
    for level in AccessLevel:
        payment = room.payment()
        answer = Visitor(room.app, room.users[level]).post(room.path(f"/payments/{payment}/cancel"))
        outcomes[level] = (answer.status_code, status_of(room, payment))

    assert outcomes == {
        "owner": (303, "cancelled"),
        "admin": (303, "cancelled"),
        "finance_manager": (403, "waiting_for_payment"),
        "user": (403, "waiting_for_payment"),
    }


def test_a_finance_manager_sees_no_cancel_button(room: Room) -> None:
    address = room.path(f"/payments/{room.payment()}")

    pages = {u: Visitor(room.app, room.users[u]).get(address).text for u in ("owner", "finance_manager")}

    assert {user: "Отменить платеж" in page for user, page in pages.items()} == {
        "owner": True,
        "finance_manager": False,
    }


def test_cancelling_a_completed_payment_says_that_it_moved(owner: Visitor, room: Room) -> None:
    payment = room.payment()
    room.approve(payment)

    answer = owner.post(room.path(f"/payments/{payment}/cancel"), follow_redirects=True)

    assert status_of(room, payment) == "completed"
    assert "уже изменился: завершен" in answer.text
    assert "Отменить платеж" not in answer.text


def test_more_or_less_than_the_sum_is_said(owner: Visitor, room: Room) -> None:
    exact, less = room.payment("5000"), room.payment("5000")
    room.approve(exact, "5000.00")
    with room.store.write() as session:
        session.execute(update(User).values(language="en"))
    room.approve(less, "4900.00")

    assert "arrived and was credited" not in owner.get(room.path(f"/payments/{exact}")).text
    assert "RUB\u00a04,900.00 arrived and was credited" in owner.get(room.path(f"/payments/{less}")).text


def test_an_expired_payment_can_still_be_paid(room: Room) -> None:
    room.method("cash_desk", name="Касса")
    payment = room.payment()
    room.clock.advance(days=31)
    expire_due(room.store)

    text = Visitor(room.app, room.users["owner"]).get(room.path(f"/payments/{payment}")).text

    assert "Срок оплаты истек 13.12.2020, но платеж всё еще можно оплатить." in text
    assert "<strong>Касса</strong>" in text


def test_the_log_names_no_manager_and_hides_what_is_for_staff(owner: Visitor, room: Room) -> None:
    payment = room.payment()
    room.approve(payment)

    page = owner.get(room.path(f"/payments/{payment}")).text

    assert MANAGER.name not in page
    log = page[page.index('class="log"') :]
    assert log.count("<li") == 2


def test_a_page_that_waits_for_the_gateway_looks_again_until_the_state_differs(owner: Visitor, room: Room) -> None:
    payment = room.payment()
    waiting = owner.get(room.path(f"/payments/{payment}?returned=1")).text
    room.approve(payment)

    done = owner.get(room.path(f"/payments/{payment}?returned=1")).text

    assert 'data-state="waiting_for_payment" data-refresh-seconds="4"' in waiting
    assert 'data-state="completed"' in done
    assert "data-refresh-seconds" not in done


def test_a_payment_of_another_account_is_not_found_in_a_service_either(any_room: Room) -> None:
    foreign = any_room.payment(account_id=any_room.neighbour_id)

    with any_room.store.read(any_room.scope) as session:
        assert payments.numbered(session, any_room.account_id, any_room.number(foreign)) is None
        with pytest.raises(NotFound):
            documents.paper(session, foreign, 1)
