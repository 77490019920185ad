"""Payment providers: the code of a plugin that can take payments.

The provider translates, the host decides and moves money. No method runs inside a database transaction or gets a
session; all but `start` and a status query are pure. Each call has a deadline, and several threads may call one
provider at once; which deadline, and what the panel does when it passes, stands in docs/containment.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from billhook.settings import Finding, Setting, Text
from billhook.views import AccountType, DocumentFacts, MethodView, PaymentView


@dataclass(frozen=True, slots=True)
class Addresses:
    """Absolute addresses that the host built from its configured base, never from a request.

    callbacks: by name of the address. documents: by document kind, with the capability in the query.
    payment_page: for whoever is signed in.
    """

    callbacks: Mapping[str, str]
    documents: Mapping[str, str]
    payment_page: str


@dataclass(frozen=True, slots=True)
class StartRequest:
    """Everything a provider needs to start a payment; frozen by the host as an attempt before the call.

    idempotency_key: the same for the same attempt, so that a second press of the button starts nothing twice.
    language: the payer's, `ru` or `en`.
    documents: by kind, what was frozen in documents already issued for this payment, so that a page agrees with them.
    """

    payment: PaymentView
    method: MethodView
    addresses: Addresses
    idempotency_key: str
    language: str
    documents: Mapping[str, DocumentFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the payer's browser to `url` (303)."""

    url: str


@dataclass(frozen=True, slots=True)
class PostForm:
    """The payer's browser posts `fields` to `url`, from a page that the host makes of them and nothing else.

    The page's content policy lets the form go to that address, and the gateway's answer lead on to any https one.
    fields: pairs in the order in which they are posted; names may repeat, values are escaped by the host.
    """

    url: str
    fields: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Instructions:
    """Show a page of the plugin's own.

    template: file under the plugin's `templates/<plugin>/`, extends `billhook/instructions.html`.
    context: plain values for it. The host adds payment, method, reseller, documents and the language.
    """

    template: str
    context: Mapping[str, object] = field(default_factory=dict)


Start = Redirect | PostForm | Instructions


@dataclass(frozen=True, slots=True)
class Available:
    """The method can be offered for this payment."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """It can't, and this is why, for a manager to read."""

    reason: Text


Availability = Available | Unavailable


class PaymentProvider(ABC):
    """A way to pay. The host makes one instance per process; keep no state of a payment in it.

    What else it can do it says by inheriting the classes of `billhook.capabilities`.
    """

    name: ClassVar[str]  # the entry point's; also the address part, the template folder and the table prefix
    title: ClassVar[Text]  # what the reseller sees when making a payment method
    starts: ClassVar[tuple[type[Start], ...]]  # what `start` may answer
    settings: ClassVar[tuple[Setting, ...]] = ()  # at METHOD level: each method has its own values
    currencies: ClassVar[tuple[str, ...]] = ()  # empty means any
    account_types: ClassVar[tuple[AccountType, ...]] = tuple(AccountType)  # who may pay this way
    merchant_setting: ClassVar[str] = ""  # key of the setting that identifies the merchant; a start freezes its value
    requisites: ClassVar[tuple[str, ...]] = ()  # schemes of which its papers need the seller's (`ru`); empty: none
    test_mode_setting: ClassVar[str] = ""  # key of the SWITCH setting that says payments are tests

    def check_settings(self, method: MethodView) -> list[Finding]:
        """Return what the doctor finds in complete settings. Pure; an ERROR blocks saving.

        Called by the web server, outside any transaction, each time that a method is saved (before it is) or somebody
        asks for a check; twice for each method that inherits, before reseller or operator save what it inherits; and by
        the doctor on the command line. An exception is a finding of its own, and blocks saving, too.
        """
        return []

    def availability(self, payment: PaymentView, method: MethodView) -> Availability:
        """Say whether this payment can be paid this way. Account type and currency are checked by the host. Pure.

        Called by the web server for every method each time that a payment's page is shown, to the payer or to a
        manager, and once more before `start`; outside any transaction. So it must be quick. After an exception the
        method is not offered, and a manager reads that it failed.
        """
        return Available()

    @abstractmethod
    def start(self, request: StartRequest) -> Start:
        """Begin a payment. May talk to the network: use `billhook.http.session`.

        Called by the web server when the payer chose the method, outside any transaction: the attempt was stored
        before, what came of it is stored after. Called again with the same idempotency key by a second press of the
        button and, for Instructions, each time that their page is opened: what the key names must happen once at the
        gateway.
        Raises ProviderError: nothing was begun there, and the payer may choose another method. GatewayUnreachable, a
        deadline that passes and a crash say that it is not known: the attempt is asked about by `query`. Any other
        exception is recorded as the plugin's failure and counts as nothing begun.
        """
