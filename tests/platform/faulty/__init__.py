"""A plugin with a switch per fault: what each of its methods and handlers does wrong is chosen from outside.

It is honest where no fault is switched on. `hang` waits until the test lets go; `slow` stays within the deadline; `call
out` asks a server that never answers, and sets no time limit.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from billhook import (
    Answer,
    AnswersQuestions,
    Asking,
    AttemptState,
    Availability,
    Available,
    BadSignature,
    DocumentFacts,
    DocumentKind,
    DocumentSource,
    Effect,
    Event,
    Finding,
    HearsHints,
    HearsNotifications,
    Hint,
    Instructions,
    IssuesDocuments,
    Judged,
    Link,
    LinkRequest,
    MethodView,
    Money,
    Notify,
    Page,
    PageAnswer,
    PageRequest,
    PayerReturned,
    PaymentClaim,
    PaymentPaid,
    PaymentProvider,
    PaymentView,
    RawRequest,
    Reader,
    Room,
    Setting,
    SettingKind,
    Severity,
    Show,
    Start,
    StartRequest,
    StatusAnswer,
    StatusRequest,
    TakesReturns,
    hookimpl,
)
from billhook.host.places import EVENTS

NAME = "faulty"
SLOW_SECONDS = 0.1
LONGEST_HANG = 30.0
RUBBISH = object()
#: Place → `raise`, `hang`, `slow`, `rubbish` or `call out`.
FAULTS: dict[str, str] = {}
#: A hang has begun; it may end.
HANGS, LET_GO = threading.Event(), threading.Event()
#: Where the server listens that never answers.
SILENT = ("127.0.0.1", 0)

Honest = TypeVar("Honest")


def act(place: str, honest: Callable[[], Honest]) -> Honest | Any:
    """Do what is honest, or the fault that is switched on for the place."""
    match FAULTS.get(place):
        case "raise":
            raise RuntimeError("a fault in the plugin")
        case "hang":
            HANGS.set()
            LET_GO.wait(LONGEST_HANG)
        case "call out":
            with socket.create_connection(SILENT) as gateway:
                HANGS.set()
                gateway.recv(1)
        case "slow":
            time.sleep(SLOW_SECONDS)
        case "rubbish":
            return RUBBISH
    return honest()


class Faulty(PaymentProvider, HearsNotifications, AnswersQuestions, TakesReturns, HearsHints, IssuesDocuments):
    """Instructions with a document, a question, a notification, a hint and a status query."""

    name = NAME
    title = "Faulty"
    starts = (Instructions,)
    notifications = ("notify",)
    questions = ("ask",)
    returns = ("back",)
    hints = ("look",)
    asked = Asking(open=False)
    documents = (DocumentKind("receipt", "Receipt"),)
    settings = (Setting("shop", SettingKind.TEXT, "Shop", validator=lambda _value: act("validator", lambda: None)),)

    def check_settings(self, method: MethodView) -> list[Finding]:
        return act("check_settings", lambda: [Finding(Severity.OK, "All is well.")])

    def availability(self, payment: PaymentView, method: MethodView) -> Availability:
        return act("availability", Available)

    def start(self, request: StartRequest) -> Start:
        context = {"act": lambda: act("template", lambda: "How to pay")}
        return act("start", lambda: Instructions(f"{NAME}/page.html", context))

    def verify(self, request: RawRequest, method: MethodView) -> None:
        if request.one("signed") != "yes":
            raise BadSignature("signed")
        return act("verify", lambda: None)

    def parse(self, request: RawRequest, method: MethodView) -> list[PaymentPaid]:
        number, amount = request.one("number"), Money.of(request.one("amount"), "RUB")
        paid = PaymentPaid(number, "", amount, False, f"ext-{number}", "d" * 64, {})
        return act("parse", lambda: [paid])

    def claim(self, request: RawRequest, method: MethodView) -> PaymentClaim:
        amount = Money.of(request.one("amount"), "RUB")
        return act("claim", lambda: PaymentClaim(request.one("number"), "", amount, False))

    def returned(self, request: RawRequest, method: MethodView) -> PayerReturned:
        return act("returned", lambda: PayerReturned("", True))

    def acknowledge(self, judged: Judged) -> Answer:
        return act("acknowledge", lambda: Answer(judged.verdict.encode()))

    def hint(self, request: RawRequest, method: MethodView) -> Hint:
        return act("hint", lambda: Hint(request.one("number")))

    def query(self, request: StatusRequest) -> StatusAnswer:
        return act("query", lambda: AttemptState.OPEN)

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        return act("document", lambda: DocumentSource("<p>bill</p>", "<p>bill</p>", {}))


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Faulty]


def look(request: PageRequest) -> PageAnswer:
    effects = [Notify(request.account.id, "look", "News", ["It was looked at."])] if request.account else []
    context = {"act": lambda: act("page_template", lambda: "Look here")}
    return act("page", lambda: Show(f"{NAME}/look.html", context, effects if request.is_post else []))


def click(request: LinkRequest) -> PageAnswer:
    effects = [Notify(int(request.subject), "click", "News", ["It was clicked."])] if request.is_post else []
    context = {"act": lambda: act("link_template", lambda: "Look here")}
    return act("link", lambda: Show(f"{NAME}/click.html", context, effects=effects))


@hookimpl
def billhook_pages() -> list[Page]:
    return [Page("look", Room.CUSTOMER, "Look", look, menu="Look")]


@hookimpl
def billhook_links() -> list[Link]:
    return [Link("click", click, days=365)]


def _handler(hook: str) -> Callable[[Event, Reader], list[Effect]]:
    @hookimpl
    def handler(event: Event, reader: Reader) -> list[Effect]:
        return act(hook, lambda: [Notify(event.account_id, hook, "News", ["Something happened."])])

    return handler


globals().update({hook: _handler(hook) for hook in EVENTS})
