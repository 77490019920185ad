"""Status queries: what became of a start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from billhook.facts import Fact
from billhook.provider import Addresses
from billhook.views import MethodView, PaymentView


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """Which try is meant, as it was frozen when it started; see `StartRequest`.

    external_reference: the gateway's own id, as `start` or a message gave it; empty if none did, for example because
        the end of `start` was not seen. tries: earlier queries.
    """

    payment: PaymentView
    method: MethodView
    addresses: Addresses
    reference: str
    reference_number: int
    external_reference: str
    language: str
    started_at: datetime
    tries: int


class AttemptState(StrEnum):
    """What the gateway says of a try that is not paid."""

    OPEN = "open"  # it knows the payment: the payer may still pay
    FAILED = "failed"  # it knows it and it will never be paid, or it never heard of it
    UNKNOWN = "unknown"  # it does not say: ask again later


#: A paid try is answered with the same facts that a notification gives, and they are judged in the same way; without
#: any the try counts as OPEN.
StatusAnswer = Sequence[Fact] | AttemptState
