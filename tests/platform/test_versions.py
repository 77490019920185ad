"""Plugins for another contract are left out; retired hooks warn with their successor."""

from __future__ import annotations

from types import ModuleType

import pluggy
import pytest
from billhook import API_VERSION, ApiRange, hookimpl, hooks, loading
from billhook.versions import retired

from host_stub.plugins.registry import Registry


def plugin_for(wanted: object) -> ModuleType:
    module = ModuleType("a_plugin")

    @hookimpl
    def billhook_api_version() -> object:
        return wanted

    module.billhook_api_version = billhook_api_version  # type: ignore[attr-defined]
    return module


def test_a_plugin_for_this_version_is_loaded() -> None:
    registry = Registry.of({"a_plugin": plugin_for(ApiRange())})

    assert list(registry.plugins) == ["a_plugin"]


@pytest.mark.parametrize("wanted", [ApiRange((2, 0), (3, 0)), ApiRange((0, 1), (1, 0)), ">=1", None])
def test_a_plugin_for_another_version_is_left_out_with_the_reason_and_the_host_starts(wanted: object) -> None:
    registry = Registry.of({"a_plugin": plugin_for(wanted), "other": ModuleType("other")})

    assert list(registry.plugins) == ["other"]
    assert "1.0" in registry.broken["a_plugin"] or "ApiRange" in registry.broken["a_plugin"]


def test_a_range_ends_before_its_end() -> None:
    assert API_VERSION in ApiRange()
    assert (1, 7) in ApiRange((1, 2), (2, 0))
    assert (2, 0) not in ApiRange((1, 2), (2, 0))
    assert str(ApiRange((1, 2), (2, 0))) == ">=1.2,<2.0"


def test_a_retired_hook_works_on_and_tells_the_operator_its_successor(monkeypatch: pytest.MonkeyPatch) -> None:
    specs = ModuleType("specs")
    specs.__dict__.update({name: value for name, value in vars(hooks).items() if name.startswith("billhook_")})
    specs.PROJECT = hooks.PROJECT  # type: ignore[attr-defined]

    @pluggy.HookspecMarker(hooks.PROJECT)(warn_on_impl=retired("billhook_old", "billhook_plugin_title"))
    def billhook_old() -> str:
        """Retired."""
        raise NotImplementedError

    specs.billhook_old = billhook_old  # type: ignore[attr-defined]
    monkeypatch.setattr(loading, "hooks", specs)
    module = ModuleType("a_plugin")
    module.billhook_old = hookimpl(lambda: "x")  # type: ignore[attr-defined]

    registry = Registry.of({"a_plugin": module})

    (note,) = registry.plugins["a_plugin"].retired
    assert "billhook_old is retired: use billhook_plugin_title" in note
