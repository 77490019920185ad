"""Does what a gateway says fit? Compared with what starts froze, never with today's settings. Pure, for every host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from billhook.facts import PaymentClaim, PaymentPaid, Reason
from billhook.money import Money
from billhook.views import PaymentStatus

#: Statuses in which a payment can be paid and started with a method, and its public link shows the bill: whoever pays
#: late pays an expired one, whoever paid a part pays the rest.
OPEN = frozenset({PaymentStatus.WAITING_FOR_PAYMENT, PaymentStatus.PARTLY_PAID, PaymentStatus.EXPIRED})


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a try froze of what its gateway will say."""

    merchant: str
    amount: Money
    is_test: bool
    as_came: bool = False


#: The highest number of a try: what a signed 32-bit integer holds.
MOST_TRIES: Final = 2_147_483_647


def number_in(reference: str) -> int | None:
    """Return the `reference_number` that a gateway says instead of a `reference`, None if it is none."""
    plain = reference.isascii() and reference.isdigit() and reference[0] != "0" and len(reference) <= 10
    return int(reference) if plain and int(reference) <= MOST_TRIES else None


@dataclass(frozen=True, slots=True)
class Said:
    """What was heard before under one of the gateway's ids: twins say all of it again."""

    reference: str
    amount: Money
    is_test: bool
    signed_digest: str

    @classmethod
    def of(cls, paid: PaymentPaid) -> Said:
        return cls(paid.reference, paid.amount, paid.is_test, paid.signed_digest)


def parked_because(
    paid: PaymentPaid, status: PaymentStatus | None, started: Sequence[Frozen], known: Sequence[Said]
) -> Reason | None:
    """Return why a paid act that is no twin of a known one is parked; None if it is credited.

    status: of the payment that it names, None if there is none. started: see `misfit`. known: what came before under
    the same id.
    """
    if known:
        return Reason.SIGNED_FIELDS_DIFFER
    if status is None:
        return Reason.UNKNOWN_PAYMENT
    found = misfit(paid, started)
    return Reason.CANCELLED if found is None and status is PaymentStatus.CANCELLED else found


def refused_because(claim: PaymentClaim, status: PaymentStatus | None, started: Sequence[Frozen]) -> Reason | None:
    """Return why the answer to a question is no; None if the payment may be paid. Arguments: see `parked_because`."""
    if status is None:
        return Reason.UNKNOWN_PAYMENT
    if status not in OPEN:
        return Reason.CANCELLED if status is PaymentStatus.CANCELLED else Reason.PAID
    return misfit(claim, started)


def misfit(claim: PaymentClaim, started: Sequence[Frozen]) -> Reason | None:
    """Return None if one start agrees in everything, else what disagrees with the newest one.

    started: the tries of this payment with this method, newest last; at least one.
    """
    problems = [_problem(claim, frozen) for frozen in started]
    return None if None in problems else problems[-1]


def _problem(claim: PaymentClaim, frozen: Frozen) -> Reason | None:
    if claim.merchant != frozen.merchant:
        return Reason.OTHER_MERCHANT
    if claim.amount.currency != frozen.amount.currency:
        return Reason.OTHER_CURRENCY
    if claim.amount != frozen.amount and not (frozen.as_came and claim.amount.minor > 0):
        return Reason.OTHER_AMOUNT
    if claim.is_test != frozen.is_test:
        return Reason.TEST_PAYMENT if claim.is_test else Reason.LIVE_PAYMENT
    return None
