"""How payments move, as data: the docs print this table and the tests walk it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from billhook.host.judging import OPEN as OPEN
from billhook.views import PaymentStatus as Status


class Cause(StrEnum):
    """What happens to a payment."""

    PAID = "paid"  # a verified notification that fits
    APPROVED = "approved"  # by a manager
    MATCHED = "matched"  # by a manager, with money that a gateway told of
    APPROVAL_REVERSED = "approval_reversed"
    CANCELLED = "cancelled"
    LIFETIME_OVER = "lifetime_over"


class Consequence(StrEnum):
    """What the host does about it."""

    CREDIT = "credit"
    CREDIT_AGAIN = "credit_again"  # money came twice: all of it is the customer's, and a manager sees it
    UNDO = "undo"
    NOTHING = "nothing"
    PARK = "park"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Move:
    """to: the new status; None where a rule decides (`services.money_in.sums`) or nothing moves."""

    consequence: Consequence
    to: Status | None = None


TABLE: Final[Mapping[tuple[Status, Cause], Move]] = {
    (Status.WAITING_FOR_PAYMENT, Cause.PAID): Move(Consequence.CREDIT, Status.COMPLETED),
    (Status.WAITING_FOR_PAYMENT, Cause.APPROVED): Move(Consequence.CREDIT, Status.COMPLETED),
    (Status.WAITING_FOR_PAYMENT, Cause.MATCHED): Move(Consequence.CREDIT, Status.COMPLETED),
    (Status.WAITING_FOR_PAYMENT, Cause.CANCELLED): Move(Consequence.NOTHING, Status.CANCELLED),
    (Status.WAITING_FOR_PAYMENT, Cause.LIFETIME_OVER): Move(Consequence.NOTHING, Status.EXPIRED),
    (Status.PARTLY_PAID, Cause.PAID): Move(Consequence.CREDIT, Status.COMPLETED),
    (Status.PARTLY_PAID, Cause.APPROVED): Move(Consequence.CREDIT, Status.COMPLETED),
    (Status.PARTLY_PAID, Cause.MATCHED): Move(Consequence.CREDIT, Status.COMPLETED),
    (Status.PARTLY_PAID, Cause.APPROVAL_REVERSED): Move(Consequence.UNDO),
    (Status.EXPIRED, Cause.PAID): Move(Consequence.CREDIT, Status.COMPLETED),
    (Status.EXPIRED, Cause.APPROVED): Move(Consequence.CREDIT, Status.COMPLETED),
    (Status.EXPIRED, Cause.MATCHED): Move(Consequence.CREDIT, Status.COMPLETED),
    (Status.EXPIRED, Cause.CANCELLED): Move(Consequence.NOTHING, Status.CANCELLED),
    (Status.COMPLETED, Cause.PAID): Move(Consequence.CREDIT_AGAIN, Status.COMPLETED),
    (Status.COMPLETED, Cause.APPROVAL_REVERSED): Move(Consequence.UNDO),
    (Status.CANCELLED, Cause.PAID): Move(Consequence.PARK),
}


def move(status: Status | str, cause: Cause) -> Move:
    """Return what happens; what the table does not list is refused."""
    return TABLE.get((Status(status), cause), Move(Consequence.REFUSE))


def status_of_credited(standing_minor: int, billed_minor: int, *, as_came: bool) -> Status:
    """Return where a payment stands of which something is credited.

    as_came: less than the bill leaves a rest to be paid, since that method takes whatever comes; with any other the
    payment is completed by what was approved or paid.
    """
    return Status.PARTLY_PAID if as_came and standing_minor < billed_minor else Status.COMPLETED


def status_of_uncredited(*, over_lifetime: bool) -> Status:
    """Return where a payment goes of which nothing stands any more."""
    return Status.EXPIRED if over_lifetime else Status.WAITING_FOR_PAYMENT


_RUN = re.compile(r"#+")


def valid_mask(mask: str) -> bool:
    """Say whether a document number mask has exactly one run of `#` and plain characters round it."""
    return re.fullmatch(r"[\w/-]*#+[\w/-]*", mask) is not None and len(mask) <= 32


def document_number(mask: str, number: int) -> str:
    """Return `AP-000834` for the mask `AP-######` and 834; a number longer than the run is not cut."""
    return _RUN.sub(lambda run: str(number).zfill(len(run.group())), mask, count=1)
