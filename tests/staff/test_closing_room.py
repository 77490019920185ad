"""The operator closes a reseller on his page, works in his room, and opens him again."""

from __future__ import annotations

from sqlalchemy import select

from host_stub.persistence import LogEntry, Payment, Period, Plan, Reseller, Subscription, User
from host_stub.services.books.corrections import correct
from host_stub.services.charges import plans, subscriptions
from tests.staff.conftest import Staff
from tests.support.web import Visitor
from tests.support.world import MANAGER, rub

RIGHT = {"reason": "Договор расторгнут", "typed_name": "ооо «пример»"}


def a_running_subscription(staff: Staff) -> int:
    store, scope = staff.store, staff.scope
    correct(store, scope, staff.account_id, rub("100.00"), reason="r", once_token="t", by=MANAGER)
    terms = plans.PlanTerms("VPS", Period.DAY, rub("10.00"))
    plan_id = plans.create(store, scope, staff.reseller_id, terms, by=MANAGER)
    made = subscriptions.create(store, scope, staff.account_id, plan_id, by=MANAGER)
    subscriptions.activate(store, scope, made, by=MANAGER)
    return made


def page(staff: Staff, operator: Visitor) -> str:
    return operator.get(f"/admin/resellers/{staff.reseller_id}").text


def close(staff: Staff, operator: Visitor, **changed: str) -> int:
    return operator.post(f"/admin/resellers/{staff.reseller_id}/close", {**RIGHT, **changed}).status_code


def test_the_form_says_what_will_happen_and_to_how_many(staff: Staff) -> None:
    a_running_subscription(staff)
    staff.payment()

    shown = page(staff, staff.visitor("operator"))

    assert "Менеджеры (2)" in shown
    assert "Клиентов: 1" in shown
    assert "Активных подписок: 1" in shown
    assert "Неоплаченных платежей: 1" in shown


def test_a_reseller_is_closed_with_a_reason_and_his_name_and_opened_again(any_staff: Staff) -> None:
    staff, operator = any_staff, any_staff.visitor("operator")
    made = a_running_subscription(staff)

    assert close(staff, operator) == 303

    assert staff.reseller().closed_at is not None
    assert staff.row(Subscription, made).status == "stopped"
    shown = page(staff, operator)
    assert "Реселлер закрыт, приостанавливаемых подписок: 1. Причина: Договор расторгнут" in shown
    assert "Приостановленных подписок: 1" in shown
    listed = operator.get("/admin/resellers").text
    assert listed.count(">закрыт<") == 1
    assert listed.count(">работает<") == 2

    operator.post(f"/admin/resellers/{staff.reseller_id}/reopen", {"reason": "Долг погашен"})

    assert staff.reseller().closed_at is None
    assert staff.row(Subscription, made).status == "active"
    assert "Причина: Долг погашен" in page(staff, operator)
    with staff.store.read() as session:
        who = session.scalars(
            select(LogEntry.actor).where(LogEntry.action.in_(["reseller.closed", "reseller.reopened"]))
        )
        assert {actor.partition(":")[0] for actor in who} == {"operator"}


def test_without_a_reason_or_with_another_name_nobody_is_closed(staff: Staff) -> None:
    operator = staff.visitor("operator")

    answers = [
        close(staff, operator, **wrong) for wrong in ({"reason": " "}, {"typed_name": ""}, {"typed_name": "ИП Другой"})
    ]

    assert answers == [422, 422, 422]
    assert staff.reseller().closed_at is None
    shown = operator.post(f"/admin/resellers/{staff.reseller_id}/close", {**RIGHT, "typed_name": "ИП Другой"}).text
    assert "Этого реселлера зовут иначе: ООО «Пример»." in shown
    assert "Договор расторгнут" in shown


def test_a_reopening_needs_a_reason_too(staff: Staff) -> None:
    operator = staff.visitor("operator")
    close(staff, operator)

    assert operator.post(f"/admin/resellers/{staff.reseller_id}/reopen", {"reason": ""}).status_code == 422
    assert staff.reseller().closed_at is not None


def test_the_operator_s_own_reseller_has_no_such_form_and_cannot_be_closed(staff: Staff) -> None:
    operator = staff.visitor("operator")

    shown = operator.get(f"/admin/resellers/{staff.operator_id}").text
    answer = operator.post(
        f"/admin/resellers/{staff.operator_id}/close", {"reason": "x", "typed_name": "Оператор"}, follow_redirects=True
    )

    assert "typed_name" not in shown
    assert "Собственного реселлера оператора закрыть нельзя." in answer.text
    assert staff.row(Reseller, staff.operator_id).closed_at is None


def test_who_comes_second_is_told_that_nothing_was_changed(staff: Staff) -> None:
    operator = staff.visitor("operator")
    close(staff, operator)

    answer = operator.post(f"/admin/resellers/{staff.reseller_id}/close", RIGHT, follow_redirects=True)

    assert "Ничего не изменилось: это уже сделали." in answer.text


def test_in_a_closed_reseller_s_room_the_operator_settles_and_begins_nothing(staff: Staff) -> None:
    operator, payment_id = staff.visitor("operator"), staff.payment()
    close(staff, operator)
    operator.post(f"/admin/resellers/{staff.reseller_id}/act")

    order = {"received": "70,00", "order_number": "5", "order_date": "13.11.2020"}
    approved = operator.post(f"/reseller/payments/{payment_id}/approve", order)
    begun = operator.post(
        f"/reseller/payments/new?account={staff.account_id}",
        {"amount": "50,00", "method_id": "0", "once_token": "x", "purpose": "", "comment": ""},
        follow_redirects=True,
    )

    assert approved.status_code == 303
    assert (staff.balance(), staff.status(payment_id)) == (70_00, "completed")
    assert "Ничего не сделано: реселлер закрыт" in begun.text
    with staff.store.read() as session:
        assert len(session.scalars(select(Payment)).all()) == 1
        assert session.scalars(select(Plan)).all() == []


def test_no_manager_is_invited_to_a_closed_reseller(staff: Staff) -> None:
    operator = staff.visitor("operator")
    close(staff, operator)

    answer = operator.post(
        f"/admin/resellers/{staff.reseller_id}/managers",
        {"name": "Нина", "email": "nina@example.com", "language": "ru"},
        follow_redirects=True,
    )

    assert answer.request.path == f"/admin/resellers/{staff.reseller_id}"
    assert "Ничего не сделано: реселлер закрыт" in answer.text
    with staff.store.read() as session:
        assert session.scalars(select(User).where(User.email == "nina@example.com")).all() == []
