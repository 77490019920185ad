"""Facts that plugins hear about, after they were committed; and effects, what a plugin may ask for in return.

Events travel as JSON in the outbox: every field is an int, text, bool or an aware UTC instant.

Tables of a plugin's own: its `migrations/*.py` create them, their names begin with `<plugin>_`, and each has `id`
(integer primary key) and `reseller_id`. A plugin writes them by the effects `Keep` and `Discard` and reads them by
`Reader.rows`; the host lets it reach the rows of one reseller only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from billhook.i18n import LazyText
from billhook.money import Money
from billhook.views import AccountView, ResellerView

Text = LazyText | str
#: What a column of a plugin's own table can hold.
Value = str | int | bool | datetime | None


@dataclass(frozen=True, slots=True)
class BalanceWatch:
    """Ask the host to watch a balance: one event per downward crossing, armed again by rising above.

    A balance that hovers round its level is told once in `PAUSE`; sooner only when it has reached `clear_minor`
    meanwhile.
    key: unique in the plugin. setting: key of a MONEY setting at ACCOUNT level; its value is the level, per account,
    falling back to the reseller's. No value: no watch.
    """

    key: str
    setting: str

    PAUSE: ClassVar[timedelta] = timedelta(days=3)

    @staticmethod
    def clear_minor(level_minor: int) -> int:
        """Return the balance that is clearly above a level: half as much again, as after a top-up that shall last."""
        return level_minor + abs(level_minor) // 2


@dataclass(frozen=True, slots=True)
class ChargeWatch:
    """Ask the host to foresee daily and monthly charges that the balance will not cover.

    One event until all of them are covered again, and at most one in `PAUSE`.
    setting: key of a NUMBER setting at RESELLER level: how many days ahead, 0 for never. It may inherit from the
    operator.
    """

    key: str
    setting: str

    PAUSE: ClassVar[timedelta] = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Event:
    """A fact about an account of a reseller. at: when it became true."""

    reseller_id: int
    account_id: int
    _: KW_ONLY
    at: datetime


@dataclass(frozen=True, slots=True)
class BalanceThresholdCrossed(Event):
    """The balance fell below a watched level, or the level was raised above it.

    level_minor, balance_minor: as of the moment of crossing.
    """

    key: str
    level_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class ChargeUncovered(Event):
    """A daily or monthly charge is coming that the balance will not cover.

    earlier_minor: charges before this one that are not posted yet, together.
    missing_minor: what must be topped up for all charges until then to fit, at the balance of that moment:
    earlier_minor + amount_minor - balance_minor, and the threshold that the balance must not fall below.
    """

    key: str
    subscription_name: str
    due_at: datetime
    amount_minor: int
    missing_minor: int
    balance_minor: int
    earlier_minor: int = 0  # an event from before the field was there lacks it


@dataclass(frozen=True, slots=True)
class BalanceChanged(Event):
    """A single movement (credit, correction, reversal); bulk charges emit threshold crossings only."""

    before_minor: int
    after_minor: int
    transaction_id: int


@dataclass(frozen=True, slots=True)
class SubscriptionStopped(Event):
    """A subscription was stopped because its next charge did not fit."""

    subscription_id: int
    name: str


@dataclass(frozen=True, slots=True)
class SubscriptionResumed(Event):
    """A stopped subscription runs again."""

    subscription_id: int
    name: str


class Reader(Protocol):
    """Present state, read in a unit that ends with the handler. Re-read before you tell a person."""

    def account(self, account_id: int) -> AccountView:
        """Return the account of the event's reseller. Raises LookupError."""

    def reseller(self) -> ResellerView:
        """Return the event's reseller."""

    def setting(self, key: str, account_id: int | None = None) -> object:
        """Return this plugin's setting as it holds for the account, or for the reseller: its own value or what it
        inherits, typed by kind. A secret comes in clear and is empty without one: never let it into a text, a row, an
        exception or a log. Raises KeyError for an undeclared one.
        """

    def secrets(self, key: str, account_id: int | None = None) -> tuple[str, ...]:
        """Return the secret that `setting` returns and those that it replaced lately, the present one first.

        For what comes in and may still be signed with a former one; what goes out is signed with `setting`. Empty
        without any. Raises KeyError for what is no declared secret.
        """

    def top_up_url(self, account_id: int, amount: Money | None = None) -> str:
        """Return the absolute address of the top-up page."""

    def link(self, name: str, subject: str) -> str:
        """Return the absolute address of a public link of this plugin, for a mail: signed by the host, expiring.

        subject: handed to the link's view as it is, up to 200 characters; whoever has the address can read it.
        Raises LookupError for an undeclared link, ValueError for a subject that is empty or too long.
        """

    def rows(
        self,
        table: str,
        where: Mapping[str, Value] | None = None,
        *,
        newest_first: bool = False,
        limit: int = 100,
        before_id: int | None = None,
    ) -> list[Mapping[str, Value]]:
        """Return rows of a table of the plugin's own, those of the reader's reseller alone, in the order of their ids.

        where: columns and the values that they must have; None asks for an empty one. limit: 1 to 1000 rows.
        before_id: only rows with a smaller id, for the next page.
        Each row holds `id` and every column but `reseller_id`; instants are aware and in UTC.
        Raises TypeError for a table, column or value that the migrations do not know.
        """


@dataclass(frozen=True, slots=True)
class Notify:
    """Effect: tell the people of an account, by mail and in the panel.

    recipients: e-mail addresses, of which `billhook.addresses.addresses` makes a list from an EMAILS setting; at most
    50, and empty means the account's finance contacts. The host wraps subject and paragraphs in
    the reseller's letterhead, adds the button, and keeps the mail until the SMTP server took or refused it.
    key: names the notice, 1 to 200 characters; at most one mail per event and key is written, however often the handler
    runs.
    subject: at most 200 characters in every language; a paragraph 5000, and 50 of them. button: label and web address
    (`Reader.top_up_url`, `Reader.link`). One handler or page asks for at most 200 effects.
    in_panel: also a notice on the account's pages, until somebody closes it, a payment is credited or a hold begins.
    by_mail: False leaves the mail out. unsubscribe: address of one of the plugin's own links (`Reader.link`) where a
    reader ends such mails; the host writes it below the letter and into its headers (RFC 2369, RFC 8058), so that mail
    programs may post `List-Unsubscribe=One-Click` to it.
    """

    account_id: int
    key: str
    subject: Text
    paragraphs: Sequence[Text]
    recipients: Sequence[str] = ()
    button: tuple[Text, str] | None = None
    in_panel: bool = True
    by_mail: bool = True
    unsubscribe: str = ""
    details: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """Effect: add a row to a table of the plugin's own, or change the one that agrees in the columns `key`.

    values: by column; text, whole number, bool, aware instant or None. A sum is two columns, minor units and currency.
    `id` and `reseller_id` are the host's to fill in.
    key: columns that, with `reseller_id`, have a unique constraint; empty adds a row in any case. Columns that
    `values` does not name keep what they hold.

    Effects are written once per event, together with its release. One that the database refuses (a constraint) fails
    the event for this plugin: nothing of it is written, and it is told again later.
    """

    table: str
    values: Mapping[str, Value]
    key: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Discard:
    """Effect: delete the rows of a table of the plugin's own that have these values in these columns; none is fine.

    where: at least one column; `id` is one. None asks for an empty one.
    """

    table: str
    where: Mapping[str, Value]


Effect = Notify | Keep | Discard
