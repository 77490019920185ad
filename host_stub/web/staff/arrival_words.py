"""Sentences about money that has come: why it waits, what was decided, what is asked before it is credited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from billhook import Catalogue, LazyText

from host_stub.domain.arrivals import Door, Kind, Wait
from host_stub.services.money_in.doubts import Doubt, Why
from host_stub.services.reading.arrivals import Arrival, Decision, History
from host_stub.web.sentences import MISFITS

_ = Catalogue("host_stub")

DOORS: Final[Mapping[str, LazyText]] = {
    Door.GATEWAY: _("payment system"),
    Door.ORDER: _("bank order"),
    Door.STATEMENT: _("bank statement"),
}

#: Why it waits for a person.
WAITS: Final[Mapping[str, LazyText]] = {
    **MISFITS,
    Wait.PAID_TWICE: _("credited, but perhaps paid twice"),
    Wait.REST: _("a part of it is credited to nobody"),
    Wait.REVERSED: _("its credit was taken back"),
    Wait.REOPENED: _("what it was the same as was taken back"),
}

_DECIDED: Final[Mapping[Kind, LazyText]] = {
    Kind.TO_BE_RETURNED: _("To be returned to the payer."),
    Kind.NOT_OURS: _("Not ours."),
    Kind.ALARMED: _("Alarm: the same number came with other signed fields."),
    Kind.KEPT: _("Looked at, and right as it is."),
}


def decided(decision: Decision) -> LazyText:
    """Return what was decided."""
    amount = -decision.amount if decision.amount.minor < 0 else decision.amount
    match decision.kind:
        case Kind.CREDITED_TO_PAYMENT | Kind.PART if decision.payment_id is not None:
            return _("{amount} credited to payment {payment}.", amount=amount, payment=decision.payment)
        case Kind.CREDITED_TO_ACCOUNT | Kind.PART:
            return _("{amount} credited to {account}.", amount=amount, account=decision.account)
        case Kind.SAME_AS:
            return _("The same money as No. {number}: nothing was credited.", number=decision.other)
        case Kind.PARKED:
            return _("Set aside: {why}.", why=WAITS.get(decision.reason, decision.reason))
        case Kind.REVERSED:
            return _("{amount} taken back.", amount=amount)
        case Kind.REOPENED:
            return _("Waits again: No. {number} was taken back.", number=decision.other)
        case _:
            return _DECIDED[decision.kind]


def arrival_name(arrival: Arrival) -> LazyText:
    """Return what money is called in a title."""
    if arrival.is_order:
        return _("Payment order No. {number}", number=arrival.name)
    return _("Notification {number}", number=arrival.name)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a manager is asked before a credit: sentences, and the money that stands already."""

    lines: Sequence[LazyText]
    standing: Sequence[tuple[History, LazyText]]


_WHY: Final[Mapping[Why, LazyText]] = {
    Why.SAME_PAYMENT: _("for the same payment"),
    Why.SAME_ORDER: _("by the same payment order"),
    Why.SAME_SUM: _("the same sum of the same customer, through another door"),
}


def asked(doubts: Sequence[Doubt], histories: Sequence[History], methods: Mapping[int, str]) -> Asked:
    """Return the question that doubts are. histories: the arrivals that they name. methods: names by id."""
    why = {doubt.arrival_id: _WHY[doubt.why] for doubt in doubts if doubt.arrival_id is not None}
    lines = []
    if why:
        lines.append(_("This money may have been credited already. Go on only if it really came twice."))
    lines += [
        _(
            "The payment was started with {method}, which may still take the money: it would then be credited twice.",
            method=methods.get(doubt.method_id, "—"),
        )
        for doubt in doubts
        if doubt.why is Why.MAY_BE_PAID and doubt.method_id is not None
    ]
    if any(doubt.why is Why.FAR_FROM_BILL for doubt in doubts):
        lines.append(_("The sum is more than twice what was billed. Look at the figures once more."))
    return Asked(lines, [(history, why[history.arrival.id]) for history in histories])
