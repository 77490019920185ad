"""What is told, and when nothing is: every warning looks at the present balance once more before it speaks."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from billhook import AccountView, BalanceThresholdCrossed, ChargeUncovered, Effect, LazyText, Money, Notify, Reader
from billhook.addresses import addresses

from billhook_low_balance_notify import history, silence
from billhook_low_balance_notify.settings import RECIPIENTS, THRESHOLD, _


def low_balance(event: BalanceThresholdCrossed, reader: Reader) -> list[Effect]:
    """Warn that the balance fell below the customer's level.

    Nothing in credit hold, of which the panel itself has told, nor when the balance has risen or the level has been
    lowered meanwhile.
    """
    account = reader.account(event.account_id)
    level = reader.setting(THRESHOLD.key, event.account_id)
    if account.on_hold or not isinstance(level, Money) or account.balance >= level:
        return []
    missing = level - account.balance
    by_mail = not silence.is_silent(reader, account.id)
    return [
        Notify(
            account_id=account.id,
            key="low_balance",
            subject=_("The balance is running low: {balance}", balance=account.balance),
            paragraphs=[
                *_how_it_stands(account, level),
                _("Top up by {missing} or more, and the balance is back at this level.", missing=missing),
            ],
            recipients=_recipients(reader, account),
            button=(_("Top up balance"), reader.top_up_url(account.id, missing)),
            by_mail=by_mail,
            unsubscribe=silence.address(reader, account),
        ),
        history.kept(event, account, missing, by_mail=by_mail),
    ]


def _how_it_stands(account: AccountView, level: Money) -> tuple[LazyText, LazyText]:
    """Say how much is left and what comes next, in words that fit one who owes, too."""
    if account.balance.minor < 0:
        left = _("The balance is {balance}, below {level}.", balance=account.balance, level=level)
    else:
        left = _("{balance} are left on the balance, less than {level}.", balance=account.balance, level=level)
    if account.threshold.minor < 0:
        end = _("At {limit} services stop by themselves until the balance is topped up.", limit=account.threshold)
    else:
        end = _("When it is used up, services stop by themselves until the balance is topped up.")
    return left, end


def charge_ahead(event: ChargeUncovered, reader: Reader) -> list[Effect]:
    """Warn of a charge that will not fit. Nothing in credit hold, nor if what was missing has come meanwhile."""
    account = reader.account(event.account_id)
    sums = Sums.of(event, account.balance)
    if account.on_hold or sums.missing.minor <= 0:
        return []
    due = event.due_at.astimezone(ZoneInfo(reader.reseller().timezone)).date()
    by_mail = not silence.is_silent(reader, account.id)
    return [
        Notify(
            account_id=account.id,
            key="charge_ahead",
            subject=_("Top up the balance before {due}", due=due),
            paragraphs=[
                _("{price} are due on {due} for “{name}”.", due=due, price=sums.price, name=event.subscription_name),
                *_further(sums),
                _(
                    "{balance} are left on the balance: {missing} are missing.",
                    balance=account.balance,
                    missing=sums.missing,
                ),
                _("Top up in time, and your services go on without a break."),
            ],
            recipients=_recipients(reader, account),
            button=(_("Top up balance"), reader.top_up_url(account.id, sums.missing)),
            by_mail=by_mail,
            unsubscribe=silence.address(reader, account),
        ),
        history.kept(event, account, sums.missing, by_mail=by_mail),
    ]


@dataclass(frozen=True, slots=True)
class Sums:
    """What a reader adds up: price + earlier + floor - balance = missing.

    earlier: charges before this one. floor: what has to stay on the balance; below zero, how far it may go.
    """

    price: Money
    earlier: Money
    floor: Money
    balance: Money

    @classmethod
    def of(cls, event: ChargeUncovered, balance: Money) -> Sums:
        """Return them for the present balance: what it has fallen by since the event are charges that were coming."""
        floor = event.missing_minor + event.balance_minor - event.amount_minor - event.earlier_minor
        posted = max(event.balance_minor - balance.minor, 0)
        return cls(
            price=Money(event.amount_minor, balance.currency),
            earlier=Money(max(event.earlier_minor - posted, 0), balance.currency),
            floor=Money(floor, balance.currency),
            balance=balance,
        )

    @property
    def missing(self) -> Money:
        return self.price + self.earlier + self.floor - self.balance


def _further(sums: Sums) -> list[LazyText]:
    found = []
    if sums.earlier:
        found.append(_("Before that {earlier} are charged for other periods and services.", earlier=sums.earlier))
    if sums.floor.minor > 0:
        found.append(_("At least {floor} have to stay on the balance.", floor=sums.floor))
    elif sums.floor:
        found.append(_("The balance may go down to {floor}.", floor=sums.floor))
    return found


def _recipients(reader: Reader, account: AccountView) -> tuple[str, ...]:
    """Return whom the customer named; empty leaves it to the host: the account's finance contacts."""
    return addresses(reader.setting(RECIPIENTS.key, account.id))
