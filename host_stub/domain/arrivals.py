"""Money that has come, and how decisions about it leave it: pure, for services, proofs and tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from billhook import Money


class Door(StrEnum):
    """Who says that money has come."""

    GATEWAY = "gateway"
    ORDER = "order"  # a payment order that a manager saw at the bank
    STATEMENT = "statement"


class Kind(StrEnum):
    """What is decided about an arrival."""

    CREDITED_TO_PAYMENT = "credited_to_payment"
    CREDITED_TO_ACCOUNT = "credited_to_account"
    PART = "part"  # of a split: a credit below the arrival's sum
    SAME_AS = "same_as"  # another arrival is this very money: credits nothing
    TO_BE_RETURNED = "to_be_returned"
    NOT_OURS = "not_ours"
    PARKED = "parked"
    ALARMED = "alarmed"  # the same id came with other signed fields
    REVERSED = "reversed"
    REOPENED = "reopened"  # what it was the same as stands no more
    KEPT = "kept"  # perhaps paid twice, looked at, and right


class State(StrEnum):
    OPEN = "open"  # its money, or the rest of it, is undecided
    CREDITED = "credited"
    CLOSED = "closed"
    UNDONE = "undone"  # a manager's entry that was taken back: no money stands behind it


class Wait(StrEnum):
    """Why an arrival waits for a person, besides the contract's reasons."""

    PAID_TWICE = "paid_twice"
    REST = "rest"
    REVERSED = "reversed"
    REOPENED = "reopened"


CREDITS: Final = frozenset({Kind.CREDITED_TO_PAYMENT, Kind.CREDITED_TO_ACCOUNT, Kind.PART})
CLOSINGS: Final = frozenset({Kind.SAME_AS, Kind.TO_BE_RETURNED, Kind.NOT_OURS})
#: A sum beyond so many times the bill is asked about: overpaying by a year is common, by a slipped zero it is not.
FAR: Final = 2
#: So many days apart the same sum through two doors may be the same money.
DAYS_APART: Final = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """How the latest decision left an arrival."""

    state: State
    waits: str = ""
    credited_minor: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """A decision to be made. amount_minor: what it credits or takes back, positive. why: it waits from here on."""

    kind: Kind
    amount_minor: int = 0
    why: str = ""


def after(door: Door | str, amount_minor: int, before: Standing | None, act: Act) -> Standing:
    """Return how an act leaves an arrival over `amount_minor`. before: None for the first.

    Whoever acts has seen what it waited for: a decision ends the waiting unless it gives another reason for it.
    Raises ValueError for what is no act in this state.
    """
    was = before or Standing(State.OPEN)
    if not _fits(amount_minor, was, act):
        raise ValueError(f"{act.kind} of {act.amount_minor} in {was}")
    match act.kind:
        case Kind.CREDITED_TO_PAYMENT | Kind.CREDITED_TO_ACCOUNT | Kind.PART:
            credited = was.credited_minor + act.amount_minor
            rest = credited < amount_minor
            return Standing(State.OPEN if rest else State.CREDITED, Wait.REST if rest else act.why, credited)
        case Kind.SAME_AS | Kind.TO_BE_RETURNED | Kind.NOT_OURS:
            return Standing(State.CLOSED, "", was.credited_minor)
        case Kind.PARKED | Kind.REOPENED:
            return Standing(State.OPEN, act.why or Wait.REOPENED, was.credited_minor)
        case Kind.ALARMED:
            return Standing(was.state, act.why, was.credited_minor)
        case Kind.REVERSED:
            credited = was.credited_minor - act.amount_minor
            if door == Door.ORDER and not credited:
                return Standing(State.UNDONE)
            return Standing(State.OPEN, Wait.REVERSED, credited)
        case Kind.KEPT:
            return Standing(was.state, "", was.credited_minor)


def _fits(amount_minor: int, was: Standing, act: Act) -> bool:
    if act.kind in CREDITS:
        rest = amount_minor - was.credited_minor
        whole = act.amount_minor == amount_minor
        return was.state is State.OPEN and 0 < act.amount_minor <= rest and whole is (act.kind is not Kind.PART)
    if act.kind is Kind.REVERSED:
        return 0 < act.amount_minor <= was.credited_minor
    if act.kind in CLOSINGS:
        return was.state is State.OPEN
    if act.kind is Kind.KEPT:
        return was.state is not State.OPEN and bool(was.waits)
    return act.kind is not Kind.REOPENED or was.state is State.CLOSED


def credit_key(door: Door | str, origin: str, key: str, *, reversals: int = 0, part: int = 0) -> tuple[str, str]:
    """Return source and source id of a credit's movement.

    reversals: of this arrival's credits, before this one. part: its number among the arrival's credits, for a part.
    What is counted stands before the slash, where nothing comes from outside.
    """
    counted = (f":r{reversals}" if reversals else "") + (f":p{part}" if part else "")
    return f"{door}{counted}/{origin}", key


def far_from_bill(received: Money, billed: Money) -> bool:
    """Say whether a sum is so far above the bill that a slip of the hand is likelier than an overpayment."""
    return received.minor > FAR * billed.minor


def parts_fit(rest: Money, parts: Iterable[Money]) -> bool:
    """Say whether parts are sums that the rest of an arrival covers."""
    sums = list(parts)
    return (
        bool(sums)
        and all(part.minor > 0 and part.currency == rest.currency for part in sums)
        and sum(part.minor for part in sums) <= rest.minor
    )
