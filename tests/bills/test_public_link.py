"""The bill behind its public link: frozen, open while the payment is, and for nobody who lacks `h`."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

import pytest
import structlog
from pypdf import PdfReader
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Document, LogEntry, Payment, PaymentMethod, Reseller
from host_stub.plugins import documents
from host_stub.services.money_in import approvals, payments
from host_stub.services.money_in.approvals import BankOrder
from host_stub.web.stored_files import POLICY
from tests.bills.bill import Bill
from tests.support.world import CUSTOMER, MANAGER, World, a_reseller, rub, says


def test_what_was_frozen_with_a_document_comes_back_to_the_plugin(bill: Bill) -> None:
    with bill.store.read() as session:
        payment = session.get_one(Payment, bill.payment_id)
        method = session.get_one(PaymentMethod, bill.world.bank_id)
        facts = documents.issued_facts(bill.desk, session, payment, method, "receipt")
        kept = session.get_one(Document, bill.document_id).frozen

    assert facts is not None
    assert facts.frozen == kept
    assert facts.frozen["amount_minor"] == 500_000


def test_the_day_of_issue_is_that_of_the_zone_in_which_it_was_issued(bill: Bill, clock: FixedClock) -> None:
    clock.set(datetime(2020, 11, 13, 22, tzinfo=UTC))  # in Moscow the next day
    bill.payment_id = bill.world.a_payment()
    bill.issue()
    with bill.store.write() as session:
        session.get_one(Reseller, bill.world.reseller_id).timezone = "Europe/London"

    with bill.store.read() as session:
        payment = session.get_one(Payment, bill.payment_id)
        method = session.get_one(PaymentMethod, bill.world.bank_id)
        facts = documents.issued_facts(bill.desk, session, payment, method, "receipt")

    assert facts is not None
    assert facts.issued_on == date(2020, 11, 14)


def test_the_link_opens_the_pdf_without_a_login(bill: Bill) -> None:
    answer = bill.client.get(bill.address())

    words = PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert "Счет на оплату" in words
    assert "Пять тысяч рублей 00 копеек" in words
    assert "40602810700000000025" in words


def test_whoever_serves_a_paper_does_it_under_one_policy(bill: Bill) -> None:
    place = f"documents/{bill.document_id}"

    answers = [
        bill.client.get(bill.address()),
        bill.owner().get(f"{bill.page}/{place}"),
        bill.manager().get(f"{bill.manager_page}/{place}"),
    ]

    assert [answer.content_type for answer in answers] == ["application/pdf"] * 3
    assert {answer.headers["Content-Security-Policy"] for answer in answers} == {POLICY}
    assert "sandbox" in POLICY
    assert "frame-ancestors 'self'" in POLICY


def test_h_has_32_hex_digits(bill: Bill) -> None:
    assert len(bill.h) == 32
    assert set(bill.h) <= set("0123456789abcdef")


def test_the_answer_goes_into_no_cache_no_referrer_and_no_search_engine(bill: Bill) -> None:
    headers = bill.client.get(bill.address()).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in headers["X-Robots-Tag"]
    assert "Set-Cookie" not in headers


def test_the_bytes_are_the_frozen_ones_whatever_changes_later(bill: Bill) -> None:
    first = bill.client.get(bill.address()).data
    with bill.store.write() as session:
        says(session, bill.world.reseller_id, name="ООО «Другое»")

    assert bill.issue() == bill.document_id
    assert bill.client.get(bill.address()).data == first


def test_an_issued_document_cannot_be_changed_in_the_database(bill: Bill) -> None:
    with pytest.raises(DatabaseError, match="frozen"), bill.store.write() as session:
        session.execute(text("update document set sha256 = 'x'"))


def test_an_expired_payment_still_shows_its_bill(bill: Bill) -> None:
    bill.store.clock.advance(days=31)  # type: ignore[attr-defined]
    payments.expire_due(bill.store)

    assert bill.client.get(bill.address()).status_code == 200


@pytest.mark.parametrize("final", ["completed", "cancelled"])
def test_on_a_final_payment_the_link_shows_a_sentence_and_the_sign_in(bill: Bill, final: str) -> None:
    if final == "cancelled":
        payments.cancel(bill.store, bill.world.scope, bill.payment_id, by=CUSTOMER)
    else:
        order = BankOrder(rub("5000.00"), "1", date(2020, 11, 14))
        approvals.approve_payment(bill.store, bill.world.scope, bill.payment_id, order, by=MANAGER, anyway=True)

    answer = bill.client.get(bill.address())

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert f"/accounts/{bill.world.account_id}/payments/{bill.payment_id}" in answer.text
    assert "5 000" not in answer.text.replace("\xa0", " ")


def test_a_closed_bill_and_the_sign_in_behind_it_are_under_the_brand_of_the_payments_reseller(bill: Bill) -> None:
    with bill.store.write() as session:
        a_reseller(session, "Оператор", is_operator=True)
        session.get_one(Reseller, bill.world.reseller_id).brand_name = "Демохост"
    payments.cancel(bill.store, bill.world.scope, bill.payment_id, by=CUSTOMER)

    closed = bill.client.get(bill.address())
    sign_in = bill.client.get(f"/accounts/{bill.world.account_id}/payments/{bill.payment_id}", follow_redirects=True)

    assert closed.status_code == 200
    for page in (closed, sign_in):
        assert "Демохост" in page.text
        assert "Оператор" not in page.text


def test_a_wrong_or_foreign_anything_is_one_identical_404(bill: Bill) -> None:
    other = World(bill.store)
    foreign = other.a_payment()
    second = bill.world.a_payment()
    wrong = [
        {"h": "0" * 32},
        {"h": bill.h.upper()},
        {"h": bill.h[:-1]},
        {"h": bill.h + "0"},
        {"h": ""},
        {"h": "привет"},
        {"payment": foreign},
        {"payment": second},
        {"payment": 999999},
        {"method": bill.world.method_id},
        {"method": other.bank_id},
        {"method": 999999},
        {"plugin": "paymaster"},
        {"plugin": "nothing"},
    ]

    answers = [bill.client.get(bill.address(**change)) for change in wrong]

    shown = {
        (answer.status_code, answer.data.replace(answer.headers["X-Request-Id"].encode(), b"")) for answer in answers
    }
    assert len(shown) == 1
    assert shown.pop()[0] == 404


def test_guessing_is_slowed_down_and_a_right_link_is_no_guess(bill: Bill) -> None:
    for _ in range(40):
        assert bill.client.get(bill.address()).status_code == 200
    statuses = [bill.client.get(bill.address(h=f"{n:032x}")).status_code for n in range(40)]

    assert statuses[0] == 404
    assert statuses[-1] == 429


def test_the_log_shows_no_h(bill: Bill) -> None:
    with structlog.testing.capture_logs() as lines:
        bill.client.get(bill.address())

    assert any("receipt" in str(line) for line in lines)
    assert bill.h not in str(lines)


def test_raising_the_key_version_revokes_the_link(bill: Bill) -> None:
    address = bill.address()
    with bill.store.write() as session:
        session.get_one(Payment, bill.payment_id).key_version += 1

    assert bill.client.get(address).status_code == 404


def test_pressed_twice_at_once_it_is_issued_once(bill: Bill) -> None:
    bill.payment_id = bill.world.a_payment()
    barrier = Barrier(2)

    def press(_number: int) -> int:
        barrier.wait()
        return bill.issue()

    with ThreadPoolExecutor(2) as pool:
        ids = set(pool.map(press, range(2)))

    with bill.store.read() as session:
        of_payment = select(func.count()).where(Document.payment_id == bill.payment_id)
        assert session.scalar(of_payment) == len(ids) == 1


def test_a_broken_template_is_replaced_by_the_stock_one_and_the_reseller_is_told(bill: Bill) -> None:
    with bill.store.write() as session:
        method = session.get_one(PaymentMethod, bill.world.bank_id)
        method.settings = {"invoice_template": "{% for x in %}"}
    bill.payment_id = bill.world.a_payment()

    bill.issue()

    words = PdfReader(io.BytesIO(bill.client.get(bill.address()).data)).pages[0].extract_text()
    assert "Счет на оплату" in words
    with bill.store.read() as session:
        told = select(LogEntry).where(LogEntry.action == "method.template_failed")
        assert [entry.object_id for entry in session.scalars(told)] == [bill.world.bank_id]
