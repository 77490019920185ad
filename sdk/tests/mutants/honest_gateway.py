"""A healthy gateway plugin and its gateway: what each mutant spoils in one place."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from billhook import (
    Answer,
    AnswersQuestions,
    AnswersStatus,
    BadSignature,
    DocumentFacts,
    DocumentKind,
    DocumentSource,
    Finding,
    HearsNotifications,
    IssuesDocuments,
    Judged,
    Level,
    MalformedAmount,
    MalformedNotification,
    MethodView,
    Money,
    PayerReturned,
    PaymentClaim,
    PaymentPaid,
    PaymentProvider,
    PaymentView,
    ProviderError,
    RawRequest,
    Redirect,
    Setting,
    SettingKind,
    Severity,
    StartRequest,
    TakesReturns,
    Verdict,
    http,
)
from billhook.status import AttemptState, StatusAnswer, StatusRequest
from billhook_kit import GatewayUnderTest, Ordered, Report, Started, find_plugin, form
from billhook_kit.bench import Subject

#: By order, what the gateway answers to a status query.
PAID: dict[str, RawRequest] = {}
SIGNED = ("shop", "order", "amount", "currency", "id", "paid_at", "test", "payer")
ASK, NOTIFY, BACK = "ask", "notify", "back"


def signature(values: Sequence[str], secret: str) -> str:
    return hmac.new(secret.encode(), "\n".join(values).encode(), hashlib.sha256).hexdigest()


class UnexpectedAnswer(ProviderError):
    """The gateway answered what it should not."""


class HonestGateway(
    PaymentProvider, HearsNotifications, AnswersQuestions, TakesReturns, AnswersStatus, IssuesDocuments
):
    """A redirect there, a question, a signed notification and the payer back."""

    title = "Honest"
    signed: ClassVar[Sequence[str]] = SIGNED
    starts = (Redirect,)
    notifications = (NOTIFY,)
    questions = (ASK,)
    returns = (BACK,)
    documents = (DocumentKind("receipt", "Receipt"),)
    merchant_setting = "shop"
    test_mode_setting = "test"
    settings = (
        Setting("shop", SettingKind.TEXT, "Shop", required=True, inherits_from=Level.OPERATOR),
        Setting("secret", SettingKind.SECRET, "Secret", required=True, inherits_from=Level.RESELLER),
        Setting("test", SettingKind.SWITCH, "Test mode", default=False),
        Setting("days", SettingKind.NUMBER, "Days", default=3, minimum=1, maximum=9, validator=lambda value: None),
    )

    def check_settings(self, method: MethodView) -> list[Finding]:
        if not method.text("secret"):
            return [Finding(Severity.ERROR, "There is no secret.", "Enter it.", "secret")]
        return [Finding(Severity.OK, "All is well.")]

    def start(self, request: StartRequest) -> Redirect:
        return Redirect(f"https://gateway.example/pay?{urlencode(self.order(request))}")

    def order(self, request: StartRequest) -> dict[str, str]:
        method, amount = request.method, request.payment.amount
        return {
            "order": request.reference,
            "shop": method.text("shop"),
            "amount": amount.plain(),
            "currency": amount.currency,
            "test": "1" if method.switch("test") else "0",
        }

    def verify(self, request: RawRequest, method: MethodView) -> None:
        if request.method != "POST":
            raise MalformedNotification("method", "a notification is posted")
        sent = self.sent_signature(request)
        if not any(hmac.compare_digest(sent, self.made(request, secret)) for secret in self.secrets(method)):
            raise BadSignature("sign does not fit")

    def sent_signature(self, request: RawRequest) -> str:
        sent = request.one("sign")
        if not sent.isascii():
            raise BadSignature("sign is no ASCII")
        return sent

    def secrets(self, method: MethodView) -> tuple[str, ...]:
        return method.secrets("secret")

    def made(self, request: RawRequest, secret: str) -> str:
        try:
            return signature([request.one(name) for name in self.signed], secret)
        except UnicodeEncodeError as error:
            raise MalformedNotification("sign", "not Unicode text") from error

    def parse(self, request: RawRequest, method: MethodView) -> list[PaymentPaid]:
        return [self.paid_act(request, method)]

    def paid_act(self, request: RawRequest, method: MethodView) -> PaymentPaid:
        return PaymentPaid(**self.fields(request), **self.proof(request))

    def claim(self, request: RawRequest, method: MethodView) -> PaymentClaim:
        return PaymentClaim(**self.fields(request))

    def returned(self, request: RawRequest, method: MethodView) -> PayerReturned:
        return PayerReturned("", successful=True)

    def fields(self, request: RawRequest) -> dict[str, Any]:
        return {
            "reference": _printable(request, "order"),
            "merchant": _printable(request, "shop"),
            "amount": self.amount(request),
            "is_test": request.one("test") == "1",
        }

    def amount(self, request: RawRequest) -> Money:
        try:
            return Money.of(request.one("amount"), request.one("currency"))
        except MalformedAmount as error:
            raise MalformedNotification("amount", error.why) from error

    def proof(self, request: RawRequest) -> dict[str, Any]:
        values = "\n".join(request.one(name) for name in self.signed)
        return {
            "external_id": _printable(request, "id"),
            "signed_digest": hashlib.sha256(values.encode()).hexdigest(),
            "details": {"payer": _printable(request, "payer")},
        }

    def acknowledge(self, judged: Judged) -> Answer:
        if judged.request.address == ASK:
            return Answer(b"YES" if judged.verdict is Verdict.ACCEPTED else b"NO")
        return Answer(b"OK")

    def query(self, request: StatusRequest) -> StatusAnswer:
        if request.reference in PAID:
            return [self.paid(PAID[request.reference], request.method)]
        try:
            with http.session() as session:
                session.get("https://gateway.example/status", params={"order": request.reference})
        except http.GatewayUnreachable:
            return AttemptState.UNKNOWN
        return AttemptState.OPEN

    def paid(self, answer: RawRequest, method: MethodView) -> PaymentPaid:
        try:
            self.verify(answer, method)
        except BadSignature as error:
            raise UnexpectedAnswer("not signed") from error
        return self.paid_act(answer, method)

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        return DocumentSource("{{ total }}", "{{ total }}", self.context(payment))

    def context(self, payment: PaymentView) -> dict[str, object]:
        return {"total": payment.amount.decimal}


def _printable(request: RawRequest, name: str) -> str:
    value = request.one(name)
    if not value.isprintable():
        raise MalformedNotification(name, "not printable text")
    return value


def subject(name: str) -> Subject:
    """Return a mutant with its own gateway, or the honest one's if it is a gateway plugin at all."""
    path = Path(__file__).with_name(name)
    source = find_plugin(str(path if path.is_dir() else path.with_suffix(".py")))
    own = getattr(source.module, "Gateway", None)
    if not issubclass(getattr(source.module, "Mutant", object), HonestGateway):
        return Subject(source, own() if own is not None else None)
    return Subject(source, getattr(source.module, "Gateway", Gateway)())


class Gateway(GatewayUnderTest):
    """The gateway's side."""

    settings = {"shop": "shop-1", "secret": "a-secret-for-tests-only"}  # noqa: RUF012  read only
    signed_fields: ClassVar[Sequence[str]] = SIGNED
    signature = "sign"

    def notification(self, report: Report) -> RawRequest:
        fields = _fields(report)
        values = [fields[name] for name in self.signed_fields]
        return form({**fields, "channel": "web", "sign": signature(values, report.method.text("secret"))})

    @contextmanager
    def paid(self, report: Report) -> Iterator[None]:
        # This file may be loaded a second time, as the adapter: the plugin reads what the first one holds.
        paid, order = import_module("honest_gateway").PAID, report.started.reference
        paid[order] = self.notification(report)
        yield
        del paid[order]

    def ordered(self, started: Started) -> Ordered | None:
        if not isinstance(started.outcome, Redirect):
            return None
        read = dict(parse_qsl(urlsplit(started.outcome.url).query))
        if "amount" not in read:
            return None
        return Ordered(read["order"], Money.of(read["amount"], read["currency"]), read["shop"], read["test"] == "1")

    def answered(self, report: Report) -> bytes:
        return b"OK"

    def question(self, report: Report) -> RawRequest:
        return form(_fields(report))

    def returned(self, report: Report) -> RawRequest:
        return form({"order": report.reference})


def _fields(report: Report) -> dict[str, str]:
    return {
        "shop": report.merchant,
        "order": report.reference,
        "amount": report.amount.plain(),
        "currency": report.amount.currency,
        "id": report.external_id,
        "paid_at": report.paid_at.isoformat(),
        "test": "1" if report.is_test else "0",
        "payer": report.payer,
    }
