"""Mail from the fact to the mailbox, over a real SMTP dialogue."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from billhook import Money
from sqlalchemy.orm import Session

from devtools.mail_modes import Mode
from devtools.mailsink import MailSink
from host_stub.adapters import smtp
from host_stub.adapters.clock import FixedClock
from host_stub.adapters.smtp import Server, SmtpMailer
from host_stub.domain.charging import Settlement
from host_stub.persistence import AccessLevel, Account, AccountAccess, Mail, Reseller, Store, User, UserKind, open_store
from host_stub.services.people.signin import Purpose, issue_link
from host_stub.services.queues import deliveries
from host_stub.services.telling import mails
from host_stub.services.telling.mail_sending import MailReceiver
from tests.support.charging_world import ChargingWorld
from tests.support.ports import kept_port
from tests.support.world import MANAGER, rub

SENDER = "billing@panel.example"
ANNA = "anna@romashka.example"


@pytest.fixture
def store(sqlite_url: str, clock: FixedClock) -> Iterator[Store]:
    """On SQLite alone: the dialogue does not depend on the database, and what does is proved elsewhere on both."""
    opened = open_store(sqlite_url, clock, base_url="https://panel.example")
    yield opened
    opened.close()


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with MailSink() as running:
        yield running


class Post:
    """Queues letters in the world and sends them to the sink."""

    def __init__(self, world: ChargingWorld, sink: MailSink) -> None:
        self.world = world
        self.sink = sink
        self.receiver = self.to_port(sink.smtp_port)

    def to_port(self, port: int) -> MailReceiver:
        server = Server("127.0.0.1", port, SENDER, timeout_seconds=1)
        return MailReceiver(self.world.store, SmtpMailer(server), SENDER)

    def queue(self, *recipients: str, once_key: str = "key", **letter: object) -> None:
        made = mails.Letter(
            **{"category": "test", "once_key": once_key, "subject": "Тема", "paragraphs": ["Текст"], **letter}  # type: ignore[arg-type]
        )
        with self.world.store.write() as session:
            mails.queue_to_account(session, session.get_one(Account, self.world.account_id), made, recipients)

    def send(self, receiver: MailReceiver | None = None) -> None:
        while deliveries.work(self.world.store, "worker", "mail", receiver or self.receiver):
            pass

    def later(self, **step: int) -> None:
        self.world.clock.advance(**step)
        self.send()

    def arrived(self) -> list[EmailMessage]:
        return [message_from_bytes(letter.source, policy=policy.default) for letter in self.sink.letters.all()]

    def row(self) -> Mail:
        (row,) = self.world.mails("test")
        return row


@pytest.fixture
def post(world: ChargingWorld, sink: MailSink) -> Post:
    return Post(world, sink)


def test_a_mail_arrives_in_text_and_html_with_the_resellers_letterhead(post: Post) -> None:
    with post.world.store.write() as session:
        reseller = session.get_one(Reseller, post.world.reseller_id)
        reseller.brand_name, reseller.billing_email, reseller.general_phone = "Хостинг", "b@host.example", "8 800 1"
    post.queue(ANNA, paragraphs=["5 < 6 & so"], button=("Нажать", "https://panel.example/x?a=1&b=2"))

    post.send()

    (message,) = post.arrived()
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert message["From"] == f"Хостинг <{SENDER}>"
    assert (message["To"], message["Reply-To"], message["Subject"]) == (ANNA, "b@host.example", "Тема")
    assert "5 < 6 & so\n\nНажать:\nhttps://panel.example/x?a=1&b=2\n" in text.get_content().replace("\r\n", "\n")
    assert "5 &lt; 6 &amp; so" in html.get_content()
    assert 'href="https://panel.example/x?a=1&amp;b=2"' in html.get_content()
    assert "Общие вопросы: 8 800 1" in text.get_content()
    assert (post.row().status, post.row().closed_at) == ("sent", post.world.store.now())


def test_its_message_id_comes_from_the_row_and_stays_when_it_is_sent_again(post: Post) -> None:
    post.queue(ANNA)
    post.sink.behaviour.set(Mode.TEMPORARY, times=1)

    post.send()
    post.later(minutes=1)

    (message,) = post.arrived()
    assert message["Message-ID"] == post.row().message_id
    assert message["Message-ID"].endswith("@panel.example>")


def test_one_key_is_one_mail_per_recipient(post: Post) -> None:
    post.queue(ANNA, "boris@romashka.example")
    post.queue(ANNA.upper())

    post.send()

    assert [m["To"] for m in post.arrived()] == [ANNA, "boris@romashka.example"]


def test_everybody_reads_his_own_language(post: Post) -> None:
    with post.world.store.write() as session:
        session.add(
            User(
                reseller_id=post.world.reseller_id,
                kind=UserKind.CUSTOMER,
                email=ANNA,
                name="Anna",
                language="en",
                created_at=post.world.store.now(),
            )
        )
        account = session.get_one(Account, post.world.account_id)
        mails.payment_credited(session, account, payment_number="17", amount=rub("1234.50"), transaction_id=1)
        letter = mails.Letter("x", "y", "Тема", ["Текст"])
        mails.queue_to_account(session, account, letter, [ANNA])
    post.send()

    russian = next(m for m in post.arrived() if m["To"] == "finance@romashka.example")
    body = russian.get_body(("plain",))
    assert body is not None
    assert russian["Subject"] == "Платеж 17 на сумму 1\u00a0234,50\u00a0руб. зачислен"
    assert "Сумма 1\u00a0234,50\u00a0руб. зачислена на ваш баланс." in body.get_content()
    assert next(m for m in post.world.mails() if m.recipient == ANNA).html.startswith(
        '<!doctype html>\n<html lang="en">'
    )


def test_the_credit_mail_says_what_runs_again_and_what_differs(post: Post) -> None:
    settled = Settlement(resumed=("VPS", "Сайт"), activated=("Почта",))
    with post.world.store.write() as session:
        account = session.get_one(Account, post.world.account_id)
        mails.payment_credited(
            session,
            account,
            payment_number="17",
            amount=rub("90.00"),
            transaction_id=1,
            billed=Money(100_00, "RUB"),
            settled=settled,
        )

    (mail,) = post.world.mails()

    assert "Снова работают: VPS, Сайт." in mail.text
    assert "Активированы подписки: Почта." in mail.text
    assert "Платеж был на 100,00\u00a0руб.; мы зачислили столько, сколько поступило." in mail.text


def test_money_mail_goes_to_finance_managers_else_to_owner_and_admins_else_to_the_account(post: Post) -> None:
    def recipients(key: str) -> list[str]:
        post.queue(once_key=key)
        return [m.recipient for m in post.world.mails() if m.once_key.startswith(f"{key}:")]

    def give(email: str, level: AccessLevel) -> None:
        with post.world.store.write() as session:
            user = User(
                reseller_id=post.world.reseller_id,
                kind=UserKind.CUSTOMER,
                email=email,
                name=email,
                created_at=post.world.store.now(),
            )
            session.add(user)
            session.flush()
            session.add(
                AccountAccess(
                    reseller_id=post.world.reseller_id, account_id=post.world.account_id, user_id=user.id, level=level
                )
            )

    nobody = recipients("1")
    give("user@romashka.example", AccessLevel.USER)
    give("owner@romashka.example", AccessLevel.OWNER)
    owner = recipients("2")
    give("money@romashka.example", AccessLevel.FINANCE_MANAGER)
    finance = recipients("3")

    assert (nobody, owner, finance) == (
        ["finance@romashka.example"],
        ["owner@romashka.example"],
        ["money@romashka.example"],
    )


def test_nobody_to_write_to_is_logged_where_a_manager_sees_it(post: Post) -> None:
    with post.world.store.write() as session:
        session.get_one(Account, post.world.account_id).email = ""

    post.queue()

    assert post.world.mails("test") == []
    assert post.world.logged("account", post.world.account_id) == ["account.nobody_to_write_to"]


def test_a_recipient_that_is_refused_for_good_is_shown_and_not_tried_again(post: Post) -> None:
    post.queue(ANNA)
    post.sink.behaviour.set(Mode.PERMANENT, times=1)

    post.send()
    post.later(days=3)

    assert post.arrived() == []
    assert post.row().status == "refused"
    assert post.row().last_error == "550 5.1.1 No such mailbox here"
    assert post.world.logged("account", post.world.account_id) == ["account.mail_refused"]
    assert post.world.facts("mail") == []


def test_one_refused_recipient_does_not_touch_the_other(post: Post) -> None:
    post.queue(ANNA, "boris@romashka.example")
    post.sink.behaviour.set(Mode.PERMANENT, recipient=ANNA)

    post.send()

    assert [m["To"] for m in post.arrived()] == ["boris@romashka.example"]


def test_what_the_server_wants_later_is_sent_later(post: Post) -> None:
    post.queue(ANNA)
    post.sink.behaviour.set(Mode.TEMPORARY, times=2)

    post.send()
    tried = (post.row().status, post.row().attempts, post.row().last_error)
    post.later(minutes=1)
    post.later(minutes=2)

    assert tried == ("queued", 1, "451 4.3.2 Try again later")
    assert len(post.arrived()) == 1
    assert (post.row().status, post.row().attempts) == ("sent", 3)


def test_a_server_that_always_wants_it_later_is_given_up_after_a_day_and_a_half_and_shown(post: Post) -> None:
    post.queue(ANNA)
    post.sink.behaviour.set(Mode.TEMPORARY)

    for _try in range(40):
        post.later(hours=1)

    assert post.row().status == "refused"
    assert post.world.logged("account", post.world.account_id) == ["account.mail_refused"]
    with post.world.store.read() as session:
        (dead,) = deliveries.dead_letters(session)
    post.sink.behaviour.set(Mode.ACCEPT)
    deliveries.retry_dead(post.world.store, dead.id, by=MANAGER)
    post.send()
    assert len(post.arrived()) == 1


@pytest.mark.parametrize("mode", [Mode.DROP, Mode.HANG])
def test_a_server_that_drops_or_hangs_loses_nothing(post: Post, mode: Mode) -> None:
    post.queue(ANNA, "boris@romashka.example")
    post.sink.behaviour.set(mode)

    post.send()
    before = [m.status for m in post.world.mails("test")]
    post.sink.behaviour.set(Mode.ACCEPT)
    post.later(minutes=1)

    assert before == ["queued", "queued"]
    assert len(post.arrived()) == 2


def test_a_server_that_is_down_for_a_week_loses_nothing(post: Post) -> None:
    closed = post.to_port(kept_port())
    post.queue(ANNA, "boris@romashka.example")

    for _quarter in range(7 * 4):
        post.send(closed)
        post.world.clock.advance(hours=6)
    waiting = [(m.status, m.attempts) for m in post.world.mails("test")]
    post.send()

    assert waiting == [("queued", 0), ("queued", 0)]
    assert len(post.arrived()) == 2


@pytest.mark.parametrize(
    "address",
    [
        "no-at-sign",
        "two@at@signs.example",
        "with space@x.example",
        "line\nbreak@x.example",
        "anna@x.example, eve@x.example",
        "Anna <anna@x.example>",
        "",
    ],
)
def test_what_is_no_address_is_refused_before_any_dialogue(post: Post, address: str) -> None:
    post.queue(address)
    post.send()

    assert post.arrived() == []
    assert post.row().status == "refused"


def test_no_value_can_slip_in_a_header(post: Post) -> None:
    with post.world.store.write() as session:
        session.get_one(Reseller, post.world.reseller_id).brand_name = "Хост\r\nBcc: eve@x.example"
    post.queue(ANNA, subject="Тема\r\nBcc: eve@x.example\r\n\r\nтело")

    post.send()

    (message,) = post.arrived()
    assert message["Bcc"] is None
    assert message["Subject"] == "Тема Bcc: eve@x.example тело"
    assert [letter.recipients for letter in post.sink.letters.all()] == [(ANNA,)]


def test_a_domain_in_letters_of_its_own_is_encoded(post: Post) -> None:
    post.queue("anna@почта.рф")

    post.send()

    (letter,) = post.sink.letters.all()
    assert letter.recipients == ("anna@xn--80a1acny.xn--p1ai",)


def test_a_mailbox_that_mail_servers_cannot_take_is_refused(post: Post) -> None:
    post.queue("анна@x.example")

    post.send()

    assert post.row().status == "refused"


def a_link(session: Session, user: User, purpose: Purpose) -> str:
    return issue_link(session, user, purpose, base_url="https://panel.example", lifetime=timedelta(hours=1))


def test_a_single_use_link_is_erased_when_its_mail_has_left(post: Post) -> None:
    with post.world.store.write() as session:
        user = User(
            reseller_id=post.world.reseller_id,
            kind=UserKind.CUSTOMER,
            email=ANNA,
            name="Anna",
            created_at=post.world.store.now(),
        )
        session.add(user)
        session.flush()
        for write, purpose in ((mails.invitation, Purpose.INVITATION), (mails.password_reset, Purpose.RESET)):
            write(session, user, a_link(session, user, purpose))
    before = [m.text for m in post.world.mails()]

    post.send()

    assert all("https://panel.example/" in text for text in before)
    assert len(post.arrived()) == 2
    assert all("https://panel.example/" not in m.text + m.html for m in post.world.mails())


def test_our_own_name_is_looked_up_once_for_all_mails(sink: MailSink, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[threading.Thread] = []  # the sink, in a thread of its own, asks each time
    monkeypatch.setattr(socket, "getfqdn", lambda: asked.append(threading.current_thread()) or "panel.example")
    smtp._own_name.cache_clear()
    mailer = SmtpMailer(Server("127.0.0.1", sink.smtp_port, SENDER, timeout_seconds=1))

    mailer.check()
    mailer.check()

    smtp._own_name.cache_clear()
    assert asked.count(threading.current_thread()) == 1
