"""Money that waits: decided once, by somebody, with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from host_stub.persistence import Account, Arrival, PaymentMethod, User
from tests.staff.conftest import Staff
from tests.support.web import Visitor
from tests.support.world import a_parked_arrival


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
