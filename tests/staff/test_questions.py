"""Before money moves or a service changes a manager reads whose it is, how much, and what it comes to."""

from __future__ import annotations

import re
from typing import Any

import pytest

from host_stub.persistence import Period, Subscription
from host_stub.services.books import corrections
from host_stub.services.charges import plans, subscriptions
from host_stub.services.money_in import approvals
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.reversals import Undo
from tests.staff.conftest import Staff
from tests.staff.test_arrivals_room import close_form, credit_form, parked
from tests.staff.test_payments_room import ORDER
from tests.support.sums import sums_in
from tests.support.web import Visitor
from tests.support.world import MANAGER, rub

ASK = {"_question_wanted": "yes"}


def asked(visitor: Visitor, address: str, form: dict[str, str]) -> str:
    """Post a form that wants to be asked about; return the text of the question, without tags."""
    answer = visitor.post(address, form | ASK)
    assert answer.status_code == 200
    found = re.search(r"<section[^>]*data-question>(.*?)</section>", answer.text, re.S)
    assert found is not None
    assert 'name="_question_wanted"' not in found[1]
    return re.sub(r"<[^>]+>", " ", found[1]).replace("&#34;", '"')


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))


def give(staff: Staff, amount: str) -> None:
    corrections.correct(
        staff.store, staff.scope, staff.account_id, rub(amount), reason="x", once_token=amount, by=MANAGER
    )


def pending(staff: Staff, price: str, period: Period = Period.MONTH) -> int:
    terms = plans.PlanTerms("VPS", period, rub(price))
    plan_id = plans.create(staff.store, staff.scope, staff.reseller_id, terms, by=MANAGER)
    return subscriptions.create(staff.store, staff.scope, staff.account_id, plan_id, by=MANAGER)


@pytest.mark.parametrize(
    ("amount", "title", "after"),
    [("-400", "Списать 400,00\u00a0руб. с баланса клиента ООО «Ромашка»?", 600_00),
     ("250,50", "Добавить 250,50\u00a0руб. на баланс клиента ООО «Ромашка»?", 1250_50)],
)  # fmt: skip
def test_a_correction_is_asked_about_with_its_sign_and_its_result(
    staff: Staff, olga: Visitor, amount: str, title: str, after: int
) -> None:
    give(staff, "1000.00")
    form = {"amount": amount, "reason": "Компенсация", "once_token": "t" * 20}

    question = asked(olga, f"/reseller/accounts/{staff.account_id}/corrections", form)

    assert title in question
    assert sums_in(question)[1:3] == [1000_00, after]
    assert staff.balance() == 1000_00


def test_the_answer_yes_does_what_was_asked_once(staff: Staff, olga: Visitor) -> None:
    address = f"/reseller/accounts/{staff.account_id}/corrections"
    page = olga.post(address, {"amount": "70", "reason": "Бонус", "once_token": "t" * 20} | ASK).text
    form = {name: text for name, text in hidden(page).items() if name in ("amount", "reason", "once_token")}

    olga.post(address, form)
    olga.post(address, form)

    assert staff.balance() == 70_00


def test_what_is_wrong_is_said_instead_of_asked(staff: Staff, olga: Visitor) -> None:
    answer = olga.post(f"/reseller/accounts/{staff.account_id}/corrections", {"amount": "1e3", "reason": ""} | ASK)

    assert answer.status_code == 422
    assert "data-question" not in answer.text


def test_a_threshold_is_asked_about_with_the_former_one_and_what_follows(staff: Staff, olga: Visitor) -> None:
    question = asked(olga, f"/reseller/accounts/{staff.account_id}/threshold", {"threshold": "100"})

    assert "Изменить порог блокировки клиента ООО «Ромашка» на 100,00\u00a0руб.?" in question
    assert "услуги остановятся" in question
    assert sums_in(question)[1:] == [0, 100_00, 0]


def test_an_approval_is_asked_about_with_payer_order_and_result(staff: Staff, olga: Visitor) -> None:
    payment_id = staff.payment()

    question = asked(olga, f"/reseller/payments/{payment_id}/approve", ORDER | {"received": "4 990,00"})

    assert "Зачислить 4\u00a0990,00\u00a0руб. клиенту ООО «Ромашка»?" in question
    assert "№ 147 от 13.11.2020" in question
    assert sums_in(question)[1:4] == [10_00, 0, 4990_00]
    assert staff.status(payment_id) == "waiting_for_payment"


def test_the_dialogs_of_a_parked_event_name_its_sum_and_whose_it_is(staff: Staff, olga: Visitor) -> None:
    arrival_id = parked(staff)

    credit = asked(olga, f"/reseller/arrivals/{arrival_id}/credit", credit_form(staff))
    close = asked(olga, f"/reseller/arrivals/{arrival_id}/close", close_form())

    assert "Зачислить 500,00\u00a0руб. клиенту ООО «Ромашка»?" in credit
    assert sums_in(credit)[1:3] == [0, 500_00]
    assert "Закрыть поступление на 500,00\u00a0руб. без зачисления?" in close
    assert staff.balance() == 0


@pytest.mark.parametrize(
    ("action", "title"),
    [("activate", "Активировать «VPS» клиента ООО «Ромашка»?"), ("delete", "Удалить «VPS» клиента ООО «Ромашка»?")],
)
def test_a_subscription_is_asked_about_by_name(staff: Staff, olga: Visitor, action: str, title: str) -> None:
    give(staff, "1000.00")
    made = pending(staff, "590.00")

    question = asked(olga, f"/reseller/subscriptions/{made}/{action}", {})

    assert title in question
    if action == "activate":
        assert sums_in(question) == [590_00, 1000_00, 410_00]


def test_cancelling_a_payment_is_asked_about_with_number_sum_and_customer(staff: Staff, olga: Visitor) -> None:
    payment_id = staff.payment()

    question = asked(olga, f"/reseller/payments/{payment_id}/cancel", {})

    assert "Отменить платеж 0000001 на 5\u00a0000,00\u00a0руб. клиента ООО «Ромашка»?" in question
    assert staff.status(payment_id) == "waiting_for_payment"


def approved_with_a_start(staff: Staff, period: Period = Period.MONTH) -> tuple[int, int]:
    """Return a payment whose approval has activated a subscription for 590 roubles, and that subscription."""
    made = pending(staff, "590.00", period)
    payment_id = staff.payment("1000.00")
    order = BankOrder(rub("1000.00"), "17", staff.clock.now().date())
    approvals.approve_payment(staff.store, staff.scope, payment_id, order, by=MANAGER)
    return payment_id, made


def test_an_undo_names_what_the_credit_started_and_asks_what_becomes_of_it(staff: Staff, olga: Visitor) -> None:
    payment_id, _made = approved_with_a_start(staff)

    question = asked(olga, f"/reseller/payments/{payment_id}/reverse", {"reason": "не тот клиент"})

    assert "Списать 1\u00a0000,00\u00a0руб. с баланса клиента ООО «Ромашка»?" in question
    assert "Это зачисление активировало «VPS»: за нее списано 590,00\u00a0руб." in question
    assert "Только забрать деньги: баланс станет \u2212590,00\u00a0руб." in question
    assert "вернуть 590,00\u00a0руб.: баланс станет 0,00\u00a0руб." in question
    assert staff.balance() == 410_00


@pytest.mark.parametrize(("option", "balance", "status"), [("money", -590_00, "active"), ("services", 0, "pending")])
def test_an_undo_does_what_the_manager_chose_and_says_what_became(
    any_staff: Staff, option: str, balance: int, status: str
) -> None:
    payment_id, made = approved_with_a_start(any_staff)
    form = {"reason": "не тот клиент", "option": option}

    answer = any_staff.visitor("olga").post(f"/reseller/payments/{payment_id}/reverse", form, follow_redirects=True)

    assert any_staff.balance() == balance
    assert any_staff.row(Subscription, made).status == status
    charges = any_staff.visitor("olga").get("/reseller/charges").text
    assert ("возвращено" in charges) == (option == "services")
    told = sums_in(re.sub(r"<[^>]+>", "", answer.text[answer.text.index("Подтверждение отменено.") :]))[0]
    assert told == balance
    assert ("Услуги будут приостановлены" in answer.text) == (option == "money")


def test_what_was_charged_again_since_stays(staff: Staff) -> None:
    from host_stub.services.charges import charging

    payment_id, made = approved_with_a_start(staff, Period.DAY)
    give(staff, "5000.00")
    staff.clock.advance(days=1)
    charging.run_due(staff.store)

    olga = staff.visitor("olga")
    question = asked(olga, f"/reseller/payments/{payment_id}/reverse", {"reason": "не тот"})

    assert "это уже не изменить" in question
    assert "Еще и остановить" not in question
    olga.post(f"/reseller/payments/{payment_id}/reverse", {"reason": "не тот", "option": "services"})
    assert staff.row(Subscription, made).status == "active"


def test_what_was_taken_back_and_starts_again_the_same_day_pays_the_rest_of_it(staff: Staff) -> None:
    from host_stub.services.charges import charging

    payment_id, made = approved_with_a_start(staff, Period.DAY)  # at noon: half a day is left
    approvals.reverse_approval(staff.store, staff.scope, payment_id, Undo("не тот", with_services=True), by=MANAGER)
    again = staff.payment("600.00")
    order = BankOrder(rub("600.00"), "18", staff.clock.now().date())
    approvals.approve_payment(staff.store, staff.scope, again, order, by=MANAGER)
    charging.run_due(staff.store)

    assert staff.row(Subscription, made).status == "active"
    assert staff.balance() == 600_00 - 295_00


def test_a_resumed_service_that_is_taken_back_is_stopped_in_hold_again(any_staff: Staff) -> None:
    from host_stub.services.charges import charging

    staff = any_staff
    give(staff, "590.00")
    made = pending(staff, "590.00", Period.DAY)
    subscriptions.activate(staff.store, staff.scope, made, by=MANAGER)
    staff.clock.advance(days=1)
    charging.run_due(staff.store)
    payment_id = staff.payment("1000.00")
    order = BankOrder(rub("1000.00"), "17", staff.clock.now().date())
    approvals.approve_payment(staff.store, staff.scope, payment_id, order, by=MANAGER)
    running: Any = staff.row(Subscription, made).status

    approvals.reverse_approval(staff.store, staff.scope, payment_id, Undo("не тот", with_services=True), by=MANAGER)

    assert (running, staff.row(Subscription, made).status) == ("active", "stopped")
    assert staff.balance() == 0
    page = staff.visitor("olga").get(f"/reseller/subscriptions/{made}").text
    assert "Пополните баланс на" in page
