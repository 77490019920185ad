"""What the host adds to an event or a collector that it asks of many plugins, against bare pluggy.

The thread hand-off has a row of its own and no limit: a delivery pays it once, beside transactions that cost far more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pluggy
import pytest
from billhook import BalanceChanged, Effect, Level, Notify, Reader, Setting, SettingKind, hookimpl, hooks

from host_stub.plugins import delivery
from host_stub.plugins.registry import Registry
from tests.benchmarks.ratios import Ratio, alternate

PLUGINS = 20
DISPATCHES = 5  # in each timed step: one is too short to time, many are interrupted by whatever else runs
PAIRS = 1002
HOOK = "billhook_balance_changed"
EVENT = BalanceChanged(1, 1, 5000_00, 6000_00, 1, at=datetime(2026, 11, 13, 9, tzinfo=UTC))
READER: Any = SimpleNamespace(end=lambda: None, tables=dict)

pytestmark = pytest.mark.bench


class Quiet:
    """Hears, and wants nothing: the handler that costs least, so that the host's part counts most."""

    @hookimpl
    def billhook_balance_changed(self, event: BalanceChanged, reader: Reader) -> list[Effect]:
        return []

    @hookimpl
    def billhook_settings(self) -> list[Setting]:
        return [Setting("note", SettingKind.TEXT, "Note", level=Level.RESELLER)]


class Telling(Quiet):
    """Hears, and asks for a notice."""

    @hookimpl
    def billhook_balance_changed(self, event: BalanceChanged, reader: Reader) -> list[Effect]:
        return [Notify(event.account_id, f"balance:{event.transaction_id}", "Balance", ["It has changed."])]


def bare(kind: type[Quiet]) -> Any:
    """Return the hooks of as many plugins, as pluggy has them."""
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    for number in range(PLUGINS):
        manager.register(kind(), name=f"plugin_{number}")
    return manager.hook


def registry_of(kind: type[Quiet]) -> Registry:
    registry = Registry.of({f"plugin_{number}": kind() for number in range(PLUGINS)})
    assert registry.broken == {}
    return registry


def repeated(step: Callable[[], object]) -> Callable[[int], Callable[[], None]]:
    def run() -> None:
        for _ in range(DISPATCHES):
            step()

    return lambda _pair: run


def measured(name: str, subject: Callable[[], object], baseline: Callable[[], object]) -> Ratio:
    return alternate(name, repeated(subject), repeated(baseline), PAIRS, f"{PLUGINS} plugins, {DISPATCHES} times")


@pytest.mark.parametrize(("kind", "effects"), [(Quiet, 0), (Telling, 1)])
def test_a_contained_event_without_the_hand_off_costs_at_most_three_times_bare_pluggy(
    kind: type[Quiet], effects: int
) -> None:
    registry, hook = registry_of(kind), bare(kind)
    handlers = [(registry.guard(name), registry.plugins[name].hooks[HOOK]) for name in registry.plugins]

    def contained() -> list[list[Effect]]:
        return [guard.here(HOOK, delivery._answer, handler, EVENT, READER) for guard, handler in handlers]

    def plain() -> Any:
        return hook.billhook_balance_changed(event=EVENT, reader=READER)

    assert len(contained()) == len(plain()) == PLUGINS
    assert {len(each) for each in contained()} == {effects}
    result = measured(f"event, {effects} effects: contained / bare pluggy", contained, plain)

    assert registry.guard("plugin_0").tallies.places[HOOK].calls >= DISPATCHES * PAIRS
    assert result.ratio <= 3


def test_a_contained_collector_costs_at_most_three_times_bare_pluggy() -> None:
    registry, hook = registry_of(Quiet), bare(Quiet)
    collectors = [(name, registry.plugins[name].hooks["billhook_settings"]) for name in registry.plugins]

    def contained() -> list[Any]:
        return [registry.collect(name, "billhook_settings", collector) for name, collector in collectors]

    assert len(contained()) == len(hook.billhook_settings()) == PLUGINS
    result = measured("collector: contained / bare pluggy", contained, hook.billhook_settings)

    assert result.ratio <= 3


def test_the_hand_off_to_another_thread_is_measured_beside() -> None:
    """Without a limit: it depends on how the machine wakes threads."""
    registry = registry_of(Quiet)
    handlers = [(registry.guard(name), registry.plugins[name].hooks[HOOK]) for name in registry.plugins]

    def handed_over() -> list[Any]:
        return [guard.call(HOOK, lambda h=handler: delivery._answer(h, EVENT, READER)) for guard, handler in handlers]

    def here() -> list[Any]:
        return [guard.here(HOOK, delivery._answer, handler, EVENT, READER) for guard, handler in handlers]

    assert handed_over() == here()
    measured("event: in the plugin's thread / in this one", handed_over, here)
