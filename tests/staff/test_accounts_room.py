"""Customers, their users, subscriptions and plans, as a manager keeps them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from host_stub.domain.errors import NotFound
from host_stub.persistence import (
    AccessLevel,
    Account,
    AccountAccess,
    LedgerTransaction,
    LogEntry,
    Mail,
    Period,
    Plan,
    Reseller,
    Subscription,
    User,
)
from host_stub.services.books import corrections
from host_stub.services.charges import plans, subscriptions
from tests.staff.conftest import Staff
from tests.support.web import Visitor
from tests.support.world import MANAGER, an_account, rub

COMPANY = {
    "type": "company",
    "name": "ООО «Василёк»",
    "inn": "7707083893",
    "kpp": "770701001",
    "email": "info@vasilek.example",
    "phone": "+7 495 000-00-00",
    "language": "ru",
    "zip": "101000",
    "country": "RU",
    "region": "",
    "city": "Москва",
    "street": "Мясницкая",
    "building": "1",
    "office": "2",
    "attributes": "contract=17/К\nmanager = Иванов",
}


def made_account(staff: Staff, visitor: Visitor, **more: str) -> Account:
    answer = visitor.post("/reseller/accounts/new", COMPANY | more)
    assert answer.status_code == 303, answer.text
    row: Account = staff.row(Account, int(answer.location.rpartition("/")[2]))
    return row


def test_a_customer_is_made_with_every_field(any_staff: Staff) -> None:
    row = made_account(any_staff, any_staff.visitor("olga"))

    assert {name: getattr(row, name) for name in COMPANY if name != "attributes"} == {
        name: value for name, value in COMPANY.items() if name != "attributes"
    }
    assert row.custom_attributes == {"contract": "17/К", "manager": "Иванов"}
    assert (row.reseller_id, row.balance_minor) == (any_staff.reseller_id, 0)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [("inn", "7707083894", "контрольные цифры"), ("inn", "123", "10 цифр"), ("kpp", "77", "В КПП 9 знаков")],
)
def test_doubtful_tax_numbers_are_told_and_kept(staff: Staff, olga: Visitor, field: str, text: str, said: str) -> None:
    row = made_account(staff, olga, **{field: text})

    assert getattr(row, field) == text
    assert said in olga.get(f"/reseller/accounts/{row.id}").text


@pytest.mark.parametrize(
    ("field", "text"), [("name", " "), ("email", "a@b@c"), ("attributes", "no sign"), ("type", "x")]
)
def test_a_customer_form_with_a_mistake_keeps_what_was_typed(
    staff: Staff, olga: Visitor, field: str, text: str
) -> None:
    answer = olga.post("/reseller/accounts/new", COMPANY | {field: text})

    assert answer.status_code == 422
    assert "Мясницкая" in answer.text
    assert "aria-invalid" in answer.text


def test_a_change_is_logged_by_the_names_of_its_fields(staff: Staff, olga: Visitor) -> None:
    row = made_account(staff, olga)

    olga.post(f"/reseller/accounts/{row.id}/edit", COMPANY | {"city": "Тверь"})

    assert "Изменено: город." in olga.get(f"/reseller/accounts/{row.id}/log").text


@pytest.mark.parametrize("text", ["василёк", "7707083893", "vasilek.example", "ВАСИЛ"])
def test_customers_are_found_by_name_inn_and_address(any_staff: Staff, text: str) -> None:
    olga = any_staff.visitor("olga")
    made_account(any_staff, olga)

    page = olga.get("/reseller/accounts", query_string={"q": text}).text

    assert "Василёк" in page
    assert "Ромашка" not in page


def test_a_search_for_signs_with_a_meaning_of_their_own_finds_nothing(any_staff: Staff) -> None:
    olga = any_staff.visitor("olga")

    for text in ("%", "_", "\\", "' or 1=1 --"):
        assert "ничего не нашлось" in olga.get("/reseller/accounts", query_string={"q": text}).text


def correction(visitor: Visitor, staff: Staff, amount: str, reason: str = "Компенсация") -> Any:
    page = visitor.get(f"/reseller/accounts/{staff.account_id}").text
    token = re.search(r'name="once_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    form = {"amount": amount, "reason": reason, "once_token": token[1]}
    first = visitor.post(f"/reseller/accounts/{staff.account_id}/corrections", form)
    visitor.post(f"/reseller/accounts/{staff.account_id}/corrections", form)
    return first


@pytest.mark.parametrize(("amount", "balance"), [("100,50", 100_50), ("-40", -40_00), ("−40", -40_00), ("+7", 7_00)])
def test_a_correction_is_posted_once_with_its_reason(any_staff: Staff, amount: str, balance: int) -> None:
    correction(any_staff.visitor("olga"), any_staff, amount)

    assert any_staff.balance() == balance
    with any_staff.store.read() as session:
        (header,) = session.scalars(select(LedgerTransaction))
    assert (header.kind, header.reason, header.actor.rpartition(":")[2]) == (
        "correction",
        "Компенсация",
        "Ольга Смирнова",
    )


@pytest.mark.parametrize(("amount", "reason"), [("0", "x"), ("", "x"), ("100", ""), ("1e3", "x"), ("--5", "x")])
def test_a_correction_without_sum_or_reason_posts_nothing(
    staff: Staff, olga: Visitor, amount: str, reason: str
) -> None:
    answer = correction(olga, staff, amount, reason)

    assert answer.status_code == 422
    assert staff.balance() == 0


def test_the_operations_show_every_movement_with_the_running_balance(any_staff: Staff) -> None:
    olga = any_staff.visitor("olga")
    for number, amount in enumerate(("300", "-100")):
        corrections.correct(
            any_staff.store,
            any_staff.scope,
            any_staff.account_id,
            rub("300") if amount == "300" else -rub("100"),
            reason=f"причина {number}",
            once_token=str(number),
            by=MANAGER,
        )

    page = olga.get(f"/reseller/accounts/{any_staff.account_id}/operations").text

    assert page.index("причина 1") < page.index("причина 0")
    assert "200,00" in page
    assert "300,00" in page


def test_a_raised_threshold_holds_and_a_lowered_one_lets_go(staff: Staff, olga: Visitor) -> None:
    address = f"/reseller/accounts/{staff.account_id}/threshold"

    olga.post(address, {"threshold": "50"})
    held = staff.row(Account, staff.account_id).on_hold_since
    olga.post(address, {"threshold": "-1000"})

    assert held is not None
    row = staff.row(Account, staff.account_id)
    assert (row.on_hold_since, row.threshold_minor) == (None, -1000_00)


def invite(visitor: Visitor, staff: Staff, email: str, level: str = "owner") -> Any:
    form = {"name": "Анна", "email": email, "language": "ru", "level": level}
    return visitor.post(f"/reseller/accounts/{staff.account_id}/users", form)


def test_an_invited_user_gets_a_mail_with_a_link_that_no_page_shows(any_staff: Staff) -> None:
    olga = any_staff.visitor("olga")

    invite(olga, any_staff, "anna@example.com")

    with any_staff.store.read() as session:
        (mail,) = session.scalars(select(Mail).where(Mail.recipient == "anna@example.com"))
        user = session.scalars(select(User).where(User.email == "anna@example.com")).one()
    assert "/invitation/" in mail.text
    assert user.password_hash is None
    shown = olga.get(f"/reseller/mails/{mail.id}").text
    assert "/invitation/" not in shown
    assert "приглашен" in olga.get(f"/reseller/accounts/{any_staff.account_id}/users").text


def test_a_level_is_changed_and_the_last_owner_stays(staff: Staff, olga: Visitor) -> None:
    for email, level in (("anna@example.com", "owner"), ("boris@example.com", "user")):
        invite(olga, staff, email, level)
    with staff.store.read() as session:
        ids = dict(session.execute(select(User.email, User.id)).all())

    def act(email: str, what: str) -> str:
        address = f"/reseller/accounts/{staff.account_id}/users/{ids[email]}"
        return olga.post(address, {"act": what}, follow_redirects=True).text

    act("boris@example.com", "finance_manager")
    refused = act("anna@example.com", "take")

    with staff.store.read() as session:
        levels = {row.user_id: row.level for row in session.scalars(select(AccountAccess))}
    assert levels == {
        ids["anna@example.com"]: AccessLevel.OWNER,
        ids["boris@example.com"]: AccessLevel.FINANCE_MANAGER,
    }
    assert "хотя бы один владелец" in refused


@pytest.mark.parametrize("email", ["olga@example.com", "nonsense", "a b@example.com"])
def test_an_address_that_is_taken_or_none_is_told_beside_the_field(staff: Staff, olga: Visitor, email: str) -> None:
    answer = invite(olga, staff, email)

    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text


def test_a_manager_of_the_same_reseller_is_no_customer_s_user(staff: Staff, olga: Visitor) -> None:
    address = f"/reseller/accounts/{staff.account_id}/users/{staff.people['petr']}"

    assert olga.post(address, {"act": "owner"}).status_code == 404
    with staff.store.read() as session:
        assert list(session.scalars(select(AccountAccess))) == []


def a_plan(visitor: Visitor, price: str = "300", period: str = "month") -> int:
    form = {"name": "VPS", "period": period, "price": price, "description": ""}
    return int(visitor.post("/reseller/plans/new", form).location.rpartition("/")[2])


def a_subscription(visitor: Visitor, staff: Staff, plan_id: int) -> int:
    address = f"/reseller/subscriptions/new?account={staff.account_id}"
    answer = visitor.post(address, {"plan_id": str(plan_id), "name": ""})
    return int(answer.location.rpartition("/")[2])


def test_a_subscription_is_activated_or_told_what_is_missing(any_staff: Staff) -> None:
    olga = any_staff.visitor("olga")
    subscription_id = a_subscription(olga, any_staff, a_plan(olga))
    address = f"/reseller/subscriptions/{subscription_id}"

    refused = olga.post(f"{address}/activate", follow_redirects=True).text
    still = any_staff.row(Subscription, subscription_id).status
    correction(olga, any_staff, "300")

    assert still == "pending"
    assert "300,00" in refused
    assert any_staff.row(Subscription, subscription_id).status == "active"
    assert any_staff.balance() == 0


def test_a_deleted_subscription_stays_deleted(staff: Staff, olga: Visitor) -> None:
    subscription_id = a_subscription(olga, staff, a_plan(olga))
    address = f"/reseller/subscriptions/{subscription_id}"

    olga.post(f"{address}/delete")
    again = olga.post(f"{address}/activate", follow_redirects=True).text

    assert staff.row(Subscription, subscription_id).status == "deleted"
    assert "Ничего не изменилось" in again


def test_a_plan_changes_its_price_but_not_its_period(staff: Staff, olga: Visitor) -> None:
    plan_id = a_plan(olga)

    olga.post(f"/reseller/plans/{plan_id}", {"name": "VPS-2", "period": "hour", "price": "450,50", "description": "x"})

    row = staff.row(Plan, plan_id)
    assert (row.name, row.price_minor, row.period) == ("VPS-2", 450_50, "month")


def test_a_plan_that_is_not_sold_cannot_be_subscribed_to(staff: Staff, olga: Visitor) -> None:
    plan_id = a_plan(olga)
    olga.post(f"/reseller/plans/{plan_id}/active", {"on": "no"})

    answer = olga.post(f"/reseller/subscriptions/new?account={staff.account_id}", {"plan_id": str(plan_id), "name": ""})

    assert answer.status_code == 422
    assert "Подписываться пока не на что" in answer.text


def test_another_reseller_s_customer_does_not_exist(any_staff: Staff) -> None:
    olga, stranger = any_staff.visitor("olga"), any_staff.stranger_id
    address = f"/reseller/accounts/{stranger}"

    for tab in ("", "/edit", "/payments", "/operations", "/subscriptions", "/users", "/log"):
        assert olga.get(address + tab).status_code == 404, tab
    assert olga.post(f"{address}/edit", COMPANY).status_code == 404
    assert olga.post(f"{address}/threshold", {"threshold": "1"}).status_code == 404
    assert olga.post(f"{address}/corrections", {"amount": "1", "reason": "x", "once_token": "1"}).status_code == 404
    assert (
        olga.post(
            f"{address}/users", {"name": "x", "email": "x@x.example", "level": "owner", "language": "ru"}
        ).status_code
        == 404
    )
    for page in ("payments", "subscriptions"):
        assert olga.get(f"/reseller/{page}/new?account={stranger}").status_code == 404
    assert "Чужая фирма" not in olga.get("/reseller/accounts").text
    assert any_staff.row(Account, stranger).balance_minor == 0


def test_the_journal_is_of_one_reseller(any_staff: Staff) -> None:
    correction(any_staff.visitor("olga"), any_staff, "100")

    assert "Компенсация" in any_staff.visitor("olga").get("/reseller/journal").text
    assert "Компенсация" not in any_staff.visitor("other").get("/reseller/journal").text
    with any_staff.store.read() as session:
        assert session.scalars(select(LogEntry)).first() is not None


def test_a_row_of_another_reseller_is_no_row(staff: Staff) -> None:
    with pytest.raises(NotFound):
        corrections.correct(
            staff.store, staff.scope, staff.stranger_id, rub("1"), reason="x", once_token="x", by=MANAGER
        )


def test_whoever_will_stop_is_counted_in_hold_or_not_and_the_filter_agrees(any_staff: Staff) -> None:
    """At 11:07 an account in hold whose hour is paid until noon stops as surely as one that lacks the next sum."""
    staff, made = any_staff, {}
    staff.clock.set(datetime(2020, 11, 13, 8, 7, tzinfo=UTC))
    terms = plans.PlanTerms("Сайт", Period.HOUR, rub("720.00"))
    plan_id = plans.create(staff.store, staff.scope, staff.reseller_id, terms, by=MANAGER)
    with staff.store.write() as session:
        seller = session.get_one(Reseller, staff.reseller_id)
        ids = {
            name: an_account(session, seller, name=name).id for name in ("В блокировке", "Ждёт", "Не хватит", "Хватит")
        }
    for name, left in (("В блокировке", "-5"), ("Ждёт", "300"), ("Не хватит", "3"), ("Хватит", "300")):
        give(staff, ids[name], "10.00")
        made[name] = subscriptions.create(staff.store, staff.scope, ids[name], plan_id, by=MANAGER)
        subscriptions.activate(staff.store, staff.scope, made[name], by=MANAGER)
        give(staff, ids[name], f"{int(left) - 9}.00")
    with (
        staff.store.write() as session
    ):  # another service's charge does not fit: in hold the hour is not charged either
        session.get_one(Account, ids["Ждёт"]).on_hold_since = staff.store.now()
    olga = staff.visitor("olga")

    home, found = olga.get("/reseller/").text, olga.get("/reseller/accounts?status=stopping").text

    assert re.search(r'status=stopping">3</a>', home)
    shown = [name for name in ids if f">{name}</a>" in found]
    assert shown == ["В блокировке", "Ждёт", "Не хватит"]
    page = olga.get(f"/reseller/subscriptions/{made['В блокировке']}").text
    assert re.search(r"Остановится</dt>\s*<dd><time[^>]*>13\.11\.2020, 12:00", page)
    assert "Следующее списание</dt>" not in page
    assert re.search(r"остановится\s*<time[^>]*>13\.11\.2020, 12:00", olga.get("/reseller/subscriptions").text)
    banner = olga.get(f"/reseller/accounts/{ids['В блокировке']}").text
    assert "Услуги работают до 13.11.2020, 12:00, затем остановятся." in banner


def give(staff: Staff, account_id: int, amount: str) -> None:
    corrections.correct(
        staff.store, staff.scope, account_id, rub(amount), reason="x", once_token=f"{account_id}{amount}", by=MANAGER
    )
