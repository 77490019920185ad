"""Payment providers: the code of a plugin that can take payments.

The provider translates, the host decides and moves money. No method runs inside a database transaction or gets a
session; all but `start` and `query` are pure. Each call has a deadline, and several threads may call one provider at
once; which deadline, and what the panel does when it passes, stands in docs/containment.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from billhook.callbacks import Action, Answer, CallbackEvent, RawRequest, Verdict
from billhook.errors import BadSignature, NotSupported
from billhook.settings import Finding, Setting, Text
from billhook.status import StatusAnswer, StatusRequest
from billhook.views import AccountType, DocumentFacts, MethodView, PaymentView


class StartKind(StrEnum):
    """What the payer sees after choosing the method."""

    REDIRECT = "redirect"  # the gateway's page, by GET
    FORM = "form"  # the gateway's page, by a posted form
    INSTRUCTIONS = "instructions"  # a page of the plugin's own


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A document that the provider can issue for a payment, named in addresses by `name` (`receipt`)."""

    name: str
    label: Text


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do, as data the host reads without calling it.

    start: what `start` answers. actions: the callback addresses. documents: what `document` makes.
    currencies: empty means any. account_types: who may pay this way.
    test_mode_setting: key of the SWITCH setting that says payments are tests.
    merchant_setting: key of the setting that identifies the merchant; the attempt freezes its value.
    status_query: `query` asks the gateway what became of an attempt.
    """

    start: StartKind
    actions: tuple[Action, ...] = ()
    documents: tuple[DocumentKind, ...] = ()
    currencies: tuple[str, ...] = ()
    account_types: tuple[AccountType, ...] = tuple(AccountType)
    merchant_setting: str = ""
    test_mode_setting: str = ""
    status_query: bool = False


@dataclass(frozen=True, slots=True)
class Addresses:
    """Absolute addresses that the host built from its configured base, never from a request.

    actions: by action name. documents: by document kind, with the capability in the query. payment_page: signed in.
    """

    actions: Mapping[str, str]
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
class DocumentSource:
    """A document before it is drawn: the host compiles and renders it in the limited child.

    template: Liquid text (the reseller's, or the stock one). stock: the text to fall back to if `template` fails;
    its rendering is trusted and tested. context: plain dicts, lists, text, int, Decimal, bool, date.
    assets: by name, for `asset:<name>` addresses in the HTML: SVG or PNG bytes.
    frozen: what must be kept with the issued document (VAT rate, basis, amount, table version): JSON-able. It comes
        back in `DocumentFacts.frozen` when the payment's page is opened again.
    file_name: ASCII, ends with .pdf. title: of the PDF, where the template's HTML has none.
    facts: what a paper of this kind must state, by what it is called (`{_("BIC"): "044525225"}`): the host looks for
        each on the drawn page before a reseller's template is kept, and names those that cannot be read there.
        Blanks and boxes between the digits do not matter.
    """

    template: str
    stock: str
    context: Mapping[str, object]
    assets: Mapping[str, bytes] = field(default_factory=dict)
    frozen: Mapping[str, object] = field(default_factory=dict)
    file_name: str = "document.pdf"
    title: Text = ""
    facts: Mapping[Text, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Available:
    """The method can be offered for this payment."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """It can't, and this is why, for a manager to read."""

    reason: Text


Availability = Available | Unavailable


class PaymentProvider(ABC):
    """A way to pay. The host makes one instance per process; keep no state of a payment in it."""

    name: ClassVar[str]  # the entry point's; also the address part, the template folder and the table prefix
    title: ClassVar[Text]  # what the reseller sees when making a payment method
    capabilities: ClassVar[Capabilities]  # read without calling anything
    settings: ClassVar[tuple[Setting, ...]] = ()  # at METHOD level: each method has its own values

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

    def verify(self, action: Action, request: RawRequest, method: MethodView) -> None:
        """Return if the notification is signed by the gateway; raise BadSignature otherwise. Pure.

        Refuses unless overridden. Called by the web server, once per message that comes in for a NOTIFICATION action, a
        repeated one included, before any transaction. Raises BadSignature, answered 403, and MalformedNotification,
        answered 400; after any other exception the gateway hears 503 and tries again.
        """
        raise BadSignature(f"{self.name} does not verify {action.name}")

    def parse(self, action: Action, request: RawRequest, method: MethodView) -> CallbackEvent:
        """Read a message: PaymentClaim for a QUESTION, PaymentPaid for a NOTIFICATION (after `verify`),
        PayerReturned for a RETURN. Pure.

        Called by the web server, once per message that comes in, a repeated one included, before any transaction.
        Raises MalformedNotification: a question is answered 400, a verified notification is kept for a manager, a
        return counts as unsuccessful. After any other exception the gateway hears 503 and tries again.
        """
        raise NotSupported(f"{self.name} has no action {action.name}")

    def acknowledge(self, action: Action, verdict: Verdict) -> Answer:
        """Return what the gateway expects to hear for this verdict. Pure.

        Called by the web server, once per question or notification that was judged, after the transaction of the
        verdict was committed. The host answers refusals of its own (bad signature, failures) itself. After an exception
        the gateway hears 503 and repeats the message, which is then a duplicate: what was credited stays, once.
        """
        return Answer()

    def query(self, request: StatusRequest) -> StatusAnswer:
        """Ask the gateway what became of an attempt whose start ended unseen (a crash, a time-out).

        Called by a worker outside any transaction, at least once for such an attempt, with growing pauses and an end,
        for providers whose capabilities say `status_query`. Use `billhook.http.session`. A PaymentPaid is judged like a
        verified notification, so return one only from an authenticated answer. Raises ProviderError: asked again later,
        as after any other exception, which is recorded as the plugin's failure.
        """
        raise NotSupported(f"{self.name} has no status query")

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        """Return the document `kind` for a payment. Pure. Raises NotSupported.

        Called by the web server outside any transaction: when the document is issued, where twins may call it twice and
        once is kept, and each time that a template or its placeholders are looked at. What was issued is kept as bytes
        and never asked for again. After an exception nothing is issued: the payer's page comes without the document.
        """
        raise NotSupported(f"{self.name} has no document {kind}")
