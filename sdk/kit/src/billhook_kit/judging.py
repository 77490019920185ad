"""The books of one seller, in memory. What fits is decided by the rules of every host (`billhook.host.judging`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from billhook.facts import Fact, Ignored, PaymentClaim, Reason, Ruling, Verdict
from billhook.host.judging import Frozen, Said, parked_because, refused_because
from billhook.money import Money
from billhook.views import PaymentStatus


@dataclass(frozen=True, slots=True)
class Credit:
    """Money that was credited: to which payment, and by which of the gateway's ids."""

    number: str
    amount: Money
    external_id: str


@dataclass(frozen=True, slots=True)
class Parked:
    """A well-signed message that does not fit."""

    reason: Reason
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
    _seen: dict[tuple[str, str], dict[Said, Ruling]] = field(default_factory=dict)

    def judge(self, plugin: str, method_id: int, fact: Fact) -> Ruling:
        """Credit a verified fact once, or park it. A twin with the same signed fields is a duplicate."""
        if isinstance(fact, Ignored):
            return Ruling(fact, Verdict.NOTED)
        known = self._seen.setdefault((f"{plugin}:{fact.merchant}", fact.external_id), {})
        former = known.get(Said.of(fact))
        if former is not None:
            return former if former.verdict is Verdict.PARKED else Ruling(fact, Verdict.DUPLICATE)
        reason = parked_because(fact, *self._standing(fact, method_id), list(known))
        ruling = known[Said.of(fact)] = Ruling(fact, Verdict.PARKED if reason else Verdict.ACCEPTED, reason)
        if reason is not None:
            self.parked.append(Parked(reason, fact.external_id, fact.signed_digest))
        else:
            self.payments[fact.reference].status = PaymentStatus.COMPLETED
            self.credits.append(Credit(fact.reference, fact.amount, fact.external_id))
        return ruling

    def park_unreadable(self, body: bytes) -> Ruling:
        """Keep a verified message that nobody could read, once."""
        digest = sha256(body).hexdigest()
        if not any(parked.digest == digest for parked in self.parked):
            self.parked.append(Parked(Reason.UNREADABLE, f"unreadable:{digest}", digest))
        return Ruling(None, Verdict.PARKED, Reason.UNREADABLE)

    def may_be_paid(self, method_id: int, claim: PaymentClaim) -> Ruling:
        """Answer a question: unsigned, so it changes nothing."""
        reason = refused_because(claim, *self._standing(claim, method_id))
        return Ruling(claim, Verdict.REFUSED if reason else Verdict.ACCEPTED, reason)

    def _standing(self, claim: PaymentClaim, method_id: int) -> tuple[PaymentStatus | None, list[Frozen]]:
        standing = self.payments.get(claim.reference)
        return (standing.status, standing.attempts.get(method_id, [])) if standing else (None, [])
