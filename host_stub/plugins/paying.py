"""A payer chooses a method: what is offered, and what happens then.

One transaction freezes the attempt; the provider is called outside any transaction; one transaction stores the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from billhook import (
    Addresses,
    AnswersStatus,
    Catalogue,
    MethodView,
    PaymentProvider,
    PaymentView,
    ProviderError,
    Start,
    StartRequest,
    Unavailable,
)
from billhook.host import answers
from billhook.host.reading import documents_of, identity_of
from billhook.http import GatewayUnreachable
from billhook.settings import Text
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import MethodUnavailable, ResellerClosed
from host_stub.domain.payments import OPEN
from host_stub.persistence import Payment, PaymentAttempt, PaymentMethod, PluginActivation, Scope
from host_stub.persistence.store import fetch
from host_stub.plugins.desk import Desk, callback_urls, payment_url
from host_stub.plugins.documents import current_url, issued_facts
from host_stub.plugins.errors import PluginFailed, PluginOverran, PluginPaused, PluginUnavailable
from host_stub.services.money_in import attempts, payments
from host_stub.services.money_in.methods import present_view
from host_stub.services.telling.views import payment_view
from host_stub.services.tenants.open_resellers import is_open

_ = Catalogue("host_stub")
_log = structlog.get_logger("billhook.plugins")


@dataclass(frozen=True, slots=True)
class Offer:
    """A method as offered for a payment. reason: why it can't be used, None if it can."""

    method: PaymentMethod
    provider: PaymentProvider
    reason: Text | None = None


def offers(desk: Desk, scope: Scope, payment_id: int) -> list[Offer]:
    """Return the methods for an open payment's account type and currency, in the reseller's order.

    None while the reseller is closed. A method whose plugin is off or not loaded is left out; one that says no, or
    whose plugin fails, carries its reason, for a manager to read.
    """
    with desk.store.read(scope) as session:
        payment = fetch(session, Payment, payment_id)
        if payment.status not in OPEN or not is_open(session, payment.reseller_id):
            return []
        view = payment_view(session, payment)
        rows = [row for row in _methods(session, payment) if view.account.type in row.account_types]
    return [offer for row in rows if (offer := _offer(desk, row, view)) is not None]


def _methods(session: Session, payment: Payment) -> list[PaymentMethod]:
    on = select(PluginActivation.plugin).where(
        PluginActivation.reseller_id == payment.reseller_id, PluginActivation.enabled
    )
    query = (
        select(PaymentMethod)
        .where(PaymentMethod.reseller_id == payment.reseller_id, PaymentMethod.active, PaymentMethod.plugin.in_(on))
        .order_by(PaymentMethod.position, PaymentMethod.id)
    )
    return list(session.scalars(query))


def _offer(desk: Desk, row: PaymentMethod, payment: PaymentView) -> Offer | None:
    try:
        provider = desk.registry.provider(row.plugin)
        currencies = provider.currencies
        if currencies and payment.amount.currency not in currencies:
            return None
        method = present_view(desk.store, row, provider, desk.keys)
        answer = desk.registry.ask(method, "availability", provider.availability, payment, method)
    except PluginFailed:
        return Offer(row, provider, _("The module failed when it was asked. The operator sees what happened."))
    except PluginPaused:
        return Offer(row, provider, _("The module failed too often and is not asked for a while."))
    except PluginUnavailable:
        return None
    except MethodUnavailable as error:
        return Offer(row, provider, error.reason)
    return Offer(row, provider, answer.reason if isinstance(answer, Unavailable) else None)


@dataclass(frozen=True, slots=True)
class Started:
    """What the payer gets. method: as frozen for this start, settings complete; not for templates with secrets."""

    outcome: Start
    payment: PaymentView
    method: MethodView


def start(desk: Desk, scope: Scope, payment_id: int, method_id: int, *, language: str, by: Actor) -> Started:
    """Start a payment with a method.

    Raises NotFound, PaymentClosed, ResellerClosed, MethodUnavailable; PluginUnavailable if the plugin is broken or
    failed (the attempt is then stored as failed, and another method can be chosen).
    """
    offer = next((o for o in offers(desk, scope, payment_id) if o.method.id == method_id), None)
    if offer is None or offer.reason is not None:
        raise _why_not(desk, scope, payment_id, method_id, offer)
    method = present_view(desk.store, offer.method, offer.provider, desk.keys)
    identity = identity_of(offer.provider, method)
    frozen = attempts.Frozen(*identity, queried=isinstance(offer.provider, AnswersStatus))
    attempt = attempts.begin(desk.store, scope, payment_id, method_id, frozen, by=by)
    try:
        started = _call(desk, scope, payment_id, offer, method, attempt.idempotency_key, language)
    except (GatewayUnreachable, PluginOverran) as error:
        # Perhaps it was carried out: the attempt stays unknown, and the status query tells.
        _tell(offer, payment_id, error)
        attempts.unseen(desk.store, attempt.id, error=str(error))
        raise
    except (PluginUnavailable, ProviderError) as error:
        _tell(offer, payment_id, error)
        attempts.finish(desk.store, attempt.id, error=str(error))
        raise
    attempts.finish(desk.store, attempt.id)
    return started


def _tell(offer: Offer, payment_id: int, error: Exception) -> None:
    plugin, method_id = offer.method.plugin, offer.method.id
    _log.warning("start failed", plugin=plugin, method=method_id, payment=payment_id, error=str(error))


def _why_not(desk: Desk, scope: Scope, payment_id: int, method_id: int, offer: Offer | None) -> Exception:
    with desk.store.read(scope) as session:
        payment = fetch(session, Payment, payment_id)
        if payment.status not in OPEN:
            return payments.closed(session, payment)
        if not is_open(session, payment.reseller_id):
            return ResellerClosed(payment.reseller_id)
    return MethodUnavailable(method_id, offer.reason if offer is not None else "not offered")


def show_again(desk: Desk, scope: Scope, payment_id: int, method_id: int, *, language: str) -> Started:
    """Return what a started method shows, without starting it anew: the instructions page is read by GET.

    Raises NotFound if this payment was not started with this method.
    """
    with desk.store.read(scope) as session:
        row = fetch(session, PaymentMethod, method_id)
        query = (
            select(PaymentAttempt)
            .where(PaymentAttempt.payment_id == payment_id, PaymentAttempt.method_id == method_id)
            .order_by(PaymentAttempt.id.desc())
            .limit(1)
        )
        attempt = session.scalars(query).one_or_none()
        if attempt is None:
            raise MethodUnavailable(method_id, "not started")
    provider = desk.registry.provider(row.plugin)
    method = present_view(desk.store, row, provider, desk.keys)
    return _call(desk, scope, payment_id, Offer(row, provider), method, attempt.idempotency_key, language)


def _declared(provider: PaymentProvider, request: StartRequest) -> Start:
    outcome = provider.start(request)
    answers.check_start(provider.starts, outcome)
    return outcome


def _call(
    desk: Desk, scope: Scope, payment_id: int, offer: Offer, method: MethodView, key: str, language: str
) -> Started:
    with desk.store.read(scope) as session:
        row = fetch(session, Payment, payment_id)
        view = payment_view(session, row, language)
        kinds = documents_of(offer.provider)
        addresses = Addresses(
            callbacks=callback_urls(desk, offer.provider, row, offer.method),
            documents={kind.name: current_url(desk, session, row, offer.method, kind.name) for kind in kinds},
            payment_page=payment_url(desk, row),
        )
        known = {
            kind.name: facts for kind in kinds if (facts := issued_facts(desk, session, row, offer.method, kind.name))
        }
    request = StartRequest(view, method, addresses, key, language, known)
    outcome = desk.registry.ask(method, "start", lambda: _declared(offer.provider, request))
    return Started(outcome, view, method)
