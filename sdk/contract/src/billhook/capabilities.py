"""What a provider can do beside starting payments: small abstract classes that it inherits, too.

A host asks with `issubclass`. What stands in the class under each capability is data that it reads without calling
anything. When and by whom a method is called, and in which transaction (none), its docstring says; each call has a
deadline, see docs/containment.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from billhook.callbacks import Answer, Hint, PayerReturned, RawRequest
from billhook.documents import DocumentKind, DocumentSource
from billhook.facts import Fact, Judged, PaymentClaim
from billhook.status import StatusAnswer, StatusRequest
from billhook.views import DocumentFacts, MethodView, PaymentView


class Acknowledges(ABC):
    """Whoever hears a gateway answers it in its words. Comes with HearsNotifications and AnswersQuestions."""

    @abstractmethod
    def acknowledge(self, judged: Judged) -> Answer:
        """Return what the gateway expects to hear of a message that was judged. Pure.

        Called by the web server, once per question or notification, after the transactions of its verdicts were
        committed. The host answers refusals of its own (bad signature, failures) itself. After an exception the gateway
        hears 503 and repeats the message, which is then a duplicate: what was credited stays, once.
        """


class HearsNotifications(Acknowledges):
    """A gateway that signs what it tells: the only proof of payment besides an answer to our own question.

    notifications: names of the addresses, each the last part of `/plugin/<name>/method/<method id>/<address>`.
    """

    notifications: ClassVar[tuple[str, ...]]

    @abstractmethod
    def verify(self, request: RawRequest, method: MethodView) -> None:
        """Return if the notification is signed by the gateway; raise BadSignature otherwise. Pure.

        Called by the web server, once per message that comes in, a repeated one included, before any transaction.
        Raises BadSignature, answered 403, and MalformedNotification, answered 400; after any other exception the
        gateway hears 503 and tries again.
        """

    @abstractmethod
    def parse(self, request: RawRequest, method: MethodView) -> Sequence[Fact]:
        """Return what a verified notification says: 1 to 100 facts. Pure.

        Each is judged in a transaction of its own, in order. If one cannot be judged the gateway hears 503, and the
        others are duplicates next time. What the host need not know is `Ignored`, not left out.
        Called by the web server after `verify`, before any transaction. Raises MalformedNotification: what is rightly
        signed and cannot be read is kept for a manager. After any other exception the gateway hears 503 and tries
        again.
        """


class AnswersQuestions(Acknowledges):
    """A gateway that asks before it takes the money: may this payment be paid? The answer credits nothing.

    questions: names of the addresses.
    """

    questions: ClassVar[tuple[str, ...]]

    @abstractmethod
    def claim(self, request: RawRequest, method: MethodView) -> PaymentClaim:
        """Read what is asked. Pure.

        Called by the web server, once per question, before any transaction. Raises BadSignature where questions are
        signed, answered 403, and MalformedNotification, answered 400; after any other exception the gateway hears 503.
        """


class TakesReturns(ABC):
    """A gateway that sends the payer's browser back, by GET or POST, without cookie or token. It proves nothing.

    returns: names of the addresses.
    """

    returns: ClassVar[tuple[str, ...]]

    @abstractmethod
    def returned(self, request: RawRequest, method: MethodView) -> PayerReturned:
        """Read what the browser brought back. Pure.

        Called by the web server, once per return, before any transaction. Anybody can open that page with anything:
        raises MalformedNotification, after which, as after BadSignature, the return counts as unsuccessful. After any
        other exception the payer reads that their payment is looked for.
        """


@dataclass(frozen=True, slots=True)
class Asking:
    """When a host asks about tries of its own accord: after `first`, then with pauses that double up to `longest`, and
    no more when `until` has passed since the start; see `AnswersStatus`.

    open: also tries that began well, since a notification may get lost; False asks only about those whose start ended
        unseen.
    """

    first: timedelta = timedelta(minutes=2)
    longest: timedelta = timedelta(hours=6)
    until: timedelta = timedelta(days=3)
    open: bool = True


class AnswersStatus(ABC):
    """A gateway that can be asked what became of a payment.

    asked: when it is asked without being told to. A gateway that is away uses up none of it.
    """

    asked: ClassVar[Asking] = Asking()

    @abstractmethod
    def query(self, request: StatusRequest) -> StatusAnswer:
        """Ask the gateway what became of a try, also of one whose start ended unseen (a crash, a time-out).

        Called by a worker outside any transaction, as `asked` says. Use `billhook.http.session`. The facts are judged
        like those of a verified notification, so return them only from an authenticated answer. Raises ProviderError:
        asked again later, as after any other exception, which is recorded as the plugin's failure.
        """


class HearsHints(AnswersStatus):
    """A gateway whose messages prove nothing: unsigned, they only say “go and look”, and the host asks by `query`.

    The host answers at once and drops what names no try of this method. It keeps one question for each try, whoever
    sends how many hints, and asks the gateway at a limited rate.

    hints: names of the addresses. hint_answer: what the gateway hears, whatever it said.
    """

    hints: ClassVar[tuple[str, ...]]
    hint_answer: ClassVar[Answer] = Answer()

    @abstractmethod
    def hint(self, request: RawRequest, method: MethodView) -> Hint:
        """Return what the message is about. Pure; never ask the gateway here: anybody can send anything.

        Called by the web server, once per message. Raises MalformedNotification, answered 400; after any other
        exception the gateway hears 503.
        """


class IssuesDocuments(ABC):
    """A provider that makes papers: bills, slips.

    documents: their kinds.
    """

    documents: ClassVar[tuple[DocumentKind, ...]]

    @abstractmethod
    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        """Return the document `kind` for a payment. Pure.

        kind: the name of one of `documents`.

        Called by the web server outside any transaction: when the document is issued, where twins may call it twice and
        once is kept, and each time that a template or its placeholders are looked at. What was issued is kept as bytes
        and never asked for again. After an exception nothing is issued: the payer's page comes without the document.
        """


@dataclass(frozen=True, slots=True)
class Capability:
    """One of the classes above, as hosts and the kit walk them.

    kind: the class. data: the name of its class data, empty for none. addresses: that data names callback addresses.
    """

    kind: type
    data: str = ""
    addresses: bool = False


CAPABILITIES = (
    Capability(HearsNotifications, "notifications", addresses=True),
    Capability(AnswersQuestions, "questions", addresses=True),
    Capability(HearsHints, "hints", addresses=True),
    Capability(TakesReturns, "returns", addresses=True),
    Capability(AnswersStatus),
    Capability(IssuesDocuments, "documents"),
)
