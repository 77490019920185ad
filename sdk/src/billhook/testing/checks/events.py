"""Event hooks: they return effects, and may be called again."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any, Final, get_args, get_type_hints

from billhook import events, hooks
from billhook.events import Effect, Event
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


@check(
    "effects",
    "Its hooks return effects, and the same when called again",
    Need.EVENTS,
    remedy="Return a list of billhook.Notify for the event's own account (empty for nothing); delivery may repeat, so "
    "the same event must give the same keys.",
)
def hooks_return_effects(bench: Bench) -> None:
    """Every event hook answers a sample event with a list of effects for the event's account, whose texts can be shown
    in both languages, and answers a repetition in the same way."""
    account = bench.host.account()
    for name in bench.plugin.event_hooks:
        event = sample_event(name, account_id=account.id)
        first, again = bench.host.tell(name, event), bench.host.tell(name, event)
        if _keys(first) != _keys(again):
            raise Failed(f"{name} gives other effects when the event is delivered again")
        if len(set(_keys(first))) != len(first):
            raise Failed(f"{name} gives two effects one key: only one of them would be written")


def _keys(effects: list[Effect]) -> list[str]:
    return [effect.key for effect in effects]


def sample_event(hook: str, **changes: Any) -> Event:
    """Return an event as the hook's specification declares it."""
    hints = get_type_hints(getattr(hooks, hook))
    kind = hints["event"]
    assert kind in get_args(events.Event), f"{hook} hears of no event"
    found: Event = kind(**{field.name: {**_VALUES, **changes}[field.name] for field in fields(kind)})
    return found
