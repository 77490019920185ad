"""Money that waits: decided once, by somebody, with a reason."""

from __future__ import annotations

import re
from typing import Any

import pytest

from host_stub.domain.actors import Actor
from host_stub.domain.arrivals import Act, Kind
from host_stub.persistence import Account, Arrival, Payment, PaymentMethod, User
from host_stub.services.books import ledger
from host_stub.services.money_in import approvals, arrivals, payments
from host_stub.services.money_in.approvals import BankOrder
from tests.staff.conftest import Staff
from tests.support.web import Visitor
from tests.support.world import MANAGER, a_parked_arrival, rub


def parked(staff: Staff, **more: Any) -> int:
    values = {"reference": "0000001", "details": {"system": "<b>SBP</b>"}, **more}
    with staff.store.write() as session:
        method = session.get_one(PaymentMethod, staff.gateway_id)
        return a_parked_arrival(session, method, b"LMI_PAYMENT_NO=1&note=<script>alert(1)</script>", **values).id


def credit_form(staff: Staff, **more: str) -> dict[str, str]:
    return {"account_id": str(staff.account_id), "reason": "нашёлся плательщик", "seen": "1", **more}


def close_form(reason: str = "ошибка банка", **more: str) -> dict[str, str]:
    return {"close-reason": reason, "close-how": "not_ours", "close-seen": "1", **more}


@pytest.mark.parametrize(("language", "label"), [("ru", "Плательщик"), ("en", "Payer")])
def test_what_the_gateway_said_stands_under_labels_of_its_plugin(staff: Staff, language: str, label: str) -> None:
    arrival_id = parked(staff, details={"Payer": "410000******0010"})

    with staff.store.write() as session:
        session.get_one(User, staff.people["olga"]).language = language
    page = staff.visitor("olga").get(f"/reseller/arrivals/{arrival_id}").text

    assert f"<dt>{label}</dt>" in page
    assert "410000******0010" in page


def test_a_parked_event_is_credited_once_and_the_second_manager_is_told(any_staff: Staff) -> None:
    arrival_id = parked(any_staff)
    form = credit_form(any_staff)

    any_staff.visitor("olga").post(f"/reseller/arrivals/{arrival_id}/credit", form)
    second = any_staff.visitor("petr").post(f"/reseller/arrivals/{arrival_id}/credit", form, follow_redirects=True)

    assert any_staff.balance() == 500_00
    row = any_staff.row(Arrival, arrival_id)
    assert (row.state, row.credited_minor, row.waits) == ("credited", 500_00, "")
    assert "Ольга Смирнова" in second.text
    assert "Ничего не изменилось" in second.text


def test_an_event_is_closed_without_a_credit(any_staff: Staff) -> None:
    arrival_id, olga = parked(any_staff), any_staff.visitor("olga")

    answer = olga.post(f"/reseller/arrivals/{arrival_id}/close", close_form(), follow_redirects=True)

    assert any_staff.balance() == 0
    assert "ошибка банка" in answer.text
    assert "777" not in olga.get("/reseller/arrivals").text
    assert "777" in olga.get("/reseller/arrivals?status=closed").text


def test_a_test_payment_is_not_credited(staff: Staff, olga: Visitor) -> None:
    arrival_id = parked(staff, is_test=True)

    answer = olga.post(f"/reseller/arrivals/{arrival_id}/credit", credit_form(staff))

    assert answer.status_code == 422
    assert "нет денег" in answer.text
    assert staff.balance() == 0


@pytest.mark.parametrize(
    "form", [{"reason": "x"}, {"account_id": "1x", "reason": "x"}, {"account_id": "1", "reason": ""}]
)
def test_a_credit_needs_a_customer_and_a_reason(staff: Staff, olga: Visitor, form: dict[str, str]) -> None:
    arrival_id = parked(staff)

    assert olga.post(f"/reseller/arrivals/{arrival_id}/credit", form).status_code == 422
    assert staff.row(Arrival, arrival_id).decisions == 1


def test_money_never_goes_to_another_reseller_s_customer(any_staff: Staff) -> None:
    arrival_id = parked(any_staff)

    answer = any_staff.visitor("olga").post(
        f"/reseller/arrivals/{arrival_id}/credit", credit_form(any_staff, account_id=str(any_staff.stranger_id))
    )

    assert answer.status_code == 422
    assert any_staff.row(Account, any_staff.stranger_id).balance_minor == 0
    assert any_staff.row(Arrival, arrival_id).decisions == 1


def test_another_reseller_sees_no_event(staff: Staff) -> None:
    arrival_id, other = parked(staff), staff.visitor("other")

    assert other.get(f"/reseller/arrivals/{arrival_id}").status_code == 404
    assert other.post(f"/reseller/arrivals/{arrival_id}/close", close_form()).status_code == 404
    assert staff.row(Arrival, arrival_id).decisions == 1


def test_what_the_gateway_sent_is_shown_as_text(staff: Staff, olga: Visitor) -> None:
    page = olga.get(f"/reseller/arrivals/{parked(staff)}").text

    assert "<script>alert" not in page
    assert "<b>SBP" not in page
    assert "&lt;script&gt;alert" in page


def test_the_start_page_counts_parked_events_and_leads_to_them(staff: Staff, olga: Visitor) -> None:
    parked(staff)

    page = olga.get("/reseller/").text

    assert 'href="/reseller/arrivals"' in page[page.index('class="queue"') :]


def test_the_operator_sees_everybody_s_and_opens_one_in_its_reseller_s_room(staff: Staff) -> None:
    arrival_id, operator = parked(staff), staff.visitor("operator")

    page = operator.get("/admin/arrivals").text
    opened = operator.post(f"/admin/arrivals/{arrival_id}/open", follow_redirects=True)

    assert "ООО «Пример»" in page
    assert opened.request.path == f"/reseller/arrivals/{arrival_id}"
    assert "Вы работаете от имени реселлера ООО «Пример»" in opened.text


def doubtful(staff: Staff) -> tuple[int, int]:
    """Let a manager approve what the gateway is paid as well; return the payment and the arrival that waits."""
    payment_id = staff.payment("500.00")
    order = BankOrder(rub("500.00"), "147", staff.clock.now().date(), payer_name="ООО «Ромашка»")
    approvals.approve_payment(staff.store, staff.scope, payment_id, order, by=MANAGER)
    with staff.store.write() as session:
        method = session.get_one(PaymentMethod, staff.gateway_id)
        arrival_id = a_parked_arrival(session, method, payment_id=payment_id, reference="0000001").id
    return payment_id, arrival_id


def test_money_is_matched_to_the_payment_that_it_names_by_its_number(any_staff: Staff) -> None:
    payment_id, arrival_id = any_staff.payment("500.00"), parked(any_staff)
    olga, form = any_staff.visitor("olga"), {"payment": "0000001", "amount": "500", "reason": "его", "seen": "1"}

    answer = olga.post(f"/reseller/arrivals/{arrival_id}/credit", form, follow_redirects=True)

    assert "по платежу 0000001" in answer.text
    assert any_staff.status(payment_id) == "completed"
    page = olga.get(f"/reseller/payments/{payment_id}").text
    assert f'href="/reseller/arrivals/{arrival_id}"' in page
    assert "Отложено: платежа с таким номером нет" in page


def test_money_is_split_on_the_page_and_what_is_left_waits(staff: Staff, olga: Visitor) -> None:
    arrival_id = parked(staff)
    form = credit_form(staff, amount="200")
    payment_id = staff.payment("100.00")
    form |= {"part2-payment": staff.row(Payment, payment_id).number, "part2-amount": "100,00"}

    olga.post(f"/reseller/arrivals/{arrival_id}/credit", form)

    row = staff.row(Arrival, arrival_id)
    assert (row.state, row.waits, row.credited_minor) == ("open", "rest", 300_00)
    assert "777" in olga.get("/reseller/arrivals").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "500,01"}, "Части вместе больше остатка"),
        ({"amount": "много"}, "сумму цифрами"),
        ({"payment": "9999999", "account_id": ""}, "Платежа с таким номером нет"),
        ({"payment": "0000001"}, "Укажите что-то одно"),
        ({"part2-amount": "5"}, "Укажите что-то одно"),
    ],
)
def test_what_does_not_fit_is_said_in_words_and_what_was_typed_is_kept(
    staff: Staff, olga: Visitor, typed: dict[str, str], said: str
) -> None:
    arrival_id = parked(staff)

    answer = olga.post(f"/reseller/arrivals/{arrival_id}/credit", credit_form(staff) | typed)

    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="нашёлся плательщик"' in answer.text
    assert all(f'value="{text}"' in answer.text for text in typed.values() if text)
    assert staff.row(Arrival, arrival_id).decisions == 1


def test_a_cancelled_payment_is_refused_in_words_and_the_customer_is_offered(staff: Staff, olga: Visitor) -> None:
    payment_id, arrival_id = staff.payment("500.00"), parked(staff)
    payments.cancel(staff.store, staff.scope, payment_id, by=MANAGER)
    form = {"payment": "0000001", "amount": "500", "reason": "его", "seen": "1"}

    answer = olga.post(f"/reseller/arrivals/{arrival_id}/credit", form)

    assert answer.status_code == 422
    assert "Зачислите деньги клиенту на баланс" in answer.text
    assert 'value="0000001"' in answer.text


def test_money_of_a_payment_that_was_credited_is_asked_about_with_the_credit_and_credited_when_told_so(
    staff: Staff, olga: Visitor
) -> None:
    _payment_id, arrival_id = doubtful(staff)

    asked = olga.post(f"/reseller/arrivals/{arrival_id}/credit", credit_form(staff))

    assert asked.status_code == 409
    assert "ООО «Ромашка»" in asked.text
    assert "по этому же платежу" in asked.text
    assert staff.balance() == 500_00
    hidden = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', asked.text))
    olga.post(f"/reseller/arrivals/{arrival_id}/credit", hidden)
    assert staff.balance() == 1000_00


def test_the_same_money_is_closed_with_the_other_s_id_and_shown_with_it(staff: Staff, olga: Visitor) -> None:
    _payment_id, arrival_id = doubtful(staff)
    order = {"close-how": "same_as", "close-other_id": "1"}

    assert "Возможно, те же деньги" in olga.get(f"/reseller/arrivals/{arrival_id}").text
    wrong = olga.post(f"/reseller/arrivals/{arrival_id}/close", close_form(**order | {"close-other_id": "99"}))
    right = olga.post(f"/reseller/arrivals/{arrival_id}/close", close_form(**order), follow_redirects=True)

    assert wrong.status_code == 422
    assert "Поступления с таким ID нет" in wrong.text
    assert "Те же деньги, что № 147" in right.text
    assert staff.balance() == 500_00


def test_what_was_paid_twice_waits_on_the_start_page_until_it_is_kept(staff: Staff, olga: Visitor) -> None:
    payment_id = staff.payment("500.00")
    with staff.store.write() as session:
        method = session.get_one(PaymentMethod, staff.gateway_id)
        arrival = a_parked_arrival(session, method, payment_id=payment_id, reference="0000001")
        act = Act(Kind.ALARMED, why="signed_fields_differ")
        arrivals.decide(session, arrival, act, arrivals.Linked(), by=Actor("gateway", "PayMaster"))
        arrival_id = arrival.id
    olga.post(f"/reseller/arrivals/{arrival_id}/credit", credit_form(staff, seen="2"))
    with staff.store.write() as session:
        arrival = session.get_one(Arrival, arrival_id)
        arrivals.decide(session, arrival, act, arrivals.Linked(), by=Actor("gateway", "PayMaster"))

    page = olga.get(f"/reseller/arrivals/{arrival_id}").text
    olga.post(f"/reseller/arrivals/{arrival_id}/keep", {"keep-reason": "верно", "keep-seen": "4"})

    assert "другими подписанными полями" in page
    assert "Все верно?" in page
    assert staff.row(Arrival, arrival_id).waits == ""
    assert "верно" in olga.get(f"/reseller/arrivals/{arrival_id}").text


def test_a_credit_is_taken_back_on_the_page_and_the_money_waits_again(staff: Staff, olga: Visitor) -> None:
    arrival_id = parked(staff)
    olga.post(f"/reseller/arrivals/{arrival_id}/credit", credit_form(staff))

    olga.post(f"/reseller/arrivals/{arrival_id}/reverse", {"undo-reason": "не тот", "undo-seen": "2"})

    assert staff.balance() == 0
    assert staff.row(Arrival, arrival_id).waits == "reversed"


def test_an_approval_far_above_the_bill_or_beyond_all_balances_is_asked_about_or_refused(
    staff: Staff, olga: Visitor
) -> None:
    payment_id = staff.payment("100.00")
    form = {"order_number": "1", "order_date": "13.11.2020", "received": "100 000 000 000,00"}

    asked = olga.post(f"/reseller/payments/{payment_id}/approve", form)
    with staff.store.write() as session:
        session.get_one(Account, staff.account_id).balance_minor = ledger.MOST_MINOR - 1
    refused = olga.post(f"/reseller/payments/{payment_id}/approve", form | {"anyway": "far_from_bill:0"})

    assert asked.status_code == 409
    assert "более чем вдвое" in asked.text
    assert refused.status_code == 422
    assert "Сумма слишком велика" in refused.text
