"""Mail: written with the fact that it tells, sent by the worker."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from billhook import Catalogue, Money
from billhook.i18n import LazyText
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import SYSTEM
from host_stub.domain.charging import Settlement
from host_stub.persistence import Account, Mail, Reseller, User
from host_stub.persistence.store import base_url, fetch, now
from host_stub.services.charges import holds
from host_stub.services.queues import outbox
from host_stub.services.telling import addresses
from host_stub.services.telling.journal import log
from host_stub.services.telling.letterhead import Letter, render
from host_stub.services.telling.views import finance_contacts

__all__ = [
    "Letter",
    "hold_entered",
    "invitation",
    "is_address",
    "log_refusal",
    "password_reset",
    "payment_credited",
    "queue",
    "queue_to_account",
]

_ = Catalogue("host_stub")

#: Categories whose body holds a single-use link: it is erased once the mail has left.
SECRET_CATEGORIES: Final = ("invitation", "password_reset")
#: What the customers of a closed reseller are still told: that it has their money. Everything else asks them for
#: something that they cannot do there (top up, sign in, set a password), and what plugins say is no fact of the host.
WHILE_CLOSED: Final = ("payment_credited",)

# Enough to keep headers and the SMTP dialogue safe; whether the mailbox exists, its server says.
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,255}")


def is_address(text: str) -> bool:
    """Say whether `text` is one plain mail address, without a name or anything round it."""
    return len(text) <= 320 and _ADDRESS.fullmatch(text) is not None


def queue(session: Session, reseller: Reseller, letter: Letter, recipients: Sequence[str], language: str) -> None:
    """Queue a mail to each recipient, rendered now in `language`, sent after commit."""
    _queue(session, reseller, letter, [(recipient, language) for recipient in recipients], None)


def queue_to_account(session: Session, account: Account, letter: Letter, recipients: Sequence[str] = ()) -> None:
    """Queue a mail to the account's finance contacts (or to `recipients`), each in their language.

    A closed reseller tells only of money that came in: `WHILE_CLOSED`.
    Somebody without a login reads the account's language. Nobody to write to is logged on the account, where a
    manager sees it.
    """
    reseller = fetch(session, Reseller, account.reseller_id)
    if reseller.closed_at is not None and letter.category not in WHILE_CLOSED:
        return
    readers = _languages(session, account, recipients) if recipients else finance_contacts(session, account)
    if not readers:
        _log(session, account, "account.nobody_to_write_to", category=letter.category)
        return
    _queue(session, reseller, letter, list(readers.items()), account.id)


def _languages(session: Session, account: Account, recipients: Sequence[str]) -> dict[str, str]:
    query = select(User.email, User.language).where(User.email.in_([reader.lower() for reader in recipients]))
    known: dict[str, str] = {row.email: row.language for row in session.execute(query)}
    return {reader: known.get(reader.lower(), account.language) for reader in recipients}


def _queue(
    session: Session, reseller: Reseller, letter: Letter, addressed: Sequence[tuple[str, str]], account_id: int | None
) -> None:
    rendered = {
        language: render(reseller, letter, language) for language in {language for _reader, language in addressed}
    }
    asks = account_id is not None and _asks_for_money(session, letter, account_id)
    for reader, language in addressed:
        mail = rendered[language]
        once_key = f"{letter.once_key}:{reader.lower()}"
        valid = is_address(reader)
        row: dict[str, object] = {
            "reseller_id": reseller.id,
            "account_id": account_id,
            "category": letter.category,
            "recipient": reader,
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
            "message_id": _message_id(session, once_key),
            "unsubscribe_url": letter.unsubscribe,
            "asks_for_money": asks,
            "once_key": once_key,
            "status": "queued" if valid else "refused",
            "attempts": 0,
            "last_error": "" if valid else "not a mail address",
            "created_at": now(session),
        }
        mail_id = outbox.insert_once(session, Mail, row)
        if mail_id is None:
            continue
        if not valid:
            log_refusal(session, fetch(session, Mail, mail_id))
        else:
            outbox.enqueue(
                session, outbox.MAIL, f"mail:{mail_id}", "send", {"mail_id": mail_id}, reseller_id=reseller.id
            )


def _asks_for_money(session: Session, letter: Letter, account_id: int) -> bool:
    """Say whether a letter is there to have the balance topped up; the news of a credit is more than that."""
    leads_to = letter.button[1] if letter.button is not None else ""
    return letter.category != "payment_credited" and addresses.is_top_up(session, account_id, leads_to)


def log_refusal(session: Session, mail: Mail) -> None:
    """Write on the account that a mail was refused, where a manager sees it."""
    if mail.account_id is not None:
        account = fetch(session, Account, mail.account_id)
        _log(session, account, "account.mail_refused", recipient=mail.recipient, error=mail.last_error)


def _message_id(session: Session, once_key: str) -> str:
    """Return an id that the same mail always gets, so that a receiver can tell a repeat."""
    host = urlsplit(base_url(session)).hostname or "localhost"
    return f"<{hashlib.sha256(once_key.encode()).hexdigest()[:32]}@{host}>"


def payment_credited(
    session: Session,
    account: Account,
    *,
    payment_number: str,
    amount: Money,
    transaction_id: int,
    before: Money | None = None,
    billed: Money | None = None,
    settled: Settlement | None = None,
) -> None:
    """Queue the mail that a payment was credited, with what runs again because of it.

    amount: what came. before: the balance without it, if something was charged since. billed: what the payment was for,
    if a difference shall be told. settled: what followed.
    """
    settled = settled or Settlement()
    balance = Money(account.balance_minor, amount.currency)
    before = balance - amount if before is None else before
    charged = before + amount - balance
    paragraphs: list[LazyText] = [_("{amount} have been credited to your balance.", amount=amount)]
    if billed is not None and billed != amount:
        paragraphs.append(_("The payment was for {billed}; we credited what arrived.", billed=billed))
    if settled.resumed:
        paragraphs.append(_("These services run again: {names}.", names=", ".join(settled.resumed)))
    if settled.activated:
        paragraphs.append(_("These subscriptions have been activated: {names}.", names=", ".join(settled.activated)))
    if charged:
        paragraphs.append(_("{charged} was charged for them.", charged=charged))
    paragraphs.append(_("Your balance was {before}, now it is {balance}.", before=before, balance=balance))
    button = None
    if account.on_hold_since is not None and fetch(session, Reseller, account.reseller_id).closed_at is None:
        hold = holds.hold_summary(session, account)
        paragraphs += [holds.title(hold), *holds.until(hold), *holds.way_out(hold)]
        button = (_("Top up balance"), addresses.top_up(session, account.id, hold.needed))
    subject = _("Payment {number} for {amount} has been credited", number=payment_number, amount=amount)
    letter = Letter("payment_credited", f"credited:{transaction_id}", subject, paragraphs, button)
    queue_to_account(session, account, letter)


def hold_entered(session: Session, account: Account) -> None:
    """Queue the mail that the account is in credit hold."""
    assert account.on_hold_since is not None
    hold = holds.hold_summary(session, account)
    paragraphs = [holds.title(hold)]
    if hold.stopped:
        paragraphs.append(_("Stopped: {names}.", names=", ".join(hold.stopped)))
    letter = Letter(
        "hold_entered",
        f"hold:{account.id}:{account.on_hold_since.isoformat()}",
        holds.subject(hold),
        [*paragraphs, *holds.until(hold), *holds.way_out(hold)],
        (_("Top up balance"), addresses.top_up(session, account.id, hold.needed)),
    )
    queue_to_account(session, account, letter)


def invitation(session: Session, user: User, link: str) -> None:
    """Queue the mail with which a new user or manager sets their password. link: absolute, single-use."""
    reseller = fetch(session, Reseller, user.reseller_id)
    seller = reseller.brand_name or reseller.name
    letter = Letter(
        "invitation",
        f"invitation:{_digest(link)}",
        _("{seller}: your access to the panel", seller=seller),
        [
            _("{seller} has given you access to the panel. Your login is {email}.", seller=seller, email=user.email),
            _("Set a password to sign in. The link works once."),
        ],
        (_("Set a password"), link),
    )
    queue(session, reseller, letter, [user.email], user.language)


def password_reset(session: Session, user: User, link: str) -> None:
    """Queue the mail with which a user who forgot their password sets a new one. link: absolute, single-use."""
    reseller = fetch(session, Reseller, user.reseller_id)
    letter = Letter(
        "password_reset",
        f"password_reset:{_digest(link)}",
        _("Setting a new password"),
        [
            _("Somebody asked for a new password for {email}.", email=user.email),
            _("If that was you, set it with the button. The link works once."),
            _("If it was not you, do nothing: the password stays as it is."),
        ],
        (_("Set a password"), link),
    )
    queue(session, reseller, letter, [user.email], user.language)


def _digest(link: str) -> str:
    return hashlib.sha256(link.encode()).hexdigest()[:32]


def _log(session: Session, account: Account, action: str, **details: object) -> None:
    log(session, "account", account.id, action, reseller_id=account.reseller_id, by=SYSTEM, **details)
