"""Sends queued mails: the receiver `mail` of the outbox."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import timedelta
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from typing import Any, Final

from sqlalchemy.orm import Session

from host_stub.adapters.smtp import (
    LAST_ANSWER_SECONDS,
    Deferred,
    LastAnswer,
    Mailer,
    MailError,
    Misconfigured,
    Refused,
    Silent,
    Unanswered,
    Unreachable,
    envelope_address,
)
from host_stub.persistence import Mail, Reseller, Store
from host_stub.persistence.store import fetch, now
from host_stub.services.queues.deliveries import Delivered, End, Failed, Outcome, Policy, Postponed, Task, Underway
from host_stub.services.queues.destinations import Bounds, Destinations
from host_stub.services.telling import mail_life
from host_stub.services.telling.letterhead import one_line
from host_stub.services.telling.mail_life import Dropped
from host_stub.services.telling.mails import SECRET_CATEGORIES, is_address, log_refusal

#: How long a server is left alone that lets nobody in: doubling.
FIRST_REST: Final = timedelta(minutes=1)
LONGEST_REST: Final = timedelta(minutes=10)
#: After a message whose answer was not seen: before its second and its third sending. Then nobody knows.
REPEATS: Final = (timedelta(minutes=15), timedelta(hours=1))
#: Domains over whose recipients the server falls silent; three in a row, since one may be the message's own fault.
#: Of three threads; a relay that is far away needs a second or two for any mail.
DOMAINS: Final = Bounds(
    first_rest=timedelta(minutes=1),
    longest_rest=timedelta(minutes=15),
    tolerated=3,
    slow_seconds=5,
    slow=1,
    slow_alone=2,
)
_CLOSED: Final = ("sent", "unknown", "dropped")
_SERVER: Final = "the mail server"
_AFTER_IT: Final = timedelta(minutes=1)

Told = Callable[[Session, bool], None]


class MailReceiver:
    """Hands a mail to the SMTP server; a repeat after a crash carries the same Message-ID.

    sender: the address in From and on the envelope; the name beside it is the reseller's.
    trouble: why no mail leaves, in the server's words; empty while it does.
    """

    #: A day and a half of a server that defers this one message; nothing else counts.
    policy = Policy(attempts=40, first_wait=timedelta(minutes=1), longest_wait=timedelta(hours=1))

    def __init__(
        self, store: Store, mailer: Mailer, sender: str, clock_is_believed: Callable[[], bool] = lambda: True
    ) -> None:
        self._store = store
        self._mailer = mailer
        self._sender = sender
        self._clock_is_believed = clock_is_believed
        self._domains = Destinations(store.ticks, DOMAINS)
        self._server = Destinations(store.ticks, Bounds(FIRST_REST, LONGEST_REST, each=1000, slow_seconds=1000))
        self.trouble = ""

    def deliver(self, task: Task) -> Outcome:
        """See Receiver. A server that is down postpones and counts nothing; each category of mail has its own end."""
        mail_id = int(task.payload["mail_id"])
        with self._store.read() as session:
            mail = fetch(session, Mail, mail_id)
            reseller = fetch(session, Reseller, mail.reseller_id)
            reason = mail_life.stale(session, mail, clock_is_believed=self._clock_is_believed())
        if mail.status in _CLOSED:
            return Delivered()
        if reason is not None:
            return Delivered(lambda session: _dropped(session, mail_id, reason))
        try:
            message = compose(mail, reseller, self._sender)
        except Refused as error:
            return _refusal(mail_id, str(error))
        return self._through_doors(task, mail, message)

    def _through_doors(self, task: Task, mail: Mail, message: Message[Any, Any]) -> Outcome:
        domain = mail.recipient.rpartition("@")[2].lower()
        rest = self._domains.enter(domain)
        if rest is not None:
            return Postponed("", rest)
        rest = self._server.enter(_SERVER)
        if rest is not None:
            self._domains.leave(domain, answered=None)
            return Postponed("", rest, whole_batch=True)
        fate = self._send(message, mail.recipient)
        self._server.leave(_SERVER, answered=not isinstance(fate, Unreachable))
        if fate is not None and not isinstance(fate, MailError):
            return self._underway(task, mail, domain, fate)
        self._domains.leave(domain, answered=None if isinstance(fate, Unreachable) else not isinstance(fate, Silent))
        return self._outcome(task, mail, fate)

    def _send(self, message: Message[Any, Any], recipient: str) -> LastAnswer | MailError | None:
        try:
            return self._mailer.send(message, recipient)
        except MailError as error:
            return error
        except Exception as error:  # noqa: BLE001  whatever else breaks over a message is the message's
            return Deferred(f"{type(error).__name__}: {error}")

    def _underway(self, task: Task, mail: Mail, domain: str, late: LastAnswer) -> Outcome:
        """Wait for the answer in a thread of its own. The domain's door stays shut behind it: few can be so slow."""
        self._domains.linger(domain)

        def wait(tell: Callable[[End], None]) -> None:
            fate: MailError | None = None
            try:
                late.wait()
            except MailError as error:
                fate = error
            self._domains.leave(domain, answered=True, lingering=True)
            tell(self._outcome(task, mail, fate))

        def await_end(tell: Callable[[End], None]) -> None:
            threading.Thread(target=wait, args=(tell,), name=f"late answer {mail.id}", daemon=True).start()

        return Underway(timedelta(seconds=LAST_ANSWER_SECONDS) + _AFTER_IT, await_end)

    def _outcome(self, task: Task, mail: Mail, fate: MailError | None) -> End:
        mail_id, reason = mail.id, str(fate or "")
        self.trouble = reason if isinstance(fate, Unreachable | Misconfigured) else ""
        match fate:
            case None:
                return Delivered(lambda session: _sent(session, mail_id))
            case Refused():
                return _refusal(mail_id, reason)
            case Unanswered():
                return _unanswered(mail, reason)
            case Misconfigured():
                told: Told = lambda session, _dead: _remember(session, mail_id, reason)  # noqa: E731
                return Postponed(reason, self.policy.wait(task.tries), effects=told)
            case Unreachable():
                return Postponed(reason, FIRST_REST, whole_batch=True)
        return Failed(reason, lambda session, dead: _deferred(session, mail_id, reason, dead))


def _refusal(mail_id: int, reason: str) -> End:
    return Delivered(lambda session: _refused(session, mail_id, reason))


def _unanswered(mail: Mail, reason: str) -> End:
    """Send a whole message a few times more; then say that nobody knows. For ever would be a letter a minute."""
    mail_id = mail.id
    if mail.unanswered >= len(REPEATS):
        return Delivered(lambda session: _unknown(session, mail_id, reason))
    effects: Told = lambda session, _dead: _remember(session, mail_id, reason, unanswered=1)  # noqa: E731
    return Postponed(reason, REPEATS[mail.unanswered], effects=effects)


def compose(mail: Mail, reseller: Reseller, sender: str) -> Message[Any, Any]:
    """Return the message for a mail: text and HTML. No value can add a header: each is one line by now.

    Raises Refused for an address that no server takes.
    """
    # Not EmailMessage: Python 3.11 folds its long headers between words and loses the space there (gh-92081).
    message: Message[Any, Any] = MIMEMultipart("alternative")
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(mail.created_at)
    message["From"] = _address(reseller.brand_name or reseller.name, sender, "From")
    message["To"] = envelope_address(mail.recipient)
    if is_address(reseller.billing_email):
        with contextlib.suppress(Refused):  # a mailbox that no server takes cannot be answered
            message["Reply-To"] = envelope_address(reseller.billing_email)
    message["Subject"] = Header(one_line(mail.subject), "utf-8", header_name="Subject")
    # Keeps answering machines from answering (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe_url:
        # Not folded: the address is one word, and would leave an empty line behind the header's name.
        message["List-Unsubscribe"] = Header(f"<{one_line(mail.unsubscribe_url)}>", "us-ascii", maxlinelen=998)
        # One click in the mail program posts to the address (RFC 8058), which asks for https.
        if mail.unsubscribe_url.startswith("https:"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.attach(MIMEText(mail.text, "plain", "utf-8"))
    message.attach(MIMEText(mail.html, "html", "utf-8"))
    return message


def _address(name: str, address: str, header: str) -> Header | str:
    words = one_line(name)
    if words.isascii():
        return formataddr((words, address))
    value = Header(words, "utf-8", header_name=header)
    value.append(f"<{address}>", "us-ascii")
    return value


def _sent(session: Session, mail_id: int) -> None:
    mail = fetch(session, Mail, mail_id, lock=True)
    _close(session, mail, "sent", "")
    _erase_secret(mail)


def _refused(session: Session, mail_id: int, reason: str) -> None:
    mail = fetch(session, Mail, mail_id, lock=True)
    _close(session, mail, "refused", reason)
    _erase_secret(mail)
    log_refusal(session, mail)


def _unknown(session: Session, mail_id: int, reason: str) -> None:
    mail = fetch(session, Mail, mail_id, lock=True)
    _close(session, mail, "unknown", reason)
    mail.unanswered += 1
    _erase_secret(mail)


def _dropped(session: Session, mail_id: int, why: Dropped) -> None:
    mail = fetch(session, Mail, mail_id, lock=True)
    mail.status, mail.last_error, mail.closed_at = "dropped", why.value, now(session)
    _erase_secret(mail)


def _remember(session: Session, mail_id: int, reason: str, *, unanswered: int = 0) -> None:
    mail = fetch(session, Mail, mail_id, lock=True)
    mail.last_error = reason[:500]
    mail.unanswered += unanswered
    mail.attempts += unanswered


def _deferred(session: Session, mail_id: int, reason: str, dead: bool) -> None:
    mail = fetch(session, Mail, mail_id, lock=True)
    if dead:  # the body stays: the operator may send it again
        _close(session, mail, "refused", reason)
        log_refusal(session, mail)
    else:
        mail.attempts, mail.last_error = mail.attempts + 1, reason[:500]


def _close(session: Session, mail: Mail, status: str, reason: str) -> None:
    mail.status, mail.last_error, mail.closed_at = status, reason[:500], now(session)
    mail.attempts += 1


def _erase_secret(mail: Mail) -> None:
    if mail.category in SECRET_CATEGORIES:
        mail.text = mail.html = ""
