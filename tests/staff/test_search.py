"""What people type into the search of each list, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from datetime import date

import pytest
from billhook import Money

from host_stub.persistence import Account, Payment, Plan, Subscription, listings
from host_stub.services.money_in import approvals, payments
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.payments import TopUp
from tests.staff.conftest import Staff
from tests.support.world import CUSTOMER, MANAGER, an_account, rub


@pytest.fixture
def known(any_staff: Staff) -> Staff:
    """A customer of many spellings, with a payment by bank that is approved by payment order 147."""
    staff = any_staff
    with staff.store.write() as session:
        reseller = session.merge(staff.reseller())
        firm = an_account(session, reseller, name="ООО «ТехноСервис Ёлка»", inn="7707083893", email="buh@elka.example")
        account_id = firm.id
        plan = Plan(
            reseller_id=reseller.id, name="VPS «Пётр»", period="month", price_minor=100, created_at=firm.created_at
        )
        session.add(plan)
        session.flush()
        session.add(
            Subscription(
                reseller_id=reseller.id,
                account_id=account_id,
                plan_id=plan.id,
                name="Сервер «Ёж»",
                status="pending",
                created_at=firm.created_at,
            )
        )
    top_up = TopUp(account_id, rub("12500.00"), method_id=staff.bank_id, purpose="Аренда стойки за ноябрь")
    payment_id = payments.start_top_up(staff.store, staff.scope, top_up, by=CUSTOMER)
    order = BankOrder(Money.of("12500.00", "RUB"), "147", date(2020, 11, 11))
    approvals.approve_payment(staff.store, staff.scope, payment_id, order, by=MANAGER)
    return staff


def found(staff: Staff, page: str, text: str) -> str:
    return staff.visitor("olga").get(f"/reseller/{page}", query_string={"q": text}).text


@pytest.mark.parametrize(
    "text",
    ["ООО «ТЕХНОСЕРВИС", "техносервис", 'ооо "техносервис', "сервис елка", "ёлка", "7707083893", "70838", "ELKA.EX"],
)
def test_a_customer_is_found_in_any_spelling_of_name_inn_and_address(known: Staff, text: str) -> None:
    page = found(known, "accounts", text)

    assert "ТехноСервис" in page
    assert "Ромашка" not in page


@pytest.mark.parametrize(
    "text",
    [
        "7707083893",
        "12 500",
        "12500,00",
        "12 500 ₽",
        "147",
        "№ 147",
        "п/п 147",
        "0147",
        "147 от 11.11.2020",
        "ИНН 7707083893",
        "7707 083 893",
        "стойки",
        "АРЕНДА",
        "техносервис",
        "елка",
        "0000001",
    ],
)
def test_a_payment_is_found_by_inn_sum_order_purpose_customer_and_number(known: Staff, text: str) -> None:
    known.payment("5000.00")
    page = found(known, "payments", text)

    assert "Аренда стойки" in page
    assert "5 000,00" not in page.replace("\u00a0", " ")


@pytest.mark.parametrize("text", ["елка", "ЕЖ", "vps петр"])
def test_a_subscription_is_found_by_its_name_customer_and_plan(known: Staff, text: str) -> None:
    assert "Сервер «Ёж»" in found(known, "subscriptions", text)


def test_a_renamed_customer_is_found_by_the_new_name_and_not_by_the_former(known: Staff) -> None:
    with known.store.write() as session:
        session.get_one(Account, known.account_id).name = "ООО «Фиалка»"

    assert "Фиалка" in found(known, "accounts", "ФИАЛКА")
    assert "Фиалка" not in found(known, "accounts", "ромашка")


LISTS = (
    "payments",
    "accounts",
    "subscriptions",
    "plans",
    "charges",
    "arrivals",
    "mails",
    "journal",
    "subscriptions/new",
)


@pytest.mark.parametrize("page", LISTS)
def test_a_search_without_a_hit_says_what_was_looked_for_and_not_that_there_is_nothing(staff: Staff, page: str) -> None:
    staff.payment()
    text = found(staff, page, "шестьсот")

    assert "По «шестьсот» ничего не нашлось" in text
    assert "Платежей нет" not in text
    assert "Показать все" in text


@pytest.mark.parametrize("page", ["resellers", "arrivals"])
def test_a_search_of_the_operator_without_a_hit_says_so_too(staff: Staff, page: str) -> None:
    text = staff.visitor("operator").get(f"/admin/{page}", query_string={"q": "шестьсот"}).text

    assert "По «шестьсот» ничего не нашлось" in text


def test_a_filter_without_a_row_does_not_say_that_there_is_nothing(staff: Staff) -> None:
    staff.payment()

    page = staff.visitor("olga").get("/reseller/payments?status=cancelled").text

    assert "С таким фильтром ничего нет" in page


def test_a_search_that_stops_says_how_far_it_got_and_goes_on_to_what_is_older(
    any_staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "LOOKED_THROUGH", 3)
    old = any_staff.payment(purpose="Старый договор")
    for _number in range(5):
        any_staff.payment()
    olga = any_staff.visitor("olga")

    first = olga.get("/reseller/payments?q=договор").text
    assert "Просмотрено строк: 3" in first
    assert "Старый договор" not in first
    second = olga.get(f"/reseller/payments?q=договор&before={old + 3}").text

    assert f"before={old + 3}" in first
    assert "Старый договор" in second
    assert "Искать дальше" not in second


def test_a_whole_number_is_found_however_far_back_it_is(any_staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "LOOKED_THROUGH", 1)
    old = any_staff.payment("777.00")
    for _number in range(3):
        any_staff.payment()
    number = any_staff.row(Payment, old).number

    for text in (number, number.lstrip("0"), "777"):
        assert number in found(any_staff, "payments", text)
