"""Does a verified message fit? Compared with what the attempts froze, never with today's settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from billhook.callbacks import PaymentClaim
from billhook.money import Money


class Misfit(StrEnum):
    """Why a well-signed message was parked; each has a sentence in the catalogue."""

    UNKNOWN_PAYMENT = "unknown_payment"
    NOT_STARTED = "not_started"  # nobody started this payment with this method
    OTHER_MERCHANT = "other_merchant"
    OTHER_AMOUNT = "other_amount"
    OTHER_CURRENCY = "other_currency"
    TEST_PAYMENT = "test_payment"  # a test for a live attempt
    LIVE_PAYMENT = "live_payment"  # real money for a test attempt
    CANCELLED = "cancelled"
    UNREADABLE = "unreadable"  # well signed, with a sum or currency that cannot be read
    SIGNED_FIELDS_DIFFER = "signed_fields_differ"  # alarm: the id was seen with other signed fields


@dataclass(frozen=True, slots=True)
class Frozen:
    """What an attempt froze."""

    merchant: str
    amount: Money
    is_test: bool


def misfit(claim: PaymentClaim, attempts: Sequence[Frozen]) -> Misfit | None:
    """Return None if one attempt agrees in everything, else what disagrees with the newest one.

    attempts: of this payment with this method, newest last.
    """
    if not attempts:
        return Misfit.NOT_STARTED
    problems = [_problem(claim, frozen) for frozen in attempts]
    return None if None in problems else problems[-1]


def _problem(claim: PaymentClaim, frozen: Frozen) -> Misfit | None:
    if claim.merchant != frozen.merchant:
        return Misfit.OTHER_MERCHANT
    if claim.amount.currency != frozen.amount.currency:
        return Misfit.OTHER_CURRENCY
    if claim.amount != frozen.amount:
        return Misfit.OTHER_AMOUNT
    if claim.is_test != frozen.is_test:
        return Misfit.TEST_PAYMENT if claim.is_test else Misfit.LIVE_PAYMENT
    return None
