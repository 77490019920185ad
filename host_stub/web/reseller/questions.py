"""What a manager is asked before money moves or a service changes: sum, sign, whose, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence

from billhook import Catalogue, LazyText, Money, formats

from host_stub.services.charges.holds import HoldSummary
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.consequences import Started
from host_stub.services.reading.accounts import AccountName
from host_stub.services.reading.arrivals import Arrival, Decision
from host_stub.services.reading.payments import OfReseller as Payment
from host_stub.services.reading.subscriptions import OfReseller as Subscription
from host_stub.web.asking import Question, balance_line
from host_stub.web.reseller.payment_words import difference

_ = Catalogue("host_stub")

#: Ways to undo an approval.
MONEY_ONLY, WITH_SERVICES = "money", "services"


def correction(name: str, hold: HoldSummary, amount: Money, reason: str) -> Question:
    if amount.minor < 0:
        title = _("Take {amount} off the balance of {name}?", amount=-amount, name=name)
    else:
        title = _("Add {amount} to the balance of {name}?", amount=amount, name=name)
    return Question(
        title,
        _("Correct"),
        [
            balance_line(hold.sums.balance, amount),
            *_what_follows(hold, amount),
            _("Reason: {reason}", reason=reason),
            _("A mistake can only be undone by another correction."),
        ],
    )


def _what_follows(hold: HoldSummary, change: Money) -> list[LazyText]:
    """Return what a changed balance means for the services."""
    after = hold.sums.balance + change
    if hold.on_hold and change >= hold.needed:
        return [_("The financial blocking ends: stopped services are charged and run again.")]
    if hold.on_hold:
        return [_("The financial blocking stays: {amount} short.", amount=hold.needed - change)]
    if after < hold.sums.threshold:
        floor = hold.sums.threshold
        return [_("That is below the threshold of {floor}: services stop when their paid period ends.", floor=floor)]
    return []


def threshold(name: str, hold: HoldSummary, wanted: Money) -> Question:
    was, balance = hold.sums.threshold, hold.sums.balance
    lines = [
        _("Blocking threshold: {before} before, {after} after.", before=was, after=wanted),
        _("The balance is {balance}.", balance=balance),
    ]
    return Question(
        _("Change the blocking threshold of {name} to {after}?", name=name, after=wanted),
        _("Save"),
        [*lines, *_threshold_follows(hold, wanted)],
    )


def _threshold_follows(hold: HoldSummary, wanted: Money) -> list[LazyText]:
    short = hold.needed + wanted - hold.sums.threshold
    if hold.on_hold and short.minor <= 0:
        return [_("The financial blocking ends: stopped services are charged and run again.")]
    if hold.on_hold:
        return [_("The financial blocking stays: {amount} short.", amount=short)]
    if hold.sums.balance < wanted:
        return [_("The balance is below it: services stop when their paid period ends.")]
    return []


def approval(paid: Payment, hold: HoldSummary, order: BankOrder) -> Question:
    payment, other = paid.payment, difference(order.received, paid.payment.amount)
    return Question(
        _("Credit {amount} to {name}?", amount=order.received, name=paid.account.name),
        _("Approve and credit"),
        [
            _(
                "Payment {number}, payment order No. {order} of {day}.",
                number=payment.number,
                order=order.number,
                day=order.day,
            ),
            *([_("That is {difference}.", difference=other)] if other else []),
            balance_line(hold.sums.balance, order.received),
            *_what_follows(hold, order.received),
        ],
    )


def arrival_credit(arrival: Arrival, receivers: Sequence[tuple[AccountName, HoldSummary, Money]]) -> Question:
    """receivers: who gets how much, with their hold."""
    total = sum((amount for _account, _hold, amount in receivers[1:]), receivers[0][2])
    name = receivers[0][0].name
    if len(receivers) > 1:
        name = ", ".join(f"{account.name} ({formats.money(amount)})" for account, _hold, amount in receivers)
    lines: list[LazyText] = []
    for _account, hold, amount in receivers:
        lines += [balance_line(hold.sums.balance, amount), *_what_follows(hold, amount)]
    if total < arrival.rest:
        lines.append(_("{amount} of it goes on waiting.", amount=arrival.rest - total))
    return Question(_("Credit {amount} to {name}?", amount=total, name=name), _("Credit {amount}", amount=total), lines)


def arrival_close(arrival: Arrival) -> Question:
    return Question(
        _("Close the arrival of {amount} without a credit?", amount=arrival.rest),
        _("Close"),
        [_("No. {number}: nobody gets this money.", number=arrival.name)],
    )


def arrival_keep(arrival: Arrival) -> Question:
    return Question(
        _("Leave {amount} credited as it is?", amount=arrival.credited),
        _("It is right"),
        [_("It waits for nobody then.")],
    )


def undoing(name: AccountName, credit: Decision, hold: HoldSummary, started: Sequence[Started]) -> Question:
    amount = credit.amount
    lines = [
        balance_line(hold.sums.balance, -amount),
        *map(_started_words, started),
    ]
    if credit.payment_id is not None:
        said = _("The credit of payment {number} is taken back, and the payment waits again.", number=credit.payment)
        lines.insert(0, said)
    given_back = Money.zero(amount.currency)
    for each in started:
        given_back += each.charged if each.can_be_undone else Money.zero(amount.currency)
    title = _("Take {amount} off the balance of {name}?", amount=amount, name=name.name)
    if not given_back:
        return Question(title, _("Reverse"), [*lines, *_what_follows(hold, -amount)])
    options = [
        (MONEY_ONLY, _money_only(hold, amount)),
        (WITH_SERVICES, _with_services(hold, amount, given_back)),
    ]
    return Question(title, _("Reverse"), lines, options)


def _started_words(started: Started) -> LazyText:
    said = {"name": started.name, "charged": started.charged}
    if not started.can_be_undone:
        return _("The credit started “{name}” and {charged} was charged for it; that stays as it is.", **said)
    if started.resumed:
        return _("The credit resumed “{name}”: {charged} was charged for it.", **said)
    return _("The credit activated “{name}”: {charged} was charged for it.", **said)


def _money_only(hold: HoldSummary, amount: Money) -> LazyText:
    after = hold.sums.balance - amount
    if after < hold.sums.threshold:
        return _(
            "Take the money back only: the balance will be {after}, and services run until their paid period ends.",
            after=after,
        )
    return _("Take the money back only: the balance will be {after}, and services run on.", after=after)


def _with_services(hold: HoldSummary, amount: Money, given_back: Money) -> LazyText:
    return _(
        "Stop what it started, too, and give {given_back} back: the balance will be {after}.",
        given_back=given_back,
        after=hold.sums.balance - amount + given_back,
    )


def cancelling(paid: Payment) -> Question:
    number, amount = paid.payment.number, paid.payment.amount
    return Question(
        _("Cancel payment {number} for {amount} of {name}?", number=number, amount=amount, name=paid.account.name),
        _("Cancel payment"),
        [_("It cannot be paid or approved any more.")],
    )


def activation(waiting: Subscription, hold: HoldSummary, price: Money) -> Question:
    return Question(
        _("Activate “{subscription}” of {name}?", subscription=waiting.subscription.name, name=waiting.account.name),
        _("Activate"),
        [_("{amount} will be charged for the first period.", amount=price), balance_line(hold.sums.balance, -price)],
    )


def deletion(ending: Subscription) -> Question:
    return Question(
        _("Delete “{subscription}” of {name}?", subscription=ending.subscription.name, name=ending.account.name),
        _("Delete"),
        [_("It ends for good. What was paid is not given back.")],
    )
