"""What stands on every page of the customer's room."""

from __future__ import annotations

import pytest

from host_stub.persistence import AccessLevel, Account, AccountAccess, Notice
from host_stub.persistence.store import now
from tests.customer.seed import CONTACTS, Room
from tests.support.web import Visitor

PAGES = ("/payments", "/top-up", "/operations", "/subscriptions", "/settings")


def a_notice(room: Room, account_id: int) -> int:
    with room.store.write() as session:
        row = Notice(
            reseller_id=room.reseller_id,
            account_id=account_id,
            category="low_balance",
            title="Мало денег",
            text="Пополните.",
            once_key=f"n{account_id}",
            created_at=now(session),
        )
        session.add(row)
        session.flush()
        return row.id


@pytest.mark.parametrize("page", PAGES)
def test_the_balance_the_contacts_and_the_colophon_stand_on_every_page(owner: Visitor, room: Room, page: str) -> None:
    text = owner.get(room.path(page)).text

    assert f'<a href="{room.path("/top-up")}"' in text
    assert "Баланс" in text
    for field in ("sales", "billing", "accounting", "support"):
        assert f"mailto:{CONTACTS[f'{field}_email']}" in text
    assert str(CONTACTS["general_phone"]) in text
    assert str(CONTACTS["sales_phone"]) in text
    assert "Работает на Billhook" in text


@pytest.mark.parametrize("page", PAGES)
def test_a_blocking_is_announced_on_every_page_with_the_sum_and_a_button(owner: Visitor, room: Room, page: str) -> None:
    with room.store.write() as session:
        account = session.get_one(Account, room.account_id)
        account.on_hold_since, account.threshold_minor = now(session), 75_00

    text = owner.get(room.path(page)).text

    assert "Оказание услуг приостановлено" in text
    assert "Пополните баланс на 75,00\u00a0руб." in text
    assert f'<a class="button plain" href="{room.path("/top-up")}">Пополнить баланс</a>' in text


def test_a_notice_stays_until_it_is_closed_and_leads_back(owner: Visitor, room: Room) -> None:
    notice = a_notice(room, room.account_id)
    before = owner.get(room.path("/operations")).text

    answer = owner.post(
        room.path(f"/notices/{notice}/dismiss"), headers={"Referer": f"http://localhost{room.path('/operations')}"}
    )

    assert "Мало денег" in before
    assert (answer.status_code, answer.location) == (303, room.path("/operations"))
    assert "Мало денег" not in owner.get(room.path("/operations")).text


@pytest.mark.parametrize(
    "referrer", ["", "https://evil.example/accounts/1/payments", "http://localhost//evil.example", "http://localhost/"]
)
def test_closing_a_notice_leads_nowhere_else(owner: Visitor, room: Room, referrer: str) -> None:
    notice = a_notice(room, room.account_id)

    answer = owner.post(room.path(f"/notices/{notice}/dismiss"), headers={"Referer": referrer})

    assert answer.location == room.path()


def test_a_notice_of_another_account_cannot_be_closed(owner: Visitor, room: Room) -> None:
    notice = a_notice(room, room.neighbour_id)

    answer = owner.post(room.path(f"/notices/{notice}/dismiss"))

    with room.store.read() as session:
        assert (answer.status_code, session.get_one(Notice, notice).dismissed_at) == (404, None)


def test_a_user_of_two_accounts_begins_at_the_first_and_changes_between_them(owner: Visitor, room: Room) -> None:
    with room.store.write() as session:
        session.add(
            AccountAccess(
                reseller_id=room.reseller_id,
                account_id=room.person_id,
                user_id=room.users["owner"],
                level=AccessLevel.USER,
            )
        )

    first = owner.get("/", follow_redirects=True)
    other = owner.get(room.path(), follow_redirects=True)

    assert first.request.path == f"/accounts/{room.person_id}/subscriptions", "he is a mere user there"
    assert other.request.path == room.path("/payments")
    assert f'href="{room.path()}"' in first.text
    assert f'href="/accounts/{room.person_id}"' in other.text


def test_a_user_without_accounts_is_told_so(room: Room) -> None:
    with room.store.write() as session:
        session.delete(session.get_one(AccountAccess, (room.account_id, room.users["user"])))

    answer = Visitor(room.app, room.users["user"]).get("/accounts/")

    assert answer.status_code == 200
    assert "нет доступа ни к одному клиенту" in answer.text


def test_the_language_switch_leads_back_to_the_page(owner: Visitor, room: Room) -> None:
    answer = owner.post("/language", {"language": "en", "next": room.path("/operations")})

    assert answer.location == room.path("/operations")
    assert "No operations yet" in owner.get(room.path("/operations")).text
