"""Messages from gateways: found, verified, read, judged, answered."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar, cast

import structlog
from billhook import (
    Acknowledges,
    Answer,
    AnswersQuestions,
    AnswersStatus,
    BadSignature,
    Fact,
    HearsHints,
    HearsNotifications,
    Ignored,
    Judged,
    MalformedNotification,
    MethodView,
    PaymentClaim,
    PaymentProvider,
    ProviderError,
    RawRequest,
    Ruling,
    TakesReturns,
    Verdict,
)
from billhook.errors import CallbackError, MalformedAmount
from billhook.host.reading import callbacks_of
from sqlalchemy.orm import Session

from host_stub.domain.errors import MethodUnavailable, NotFound
from host_stub.domain.keepable import unkeepable
from host_stub.persistence import Payment, PaymentMethod
from host_stub.persistence.store import fetch
from host_stub.plugins.desk import Desk, return_token
from host_stub.plugins.errors import PluginFailed, PluginUnavailable
from host_stub.services.money_in import gateway, questions
from host_stub.services.money_in.methods import kept_above, method_view

Read = TypeVar("Read")
_KINDS: Final[Mapping[type, str]] = {
    HearsNotifications: "notification",
    AnswersQuestions: "question",
    HearsHints: "hint",
    TakesReturns: "return",
}
_log = structlog.get_logger("billhook.callbacks")


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback address, resolved. hears: the capability of the provider whose messages come there."""

    address: str
    hears: type
    provider: PaymentProvider
    method: MethodView

    @property
    def kind(self) -> str:
        """What comes there, for a monitor: notification, question, hint or return."""
        return _KINDS[self.hears]


def find(desk: Desk, plugin: str, method_id: int, address: str) -> Callback:
    """Return what a callback address stands for.

    A method that was deactivated, and a plugin that was turned off for the reseller, still answer: payments that were
    started with it go on until they are final.
    Raises NotFound; PluginUnavailable for a plugin that is broken or gone, and for a method whose secret does not open.
    """
    # Before the unit begins: it may look at the plugin's tables, and nobody waits for a second connection with a first.
    try:
        provider = desk.registry.provider(plugin)
    except PluginUnavailable:
        # A plugin whose wheel is gone is a fault only if a row says that payments were started with it.
        with desk.store.read() as session:
            _row(session, plugin, method_id)
        raise
    with desk.store.read() as session:
        row = _row(session, plugin, method_id)
        above = kept_above(session, row, provider)
    hears = callbacks_of(provider).get(address)
    if hears is None:
        raise NotFound("callback address", address)
    try:
        return Callback(address, hears, provider, method_view(row, provider, desk.keys, desk.store.now(), above))
    except MethodUnavailable as error:
        raise PluginUnavailable(plugin, str(error)) from error


def _row(session: Session, plugin: str, method_id: int) -> PaymentMethod:
    row = fetch(session, PaymentMethod, method_id)
    if row.plugin != plugin:
        raise NotFound("PaymentMethod", method_id)
    return row


def receive(desk: Desk, callback: Callback, request: RawRequest) -> Answer:
    """Judge a question or notification and return what the gateway hears.

    Raises PluginFailed; database errors pass through: both are answered 503, so that the gateway tries again.
    """
    if callback.hears is HearsHints:
        return _hinted(desk, callback, request)
    try:
        judge = _notified if callback.hears is HearsNotifications else _asked
        rulings = judge(desk, callback, request)
    except BadSignature:
        return _refused(desk, callback, "bad_signature", Answer(b"forbidden", 403))
    except MalformedNotification:
        return _refused(desk, callback, "malformed", Answer(b"bad request", 400))
    return _acknowledge(desk, callback, Judged(request, callback.method, tuple(rulings)))


def _hinted(desk: Desk, callback: Callback, request: RawRequest) -> Answer:
    """Take a hint: nothing is believed, and the gateway is asked later."""
    provider, method = cast(HearsHints, callback.provider), callback.method
    try:
        hint = _call(desk, callback, "hint", lambda: provider.hint(request, method))
    except (BadSignature, MalformedNotification):
        return _refused(desk, callback, "malformed", Answer(b"bad request", 400))
    asked = questions.hint(desk.store, method.id, method.plugin, hint)
    _count(desk, callback, "asked" if asked else "dropped")
    return provider.hint_answer


def _refused(desk: Desk, callback: Callback, why: str, answer: Answer) -> Answer:
    _count(desk, callback, why)
    gateway.count_refusal(desk.store, callback.method.id, why)
    return answer


def _count(desk: Desk, callback: Callback, verdict: str) -> None:
    desk.registry.heard(callback.method.plugin, callback.kind, verdict)


def _notified(desk: Desk, callback: Callback, request: RawRequest) -> list[Ruling]:
    provider, method = cast(HearsNotifications, callback.provider), callback.method
    _call(desk, callback, "verify", lambda: provider.verify(request, method))
    try:
        facts = _call(desk, callback, "parse", lambda: provider.parse(request, method))
    except MalformedNotification as error:
        return [gateway.park_unreadable(desk.store, method.id, method.plugin, request.body, str(error))]
    return [_judged(desk, callback, fact, request) for fact in facts]


def _judged(desk: Desk, callback: Callback, fact: Fact, request: RawRequest) -> Ruling:
    method = callback.method
    if isinstance(fact, Ignored):
        named = {"plugin": method.plugin, "method": method.id, "address": callback.address}
        _log.info("message ignored", **named, reason=fact.reason)
        return Ruling(fact, Verdict.NOTED)
    try:
        return gateway.judge(desk.store, method.id, method.plugin, fact, request.body)
    except gateway.Elsewhere as elsewhere:
        # Another method of the same shop. Whoever knows this one's secret need not know that one's.
        other = find(desk, method.plugin, elsewhere.method_id, callback.address)
        provider = cast(HearsNotifications, other.provider)
        _call(desk, other, "verify", lambda: provider.verify(request, other.method))
        return gateway.judge(desk.store, other.method.id, method.plugin, fact, request.body)


def _asked(desk: Desk, callback: Callback, request: RawRequest) -> list[Ruling]:
    provider = cast(AnswersQuestions, callback.provider)
    claim = _call(desk, callback, "claim", lambda: provider.claim(request, callback.method))
    plugin = callback.method.plugin
    try:
        return [gateway.may_be_paid(desk.store, callback.method.id, plugin, claim)]
    except gateway.Elsewhere as elsewhere:
        other = find(desk, plugin, elsewhere.method_id, callback.address)
        claim = _call(desk, other, "claim", lambda: provider.claim(request, other.method))
        return [gateway.may_be_paid(desk.store, other.method.id, plugin, claim)]


def _call(desk: Desk, callback: Callback, place: str, read: Callable[[], Read]) -> Read:
    try:
        return desk.registry.ask(callback.method, place, lambda: _keepable(read))
    except ProviderError as error:
        raise PluginFailed(callback.method.plugin, f"{place} failed: {error}") from error


def _keepable(read: Callable[[], Read]) -> Read:
    """Return what a plugin read. What the panel cannot keep of it is the sender's affair, and no fault of the plugin.

    Raises MalformedNotification, which parks what is rightly signed: nothing is dropped, nor repeated for ever.
    """
    try:
        answer = read()
    except MalformedAmount as error:
        raise MalformedNotification("amount", error.why) from error
    for claim in answer if isinstance(answer, Sequence) else [answer]:
        if isinstance(claim, PaymentClaim) and (beyond := unkeepable(claim)) is not None:
            raise MalformedNotification(*beyond)
    return answer


def _acknowledge(desk: Desk, callback: Callback, judged: Judged) -> Answer:
    plugin, provider = callback.method.plugin, cast(Acknowledges, callback.provider)
    for ruling in judged.rulings:
        _count(desk, callback, ruling.verdict.value)
    try:
        return desk.registry.ask(callback.method, "acknowledge", provider.acknowledge, judged)
    except (CallbackError, ProviderError) as error:
        # The message is judged by now: whatever the provider says, it is no forgery.
        raise PluginFailed(plugin, f"acknowledge failed: {error}") from error


@dataclass(frozen=True, slots=True)
class Returned:
    """A payer's browser that came back.

    successful: as the gateway says; None if it does not say. failed: the plugin could not be asked.
    payment: only if the address carried the token that we signed at the start.
    """

    successful: bool | None
    failed: bool
    payment: Payment | None
    reseller_id: int


def returned(desk: Desk, callback: Callback, request: RawRequest, token: str) -> Returned:
    """Read a return; it proves nothing and changes nothing, but the gateway is asked soon.

    Unreadable fields count as an unsuccessful return.
    """
    provider = cast(TakesReturns, callback.provider)
    successful, failed = None, False
    try:
        successful = _call(desk, callback, "returned", lambda: provider.returned(request, callback.method)).successful
    except (BadSignature, MalformedNotification):
        successful = False
    except PluginUnavailable:
        failed = True
    payment = _signed_payment(desk, callback, token)
    if payment is not None and isinstance(provider, AnswersStatus):
        questions.soon(desk.store, payment.id, callback.method.id)
    return Returned(successful, failed, payment, callback.method.reseller_id)


def _signed_payment(desk: Desk, callback: Callback, token: str) -> Payment | None:
    number, _dash, _mac = token.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    with desk.store.read() as session:
        payment = session.get(Payment, int(number))
    if payment is None or payment.reseller_id != callback.method.reseller_id:
        return None
    return payment if hmac.compare_digest(return_token(desk.keys, payment).encode(), token.encode()) else None
