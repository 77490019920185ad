"""What a gateway says, as values, and what the host decides about it.

The host hands the raw request to the provider's pure functions. Nothing here credits: a provider says what a message
claims, the host alone decides whether it was verified, whether it fits, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from billhook.callbacks import RawRequest
from billhook.money import Money
from billhook.views import MethodView


@dataclass(frozen=True, slots=True)
class PaymentClaim:
    """What a question or notification says about a payment; the host compares it with what the attempt froze.

    reference: of the try that it was started with, `StartRequest.reference` or `reference_number` in digits; empty if
        the gateway says only its own id. merchant: as signed.
    amount: what was ordered, not what the payer's bank took. is_test: by signed fields only.
    external_reference: the gateway's id of what was registered, as `start` answered it.
    """

    reference: str
    merchant: str
    amount: Money
    is_test: bool
    external_reference: str = field(default="", kw_only=True)


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
class PaymentPending:
    """The payer has paid or begun to, and the money is not there yet. Credits nothing.

    Payer and managers see it, and whoever wants to pay once more is warned; a later fact about the same act takes its
    place. The payment does not expire before `until`.

    reference, external_reference: of the try, see `PaymentClaim`; one of them is enough.
    external_id: of the payer's act of paying, empty if it has none yet. amount: None if the gateway does not say.
    reason: what it waits for, as the gateway says it; may be empty. until: when it is over by itself, None if unknown.
    """

    reference: str
    external_id: str = ""
    amount: Money | None = None
    reason: str = ""
    until: datetime | None = None
    external_reference: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class PaymentFailed:
    """An act of paying came to nothing. Payer and managers see it; no mail is sent.

    reference, external_reference, external_id: as for `PaymentPending`. reason: why, as the gateway says it.
    final: True if the whole try is over, so that the next start is a new one; False if the payer may try again where
        they are (a declined card). A payment that is reported later is credited all the same.
    """

    reference: str
    external_id: str = ""
    reason: str = ""
    final: bool = False
    external_reference: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that the host need not know: answered with success, counted, nothing is credited or kept.

    reason: what it was about, in a few words, for whoever reads the log.
    """

    reason: str


#: What a notification may say.
Fact = PaymentPaid | PaymentPending | PaymentFailed | Ignored


class Verdict(StrEnum):
    """What the host decided about a message; the provider turns it into the gateway's words."""

    ACCEPTED = "accepted"  # credited, or for a question: may be paid
    DUPLICATE = "duplicate"  # already credited: the same answer as the first time
    PARKED = "parked"  # well signed, does not fit: kept for a manager, posts nothing
    REFUSED = "refused"  # a question whose payment must not be paid
    NOTED = "noted"  # understood, and nothing to credit


class Reason(StrEnum):
    """Why a claim was parked or refused."""

    UNKNOWN_PAYMENT = "unknown_payment"  # no try with this plugin and merchant has that reference
    OTHERS_PAYMENT = "others_payment"  # that reference is of another seller's try, and of another shop
    OTHER_MERCHANT = "other_merchant"  # than the start froze
    OTHER_AMOUNT = "other_amount"  # than the start froze
    OTHER_CURRENCY = "other_currency"  # than the start froze
    TEST_PAYMENT = "test_payment"  # a test for a live attempt
    LIVE_PAYMENT = "live_payment"  # real money for a test attempt
    CANCELLED = "cancelled"  # the payment was cancelled
    PAID = "paid"  # a question about a payment that is completed
    UNREADABLE = "unreadable"  # well signed, with a sum or currency that cannot be read
    TOO_LARGE = "too_large"  # fits, and is more than a balance can hold
    SIGNED_FIELDS_DIFFER = "signed_fields_differ"  # alarm: the id was seen with other signed fields


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the host decided about one fact or question.

    said: None where a verified message could not be read. reason: None where nothing is wrong.
    """

    said: Fact | PaymentClaim | None
    verdict: Verdict
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A message and what became of it.

    rulings: one for a question, one per fact of a notification, in its order.
    """

    request: RawRequest
    method: MethodView
    rulings: tuple[Ruling, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of the message, since most gateways want one answer."""
        present = {ruling.verdict for ruling in self.rulings}
        return next(verdict for verdict in _BY_GRAVITY if verdict in present)

    @property
    def reason(self) -> Reason | None:
        """Why the gravest verdict was passed."""
        return next((ruling.reason for ruling in self.rulings if ruling.verdict is self.verdict), None)


_BY_GRAVITY = (Verdict.REFUSED, Verdict.PARKED, Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.NOTED)
