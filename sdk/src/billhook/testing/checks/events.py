"""Event hooks: they return effects, and may be called again."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, Final, get_args, get_type_hints

from billhook import events, hooks
from billhook.events import Effect, Event, Notify
from billhook.testing.bench import Bench
from billhook.testing.kit import Failed, Need, check
from billhook.testing.views import NOON, samples

_VALUES: Final[dict[str, object]] = {
    "reseller_id": 1,
    "account_id": 7,
    "key": "watch",
    "level_minor": 50_000,
    "balance_minor": 0,
    "subscription_name": samples()["subscription"],
    "name": samples()["subscription"],
    "due_at": NOON + timedelta(days=3),
    "amount_minor": 30_000,
    "missing_minor": 30_000,
    "before_minor": 60_000,
    "after_minor": 0,
    "transaction_id": 12,
    "subscription_id": 3,
    "at": NOON,
}


_LATER: Final = {"at": NOON + timedelta(minutes=1), "transaction_id": 13}


@check(
    "effects",
    "Its hooks return effects that can be written, and the same when called again",
    Need.EVENTS,
    remedy="Return a list of billhook.Notify for the event's own account, Keep and Discard for tables of its own "
    "(empty for nothing); delivery may repeat, so the same event must give the same effects until they are written.",
)
def hooks_return_effects(bench: Bench) -> None:
    """Every event hook answers a sample event with a list of effects for the event's account, whose texts can be shown
    in both languages and whose rows fit its tables, and answers a repetition in the same way; what it asks for can be
    written, and again for the next such event."""
    account = bench.host.account()
    for name in bench.plugin.event_hooks:
        event = sample_event(name, account_id=account.id)
        first, again = bench.host.ask(name, event), bench.host.ask(name, event)
        if _told(first) != _told(again):
            raise Failed(f"{name} gives other effects when the event is delivered again")
        keys = [effect.key for effect in first if isinstance(effect, Notify)]
        if len(set(keys)) != len(keys):
            raise Failed(f"{name} gives two effects one key: only one of them would be written")
        _write(bench, name, event)
        later: dict[str, Any] = {key: value for key, value in _LATER.items() if hasattr(event, key)}
        _write(bench, name, replace(event, **later))


def _told(effects: list[Effect]) -> list[object]:
    return [effect.key if isinstance(effect, Notify) else effect for effect in effects]


def _write(bench: Bench, name: str, event: Event) -> None:
    try:
        bench.host.tell(name, event)
    except Exception as error:
        (line, *_more) = str(error).splitlines() or [""]
        raise Failed(
            f"what {name} asks for could not be written: {type(error).__name__}: {line}",
            "Name in `key` of a Keep the columns of a unique constraint, and let columns that stay empty be nullable.",
        ) from error


def sample_event(hook: str, **changes: Any) -> Event:
    """Return an event as the hook's specification declares it."""
    hints = get_type_hints(getattr(hooks, hook))
    kind = hints["event"]
    assert kind in get_args(events.Event), f"{hook} hears of no event"
    found: Event = kind(**{field.name: {**_VALUES, **changes}[field.name] for field in fields(kind)})
    return found
