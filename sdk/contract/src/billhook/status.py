"""Status queries: what became of a start whose end was not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from billhook.facts import Fact
from billhook.views import MethodView, PaymentView


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """Which attempt is meant. reference: the document number it was started with. tries: earlier queries."""

    payment: PaymentView
    method: MethodView
    reference: str
    idempotency_key: str
    tries: int


class AttemptState(StrEnum):
    """What the gateway says of an attempt that is not paid."""

    OPEN = "open"  # it knows the payment: the payer may still pay
    FAILED = "failed"  # it knows it and it will never be paid, or it never heard of it
    UNKNOWN = "unknown"  # it does not say: ask again later


#: A paid attempt is answered with the same facts that a notification gives, and they are judged in the same way;
#: without any the attempt counts as OPEN.
StatusAnswer = Sequence[Fact] | AttemptState
