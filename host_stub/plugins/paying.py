"""A payer chooses a method: what is offered, and what happens then.

One transaction stores the try with its frozen request; the provider is called outside any transaction; one
transaction stores the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog
from billhook import (
    Addresses,
    AttemptState,
    Catalogue,
    MethodView,
    Money,
    PaymentPaid,
    PaymentPending,
    PaymentProvider,
    PaymentView,
    ProviderError,
    Ruling,
    SettingKind,
    Start,
    StartRequest,
    Unavailable,
)
from billhook.host import answers
from billhook.host.reading import documents_of, identity_of
from billhook.http import GatewayUnreachable
from billhook.settings import Setting, Text
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import MethodUnavailable, NotFound, ResellerClosed
from host_stub.domain.payments import OPEN
from host_stub.persistence import Payment, PaymentMethod, PluginActivation, Scope
from host_stub.persistence.store import fetch, now
from host_stub.plugins import masking, status_queries
from host_stub.plugins.desk import Desk, callback_urls, payment_url
from host_stub.plugins.documents import current_url, issued_facts
from host_stub.plugins.errors import PluginFailed, PluginOverran, PluginPaused, PluginUnavailable
from host_stub.plugins.frozen_requests import draft_of, thawed
from host_stub.services.money_in import gateway, payments, questions, sums, tries
from host_stub.services.money_in.methods import present_view
from host_stub.services.money_in.tries import Draft, Try
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
    return _offers(desk, scope, payment_id)


def _offers(desk: Desk, scope: Scope, payment_id: int, method_id: int | None = None) -> list[Offer]:
    """method_id: of that method alone."""
    with desk.store.read(scope) as session:
        payment = fetch(session, Payment, payment_id)
        if payment.status not in OPEN or not is_open(session, payment.reseller_id):
            return []
        view = payment_view(session, payment)
        rows = [
            row
            for row in _methods(session, payment)
            if view.account.type in row.account_types and method_id in (None, row.id)
        ]
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
    """What the payer gets. payment, method: as they are now, settings complete; not for templates with secrets.

    ruling: what was decided about the fact that `start` answered.
    """

    outcome: Start
    payment: PaymentView
    method: MethodView
    request: StartRequest
    ruling: Ruling | None = None


def start(
    desk: Desk,
    scope: Scope,
    payment_id: int,
    method_id: int,
    *,
    language: str,
    by: Actor,
    answers: Mapping[str, object] | None = None,
) -> Started:
    """Start a payment with a method.

    Raises NotFound, PaymentClosed, ResellerClosed, MethodUnavailable; PluginUnavailable if the plugin is broken or
    failed (the try is then stored as failed, and another method can be chosen).
    """
    offer = _chosen(desk, scope, payment_id, method_id)
    method = present_view(desk.store, offer.method, offer.provider, desk.keys)
    request = replace(_request(desk, scope, payment_id, offer, method, language), answers=dict(answers or {}))
    draft = draft_of(offer.provider, request, desk.keys)
    _settle_former(desk, payment_id, offer, draft)
    begun = tries.begin(desk.store, scope, payment_id, method_id, draft, by=by)
    try:
        started = _call(desk, scope, payment_id, offer, method, begun, language)
    except (GatewayUnreachable, PluginOverran) as error:
        # Perhaps it was carried out: the try stays unknown, and the status query tells.
        _tell(offer, payment_id, error)
        tries.unseen(desk.store, begun.id, error=str(error))
        raise
    except (PluginUnavailable, ProviderError) as error:
        _tell(offer, payment_id, error)
        tries.finish(desk.store, begun.id, error=str(error))
        raise
    tries.finish(desk.store, begun.id, external_reference=started.outcome.external_reference, asked=draft.asked)
    if isinstance(started.outcome, PaymentPaid | PaymentPending):
        # The answer to our own call is the verification, as with a status query, and it is about this try.
        fact = replace(started.outcome, reference=begun.reference)
        ruling = gateway.judge(desk.store, method_id, offer.method.plugin, fact, b"")
        return replace(started, ruling=ruling)
    return started


def questions_of(desk: Desk, scope: Scope, payment_id: int, method_id: int) -> tuple[Setting, ...]:
    """Return what a method asks of the payer before a start: nothing if a try is taken up that has its answers."""
    try:
        with desk.store.read(scope) as session:
            row = fetch(session, PaymentMethod, method_id)
        provider = desk.registry.provider(row.plugin)
    except (NotFound, PluginUnavailable):
        return ()  # `start` says so
    if not provider.asks:
        return ()
    merchant, is_test = identity_of(provider, present_view(desk.store, row, provider, desk.keys))
    draft = Draft(merchant, is_test, key_lives=provider.key_lives)
    with desk.store.read(scope) as session:
        begun = tries.present(session, payment_id, method_id, draft)
        goes_on = begun is not None and not tries.key_is_over(begun, draft, now(session))
    return () if goes_on else provider.asks


def _settle_former(desk: Desk, payment_id: int, offer: Offer, draft: Draft) -> None:
    """Before a try follows one whose key the gateway has forgotten, ask what became of that one.

    What is paid closes the payment. Raises ProviderError if the gateway does not say: nobody pays twice for that.
    """
    with desk.store.read() as session:
        former = tries.present(session, payment_id, offer.method.id, draft)
        if former is None or not tries.key_is_over(former, draft, now(session)) or draft.asked is None:
            return
        question = questions.about(session, former, offer.method.plugin)
    if status_queries.ask_now(desk.store, desk.registry, desk.keys, question) is AttemptState.UNKNOWN:
        raise GatewayUnreachable("the gateway does not say what became of the former try")


def _chosen(desk: Desk, scope: Scope, payment_id: int, method_id: int) -> Offer:
    """Return the method that the payer chose: it alone is asked whether it can be used."""
    offer = next(iter(_offers(desk, scope, payment_id, method_id)), None)
    if offer is None or offer.reason is not None:
        raise _why_not(desk, scope, payment_id, method_id, offer)
    return offer


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
        begun = tries.newest(session, payment_id, method_id)
        if begun is None:
            raise MethodUnavailable(method_id, "not started")
    provider = desk.registry.provider(row.plugin)
    method = present_view(desk.store, row, provider, desk.keys)
    return _call(desk, scope, payment_id, Offer(row, provider), method, begun, language)


def _declared(provider: PaymentProvider, request: StartRequest) -> Start:
    outcome = provider.start(request)
    answers.check_start(provider.starts, outcome)
    return outcome


def _request(
    desk: Desk, scope: Scope, payment_id: int, offer: Offer, method: MethodView, language: str
) -> StartRequest:
    """Return what would be handed over now, without a reference."""
    with desk.store.read(scope) as session:
        row = fetch(session, Payment, payment_id)
        addresses = Addresses(
            callbacks=callback_urls(desk, offer.provider, row, offer.method),
            documents={},  # of each version another: as they are when they are handed over
            payment_page=payment_url(desk, row),
        )
        view = payment_view(session, row, language)
        rest = Money(sums.due(session, row), row.currency)
        return StartRequest(replace(view, amount=rest), method, addresses, "", 0, language)


def _call(
    desk: Desk, scope: Scope, payment_id: int, offer: Offer, method: MethodView, begun: Try, language: str
) -> Started:
    with desk.store.read(scope) as session:
        row = fetch(session, Payment, payment_id)
        kinds = documents_of(offer.provider)
        urls = {kind.name: current_url(desk, session, row, offer.method, kind.name) for kind in kinds}
        found = {kind.name: issued_facts(desk, session, row, offer.method, kind.name) for kind in kinds}
        view = payment_view(session, row, language)
    known = {name: facts for name, facts in found.items() if facts is not None}
    request = thawed(begun, offer.provider, method, language, desk.keys)
    request = replace(request, documents=known, addresses=replace(request.addresses, documents=urls))
    asked = {each.key for each in offer.provider.asks if each.kind is SettingKind.SECRET}

    def called() -> Start:
        masking.given(str(request.answers[key]) for key in asked & request.answers.keys())
        return _declared(offer.provider, request)

    outcome = desk.registry.ask(method, "start", called)
    return Started(outcome, view, method, request)
