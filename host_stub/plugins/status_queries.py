"""Asks gateways what became of tries."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from datetime import timedelta
from typing import Final, cast

import structlog
from billhook import (
    AnswersStatus,
    Asking,
    AttemptState,
    PaymentPaid,
    ProviderError,
    StartRequest,
    StatusAnswer,
    StatusRequest,
)
from billhook.http import GatewayUnreachable
from sqlalchemy.exc import SQLAlchemyError

from host_stub.domain.errors import MethodUnavailable
from host_stub.domain.keepable import unkeepable
from host_stub.persistence import PaymentMethod, Store
from host_stub.persistence.store import fetch
from host_stub.plugins import failures
from host_stub.plugins.desk import Providers
from host_stub.plugins.errors import PluginUnavailable, PluginWaits
from host_stub.plugins.frozen_requests import thawed
from host_stub.services.money_in import gateway, questions
from host_stub.services.money_in.methods import present_view
from host_stub.services.money_in.questions import Due
from host_stub.services.queues.claims import Turns
from host_stub.services.settings.secret_vaults import Opener

#: How long nobody asks a gateway that could not be reached.
AWAY: Final = timedelta(minutes=2)
#: No question is begun after this: gateways that are silent must not make the worker look dead.
LONGEST_SECONDS: Final = 60.0

_log = structlog.get_logger("billhook.plugins")


def ask_due(store: Store, registry: Providers, keys: Opener, turns: Turns | None = None) -> int:
    """Ask about the tries that are due, each reseller's and plugin's in turn, for about a minute; return how many.

    One that cannot be asked is asked again later. turns: of the process: the next minute goes on with whoever follows,
    so that nobody waits behind those whose gateways took all of the last one.
    """
    turns = turns or Turns(store.clock)
    waiting: dict[int, deque[Due]] = {}
    for attempt in questions.due(store):
        waiting.setdefault(attempt.reseller_id, deque()).append(attempt)
    until = time.monotonic() + LONGEST_SECONDS
    asked, away = 0, set[int]()
    while waiting and time.monotonic() <= until:
        (reseller_id,) = turns.next(sorted(waiting), 1)
        attempt = waiting[reseller_id].popleft()
        if not waiting[reseller_id]:
            del waiting[reseller_id]
        if attempt.method_id in away:
            questions.postpone(store, attempt, AWAY, _asking(registry, attempt))
            continue
        try:
            _settle(store, registry, keys, attempt, away)
        except SQLAlchemyError:  # the database is away, for all of them
            raise
        except Exception as error:  # noqa: BLE001  one of them must not keep all others waiting
            _log.exception("status query not settled", plugin=attempt.plugin, attempt=attempt.id)
            why = f"{type(error).__name__} while it was asked"
            questions.resolve(store, attempt, AttemptState.UNKNOWN, _asking(registry, attempt), error=why)
        asked += 1
    return asked


def ask_now(store: Store, registry: Providers, keys: Opener, attempt: Due) -> AttemptState | None:
    """Ask about one try and take the answer; return None where the gateway told of a payment.

    Raises MethodUnavailable, PluginUnavailable, ProviderError.
    """
    answer = _ask(store, registry, keys, attempt)
    _take(store, registry, attempt, answer)
    return answer if isinstance(answer, AttemptState) else None


def _settle(store: Store, registry: Providers, keys: Opener, attempt: Due, away: set[int]) -> None:
    try:
        answer = _ask(store, registry, keys, attempt)
    except PluginWaits as error:
        questions.postpone(store, attempt, error.wait, _asking(registry, attempt))
        return
    except GatewayUnreachable as error:
        # Its own affair: no question was asked, and whatever else waits for it would only wait longer.
        questions.postpone(store, attempt, AWAY, _asking(registry, attempt), error=str(error))
        _warn(attempt, error)
        away.add(attempt.method_id)
        return
    except (MethodUnavailable, PluginUnavailable, ProviderError) as error:
        _warn(attempt, error)
        questions.resolve(store, attempt, AttemptState.UNKNOWN, _asking(registry, attempt), error=str(error))
        return
    try:
        _take(store, registry, attempt, answer)
    except Exception as error:  # noqa: BLE001  one answer must not keep all others waiting
        # If the database is away, this raises too, and everything is asked again. Otherwise it is this one answer.
        why = f"{type(error).__name__} while it was taken"
        questions.resolve(store, attempt, AttemptState.UNKNOWN, _asking(registry, attempt), error=why)
        failures.record(store, attempt.plugin, "query", f"its answer could not be taken: {type(error).__name__}")
        _log.exception("status answer not taken", plugin=attempt.plugin, attempt=attempt.id)


def _warn(attempt: Due, error: Exception) -> None:
    named = {"plugin": attempt.plugin, "method": attempt.method_id, "payment": attempt.payment_id}
    _log.warning("status query failed", **named, error=str(error))


def _ask(store: Store, registry: Providers, keys: Opener, attempt: Due) -> StatusAnswer:
    with store.read() as session:
        row = fetch(session, PaymentMethod, attempt.method_id)
    provider = registry.provider(attempt.plugin)
    method = present_view(store, row, provider, keys)
    request = _question(attempt, thawed(attempt.begun, provider, method, "", keys))
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
        said = f"status query of {attempt.begun.reference}".encode()
        gateway.park_unreadable(store, attempt.method_id, attempt.plugin, said, unkept[0])
    return answer


def _question(attempt: Due, started: StartRequest) -> StatusRequest:
    return StatusRequest(
        payment=started.payment,
        method=started.method,
        addresses=started.addresses,
        reference=started.reference,
        reference_number=started.reference_number,
        external_reference=attempt.begun.external_reference,
        language=started.language,
        started_at=attempt.begun.started_at,
        tries=attempt.queries,
    )


def _asking(registry: Providers, attempt: Due) -> Asking:
    """Return when a plugin wants to be asked; one that is not there now may be there again until the end."""
    try:
        provider = registry.provider(attempt.plugin)
    except PluginUnavailable:
        return Asking()
    return provider.asked if isinstance(provider, AnswersStatus) else Asking()


def _take(store: Store, registry: Providers, attempt: Due, answer: StatusAnswer) -> None:
    if not isinstance(answer, AttemptState):
        # We asked the gateway ourselves: that is the verification. It is judged like any notification.
        for fact in answer:
            with suppress(gateway.Elsewhere):  # whoever was asked about one try says nothing of another method's
                gateway.judge(store, attempt.method_id, attempt.plugin, fact, b"")
        answer = AttemptState.OPEN
    questions.resolve(store, attempt, answer, _asking(registry, attempt))
