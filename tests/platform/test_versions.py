"""Plugins for another contract are left out; retired hooks warn with their successor."""

from __future__ import annotations

from types import ModuleType

import pluggy
import pytest
from billhook import API_VERSION, ApiRange, hookimpl, hooks
from billhook.host import loading
from billhook.versions import retired
from structlog.testing import capture_logs

from host_stub import plugin_doctor
from host_stub.adapters.clock import FixedClock
from host_stub.config import Config
from host_stub.diagnosis import Diagnosis
from host_stub.persistence import Reseller, UserKind
from host_stub.plugins.registry import Registry
from tests.support.web import Visitor, a_user, an_app, store_of


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


def test_a_retired_hook_works_on_and_the_log_the_doctor_and_the_operator_s_page_tell_its_successor(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str, clock: FixedClock
) -> None:
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

    with capture_logs() as log:
        registry = Registry.of({"a_plugin": module})

    words = "billhook_old is retired: use billhook_plugin_title"
    assert registry.plugins["a_plugin"].retired == (words,)
    told = [{key: line[key] for key in ("event", "log_level", "plugin", "why")} for line in log]
    assert told == [
        {"event": "plugin uses what is retired", "log_level": "warning", "plugin": "a_plugin", "why": words}
    ]
    app = an_app(sqlite_url, clock, registry=registry)
    said = list(plugin_doctor.examine(plugin_doctor.Patient(Config(), store_of(app), registry)))
    assert Diagnosis("plugin a_plugin", facts=f"warning: {words}") in said  # no problem: it works on
    with store_of(app).write() as session:
        root = Reseller(name="Оператор", created_at=store_of(app).now(), is_operator=True)
        session.add(root)
        session.flush()
        person = a_user(session, root, UserKind.MANAGER, "operator@example.com").id
    operator = Visitor(app)
    operator.enter(person)
    assert words in operator.get("/admin/plugins").text
    store_of(app).close()
