"""The operator: resellers, plugins, deliveries that were given up, workers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from host_stub.persistence import Mail, Outbox, PluginActivation, PluginFailure, Reseller, User, Worker
from host_stub.persistence.store import now
from host_stub.services.books.proof import Result, nightly
from tests.staff.conftest import Staff
from tests.staff.test_methods_room import save
from tests.staff.test_settings_room import a_form
from tests.support.web import Visitor


@pytest.fixture
def operator(staff: Staff) -> Visitor:
    return staff.visitor("operator")


def test_a_reseller_is_made_gets_a_plugin_and_a_manager(any_staff: Staff) -> None:
    operator = any_staff.visitor("operator")

    made = save(operator, "/admin/resellers/new", a_form(name="ИП Новый", currency="RUB"))
    address = made.location
    reseller_id = int(address.rpartition("/")[2])
    operator.post(f"{address}/plugins", {"plugin": "check_cash", "on": "yes"})
    operator.post(f"{address}/managers", {"name": "Нина", "email": "nina@example.com", "language": "en"})

    row = any_staff.row(Reseller, reseller_id)
    assert (row.name, row.currency, row.is_operator, row.number_mask) == ("ИП Новый", "RUB", False, "AP-######")
    with any_staff.store.read() as session:
        assert session.get_one(PluginActivation, (reseller_id, "check_cash")).enabled
        user = session.scalars(select(User).where(User.email == "nina@example.com")).one()
        assert (user.reseller_id, user.kind, user.language) == (reseller_id, "manager", "en")
        assert session.scalars(select(Mail).where(Mail.recipient == user.email)).one().reseller_id == reseller_id


def test_a_plugin_that_is_switched_off_disappears_from_new_methods_but_its_method_stays(
    staff: Staff, operator: Visitor
) -> None:
    operator.post(f"/admin/resellers/{staff.reseller_id}/plugins", {"plugin": "paymaster", "on": "no"})

    olga = staff.visitor("olga")
    assert olga.get("/reseller/methods/new/paymaster").status_code == 404
    page = olga.get(f"/reseller/methods/{staff.gateway_id}")
    assert page.status_code == 200
    assert "Оператор выключил" in page.text


def test_a_plugin_nobody_installed_is_not_switched_on(staff: Staff, operator: Visitor) -> None:
    operator.post(f"/admin/resellers/{staff.reseller_id}/plugins", {"plugin": "ghost", "on": "yes"})

    with staff.store.read() as session:
        assert session.get(PluginActivation, (staff.reseller_id, "ghost")) is None


def test_broken_and_vanished_plugins_and_failures_are_shown_with_their_reason(staff: Staff, operator: Visitor) -> None:
    staff.app.extensions["billhook"].registry.broken["sick"] = "import failed: <i>no module</i>"
    with staff.store.write() as session:
        at = now(session)
        session.add(PluginActivation(reseller_id=staff.reseller_id, plugin="ghost", enabled=True, changed_at=at))
        session.add(PluginFailure(plugin="paymaster", place="start", error="Boom", count=3, first_at=at, last_at=at))

    page = operator.get("/admin/plugins").text

    assert "import failed: &lt;i&gt;" in page
    assert "Модуль ghost больше не установлен" in page
    assert "Boom" in page
    assert "import failed" in operator.get("/admin/").text


def a_dead_letter(staff: Staff) -> int:
    with staff.store.write() as session:
        row = Outbox(
            reseller_id=staff.reseller_id,
            receiver="plugin:low_balance_notify",
            lane="account:1",
            kind="billhook_balance_changed",
            payload={},
            created_at=now(session),
            attempts=8,
            last_error="RuntimeError: out of order",
            dead_at=now(session),
        )
        session.add(row)
        session.flush()
        return row.id


def test_a_dead_letter_is_shown_and_sent_again_once(any_staff: Staff) -> None:
    outbox_id, operator = a_dead_letter(any_staff), any_staff.visitor("operator")

    shown = operator.get("/admin/deliveries").text
    operator.post(f"/admin/deliveries/{outbox_id}/retry")
    again = operator.post(f"/admin/deliveries/{outbox_id}/retry", follow_redirects=True).text

    assert "RuntimeError: out of order" in shown
    row = any_staff.row(Outbox, outbox_id)
    assert (row.dead_at, row.attempts) == (None, 0)
    assert "Ничего не изменилось" in again


@pytest.mark.parametrize(("silent_for", "alive"), [(10, True), (300, False)])
def test_a_worker_s_heartbeat_is_shown(staff: Staff, operator: Visitor, silent_for: int, alive: bool) -> None:
    with staff.store.write() as session:
        at = now(session) - timedelta(seconds=silent_for)
        session.add(Worker(name="main-1", started_at=at, beat_at=at))

    page = operator.get("/admin/").text

    assert (">работает<" in page) is alive
    assert (">молчит<" in page) is not alive
    assert ("Ни один обработчик не работает" in page) is not alive


def test_the_operator_works_in_any_room_and_is_reminded_whose_it_is(staff: Staff, operator: Visitor) -> None:
    payment_id = staff.payment()

    before = operator.get(f"/reseller/payments/{payment_id}").status_code
    operator.post(f"/admin/resellers/{staff.reseller_id}/act")
    inside = operator.get(f"/reseller/payments/{payment_id}")

    assert before == 404
    assert inside.status_code == 200
    assert "Вы работаете от имени реселлера" in inside.text
    assert "Вы работаете от имени" not in staff.visitor("olga").get("/reseller/").text


def test_a_reseller_s_manager_has_no_way_into_the_operator_s_room(staff: Staff, olga: Visitor) -> None:
    for page in ("/admin/", "/admin/resellers", "/admin/plugins", "/admin/deliveries", "/admin/arrivals"):
        assert olga.get(page).status_code == 403
    refused: Any = olga.post(f"/admin/resellers/{staff.other_id}/act")
    assert refused.status_code == 403


def test_the_start_page_names_what_the_last_proof_of_the_books_found(staff: Staff, operator: Visitor) -> None:
    result = Result("balances", rows=3)
    result.add("account 1: balance 7, entries 0")
    nightly.keep(staff.store, [result, Result("sums", rows=3)], staff.store.now())

    page = operator.get("/admin/").text

    assert "нашла расхождения: balances." in page
    assert "host_stub prove" in page


def test_the_start_page_tells_when_no_proof_was_made_for_too_long(staff: Staff, operator: Visitor) -> None:
    before = operator.get("/admin/").text
    with staff.store.write() as session:
        for reseller in session.scalars(select(Reseller).where(Reseller.is_operator)):
            reseller.created_at = now(session) - nightly.OVERDUE - timedelta(hours=1)

    assert "учет не проверялся" not in before
    assert "Прошлой ночью учет не проверялся." in operator.get("/admin/").text


def test_the_start_page_tells_of_a_disk_with_little_room(staff: Staff, operator: Visitor) -> None:
    panel = operator.app.extensions["billhook"]
    operator.app.extensions["billhook"] = replace(panel, config=panel.config.model_copy(update={"disk_low_mb": 10**9}))

    assert "Мало места на диске: свободно" in operator.get("/admin/").text
