"""The rules by which a host judges a gateway's messages, in memory: what fits is credited once, the rest is parked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from billhook.callbacks import PaymentClaim, PaymentPaid, Verdict
from billhook.money import Money
from billhook.views import PaymentStatus

OPEN = frozenset({PaymentStatus.WAITING_FOR_PAYMENT, PaymentStatus.EXPIRED})


class Misfit(StrEnum):
    """Why a well-signed message was parked."""

    UNKNOWN_PAYMENT = "unknown_payment"
    NOT_STARTED = "not_started"
    OTHER_MERCHANT = "other_merchant"
    OTHER_AMOUNT = "other_amount"
    OTHER_CURRENCY = "other_currency"
    TEST_PAYMENT = "test_payment"
    LIVE_PAYMENT = "live_payment"
    CANCELLED = "cancelled"
    UNREADABLE = "unreadable"
    SIGNED_FIELDS_DIFFER = "signed_fields_differ"


@dataclass(frozen=True, slots=True)
class Frozen:
    """What an attempt froze when the payment was started."""

    merchant: str
    amount: Money
    is_test: bool


@dataclass(frozen=True, slots=True)
class Credit:
    """Money that was credited: to which payment, and by which of the gateway's ids."""

    number: str
    amount: Money
    external_id: str


@dataclass(frozen=True, slots=True)
class Parked:
    """A well-signed message that does not fit."""

    reason: Misfit
    external_id: str
    digest: str


@dataclass(slots=True)
class Standing:
    """A payment in the books. attempts: by method id, newest last."""

    number: str
    status: PaymentStatus = PaymentStatus.WAITING_FOR_PAYMENT
    attempts: dict[int, list[Frozen]] = field(default_factory=dict)


@dataclass(slots=True)
class Books:
    """Payments, credits and parked messages of one seller."""

    payments: dict[str, Standing] = field(default_factory=dict)
    credits: list[Credit] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    _seen: dict[tuple[str, str], list[tuple[tuple[object, ...], Verdict]]] = field(default_factory=dict)

    def judge(self, plugin: str, method_id: int, paid: PaymentPaid) -> Verdict:
        """Credit a verified message once, or park it. A twin with the same signed fields is a duplicate."""
        known = self._seen.setdefault((f"{plugin}:{paid.merchant}", paid.external_id), [])
        said = (paid.signed_digest, paid.reference, paid.amount, paid.is_test)
        for former, verdict in known:
            if former == said:
                return Verdict.DUPLICATE if verdict is Verdict.ACCEPTED else Verdict.PARKED
        standing = self.payments.get(paid.reference)
        problem = Misfit.SIGNED_FIELDS_DIFFER if known else self._problem(standing, method_id, paid)
        verdict = Verdict.PARKED
        if problem is not None or standing is None:
            self.parked.append(Parked(problem or Misfit.UNKNOWN_PAYMENT, paid.external_id, paid.signed_digest))
        else:
            standing.status, verdict = PaymentStatus.COMPLETED, Verdict.ACCEPTED
            self.credits.append(Credit(standing.number, paid.amount, paid.external_id))
        known.append((said, verdict))
        return verdict

    def park_unreadable(self, body: bytes) -> Verdict:
        """Keep a verified message that nobody could read, once."""
        digest = sha256(body).hexdigest()
        if not any(parked.digest == digest for parked in self.parked):
            self.parked.append(Parked(Misfit.UNREADABLE, f"unreadable:{digest}", digest))
        return Verdict.PARKED

    def may_be_paid(self, method_id: int, claim: PaymentClaim) -> Verdict:
        """Answer a question: unsigned, so it changes nothing."""
        standing = self.payments.get(claim.reference)
        if standing is None or standing.status not in OPEN:
            return Verdict.REFUSED
        fits = misfit(claim, standing.attempts.get(method_id, [])) is None
        return Verdict.ACCEPTED if fits else Verdict.REFUSED

    def _problem(self, standing: Standing | None, method_id: int, paid: PaymentPaid) -> Misfit | None:
        if standing is None:
            return Misfit.UNKNOWN_PAYMENT
        found = misfit(paid, standing.attempts.get(method_id, []))
        return Misfit.CANCELLED if found is None and standing.status is PaymentStatus.CANCELLED else found


def misfit(claim: PaymentClaim, attempts: Sequence[Frozen]) -> Misfit | None:
    """Return None if one attempt agrees in everything, else what disagrees with the newest one."""
    if not attempts:
        return Misfit.NOT_STARTED
    problems = [_difference(claim, frozen) for frozen in attempts]
    return None if None in problems else problems[-1]


def _difference(claim: PaymentClaim, frozen: Frozen) -> Misfit | None:
    if claim.merchant != frozen.merchant:
        return Misfit.OTHER_MERCHANT
    if claim.amount.currency != frozen.amount.currency:
        return Misfit.OTHER_CURRENCY
    if claim.amount != frozen.amount:
        return Misfit.OTHER_AMOUNT
    if claim.is_test != frozen.is_test:
        return Misfit.TEST_PAYMENT if claim.is_test else Misfit.LIVE_PAYMENT
    return None
