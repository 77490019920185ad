"""Events for plugins: services tell values of the contract, which the outbox keeps as JSON and workers read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, get_type_hints

from billhook.events import Event
from billhook.host.places import EVENTS, hook_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.persistence import Account, PluginActivation
from host_stub.persistence.store import listening
from host_stub.services.queues import outbox

#: By hook, the fields of its event that are instants.
_INSTANTS: Final[Mapping[str, frozenset[str]]] = {
    hook: frozenset(name for name, hint in get_type_hints(kind).items() if hint is datetime)
    for hook, kind in EVENTS.items()
}


def tell(session: Session, account: Account, event: Event, *, to: str = "") -> None:
    """Write an event of a locked account for every plugin that hears of such and is on; to: for that one alone."""
    for plugin in hearers(session, account.reseller_id, type(event)):
        if plugin == to or not to:
            outbox.enqueue(
                session,
                outbox.PLUGIN + plugin,
                f"account:{account.id}",
                hook_of(type(event)),
                payload_of(event),
                reseller_id=account.reseller_id,
                sequence=account.event_sequence,
            )


def hearers(session: Session, reseller_id: int, kind: type[Event]) -> list[str]:
    """Return the plugins that hear of such events and are on for the reseller."""
    names = listening(session).plugins(hook_of(kind))
    if not names:
        return []
    query = select(PluginActivation.plugin).where(
        PluginActivation.reseller_id == reseller_id, PluginActivation.enabled, PluginActivation.plugin.in_(names)
    )
    on = set(session.scalars(query))
    return [name for name in names if name in on]


def payload_of(event: Event) -> dict[str, object]:
    """Return an event as JSON has it: instants as ISO text, whole numbers, texts and bools as they are."""
    values = {each.name: getattr(event, each.name) for each in fields(event)}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def event_of(hook: str, payload: Mapping[str, Any]) -> Event:
    """Return the event that a fact of the outbox carries; one from before a field was there has its default.

    Raises KeyError for a hook that the contract does not know, TypeError if a field without default is missing.
    """
    kind, instants = EVENTS[hook], _INSTANTS[hook]
    told: dict[str, Any] = {each.name: payload[each.name] for each in fields(kind) if each.name in payload}
    for name in told.keys() & instants:
        told[name] = datetime.fromisoformat(told[name])
    return kind(**told)
