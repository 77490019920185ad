"""Sends queued mails: the receiver `mail` of the outbox."""

from __future__ import annotations

from datetime import timedelta
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from typing import Any

from sqlalchemy.orm import Session

from host_stub.adapters.smtp import Deferred, Mailer, Refused, Unreachable, envelope_address
from host_stub.persistence import Mail, Reseller, Store
from host_stub.persistence.store import fetch, now
from host_stub.services.deliveries import Delivered, Failed, Outcome, Policy, Postponed, Task
from host_stub.services.letterhead import one_line
from host_stub.services.mails import SECRET_CATEGORIES, is_address, log_refusal

SERVER_DOWN = timedelta(minutes=1)


class MailReceiver:
    """Hands a mail to the SMTP server; a repeat after a crash carries the same Message-ID.

    sender: the address in From and on the envelope; the name beside it is the reseller's.
    """

    #: A day and a half, after which a mail about money is stale anyway.
    policy = Policy(attempts=40, first_wait=timedelta(minutes=1), longest_wait=timedelta(hours=1))

    def __init__(self, store: Store, mailer: Mailer, sender: str) -> None:
        self._store = store
        self._mailer = mailer
        self._sender = sender

    def deliver(self, task: Task) -> Outcome:
        """See Receiver. A server that is down postpones and never gives up: nothing is lost."""
        mail_id = int(task.payload["mail_id"])
        with self._store.read() as session:
            mail = fetch(session, Mail, mail_id)
            reseller = fetch(session, Reseller, mail.reseller_id)
        if mail.status == "sent":
            return Delivered()
        try:
            self._mailer.send(compose(mail, reseller, self._sender), mail.recipient)
        except Refused as error:
            reason = str(error)
            return Delivered(lambda session: _refused(session, mail_id, reason))
        except Deferred as error:
            reason = str(error)
            return Failed(reason, lambda session, dead: _deferred(session, mail_id, reason, dead))
        except Unreachable as error:
            return Postponed(str(error), SERVER_DOWN, whole_batch=True)
        return Delivered(lambda session: _sent(session, mail_id))


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
    if is_address(reseller.billing_email) and reseller.billing_email.isascii():
        message["Reply-To"] = reseller.billing_email
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
