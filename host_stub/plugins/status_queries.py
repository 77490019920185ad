"""Asks gateways what became of attempts whose end was not seen."""

from __future__ import annotations

import time
from collections import deque
from typing import Final, cast

import structlog
from billhook import AnswersStatus, AttemptState, PaymentPaid, ProviderError, StatusAnswer, StatusRequest
from sqlalchemy.exc import SQLAlchemyError

from host_stub.domain.errors import MethodUnavailable
from host_stub.domain.keepable import unkeepable
from host_stub.persistence import Payment, PaymentMethod, Store
from host_stub.persistence.store import fetch
from host_stub.plugins import failures
from host_stub.plugins.desk import Providers
from host_stub.plugins.errors import PluginUnavailable, PluginWaits
from host_stub.services.money_in import attempts, gateway
from host_stub.services.money_in.attempts import Due
from host_stub.services.money_in.methods import present_view
from host_stub.services.queues.claims import Turns
from host_stub.services.settings.secret_vaults import Opener
from host_stub.services.telling.views import payment_view

#: No question is begun after this: gateways that are silent must not make the worker look dead.
LONGEST_SECONDS: Final = 60.0

_log = structlog.get_logger("billhook.plugins")


def ask_due(store: Store, registry: Providers, keys: Opener, turns: Turns | None = None) -> int:
    """Ask about the attempts that are due, each reseller's and plugin's in turn, for about a minute; return how many.

    One that cannot be asked is asked again later. turns: of the process: the next minute goes on with whoever follows,
    so that nobody waits behind those whose gateways took all of the last one.
    """
    turns = turns or Turns(store.clock)
    waiting: dict[int, deque[Due]] = {}
    for attempt in attempts.due(store):
        waiting.setdefault(attempt.reseller_id, deque()).append(attempt)
    until = time.monotonic() + LONGEST_SECONDS
    asked = 0
    while waiting and time.monotonic() <= until:
        (reseller_id,) = turns.next(sorted(waiting), 1)
        attempt = waiting[reseller_id].popleft()
        if not waiting[reseller_id]:
            del waiting[reseller_id]
        try:
            _settle(store, registry, keys, attempt)
        except SQLAlchemyError:  # the database is away, for all of them
            raise
        except Exception:  # noqa: BLE001  one of them must not keep all others waiting
            _log.exception("status query not settled", plugin=attempt.plugin, attempt=attempt.id)
        asked += 1
    return asked


def _settle(store: Store, registry: Providers, keys: Opener, attempt: Due) -> None:
    try:
        answer = _ask(store, registry, keys, attempt)
    except PluginWaits as error:
        attempts.postpone(store, attempt, error.wait)
        return
    except (MethodUnavailable, PluginUnavailable, ProviderError) as error:
        named = {"plugin": attempt.plugin, "method": attempt.method_id, "payment": attempt.payment_id}
        _log.warning("status query failed", **named, error=str(error))
        attempts.resolve(store, attempt, AttemptState.UNKNOWN, error=str(error))
        return
    try:
        _take(store, attempt, answer)
    except Exception as error:  # noqa: BLE001  one answer must not keep all others waiting
        # If the database is away, this raises too, and everything is asked again. Otherwise it is this one answer.
        attempts.resolve(store, attempt, AttemptState.UNKNOWN, error=f"{type(error).__name__} while it was taken")
        failures.record(store, attempt.plugin, "query", f"its answer could not be taken: {type(error).__name__}")
        _log.exception("status answer not taken", plugin=attempt.plugin, attempt=attempt.id)


def _ask(store: Store, registry: Providers, keys: Opener, attempt: Due) -> StatusAnswer:
    with store.read() as session:
        row = fetch(session, PaymentMethod, attempt.method_id)
        payment = payment_view(session, fetch(session, Payment, attempt.payment_id))
    provider = registry.provider(attempt.plugin)
    method = present_view(store, row, provider, keys)
    request = StatusRequest(payment, method, attempt.reference, attempt.idempotency_key, attempt.queries)
    unkept: list[str] = []

    def query() -> StatusAnswer:
        answer = cast(AnswersStatus, provider).query(request)
        if isinstance(answer, AttemptState):
            return answer
        kept = []
        for fact in answer:
            beyond = unkeepable(fact) if isinstance(fact, PaymentPaid) else None
            if beyond is None:
                kept.append(fact)
            else:
                unkept.append(": ".join(beyond))
        return kept

    answer = registry.ask(method, "query", query)
    if unkept:
        # Paid, the gateway says, and the panel cannot keep its id: a manager reads of it, as of such a notification.
        said = f"status query of {attempt.reference}".encode()
        gateway.park_unreadable(store, attempt.method_id, attempt.plugin, said, unkept[0])
    return answer


def _take(store: Store, attempt: Due, answer: StatusAnswer) -> None:
    if not isinstance(answer, AttemptState):
        # We asked the gateway ourselves: that is the verification. It is judged like any notification.
        for paid in (fact for fact in answer if isinstance(fact, PaymentPaid)):
            gateway.apply_event(store, gateway.VerifiedEvent(attempt.method_id, attempt.plugin, paid, b""))
        answer = AttemptState.OPEN
    attempts.resolve(store, attempt, answer)
