"""What the outside meets at a closed reseller: gateways, payers who come back, and whoever holds a bill's link."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from host_stub.adapters.clock import FixedClock
from host_stub.domain.errors import ResellerClosed
from host_stub.persistence import Document, LedgerTransaction, Payment
from host_stub.plugins import paying
from host_stub.plugins.desk import return_token
from host_stub.plugins.registry import Registry
from host_stub.services.money_in import approvals
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.tenants import closing
from tests.bills.test_public_link import Bill
from tests.callbacks.test_paymaster_over_http import Counter
from tests.closing.conftest import OPERATOR
from tests.customer.fakes import Printer
from tests.support.web import an_app
from tests.support.world import CUSTOMER, rub


@pytest.fixture
def counter(database_url: str, clock: FixedClock) -> Iterator[Counter]:
    opened = Counter(an_app(database_url, clock, registry=Registry.discover()))
    closing.close(opened.store, opened.world.reseller_id, reason="долги", by=OPERATOR)
    yield opened
    opened.store.close()


@pytest.fixture
def bill(database_url: str, clock: FixedClock) -> Iterator[Bill]:
    opened = Bill(an_app(database_url, clock, registry=Registry.discover(), renderer=Printer()))
    closing.close(opened.store, opened.world.reseller_id, reason="долги", by=OPERATOR)
    yield opened
    opened.store.close()


def test_a_notification_after_the_closing_is_answered_as_always_and_credited_once(counter: Counter) -> None:
    answers = [counter.notify() for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert counter.world.balance() == rub("5000.00")
    assert counter.count(LedgerTransaction) == 1


def test_a_gateway_that_asks_about_a_started_payment_is_answered_as_always(counter: Counter) -> None:
    asked = {**counter.fields(), "LMI_PREREQUEST": "1"}
    for signed_later in ("LMI_SYS_PAYMENT_ID", "LMI_SYS_PAYMENT_DATE"):
        del asked[signed_later]

    assert counter.send(asked, "confirm").data == b"YES"


@pytest.mark.parametrize("action", ["success", "failure"])
def test_a_payer_who_comes_back_reads_neutral_words_and_is_led_nowhere(counter: Counter, action: str) -> None:
    with counter.store.read() as session:
        token = return_token(counter.app.extensions["billhook"].keys, session.get_one(Payment, counter.payment_id))

    answer = counter.client.get(f"/plugin/paymaster/method/{counter.world.method_id}/{action}?t={token}")

    assert answer.status_code == 200
    assert "Эту страницу можно закрыть." in answer.text
    assert "/accounts/" not in answer.text
    assert "refresh" not in answer.text
    assert counter.number not in answer.text


def test_a_bill_that_was_issued_before_still_opens_and_no_other_is_issued(bill: Bill) -> None:
    answer = bill.client.get(bill.address())
    again = bill.issue()

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert again == bill.document_id
    with bill.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Document)) == 1


def test_no_bill_is_issued_and_no_method_offered_for_a_payment_from_before(
    database_url: str, clock: FixedClock
) -> None:
    bill = Bill(an_app(database_url, clock, registry=Registry.discover(), renderer=Printer()))
    bill.payment_id = bill.world.a_payment()
    offered = paying.offers(bill.desk, bill.world.scope, bill.payment_id)
    closing.close(bill.store, bill.world.reseller_id, reason="долги", by=OPERATOR)

    assert offered != []
    assert paying.offers(bill.desk, bill.world.scope, bill.payment_id) == []
    with pytest.raises(ResellerClosed):
        bill.issue()
    with pytest.raises(ResellerClosed):
        paying.start(bill.desk, bill.world.scope, bill.payment_id, bill.world.bank_id, language="ru", by=CUSTOMER)
    bill.store.close()


def test_the_link_of_a_bill_that_was_paid_after_the_closing_says_that_it_is_closed(bill: Bill) -> None:
    order = BankOrder(rub("5000.00"), "1", bill.store.now().date())
    approvals.approve_payment(bill.store, bill.world.scope, bill.payment_id, order, by=OPERATOR, anyway=True)

    answer = bill.client.get(bill.address())

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
