"""Event hooks: they return effects, and may be called again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, get_type_hints

from billhook import events
from billhook.events import Effect, Event, Notify
from billhook.host.places import EVENTS
from billhook.i18n import use_language
from billhook.views import AccountType

from billhook_kit.bench import Bench
from billhook_kit.kit import Failed, Need, check
from billhook_kit.patience import TooSlow
from billhook_kit.views import NOON, samples

E = TypeVar("E", bound=Event)

_VALUES: Final[Mapping[str, object]] = {
    "reseller_id": 1,
    "account_id": 7,
    "key": "watch",
    "level_minor": 50_000,
    "balance_minor": 0,
    "subscription_name": samples()["subscription"],
    "name": samples()["subscription"],
    "due_at": NOON + timedelta(days=3),
    "amount_minor": 30_000,
    "earlier_minor": 0,
    "missing_minor": 30_000,
    "before_minor": 60_000,
    "after_minor": 0,
    "transaction_id": 12,
    "subscription_id": 3,
    "at": NOON,
}
#: By type, for fields that are not named above.
_BY_TYPE: Final[Mapping[object, object]] = {int: 1, str: "x", bool: False, datetime: NOON}
#: By kind of event, further ones: what rises and falls, ends at nothing, below it or just beside the level.
_FURTHER: Final[Mapping[type, Sequence[Mapping[str, object]]]] = {
    events.BalanceChanged: (
        {"before_minor": 0, "after_minor": 60_000},
        {"before_minor": 60_000, "after_minor": -40_000},
        {"before_minor": -40_000, "after_minor": -10_000},
        {"before_minor": -10_000, "after_minor": 900_000_000_000_000},
        {"before_minor": 900_000_000_000_000, "after_minor": 1},
    ),
    events.BalanceThresholdCrossed: (
        {"level_minor": 50_000, "balance_minor": 49_999},
        {"level_minor": 50_000, "balance_minor": -20_000},
        {"level_minor": 0, "balance_minor": -1},
    ),
    events.ChargeUncovered: (
        {"amount_minor": 30_000, "missing_minor": 1, "balance_minor": 29_999},
        {"amount_minor": 30_000, "missing_minor": 50_000, "balance_minor": -20_000},
        {"amount_minor": 30_000, "earlier_minor": 4_500, "missing_minor": 14_500, "balance_minor": 20_000},
        {"subscription_name": "VPS", "due_at": NOON},
    ),
    events.SubscriptionStopped: ({"name": "VPS"},),
    events.SubscriptionResumed: ({"name": "VPS"},),
}


@check(
    "effects",
    "Its hooks return effects that can be written, and the same when called again",
    Need.EVENTS,
    remedy="Return a list of billhook.Notify for the event's own account, Keep and Discard for tables of its own "
    "(empty for nothing); delivery may repeat, so the same event must give the same effects until they are written.",
)
def hooks_return_effects(bench: Bench) -> None:
    """Every event hook answers sample events (sums that rise and fall, end at nothing or below it, of a person and of
    a company, while the process speaks either language) with a list of effects for the event's account, whose texts
    can be shown in both languages and whose rows fit its tables, and answers a repetition in the same way; what it
    asks for can be written, and again for the next such event."""
    for name in bench.plugin.event_hooks:
        for number, (event, language) in enumerate(_samples(bench, EVENTS[name])):
            with use_language(language):
                _check_effects(bench, name, replace(event, **_as_number(event, number)))


def _samples(bench: Bench, kind: type[Event]) -> Iterator[tuple[Event, str]]:
    person, company = (bench.host.account(kind).id for kind in (AccountType.PERSON, AccountType.COMPANY))
    first = sample_event(kind, account_id=person)
    yield first, "en"
    yield first, "ru"
    for changes in ({}, *_FURTHER.get(kind, ())):
        yield sample_event(kind, account_id=company, **changes), "en"


def _as_number(event: Event, number: int) -> dict[str, Any]:
    """Return what is new of the next such event."""
    new = {"at": NOON + timedelta(minutes=number), "transaction_id": 12 + number}
    return {key: value for key, value in new.items() if hasattr(event, key)}


def _check_effects(bench: Bench, name: str, event: Event) -> None:
    first, again = _ask(bench, name, event), _ask(bench, name, event)
    if _told(first) != _told(again):
        raise Failed(f"{name} gives other effects when the event is delivered again")
    keys = [effect.key for effect in first if isinstance(effect, Notify)]
    if len(set(keys)) != len(keys):
        raise Failed(f"{name} gives two effects one key: only one of them would be written")
    _write(bench, name, event)


def _ask(bench: Bench, name: str, event: Event) -> list[Effect]:
    try:
        return bench.host.ask(event)
    except TooSlow:
        raise
    except Exception as error:
        sums = [f"{each.name} {getattr(event, each.name)}" for each in fields(event) if each.name.endswith("_minor")]
        raise Failed(
            f"{name} fails ({', '.join(sums) or 'for a sample event'}): {type(error).__name__}: {error}"
        ) from error


def _told(effects: list[Effect]) -> list[object]:
    return [effect.key if isinstance(effect, Notify) else effect for effect in effects]


def _write(bench: Bench, name: str, event: Event) -> None:
    try:
        bench.host.tell(event)
    except Exception as error:
        (line, *_more) = str(error).splitlines() or [""]
        raise Failed(
            f"what {name} asks for could not be written: {type(error).__name__}: {line}",
            "Name in `key` of a Keep the columns of a unique constraint, and let columns that stay empty be nullable.",
        ) from error


def sample_event(kind: type[E], **changes: Any) -> E:
    """Return an event of a kind with values that its fields may have."""
    hints = get_type_hints(kind)
    made = {each.name: _VALUES.get(each.name, _BY_TYPE[hints[each.name]]) for each in fields(kind)}
    return kind(**{**made, **changes})
