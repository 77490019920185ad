"""Payment providers: the code of a plugin that can take payments.

The provider translates, the host decides and moves money. No method runs inside a database transaction or gets a
session; all but `start` and a status query are pure. Each call has a deadline, and several threads may call one
provider at once; which deadline, and what the panel does when it passes, stands in docs/containment.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from billhook.facts import PaymentPaid, PaymentPending
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
    """Everything a provider needs to start a payment: one try, one key, one request.

    The host freezes it before the first call and hands it over again equal, whatever was changed meanwhile: settings,
    the account, the language of the payer. Only secrets are the present ones, and `documents`.

    reference: names the try: 1 to 32 ASCII letters, digits and dashes, drawn by the host, unique over the installation,
        never used again. It is the order number and the idempotency key at the gateway; what the gateway says is found
        by it. The document number (`payment.number`) is for people: another reseller's payments have the same ones.
    reference_number: the same try for gateways whose order numbers are integers, 1 to 2 147 483 647.
    language: the payer's, `ru` or `en`; where all that `start` answers is Instructions, the reader's.
    documents: by kind, what was frozen in documents already issued for this payment, so that a page agrees with them.
    answers: what the payer answered to `asks`, by key.
    """

    payment: PaymentView
    method: MethodView
    addresses: Addresses
    reference: str
    reference_number: int
    language: str
    documents: Mapping[str, DocumentFacts] = field(default_factory=dict)
    answers: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the payer's browser to `url` (303).

    external_reference: the gateway's own id of what was registered, if it gave one: the host keeps it with the try,
        shows it to managers, finds the try by it and hands it to `query`. So for every outcome of `start`.
    """

    url: str
    external_reference: str = ""


@dataclass(frozen=True, slots=True)
class PostForm:
    """The payer's browser posts `fields` to `url`, from a page that the host makes of them and nothing else.

    The page's content policy lets the form go to that address, and the gateway's answer lead on to any https one.
    fields: pairs in the order in which they are posted; names may repeat, values are escaped by the host.
    external_reference: see `Redirect`.
    """

    url: str
    fields: Sequence[tuple[str, str]]
    external_reference: str = ""


@dataclass(frozen=True, slots=True)
class Instructions:
    """Show a page of the plugin's own.

    template: file under the plugin's `templates/<plugin>/`, extends `billhook/instructions.html`.
    context: plain values for it. The host adds payment, method, reseller, documents and the language.
    external_reference: see `Redirect`.
    """

    template: str
    context: Mapping[str, object] = field(default_factory=dict)
    external_reference: str = ""


class CodeForm(StrEnum):
    """How a payer gets a code into their bank."""

    QR = "qr"  # scanned
    TEXT = "text"  # typed or copied


@dataclass(frozen=True, slots=True)
class ShowCode:
    """Show a code on a page of the host's own: the page asks by itself whether it was paid.

    payload: what the picture holds or what is typed, 1 to 2000 characters. steps: what the payer does, in order.
    expires_at: until when it can be paid, None if it does not end. external_reference: see `Redirect`.
    """

    payload: str
    form: CodeForm = CodeForm.QR
    expires_at: datetime | None = None
    steps: Sequence[Text] = ()
    external_reference: str = ""


#: What `start` may answer. A fact says what became of the payment at once (a voucher, a saved means): it is judged like
#: one of a status query.
Start = Redirect | PostForm | Instructions | ShowCode | PaymentPaid | PaymentPending


@dataclass(frozen=True, slots=True)
class Available:
    """The method can be offered for this payment."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """It can't, and this is why, for a manager to read."""

    reason: Text


Availability = Available | Unavailable


class Sums(StrEnum):
    """What a paid act may be worth."""

    AS_ORDERED = "as_ordered"  # what was ordered; another sum is set aside for a manager
    AS_CAME = "as_came"  # whatever came, in the payment's currency: vouchers, transfers, coins


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
    asks: ClassVar[tuple[Setting, ...]] = ()  # of the payer, before `start`; drawn, checked and frozen like settings
    sums: ClassVar[Sums] = Sums.AS_ORDERED
    key_lives: ClassVar[timedelta | None] = None  # how long the gateway knows a reference as the same; None: for ever

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

        Called by the web server when the payer chose the method, outside any transaction: the try was stored before,
        what came of it is stored after. Called again with the equal request by a second press of the button and, for
        Instructions, each time that their page is opened: what `reference` names must happen once at the gateway. A new
        try begins when the former has ended: its first start was refused, the gateway says that it failed for good, or
        `key_lives` is over; and for another merchant or another test mode.
        Raises ProviderError: nothing was begun there, and the payer may choose another method; StartDeclined, which
        is one, says why in words for the payer. GatewayUnreachable, a
        deadline that passes and a crash say that it is not known: the try is asked about by `query`. Any other
        exception is recorded as the plugin's failure and counts as nothing begun.
        """
