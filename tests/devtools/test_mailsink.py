"""The mail sink: what the panel sends is kept, shown, and refused on demand."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from devtools.mailsink import MailSink

if TYPE_CHECKING:
    from playwright.sync_api import Page

SECONDS = 5


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with MailSink() as running:
        yield running


def letter(subject: str = "Низкий баланс", to: str = "anna@example.org") -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Панель <panel@example.org>", to
    message.set_content("Баланс ниже порога: http://127.0.0.1/billing\n")
    message.add_alternative(
        "<p>Баланс <b>ниже</b> порога</p><script>document.title = 'took over'</script>", subtype="html"
    )
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="счет.pdf")
    return message


def send(sink: MailSink, message: EmailMessage) -> None:
    with smtplib.SMTP(sink.smtp_host, sink.smtp_port, timeout=SECONDS) as client:
        client.send_message(message)


def inbox(sink: MailSink, **search: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = requests.get(f"{sink.url}/api/messages", search, timeout=SECONDS).json()
    return found


def behave(sink: MailSink, **wish: object) -> None:
    requests.put(f"{sink.url}/api/behaviour", json=wish, timeout=SECONDS).raise_for_status()


def test_a_message_is_told_with_its_texts_and_files(sink: MailSink) -> None:
    send(sink, letter())

    (told,) = inbox(sink)

    assert (told["from"], told["to"], told["subject"]) == (
        "panel@example.org",
        ["anna@example.org"],
        "Низкий баланс",
    )
    assert "ниже порога" in str(told["text"])
    assert "<b>ниже</b>" in str(told["html"])
    assert told["attachments"] == [{"name": "счет.pdf", "type": "application/pdf", "size": 8}]


def test_messages_are_found_by_recipient_oldest_first(sink: MailSink) -> None:
    for subject, to in (("1", "a@example.org"), ("2", "b@example.org"), ("3", "A@example.org")):
        send(sink, letter(subject, to))

    assert [found["subject"] for found in inbox(sink, to="a@example.org")] == ["1", "3"]


def test_forgotten_messages_are_gone(sink: MailSink) -> None:
    send(sink, letter())

    requests.delete(f"{sink.url}/api/messages", timeout=SECONDS).raise_for_status()

    assert inbox(sink) == []


def test_messages_outlive_a_restart(tmp_path: Path) -> None:
    with MailSink(folder=tmp_path) as first:
        send(first, letter("Первое"))

    with MailSink(folder=tmp_path) as second:
        send(second, letter("Второе"))
        kept = inbox(second)

    assert [(found["id"], found["subject"]) for found in kept] == [(1, "Первое"), (2, "Второе")]
    assert kept[0]["from"] == "panel@example.org"


def test_a_recipient_can_be_refused_for_good(sink: MailSink) -> None:
    behave(sink, mode="permanent", recipient="anna@example.org")

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(sink, letter())
    send(sink, letter(to="boris@example.org"))

    assert refusal.value.recipients["anna@example.org"][0] == 550
    assert [found["to"] for found in inbox(sink)] == [["boris@example.org"]]


def test_a_temporary_refusal_ends_after_the_given_times(sink: MailSink) -> None:
    behave(sink, mode="temporary", times=1)

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(sink, letter())
    send(sink, letter())

    assert refusal.value.recipients["anna@example.org"][0] == 451
    assert len(inbox(sink)) == 1


def test_a_hanging_server_answers_nothing_until_it_is_told_to(sink: MailSink) -> None:
    behave(sink, mode="hang")

    with (
        smtplib.SMTP(sink.smtp_host, sink.smtp_port, timeout=0.3) as client,
        pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"),
    ):
        client.send_message(letter())
    behave(sink, mode="accept")
    send(sink, letter("Потом"))

    assert [found["subject"] for found in inbox(sink)] == ["Потом"]


def test_a_dropped_connection_never_greets(sink: MailSink) -> None:
    behave(sink, mode="drop", times=1)

    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(sink, letter())
    send(sink, letter())

    assert len(inbox(sink)) == 1


def test_an_unknown_behaviour_is_refused(sink: MailSink) -> None:
    answer = requests.put(f"{sink.url}/api/behaviour", json={"mode": "explode"}, timeout=SECONDS)

    assert answer.status_code == 400


def test_the_page_speaks_the_visitors_language(sink: MailSink) -> None:
    titles = {
        language: requests.get(sink.url, headers={"Accept-Language": language}, timeout=SECONDS).text
        for language in ("ru", "en", "fr")
    }

    assert "<h1>Почта</h1>" in titles["ru"]
    assert "<h1>Mail</h1>" in titles["en"]
    assert "<h1>Почта</h1>" in titles["fr"]


@pytest.mark.browser
def test_people_read_a_message_whose_scripts_do_not_run(sink: MailSink, browser_page: Page) -> None:
    send(sink, letter())

    browser_page.goto(sink.url)
    browser_page.get_by_role("link", name="Низкий баланс").click()

    assert browser_page.frame_locator("iframe").locator("b").inner_text() == "ниже"
    assert "http://127.0.0.1/billing" in browser_page.locator("pre").inner_text()
    assert browser_page.frames[1].title() == ""
