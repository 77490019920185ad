"""The operator sees what does not get done, and confirms the clock; a manager sees what became of a mail."""

from __future__ import annotations

from datetime import timedelta

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import ClockMark, Mail, Reseller
from host_stub.services.charges import clock_guard
from host_stub.services.queues import heartbeat
from host_stub.services.queues.heartbeat import JobState, Told
from host_stub.services.telling import mails
from tests.staff.conftest import Staff


def beat(staff: Staff, told: Told) -> None:
    heartbeat.beat(staff.store, "main-1", staff.store.now(), told=told)


def test_the_operators_page_and_the_monitor_name_what_does_not_get_done(staff: Staff) -> None:
    beat(
        staff, Told([JobState("mail", 1260, stuck=True), JobState("expiry", 3)], mail="535 no", silent=["https://a.x"])
    )
    operator = staff.visitor("operator")

    page, health = operator.get("/admin/").text, operator.get("/healthz").json

    assert "Задание «mail» стоит уже 21 мин." in page
    assert "Письма не уходят: 535 no" in page
    assert "Не отвечают адреса услуг: https://a.x" in page
    assert ">задания стоят<" in page
    assert "expiry" not in page
    told = {"database": "up", "worker": "stuck", "worker_age_seconds": 0, "stuck": ["mail"], "mail": "down"}
    assert {name: health[name] for name in told} == told
    assert set(health) == {*told, "disk", "keys"}


def test_a_clock_that_leapt_is_confirmed_by_the_operator_alone_and_the_log_knows_who_did(staff: Staff) -> None:
    clock_guard.ClockGuard(staff.store).believes()
    clock = staff.store.clock
    assert isinstance(clock, FixedClock)
    clock.advance(days=30)
    beat(staff, Told(clock="doubted", ahead_seconds=30 * 86400))

    refused = staff.visitor("olga").post("/admin/clock/confirm").status_code
    operator = staff.visitor("operator")
    before, health = operator.get("/admin/").text, operator.get("/healthz").json
    answer = operator.post("/admin/clock/confirm", follow_redirects=True).text
    guard = clock_guard.ClockGuard(staff.store)

    assert refused in (403, 404)
    assert "на 30\xa0дн. позже" in before.replace("30 дн.", "30\xa0дн.")
    assert "Часы верны" in before
    assert health is not None
    assert health["clock"] == "doubted"
    assert "Часы подтверждены" in answer
    assert guard.believes()
    with staff.store.read() as session:
        assert session.get_one(ClockMark, 1).at == staff.store.now()
    assert "reseller.clock_confirmed" in staff.logged("reseller")


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        ("dropped", "topped_up", "деньги уже пришли"),
        ("dropped", "too_old", "Оно ждало слишком долго и устарело."),
        ("unknown", "no answer", "возможно, оно доставлено. Повторно не отправляется."),
    ],
)
def test_a_manager_reads_what_became_of_a_mail_and_why(staff: Staff, status: str, reason: str, words: str) -> None:
    with staff.store.write() as session:
        reseller = session.get_one(Reseller, staff.reseller_id)
        mails.queue(session, reseller, mails.Letter("test", "k", "Тема", ["Текст"]), ["a@x.example"], "ru")
        mail = session.query(Mail).filter(Mail.recipient == "a@x.example").one()
        mail.status, mail.last_error, mail.closed_at = status, reason, staff.store.now() + timedelta(minutes=1)
    olga = staff.visitor("olga")

    page = olga.get(f"/reseller/mails/{mail.id}").text
    found = olga.get(f"/reseller/mails?status={status}").text

    assert words in page
    assert "a@x.example" in found
