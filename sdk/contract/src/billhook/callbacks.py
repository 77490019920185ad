"""Messages from a gateway: what arrives, what they may say, what the host answers.

The host hands the raw request to the provider's pure functions. Nothing here credits: a provider says what a message
claims, the host alone decides whether it was verified, whether it fits, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from billhook.errors import MalformedNotification
from billhook.money import Money


class ActionKind(StrEnum):
    """What kind of message an action receives."""

    QUESTION = "question"  # unsigned server-to-server pre-request: may this payment be paid? Credits nothing
    NOTIFICATION = "notification"  # signed; the only proof of payment
    RETURN = "return"  # the payer's browser comes back; proves nothing, GET or POST, no cookie, no token


@dataclass(frozen=True, slots=True)
class Action:
    """A callback address of a provider: the last part of `/plugin/<name>/method/<method id>/<action>`."""

    name: str
    kind: ActionKind


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request as it arrived.

    body: the bytes of a POST. fields: decoded form (or query) fields in order, repeated names kept; nothing trimmed.
    headers: by lower-case name. remote_address: who called; decide nothing by it.
    """

    method: str
    content_type: str
    body: bytes
    fields: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    remote_address: str

    def one(self, name: str) -> str:
        """Return the only value of a field.

        Raises MalformedNotification if it is missing or given twice: which of two would be the signed one?
        """
        values = [value for key, value in self.fields if key == name]
        if len(values) != 1:
            raise MalformedNotification(name, "missing" if not values else "given more than once")
        return values[0]

    def optional(self, name: str) -> str | None:
        """Return the value of a field, or None. Raises MalformedNotification if it is given twice."""
        values = [value for key, value in self.fields if key == name]
        if len(values) > 1:
            raise MalformedNotification(name, "given more than once")
        return values[0] if values else None


@dataclass(frozen=True, slots=True)
class PaymentClaim:
    """What a question or notification says about a payment; the host compares it with what the attempt froze.

    reference: the document number that the attempt was started with. merchant: as signed.
    amount: what was ordered, not what the payer's bank took. is_test: by signed fields only.
    """

    reference: str
    merchant: str
    amount: Money
    is_test: bool


@dataclass(frozen=True, slots=True)
class PaymentPaid(PaymentClaim):
    """A notification: the gateway says it has the money.

    external_id: the gateway's id of the payer's act of paying, not of the message: the once-only key together with
        plugin and merchant. Another one for the same payment is another act, and credits again.
    signed_digest: hex digest over exactly the signed fields; the same id with another digest is an alarm.
    details: what may be shown to a manager (payment system, masked card), each under its label: an English message
        of the plugin's catalogue. No secrets.
    """

    external_id: str
    signed_digest: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PayerReturned:
    """A browser came back.

    reference: may be empty or wrong, since it is not signed. successful: as the gateway says by the address it chose.
    """

    reference: str
    successful: bool


CallbackEvent = PaymentClaim | PaymentPaid | PayerReturned


class Verdict(StrEnum):
    """What the host decided about a message; the provider turns it into the gateway's words."""

    ACCEPTED = "accepted"  # credited, or for a question: may be paid
    DUPLICATE = "duplicate"  # already credited: the same answer as the first time
    PARKED = "parked"  # well signed, does not fit: kept for a manager, posts nothing
    REFUSED = "refused"  # a question whose payment must not be paid


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway gets back. The host adds no byte to `body`."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
