"""Mail: written with the fact that it tells, sent by the worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billhook import Money
from billhook.i18n import LazyText
from sqlalchemy.orm import Session

from host_stub.persistence import Account, Reseller

Text = LazyText | str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says; the reseller's letterhead is put round it.

    once_key: at most one mail per key and recipient, however often it is queued. button: label and absolute address.
    """

    category: str
    once_key: str
    subject: Text
    paragraphs: Sequence[Text]
    button: tuple[Text, str] | None = None


def queue(session: Session, reseller: Reseller, letter: Letter, recipients: Sequence[str], language: str) -> None:
    """Queue a mail to each recipient, rendered now in `language`, sent after commit."""


def queue_to_account(session: Session, account: Account, letter: Letter, recipients: Sequence[str] = ()) -> None:
    """Queue a mail to the account's finance contacts (or to `recipients`), in the account's language.

    Nobody to write to is logged on the account, where a manager sees it.
    """


def payment_credited(
    session: Session, account: Account, *, payment_number: str, amount: Money, transaction_id: int
) -> None:
    """Queue the mail that a payment was credited."""
