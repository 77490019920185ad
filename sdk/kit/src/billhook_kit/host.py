"""What the kit needs of a host: FakeHost has it, and a real one offers it through the entry point `billhook.host`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Final, Protocol

from billhook.callbacks import Answer, RawRequest
from billhook.documents import DocumentSource
from billhook.errors import BillhookError
from billhook.events import Effect, Event, Value
from billhook.host.tables import Tables
from billhook.money import Money
from billhook.pages import Room
from billhook.provider import PaymentProvider
from billhook.settings import Level
from billhook.status import StatusAnswer
from billhook.views import AccountType, AccountView, MethodView, PaymentStatus, PaymentView

from billhook_kit.gateway import Started
from billhook_kit.judging import Credit
from billhook_kit.rooms import Opened, Visit
from billhook_kit.source import PluginSource

GROUP: Final = "billhook.host"


class NotOffered(BillhookError):
    """The method can't be chosen for this payment; the text is the reason."""


class WrongStart(NotOffered):
    """What `start` returned is none of what it declares, or leads nowhere; the text says which."""


class HostNotFound(BillhookError):
    """No host is installed beside the kit."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A payment to be made. purpose: the payer's own words."""

    amount: Money
    account_type: AccountType = AccountType.PERSON
    purpose: str = ""


class Host(Protocol):
    """One seller's panel with one plugin in it. Nothing outlives it."""

    name: str

    @property
    def provider(self) -> PaymentProvider:
        """The plugin's provider as this host loaded it."""

    def account(self, account_type: AccountType = AccountType.PERSON) -> AccountView:
        """Return the account of that type; the same one each time."""

    def inherit(self, level: Level, settings: Mapping[str, object]) -> None:
        """Set settings of the plugin at the level of reseller or operator, for whatever inherits them.

        What is not given stays as it was. A secret that is replaced is accepted beside its successor for a while.
        """

    def method(self, settings: Mapping[str, object]) -> MethodView:
        """Configure the plugin as a payment method; what is not given is inherited. Raises what saving raises."""

    def present(self, method: MethodView) -> MethodView:
        """Return a method as it is now: what it inherits may have changed."""

    def payment(self, wish: Wish) -> PaymentView:
        """Make a payment that waits to be paid."""

    def start(
        self,
        payment: PaymentView,
        method: MethodView,
        language: str = "ru",
        answers: Mapping[str, object] | None = None,
    ) -> Started:
        """Freeze a try and call the provider. Raises NotOffered, and what the provider raises.

        answers: of the payer, to what the provider asks.
        """

    def deliver(self, method: MethodView, action: str, request: RawRequest) -> Answer:
        """Hand a message over as it would come in, and return what its sender hears."""

    def follow_hints(self) -> None:
        """Ask the gateway now about the tries that hints named, instead of when the host would."""

    def deliver_together(self, method: MethodView, action: str, requests: Sequence[RawRequest]) -> list[Answer]:
        """Hand messages over at the same moment, each in a thread of its own."""

    def cancel(self, payment: PaymentView) -> None:
        """Cancel a payment."""

    def expire(self, payment: PaymentView) -> None:
        """A payment's lifetime passes."""

    def status(self, payment: PaymentView) -> PaymentStatus:
        """Return where a payment stands now."""

    def credits(self) -> list[Credit]:
        """Return what was credited so far, in order."""

    def parked(self) -> int:
        """Return how many well-signed messages were set aside."""

    def page(self, started: Started, language: str = "ru") -> str:
        """Return the HTML of the plugin's instructions."""

    def open_page(self, room: Room, name: str, visit: Visit | None = None) -> Opened:
        """Open a page of the plugin: in the private person's account, as a manager, as the operator."""

    def link(self, name: str, subject: str) -> str:
        """Return the absolute address of a link of the plugin."""

    def open_link(self, address: str, visit: Visit | None = None) -> Opened:
        """Open a link by its address, as somebody who is not signed in."""

    def document(self, started: Started, kind: str) -> DocumentSource:
        """Return a document before it is drawn."""

    def query(self, started: Started, tries: int = 0) -> StatusAnswer:
        """Ask the gateway what became of a start. Raises what the provider raises."""

    def tell(self, event: Event) -> list[Effect]:
        """Deliver an event to the plugin's hook for it, write the effects that it asked for and return them.

        Raises what the handler raises, and what the database says of a row that it does not take.
        """

    def ask(self, event: Event) -> list[Effect]:
        """Deliver an event like `tell`, without writing anything: it will come again."""

    def own_tables(self) -> Tables:
        """Return the plugin's own tables as its migrations made them. Raises PluginError if they fail."""

    def rows(self, table: str) -> list[Mapping[str, Value]]:
        """Return what a table of the plugin's own holds for the seller, oldest first."""

    def failures(self) -> list[str]:
        """Return what went wrong in the plugin so far, for the author to read."""


class DatabaseHost(Host, Protocol):
    """A host with tables."""

    def watch_tables(self) -> None:
        """Compare the host's rows before and after each call of the plugin's code from now on, and note its SQL."""

    def touched(self) -> list[str]:
        """Return the host's tables that changed while the plugin's code ran, with the place in the plugin."""

    def drawn(self, started: Started, kind: str) -> list[str]:
        """Draw a document and return what is wrong with it: it can't be drawn, or a name or picture is not there."""

    def asked(self) -> list[str]:
        """Return the SQL that the plugin's own code sent since `watch_tables`, with the place in the plugin."""


#: Opens a host with one plugin for one check. Raises PluginError if the plugin does not load there.
OpenHost = Callable[[PluginSource, str], AbstractContextManager[Host]]


def installed_host() -> OpenHost:
    """Return the opener of the real host. Raises HostNotFound."""
    for point in entry_points(group=GROUP):
        opener: OpenHost = point.load()
        return opener
    raise HostNotFound(f"no installed package offers a host (entry point group {GROUP!r})")
