"""The books of one seller, in memory. What fits is decided by the rules of every host (`billhook.host.judging`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from billhook.facts import Fact, PaymentClaim, PaymentPaid, Reason, Ruling, Verdict
from billhook.host.judging import Frozen, Said, number_in, parked_because, refused_because
from billhook.money import Money
from billhook.provider import StartRequest
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
class Try:
    """A payment started with a method. request: as it was frozen. over: the next start is a new try."""

    request: StartRequest
    frozen: Frozen
    external_reference: str = ""
    over: bool = False

    @property
    def of(self) -> tuple[str, int]:
        return self.request.payment.number, self.request.method.id

    def is_named(self, reference: str, external_reference: str) -> bool:
        """Say whether a gateway means this try."""
        if reference:
            return reference == self.request.reference or number_in(reference) == self.request.reference_number
        return bool(external_reference) and external_reference == self.external_reference


@dataclass(slots=True)
class Books:
    """Payments, tries, credits and parked messages of one seller. statuses: by document number."""

    statuses: dict[str, PaymentStatus] = field(default_factory=dict)
    tries: list[Try] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    _seen: dict[tuple[str, str], dict[Said, Ruling]] = field(default_factory=dict)

    def of(self, number: str, method_id: int) -> list[Try]:
        """Return the tries of a payment with a method, newest last."""
        return [each for each in self.tries if each.of == (number, method_id)]

    def judge(self, plugin: str, method_id: int, fact: Fact) -> Ruling:
        """Credit a verified fact once, or park it. A twin with the same signed fields is a duplicate."""
        if not isinstance(fact, PaymentPaid):
            return Ruling(fact, Verdict.NOTED)
        known = self._seen.setdefault((f"{plugin}:{fact.merchant}", fact.external_id), {})
        former = known.get(Said.of(fact))
        if former is not None:
            return former if former.verdict is Verdict.PARKED else Ruling(fact, Verdict.DUPLICATE)
        number, status, started = self._standing(fact, method_id)
        reason = parked_because(fact, status, started, list(known))
        ruling = known[Said.of(fact)] = Ruling(fact, Verdict.PARKED if reason else Verdict.ACCEPTED, reason)
        if reason is not None:
            self.parked.append(Parked(reason, fact.external_id, fact.signed_digest))
        else:
            self.credits.append(Credit(number, fact.amount, fact.external_id))
            self.statuses[number] = self._status(number)
        return ruling

    def _status(self, number: str) -> PaymentStatus:
        """Return where a payment stands after a credit."""
        asked = next(each.request.payment.amount for each in self.tries if each.request.payment.number == number)
        came = sum(credit.amount.minor for credit in self.credits if credit.number == number)
        return PaymentStatus.COMPLETED if came >= asked.minor else PaymentStatus.PARTLY_PAID

    def park_unreadable(self, body: bytes) -> Ruling:
        """Keep a verified message that nobody could read, once."""
        digest = sha256(body).hexdigest()
        if not any(parked.digest == digest for parked in self.parked):
            self.parked.append(Parked(Reason.UNREADABLE, f"unreadable:{digest}", digest))
        return Ruling(None, Verdict.PARKED, Reason.UNREADABLE)

    def may_be_paid(self, method_id: int, claim: PaymentClaim) -> Ruling:
        """Answer a question: unsigned, so it changes nothing."""
        _number, status, started = self._standing(claim, method_id)
        reason = refused_because(claim, status, started)
        return Ruling(claim, Verdict.REFUSED if reason else Verdict.ACCEPTED, reason)

    def _standing(self, claim: PaymentClaim, method_id: int) -> tuple[str, PaymentStatus | None, Sequence[Frozen]]:
        """Return the payment whose try a claim names, by document number, and all that was started of it."""
        named = (each for each in self.tries if each.is_named(claim.reference, claim.external_reference))
        found = next((each for each in named if each.request.method.id == method_id), None)
        if found is None:
            return "", None, []
        number, _method = found.of
        return number, self.statuses[number], [each.frozen for each in self.of(number, method_id)]
