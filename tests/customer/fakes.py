"""Plugins and a printer that do as they are told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from billhook import (
    Availability,
    Available,
    DocumentFacts,
    DocumentKind,
    DocumentSource,
    Instructions,
    IssuesDocuments,
    Level,
    MethodView,
    Money,
    PaymentProvider,
    PaymentView,
    PostForm,
    Redirect,
    Setting,
    SettingKind,
    Start,
    StartRequest,
    Unavailable,
    hookimpl,
)
from billhook.events import BalanceWatch

from host_stub.adapters.render import RenderedDocument
from host_stub.adapters.render.errors import RendererBusy

GATEWAY = "https://pay.gateway.example"


class CashDesk(PaymentProvider, IssuesDocuments):
    """Instructions and a paper."""

    name: ClassVar[str] = "cash_desk"
    title = "Cash desk"
    starts = (Instructions,)
    documents = (DocumentKind("receipt", "Bill"),)

    def start(self, request: StartRequest) -> Start:
        return Instructions("billhook/instructions.html", {})

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        return DocumentSource(template=payment.number, stock="", context={}, file_name=f"bill-{payment.number}.pdf")


class Gateway(PaymentProvider):
    """A form that the browser posts to another site."""

    name: ClassVar[str] = "card_gateway"
    title = "Gateway"
    starts = (PostForm,)

    def start(self, request: StartRequest) -> Start:
        return PostForm(f"{GATEWAY}/init", [("number", request.payment.number), ("note", '"><script>x</script>')])


class Elsewhere(PaymentProvider):
    """A redirect; says no to sums below 100 roubles, fails on 666, wants a script on 667."""

    name: ClassVar[str] = "elsewhere"
    title = "Elsewhere"
    starts = (Redirect,)

    def availability(self, payment: PaymentView, method: MethodView) -> Availability:
        return Unavailable("too little") if payment.amount < Money(100_00, "RUB") else Available()

    def start(self, request: StartRequest) -> Start:
        if request.payment.amount == Money(666_00, "RUB"):
            raise RuntimeError("out of order")
        if request.payment.amount == Money(667_00, "RUB"):
            return Redirect("javascript:alert(1)")
        return Redirect(f"{GATEWAY}/pay/{request.payment.number}")


WATCHED = (
    Setting("threshold", SettingKind.MONEY, "Threshold", level=Level.ACCOUNT, minimum=0),
    Setting("recipients", SettingKind.EMAILS, "Recipients", level=Level.ACCOUNT),
    Setting(
        "days",
        SettingKind.NUMBER,
        "Days",
        level=Level.RESELLER,
        inherits_from=Level.OPERATOR,
        default=3,
        minimum=0,
        maximum=31,
    ),
    Setting("key", SettingKind.SECRET, "Key", level=Level.RESELLER),
)


@dataclass
class Plugin:
    """A module's stand-in: what has the marker is found on it."""

    provider: type[PaymentProvider]

    @hookimpl
    def billhook_plugin_title(self) -> str:
        return self.provider.title

    @hookimpl
    def billhook_payment_providers(self) -> list[type[PaymentProvider]]:
        return [self.provider]


class Warner:
    @hookimpl
    def billhook_plugin_title(self) -> str:
        return "Warnings"

    @hookimpl
    def billhook_settings(self) -> list[Setting]:
        return list(WATCHED)

    @hookimpl
    def billhook_watches(self) -> list[BalanceWatch]:
        return [BalanceWatch("low", "threshold")]

    @hookimpl
    def billhook_balance_threshold_crossed(self, event: Any, reader: Any) -> list[Any]:
        return []


def plugins() -> dict[str, object]:
    return {
        "cash_desk": Plugin(CashDesk),
        "card_gateway": Plugin(Gateway),
        "elsewhere": Plugin(Elsewhere),
        "warner": Warner(),
    }


class Printer:
    """Draws a line of text and calls it a PDF; counts. busy: draws nothing for now."""

    def __init__(self) -> None:
        self.drawn = 0
        self.busy = False
        self.before: Callable[[], None] = lambda: None

    def render(self, source: DocumentSource) -> RenderedDocument:
        if self.busy:
            raise RendererBusy(1)
        self.drawn += 1
        pdf = f"%PDF {source.template} drawn {self.drawn}".encode()
        return RenderedDocument(pdf, hashlib.sha256(pdf).hexdigest(), used_stock=False, problem=None)

    def prove(self, source: DocumentSource) -> RenderedDocument:
        return self.render(source)

    def check(self, template: str) -> str | None:
        return None
