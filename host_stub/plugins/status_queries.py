"""Asks gateways what became of attempts whose end was not seen."""

from __future__ import annotations

from typing import Protocol

from billhook import AttemptState, PaymentPaid, ProviderError, StatusAnswer, StatusRequest

from host_stub.persistence import Payment, PaymentAttempt, PaymentMethod, Store
from host_stub.persistence.store import fetch
from host_stub.plugins.desk import Providers
from host_stub.plugins.errors import PluginUnavailable, PluginWaits
from host_stub.services import attempts, gateway
from host_stub.services.methods import present_view
from host_stub.services.views import payment_view


class Keys(Protocol):
    """Opens stored secrets."""

    def decrypt(self, token: str) -> str: ...


def ask_due(store: Store, registry: Providers, keys: Keys) -> int:
    """Ask about every attempt that is due; return how many. One that cannot be asked is asked again later."""
    due = attempts.due(store)
    for attempt in due:
        try:
            _take(store, attempt, _ask(store, registry, keys, attempt))
        except PluginWaits as error:
            attempts.postpone(store, attempt.id, error.wait)
        except (PluginUnavailable, ProviderError) as error:
            attempts.resolve(store, attempt.id, AttemptState.UNKNOWN, error=str(error))
    return len(due)


def _ask(store: Store, registry: Providers, keys: Keys, attempt: PaymentAttempt) -> StatusAnswer:
    with store.read() as session:
        row = fetch(session, PaymentMethod, attempt.method_id)
        payment = payment_view(session, fetch(session, Payment, attempt.payment_id))
    provider = registry.provider(row.plugin)
    method = present_view(store, row, provider, keys)
    request = StatusRequest(payment, method, attempt.reference, attempt.idempotency_key, attempt.queries)
    return registry.call(row.plugin, "query", provider.query, request)


def _take(store: Store, attempt: PaymentAttempt, answer: StatusAnswer) -> None:
    if isinstance(answer, PaymentPaid):
        paid = answer
        with store.read() as session:
            plugin = fetch(session, PaymentMethod, attempt.method_id).plugin
        # We asked the gateway ourselves: that is the verification. It is judged like any notification.
        event = gateway.seal(attempt.method_id, plugin, lambda: None, lambda: paid, b"")
        gateway.apply_event(store, event)
        answer = AttemptState.OPEN
    attempts.resolve(store, attempt.id, answer)
