"""Messages from gateways: found, verified, read, judged, answered."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType
from typing import TypeVar

from billhook import (
    Action,
    ActionKind,
    Answer,
    BadSignature,
    MalformedNotification,
    MethodView,
    PayerReturned,
    PaymentClaim,
    PaymentPaid,
    PaymentProvider,
    ProviderError,
    RawRequest,
    Verdict,
)
from billhook.errors import CallbackError, MalformedAmount
from billhook.host.answers import Rubbish
from sqlalchemy.orm import Session

from host_stub.domain.errors import MethodUnavailable, NotFound
from host_stub.domain.keepable import unkeepable
from host_stub.persistence import Payment, PaymentMethod
from host_stub.persistence.store import fetch
from host_stub.plugins.desk import Desk, return_token
from host_stub.plugins.errors import PluginFailed, PluginUnavailable
from host_stub.services.money_in import gateway
from host_stub.services.money_in.methods import kept_above, method_view

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback address, resolved."""

    action: Action
    provider: PaymentProvider
    method: MethodView


def find(desk: Desk, plugin: str, method_id: int, action_name: str) -> Callback:
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
    action = next((a for a in provider.capabilities.actions if a.name == action_name), None)
    if action is None:
        raise NotFound("Action", action_name)
    try:
        return Callback(action, provider, method_view(row, provider, desk.keys, desk.store.now(), above))
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
    try:
        if callback.action.kind is ActionKind.NOTIFICATION:
            return _notification(desk, callback, request)
        return _question(desk, callback, request)
    except BadSignature:
        return _refused(desk, callback, "bad_signature", Answer(b"forbidden", 403))
    except MalformedNotification:
        return _refused(desk, callback, "malformed", Answer(b"bad request", 400))


def _refused(desk: Desk, callback: Callback, why: str, answer: Answer) -> Answer:
    _count(desk, callback, why)
    gateway.count_refusal(desk.store, callback.method.id, why)
    return answer


def _count(desk: Desk, callback: Callback, verdict: str) -> None:
    desk.registry.heard(callback.method.plugin, callback.action.kind.value, verdict)


def _notification(desk: Desk, callback: Callback, request: RawRequest) -> Answer:
    method_id, plugin = callback.method.id, callback.method.plugin
    try:
        event = gateway.seal(
            method_id,
            plugin,
            verify=lambda: _call(desk, callback, "verify", request, NoneType),
            parse=lambda: _call(desk, callback, "parse", request, PaymentPaid),
            body=request.body,
        )
    except gateway.UnreadableEvent as error:
        verdict = gateway.park_unreadable(desk.store, method_id, plugin, request.body, str(error))
        return _acknowledge(desk, callback, verdict)
    verdict = gateway.apply_event(desk.store, event)
    return _acknowledge(desk, callback, verdict)


def _question(desk: Desk, callback: Callback, request: RawRequest) -> Answer:
    claim = _call(desk, callback, "parse", request, PaymentClaim)
    return _acknowledge(desk, callback, gateway.may_be_paid(desk.store, callback.method.id, claim))


def _call(desk: Desk, callback: Callback, place: str, request: RawRequest, expected: type[Read]) -> Read:
    function = getattr(callback.provider, place)
    plugin = callback.method.plugin

    def read() -> Read:
        answer = _keepable(function, callback, request)
        if not isinstance(answer, expected):
            raise Rubbish(
                f"{place} of {callback.action.name} returned {type(answer).__name__}, not {expected.__name__}"
            )
        return answer

    try:
        return desk.registry.ask(callback.method, place, read)
    except ProviderError as error:
        raise PluginFailed(plugin, f"{place} failed: {error}") from error


def _keepable(function: Callable[..., Read], callback: Callback, request: RawRequest) -> Read:
    """Return what a plugin read. What the panel cannot keep of it is the sender's affair, and no fault of the plugin.

    Raises MalformedNotification, which parks what is rightly signed: nothing is dropped, nor repeated for ever.
    """
    try:
        answer = function(callback.action, request, callback.method)
    except MalformedAmount as error:
        raise MalformedNotification("amount", error.why) from error
    if isinstance(answer, PaymentClaim) and (beyond := unkeepable(answer)) is not None:
        raise MalformedNotification(*beyond)
    return answer


def _acknowledge(desk: Desk, callback: Callback, verdict: Verdict) -> Answer:
    plugin = callback.method.plugin
    _count(desk, callback, verdict.value)
    try:
        return desk.registry.ask(
            callback.method, "acknowledge", callback.provider.acknowledge, callback.action, verdict
        )
    except (CallbackError, ProviderError) as error:
        # The message is judged by now: whatever the provider says, it is no forgery.
        raise PluginFailed(plugin, f"acknowledge failed: {error}") from error


@dataclass(frozen=True, slots=True)
class Returned:
    """A payer's browser that came back.

    successful: as the gateway says, None where the plugin could not be asked. payment: only if the address carried the
    token that we signed at the start.
    """

    successful: bool | None
    payment: Payment | None
    reseller_id: int


def returned(desk: Desk, callback: Callback, request: RawRequest, token: str) -> Returned:
    """Read a return; it proves nothing and changes nothing. Unreadable fields count as an unsuccessful return."""
    successful: bool | None
    try:
        event = _call(desk, callback, "parse", request, PayerReturned)
        successful = bool(event.successful)
    except (BadSignature, MalformedNotification):
        successful = False
    except PluginUnavailable:
        successful = None
    return Returned(successful, _signed_payment(desk, callback, token), callback.method.reseller_id)


def _signed_payment(desk: Desk, callback: Callback, token: str) -> Payment | None:
    number, _dash, _mac = token.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    with desk.store.read() as session:
        payment = session.get(Payment, int(number))
    if payment is None or payment.reseller_id != callback.method.reseller_id:
        return None
    return payment if hmac.compare_digest(return_token(desk.keys, payment).encode(), token.encode()) else None
