"""What waits for a manager, counted up to a limit."""

from __future__ import annotations

from datetime import timedelta

from host_stub.persistence import Payment
from host_stub.persistence.listings import count_up_to
from host_stub.services.reading import work_queue
from tests.staff.conftest import Staff


def test_more_than_ninety_nine_stand_in_the_menu_as_such(staff: Staff) -> None:
    with staff.store.write() as session:
        session.add_all(
            Payment(
                reseller_id=staff.reseller_id,
                account_id=staff.account_id,
                number=f"N{number}",
                amount_minor=100,
                currency="RUB",
                status="waiting_for_payment",
                method_id=staff.bank_id,
                created_at=staff.clock.now(),
                created_by="customer:1:A",
                expires_at=staff.clock.now() + timedelta(days=30),
            )
            for number in range(101)
        )

    page = staff.visitor("olga").get("/reseller/plans").text

    assert ">99+" in page
    assert ">100<" not in page


def test_payments_to_approve_stand_oldest_first_over_methods_and_statuses(any_staff: Staff) -> None:
    first, second = any_staff.payment("110.00"), any_staff.payment("120.00")
    any_staff.clock.advance(days=31)
    with any_staff.store.write() as session:
        session.get_one(Payment, first).status = "expired"
        manual = ["check_cash"]
        counted = work_queue.approvals_waiting(session, manual), work_queue.approvals_waiting(session, manual, 1)
        none = work_queue.approvals_waiting(session, [])
        waiting = count_up_to(session, work_queue.waiting_arrivals())
    page = any_staff.visitor("olga").get("/reseller/payments?status=to_approve").text

    assert (counted, none, waiting) == ((2, 2), 0, 0)
    numbers = [any_staff.row(Payment, each).number for each in (first, second)]
    assert page.index(numbers[0]) < page.index(numbers[1])
