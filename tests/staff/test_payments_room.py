"""Payments as a manager handles them."""

from __future__ import annotations

import re
import threading

import pytest

from host_stub.persistence import Account, Payment
from host_stub.services.money_in import payments
from host_stub.services.money_in.payments import TopUp
from tests.staff.conftest import Staff
from tests.support.web import Visitor
from tests.support.world import CUSTOMER, rub

ORDER = {
    "received": "5 000,00",
    "order_number": "147",
    "order_date": "13.11.2020",
    "payer_inn": "7707083893",
    "payer_name": "ООО «Ромашка»",
}


def test_an_approval_credits_what_arrived_and_completes_the_payment(any_staff: Staff) -> None:
    olga, payment_id = any_staff.visitor("olga"), any_staff.payment()

    answer = olga.post(f"/reseller/payments/{payment_id}/approve", ORDER, follow_redirects=True)

    assert answer.status_code == 200
    assert any_staff.status(payment_id) == "completed"
    assert any_staff.balance() == 5000_00
    assert "подтвержден" in answer.text


def test_the_second_of_two_managers_sees_who_did_it_and_when(any_staff: Staff) -> None:
    payment_id = any_staff.payment()
    any_staff.visitor("olga").post(f"/reseller/payments/{payment_id}/approve", ORDER)

    answer = any_staff.visitor("petr").post(f"/reseller/payments/{payment_id}/approve", ORDER, follow_redirects=True)

    assert any_staff.balance() == 5000_00
    assert "Ольга Смирнова" in answer.text
    assert "13.11.2020, 12:00" in answer.text


def test_two_managers_at_the_same_moment_credit_once(any_staff: Staff) -> None:
    payment_id = any_staff.payment()
    visitors = [any_staff.visitor(who) for who in ("olga", "petr")]
    start = threading.Barrier(2)

    def approve(visitor: Visitor) -> None:
        start.wait()
        visitor.post(f"/reseller/payments/{payment_id}/approve", ORDER)

    threads = [threading.Thread(target=approve, args=(visitor,)) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert any_staff.balance() == 5000_00


@pytest.mark.parametrize(
    ("received", "credited", "said"), [("4 500", 4500_00, "меньше"), ("5600.50", 5600_50, "больше")]
)
def test_less_or_more_is_credited_as_it_came_and_said_so(
    staff: Staff, olga: Visitor, received: str, credited: int, said: str
) -> None:
    payment_id = staff.payment()

    answer = olga.post(
        f"/reseller/payments/{payment_id}/approve", ORDER | {"received": received}, follow_redirects=True
    )

    assert staff.balance() == credited
    assert answer.text.count(said) >= 2, "in the message and on the page"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("received", ""),
        ("received", "0"),
        ("received", "5,000"),
        ("received", "много"),
        ("order_number", " "),
        ("order_number", "№"),
        ("order_number", "п/п"),
        ("order_number", "Платежное поручение №"),
        ("order_number", "--"),
        ("order_date", "31.02.2020"),
        ("payer_inn", "7707083894"),
    ],
)
def test_a_wrong_entry_is_told_beside_its_field_kept_and_credits_nothing(
    staff: Staff, olga: Visitor, field: str, text: str
) -> None:
    payment_id = staff.payment()

    answer = olga.post(f"/reseller/payments/{payment_id}/approve", ORDER | {field: text})

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert staff.balance() == 0
    assert f'value="{text.strip()}"' in answer.text or not text.strip()


def test_an_order_that_was_used_elsewhere_asks_first(any_staff: Staff) -> None:
    olga = any_staff.visitor("olga")
    first, second = any_staff.payment(), any_staff.payment()
    olga.post(f"/reseller/payments/{first}/approve", ORDER)

    warned = olga.post(f"/reseller/payments/{second}/approve", ORDER)

    assert warned.status_code == 409
    assert any_staff.row(Payment, first).number in warned.text
    assert "Всё равно зачесть" in warned.text
    assert any_staff.balance() == 5000_00


def test_the_used_order_is_credited_again_when_the_manager_says_so(staff: Staff, olga: Visitor) -> None:
    first, second = staff.payment(), staff.payment()
    olga.post(f"/reseller/payments/{first}/approve", ORDER)
    warned = olga.post(f"/reseller/payments/{second}/approve", ORDER)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', warned.text))

    olga.post(f"/reseller/payments/{second}/approve", hidden)

    assert staff.status(second) == "completed"
    assert staff.balance() == 10000_00


def test_an_order_of_a_reversed_approval_warns_no_more(staff: Staff, olga: Visitor) -> None:
    first, second = staff.payment(), staff.payment()
    olga.post(f"/reseller/payments/{first}/approve", ORDER)
    olga.post(f"/reseller/payments/{first}/reverse", {"reason": "не тот платеж"})

    olga.post(f"/reseller/payments/{second}/approve", ORDER)

    assert staff.status(second) == "completed"


def test_an_approval_is_undone_with_a_reason_and_the_page_says_so(any_staff: Staff) -> None:
    olga, payment_id = any_staff.visitor("olga"), any_staff.payment()
    olga.post(f"/reseller/payments/{payment_id}/approve", ORDER)

    answer = olga.post(f"/reseller/payments/{payment_id}/reverse", {"reason": "чужие деньги"}, follow_redirects=True)

    assert any_staff.balance() == 0
    assert any_staff.status(payment_id) == "waiting_for_payment"
    assert "чужие деньги" in answer.text


def test_a_reversal_without_a_reason_changes_nothing(staff: Staff, olga: Visitor) -> None:
    payment_id = staff.payment()
    olga.post(f"/reseller/payments/{payment_id}/approve", ORDER)

    answer = olga.post(f"/reseller/payments/{payment_id}/reverse", {"reason": " "})

    assert answer.status_code == 422
    assert staff.balance() == 5000_00


def test_a_cancelled_payment_cannot_be_approved(staff: Staff, olga: Visitor) -> None:
    payment_id = staff.payment()
    olga.post(f"/reseller/payments/{payment_id}/cancel")

    olga.post(f"/reseller/payments/{payment_id}/approve", ORDER)

    assert staff.status(payment_id) == "cancelled"
    assert staff.balance() == 0


def test_an_issued_document_is_downloaded_by_the_manager(staff: Staff, olga: Visitor) -> None:
    payment_id = staff.payment()

    answer = olga.post(
        f"/reseller/payments/{payment_id}/documents",
        {"method_id": str(staff.bank_id), "kind": "receipt"},
        follow_redirects=True,
    )

    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert "payments/" in olga.get(f"/reseller/payments/{payment_id}").text


def test_a_document_is_not_served_under_another_payment(staff: Staff, olga: Visitor) -> None:
    first, second = staff.payment(), staff.payment()
    made = olga.post(
        f"/reseller/payments/{first}/documents", {"method_id": str(staff.bank_id), "kind": "receipt"}
    ).location

    answer = olga.get(made.replace(f"/payments/{first}/", f"/payments/{second}/"))

    assert answer.status_code == 404


def test_a_printer_that_is_busy_is_told_and_breaks_nothing(staff: Staff, olga: Visitor) -> None:
    staff.printer.busy = True
    payment_id = staff.payment()

    answer = olga.post(
        f"/reseller/payments/{payment_id}/documents",
        {"method_id": str(staff.bank_id), "kind": "receipt"},
        follow_redirects=True,
    )

    assert answer.status_code == 200
    assert "Не удалось сформировать документ" in answer.text


def test_the_list_is_searched_by_number_and_by_customer_whatever_the_case(any_staff: Staff) -> None:
    olga, payment_id = any_staff.visitor("olga"), any_staff.payment()
    number = any_staff.row(Payment, payment_id).number

    by_number = olga.get(f"/reseller/payments?q={number[-2:]}").text
    by_name = olga.get("/reseller/payments?q=ромашка").text
    by_nothing = olga.get("/reseller/payments?q=ландыш").text

    assert number in by_number
    assert number in by_name
    assert number not in by_nothing


def test_what_waits_for_approval_stands_oldest_first_on_the_start_page_and_in_its_filter(staff: Staff) -> None:
    numbers = [staff.row(Payment, staff.payment()).number for _each in range(3)]
    olga = staff.visitor("olga")

    for address in ("/reseller/", "/reseller/payments?status=to_approve"):
        page = olga.get(address).text
        assert [page.index(f">{number}<") for number in numbers] == sorted(page.index(f">{n}<") for n in numbers)
    newest_first = olga.get("/reseller/payments").text
    assert newest_first.index(f">{numbers[2]}<") < newest_first.index(f">{numbers[0]}<")


def test_a_payment_by_gateway_waits_for_nobody(staff: Staff, olga: Visitor) -> None:
    top_up = TopUp(staff.account_id, rub("700"), method_id=staff.gateway_id)
    payments.start_top_up(staff.store, staff.scope, top_up, by=CUSTOMER)

    assert "С таким фильтром ничего нет" in olga.get("/reseller/payments?status=to_approve").text


def test_pages_of_the_list_lead_there_and_back(any_staff: Staff) -> None:
    made = [any_staff.payment("100") for _each in range(35)]
    olga = any_staff.visitor("olga")

    first = olga.get("/reseller/payments")
    older = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert older is not None
    second = olga.get(older[1].replace("&amp;", "&"))
    newer = re.search(r'rel="prev" href="([^"]+)"', second.text)
    assert newer is not None

    def shown(page: str) -> set[int]:
        return set(map(int, re.findall(r"/reseller/payments/(\d+)\"", page)))

    assert shown(first.text) | shown(second.text) == set(made)
    assert not shown(first.text) & shown(second.text)
    assert shown(olga.get(newer[1].replace("&amp;", "&")).text) == shown(first.text)
    assert "Найдено: 35" in first.text


def test_a_manager_makes_a_top_up_once_however_often_the_form_is_sent(any_staff: Staff) -> None:
    olga = any_staff.visitor("olga")
    address = f"/reseller/payments/new?account={any_staff.account_id}"
    token = re.search(r'name="once_token"[^>]*value="([^"]+)"', olga.get(address).text)
    assert token is not None
    form = {
        "amount": "1500",
        "method_id": str(any_staff.bank_id),
        "purpose": "Хостинг",
        "comment": "по звонку",
        "once_token": token[1],
    }

    locations = {olga.post(address, form).location for _each in range(2)}

    assert len(locations) == 1
    row = any_staff.row(Payment, int(locations.pop().rpartition("/")[2]))
    assert (row.amount_minor, row.purpose, row.comment, row.method_id) == (
        1500_00,
        "Хостинг",
        "по звонку",
        any_staff.bank_id,
    )


@pytest.mark.parametrize("amount", ["19.99", "1000001", "-5", "1e9"])
def test_a_top_up_outside_the_limits_is_told_and_not_made(staff: Staff, olga: Visitor, amount: str) -> None:
    answer = olga.post(
        f"/reseller/payments/new?account={staff.account_id}", {"amount": amount, "method_id": "0", "purpose": ""}
    )

    assert answer.status_code == 422
    assert 'id="amount-error"' in answer.text
    with staff.store.read() as session:
        assert session.get(Payment, 1) is None


def test_a_customer_s_words_are_shown_as_text(staff: Staff, olga: Visitor) -> None:
    evil = "<script>alert(1)</script>"
    with staff.store.write() as session:
        session.get_one(Account, staff.account_id).name = evil
    payment_id = staff.payment(purpose=evil)

    pages = (
        "/reseller/",
        "/reseller/payments",
        f"/reseller/payments/{payment_id}",
        "/reseller/accounts",
        f"/reseller/accounts/{staff.account_id}",
        f"/reseller/accounts/{staff.account_id}/users",
        f"/reseller/accounts/{staff.account_id}/edit",
        "/reseller/journal",
        "/reseller/payments/new",
    )
    for page in pages:
        text = olga.get(page).text
        assert "<script>alert" not in text, page
    assert "&lt;script&gt;alert" in olga.get(f"/reseller/payments/{payment_id}").text


def test_another_reseller_s_payments_do_not_exist(any_staff: Staff) -> None:
    payment_id, other = any_staff.payment(), any_staff.visitor("other")

    assert other.get(f"/reseller/payments/{payment_id}").status_code == 404
    for act in ("approve", "cancel", "reverse", "documents"):
        assert other.post(f"/reseller/payments/{payment_id}/{act}", ORDER | {"reason": "x"}).status_code == 404
    assert any_staff.row(Payment, payment_id).number not in other.get("/reseller/payments").text
    assert any_staff.status(payment_id) == "waiting_for_payment"
