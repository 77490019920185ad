"""Whose failure a failure is: what the mail server says of one message keeps no other, and everything ends."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.smtp import Security, Server, SignInRefused, Silent, SmtpMailer
from host_stub.config import Config
from host_stub.doctor import _mail as doctors_mail
from host_stub.persistence import Account, Mail, Store, User, UserKind, open_store
from host_stub.services.money_in import approvals
from host_stub.services.people import signin
from host_stub.services.queues import deliveries
from host_stub.services.telling import addresses, mail_life, mails
from host_stub.services.telling.mail_sending import REPEATS, MailReceiver
from tests.support.charging_world import ChargingWorld
from tests.support.scripted_smtp import HOST, SIZE_LIMIT, Act, ScriptedSmtp, until
from tests.support.world import MANAGER, rub

SENDER = "billing@panel.example"
PASSWORD = "пароль-Ёж€"


@pytest.fixture
def store(sqlite_url: str, clock: FixedClock) -> Iterator[Store]:
    """On SQLite alone: the dialogue does not depend on the database, and what does is proved elsewhere on both."""
    opened = open_store(sqlite_url, clock, base_url="https://panel.example")
    yield opened
    opened.close()


@pytest.fixture
def smtp() -> Iterator[ScriptedSmtp]:
    with ScriptedSmtp() as server:
        yield server


class Post:
    """Queues letters and sends them to the scripted server."""

    def __init__(self, world: ChargingWorld, smtp: ScriptedSmtp, **server: object) -> None:
        self.world = world
        self.smtp = smtp
        options = {"timeout_seconds": 0.5, "last_answer_seconds": 100, **server}
        mailer = SmtpMailer(Server(HOST, smtp.port, SENDER, **options))  # type: ignore[arg-type]
        self.receiver = MailReceiver(world.store, mailer, SENDER)

    def queue(self, *recipients: str, category: str = "test", text: str = "Текст") -> None:
        with self.world.store.write() as session:
            account = session.get_one(Account, self.world.account_id)
            for recipient in recipients:
                mails.queue_to_account(session, account, mails.Letter(category, recipient, "Тема", [text]), [recipient])

    def round(self) -> None:
        """Send everything that is due now."""
        while deliveries.work(self.world.store, "worker", "mail", self.receiver, limit=5):
            pass

    def later(self, **step: float) -> None:
        self.world.clock.advance(**step)
        self.round()

    def of(self, recipient: str) -> Mail:
        (row,) = [mail for mail in self.world.mails() if mail.recipient == recipient]
        return row

    def statuses(self) -> Counter[str]:
        return Counter(mail.status for mail in self.world.mails())


@pytest.fixture
def post(world: ChargingWorld, smtp: ScriptedSmtp) -> Post:
    return Post(world, smtp)


def crowd(count: int = 24) -> list[str]:
    return [f"reader{n}@romashka.example" for n in range(count)]


BAD = "bad@romashka.example"


@pytest.mark.parametrize("act", [Act.CLOSES, Act.LATER, Act.FULL, Act.SILENT, Act.CUT_BEFORE, Act.CUT_AFTER, Act.LATE])
def test_what_befalls_one_of_25_mails_keeps_no_other_of_the_same_round(post: Post, act: Act) -> None:
    post.smtp.script[BAD] = act
    post.queue(*crowd(12), BAD, *crowd()[12:])

    post.round()

    assert post.statuses() == {"sent": 24, "queued": 1}
    assert post.of(BAD).status == "queued"
    assert all(post.smtp.taken[reader] == 1 for reader in crowd())
    assert [mail.last_error for mail in post.world.mails() if mail.status == "sent"] == [""] * 24


def test_a_mail_that_the_server_finds_too_large_at_its_sender_is_refused_alone(post: Post) -> None:
    post.queue(BAD, text="х" * SIZE_LIMIT)
    post.queue(*crowd(3))

    post.round()

    assert (post.of(BAD).status, post.of(BAD).last_error) == ("refused", "552 5.3.4 too large")
    assert post.statuses() == {"sent": 3, "refused": 1}


@pytest.mark.parametrize("act", [Act.CLOSES, Act.LATER])
def test_a_verdict_about_one_message_is_counted_waits_longer_each_time_and_ends(post: Post, act: Act) -> None:
    post.smtp.script[BAD] = act
    post.queue(BAD)
    waits: list[timedelta] = []

    asked_at = post.world.store.now()
    for _minute in range(60):
        before = post.smtp.asked[BAD]
        post.round()
        if post.smtp.asked[BAD] > before:
            waits.append(post.world.store.now() - asked_at)
            asked_at = post.world.store.now()
        post.world.clock.advance(minutes=1)
    for _hour in range(60):
        post.later(hours=1)

    assert [wait.total_seconds() / 60 for wait in waits] == [0, 1, 2, 4, 8, 16]
    assert post.smtp.asked[BAD] == 40
    assert post.of(BAD).status == "refused"


def test_a_message_whose_answer_is_lost_is_sent_three_times_and_then_said_to_be_perhaps_delivered(post: Post) -> None:
    post.smtp.script[BAD] = Act.CUT_AFTER
    post.queue(BAD)
    sent = []

    for _quarter in range(200):
        post.round()
        sent.append(post.smtp.taken[BAD])
        post.world.clock.advance(minutes=15)

    assert sent[:7] == [1, 2, 2, 2, 2, 3, 3]
    assert sent[-1] == 1 + len(REPEATS) == 3
    assert (post.of(BAD).status, post.of(BAD).unanswered) == ("unknown", 3)
    assert post.world.facts("mail") == []


def test_an_answer_that_is_late_is_waited_for_and_the_mail_is_sent_once(post: Post) -> None:
    post.smtp.script[BAD] = Act.LATE
    post.queue(BAD, *crowd(3))

    post.round()
    under_way = post.statuses()
    post.later(minutes=5)  # longer than a lease: it goes on while the answer is waited for
    post.smtp.late.set()
    until(lambda: post.of(BAD).status == "sent")
    post.later(hours=1)

    assert under_way == {"sent": 3, "queued": 1}
    assert post.smtp.taken[BAD] == 1
    assert post.world.facts("mail") == []


def test_an_answer_that_never_comes_is_given_up_after_the_time_that_the_standard_asks() -> None:
    from host_stub.adapters.smtp import LAST_ANSWER_SECONDS

    assert LAST_ANSWER_SECONDS == 600  # RFC 5321, 4.5.3.2.6


def test_a_server_that_does_not_greet_counts_against_no_mail_and_is_not_asked_by_each(post: Post) -> None:
    post.smtp.greets = False
    post.queue(*crowd(12))

    post.round()
    trouble = post.receiver.trouble
    down = [(mail.status, mail.attempts, mail.last_error) for mail in post.world.mails()]
    post.smtp.greets = True
    post.later(minutes=1)

    assert "closed" in trouble or "reset" in trouble.lower()
    assert down == [("queued", 0, "")] * 12
    assert post.statuses() == {"sent": 12}
    assert post.receiver.trouble == ""


def test_a_sender_that_the_server_refuses_is_our_fault_and_no_mails(post: Post) -> None:
    post.smtp.sender = "550 5.1.8 sender unknown"
    post.queue(*crowd(3))

    for _hour in range(60):
        post.later(hours=1)
    shown = post.receiver.trouble
    post.smtp.sender = ""
    post.later(hours=1)

    assert shown == "550 5.1.8 sender unknown"
    assert post.statuses() == {"sent": 3}


def test_a_password_in_cyrillic_opens_the_mail_server(world: ChargingWorld, smtp: ScriptedSmtp) -> None:
    smtp.login = ("panel", PASSWORD)
    post = Post(world, smtp, user="panel", password=PASSWORD)
    post.queue(BAD)

    post.round()

    assert post.of(BAD).status == "sent"


def test_a_failed_sign_in_is_no_mails_fault_and_is_shown_at_once(world: ChargingWorld, smtp: ScriptedSmtp) -> None:
    smtp.login = ("panel", PASSWORD)
    post = Post(world, smtp, user="panel", password="другой")
    post.queue(*crowd(3))

    post.round()
    shown = post.receiver.trouble
    for _hour in range(60):
        post.later(hours=1)

    assert shown == "sign-in: 535 5.7.8 wrong name or password"
    assert [(mail.status, mail.attempts) for mail in world.mails()] == [("queued", 0)] * 3


def test_the_doctor_names_a_failed_sign_in_and_shows_no_password(smtp: ScriptedSmtp) -> None:
    smtp.login = ("panel", PASSWORD)
    settings = {"smtp_host": HOST, "smtp_port": smtp.port, "smtp_user": "panel"}

    wrong = doctors_mail(Config(**settings, smtp_password="другой"))  # type: ignore[arg-type]
    right = doctors_mail(Config(**settings, smtp_password=PASSWORD))  # type: ignore[arg-type]

    assert "535" in wrong.problem
    assert "BILLHOOK_SMTP_PASSWORD" in wrong.remedy
    assert "другой" not in wrong.problem + wrong.remedy
    assert right.healthy


def test_a_server_that_offers_no_sign_in_is_a_fault_of_the_settings(smtp: ScriptedSmtp) -> None:
    mailer = SmtpMailer(Server(HOST, smtp.port, SENDER, Security.NONE, "panel", "x"))
    smtp.login = None

    with pytest.raises(SignInRefused):
        mailer.check()


@pytest.mark.parametrize(
    ("address", "envelope"),
    [
        ("info@straße.de", "info@xn--strae-oqa.de"),
        ("info@κλαρα-σωλις.ευ", "info@xn----ylba7abgd9bnh0e.xn--qxa6a"),
        ("почта".encode("punycode").decode() + "@пример.рф", None),
        ("info@ПРИМЕР.рф", "info@xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_a_mail_goes_to_whoever_owns_its_domain(post: Post, address: str, envelope: str | None) -> None:
    post.queue(address)

    post.round()

    expected = envelope or address.replace("пример.рф", "xn--e1afmkfd.xn--p1ai")
    assert post.smtp.taken == {expected: 1}


def test_a_warning_is_dropped_when_the_money_came_before_it_left(post: Post) -> None:
    world = post.world
    with world.store.write() as session:
        account = session.get_one(Account, world.account_id)
        button = ("Пополнить", addresses.top_up(session, account.id, rub("100.00")))
        warning = mails.Letter("plugin:low_balance_notify", "w", "Баланс заканчивается", ["445,00"], button)
        mails.queue_to_account(session, account, warning)
        news = mails.Letter("plugin:other", "n", "Новость", ["Текст"])
        mails.queue_to_account(session, account, news)
    post.smtp.greets = False
    post.round()
    order = approvals.BankOrder(rub("1000.00"), "117", world.store.now().date())
    approvals.approve_payment(world.store, world.scope, world.a_payment("1000.00"), order, by=MANAGER)
    post.smtp.greets = True
    post.later(minutes=1)

    told = {mail.category: (mail.status, mail.last_error) for mail in world.mails()}
    assert told["plugin:low_balance_notify"] == ("dropped", "topped_up")
    assert told["plugin:other"] == ("sent", "")
    assert told["payment_credited"] == ("sent", "")


def test_a_mail_that_waited_for_longer_than_its_kind_may_is_dropped_and_says_so(post: Post) -> None:
    post.queue("a@x.example", category="plugin:news")
    post.queue("b@x.example", category="payment_credited_later")
    post.smtp.greets = False
    post.round()
    post.smtp.greets = True

    post.later(days=6)

    assert (post.of("a@x.example").status, post.of("a@x.example").last_error) == ("dropped", "too_old")
    assert post.of("b@x.example").status == "sent"
    assert post.world.facts("mail") == []


def test_nothing_is_too_old_by_a_clock_that_is_not_believed(world: ChargingWorld, smtp: ScriptedSmtp) -> None:
    post = Post(world, smtp)
    post.receiver = MailReceiver(world.store, post.receiver._mailer, SENDER, lambda: False)
    post.queue("a@x.example", category="plugin:news")
    world.clock.step(days=30)

    post.round()

    assert post.of("a@x.example").status == "sent"


@pytest.mark.parametrize("fate", ["live", "used", "replaced", "past"])
def test_a_link_that_opens_nothing_any_more_is_not_mailed(post: Post, fate: str) -> None:
    world = post.world
    with world.store.write() as session:
        user = User(
            reseller_id=world.reseller_id,
            kind=UserKind.CUSTOMER,
            email="anna@romashka.example",
            name="Anna",
            created_at=world.store.now(),
        )
        session.add(user)
        session.flush()
        link = a_link(session, user)
        mails.password_reset(session, user, link)
    lifetimes = signin.Lifetimes(timedelta(hours=1), timedelta(hours=1))
    if fate == "used":
        token = link.rpartition("/")[2]
        signin.set_password(world.store, token, signin.Purpose.RESET, "correct horse 77", lifetimes=lifetimes)
    if fate == "replaced":
        world.clock.advance(minutes=1)
        with world.store.write() as session:
            a_link(session, session.get_one(User, user.id))
    post.later(hours=2 if fate == "past" else 0)

    expected = ("sent", "") if fate == "live" else ("dropped", "link_dead")
    assert (post.of(user.email).status, post.of(user.email).last_error) == expected
    assert post.of(user.email).text == ""


def a_link(session: object, user: User) -> str:
    return signin.issue_link(
        session,  # type: ignore[arg-type]
        user,
        signin.Purpose.RESET,
        base_url="https://panel.example",
        lifetime=timedelta(hours=1),
    )


def test_every_category_has_an_end() -> None:
    lives = {name: mail_life.life(name) for name in ("hold_entered", "plugin:x", "payment_credited", "test")}

    assert lives == {
        "hold_entered": timedelta(days=3),
        "plugin:x": timedelta(days=2),
        "payment_credited": timedelta(days=14),
        "test": timedelta(days=14),
    }


def test_a_message_goes_over_the_wire_with_its_dots_doubled() -> None:
    from host_stub.adapters.smtp import _content

    message = EmailMessage()
    message.set_content(".first\n..second\nlast")

    assert b"\r\n..first\r\n...second\r\nlast\r\n" in _content(message)


def a_message() -> EmailMessage:
    message = EmailMessage()
    message.set_content("Текст")
    return message


def test_an_answer_that_trickles_has_an_end_as_any_other_has(smtp: ScriptedSmtp) -> None:
    smtp.script[BAD] = Act.DRIPS
    began = time.monotonic()

    with pytest.raises(Silent):
        SmtpMailer(Server(HOST, smtp.port, SENDER, timeout_seconds=0.5)).send(a_message(), BAD)

    assert time.monotonic() - began < 3


def test_a_dialogue_whose_every_answer_comes_in_time_has_an_end_all_the_same(smtp: ScriptedSmtp) -> None:
    smtp.script[BAD] = Act.DAWDLES
    began = time.monotonic()
    server = Server(HOST, smtp.port, SENDER, timeout_seconds=5, dialogue_seconds=0.6)

    with pytest.raises(Silent):
        SmtpMailer(server).send(a_message(), BAD)

    assert time.monotonic() - began < 3
    assert smtp.taken[BAD] == 0


def test_all_waits_of_a_sending_stay_below_what_is_left_of_its_lease() -> None:
    from host_stub.adapters.smtp import DIALOGUE_SECONDS, TIMEOUT_SECONDS

    # TLS may take as long as one answer beyond the end.
    assert deliveries.LEAST_TIME.total_seconds() > DIALOGUE_SECONDS + 3 * TIMEOUT_SECONDS


def test_a_last_answer_that_trickles_is_waited_for_and_the_mail_is_sent_once(post: Post) -> None:
    post.smtp.script[BAD] = Act.DRIPS_AT_LAST
    post.queue(BAD, *crowd(3))

    post.round()
    under_way = post.statuses()
    post.later(minutes=5)
    post.smtp.late.set()
    until(lambda: post.of(BAD).status == "sent")

    assert under_way == {"sent": 3, "queued": 1}
    assert post.smtp.taken[BAD] == 1


def test_a_last_answer_that_trickles_for_ever_ends_as_perhaps_delivered_after_three_sendings(
    world: ChargingWorld, smtp: ScriptedSmtp
) -> None:
    post = Post(world, smtp, timeout_seconds=0.2, last_answer_seconds=0.6)
    smtp.script[BAD] = Act.DRIPS_AT_LAST
    post.queue(BAD)

    for sending in range(1, 4):
        post.round()
        until(lambda sending=sending: post.of(BAD).unanswered == sending)
        post.later(minutes=14)
        world.clock.advance(hours=2)
    post.later(days=1)

    assert (smtp.taken[BAD], post.of(BAD).status) == (3, "unknown")
    assert world.facts("mail") == []
