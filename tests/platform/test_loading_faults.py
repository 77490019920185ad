"""Plugins that cannot be loaded: left out and shown, while the panel and the others start."""

from __future__ import annotations

import importlib
import subprocess
import sys
import zlib
from asyncio import CancelledError
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from billhook import ApiRange, Level, Money, PaymentProvider, Redirect, Setting, SettingKind, hookimpl
from sqlalchemy import select

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import PluginFailure, Reseller, UserKind
from host_stub.plugins import discovery
from host_stub.plugins.discovery import Candidate
from host_stub.plugins.registry import Registry
from host_stub.plugins.start_watch import EXIT_STATUS, StartWatch
from tests.platform.containment_table import LOADING
from tests.support.web import Visitor, a_user, an_app, store_of
from tests.support.world import a_method

BAD, GOOD = "bad", "good"


def a_module(function: Callable[..., Any], name: str, **options: bool) -> ModuleType:
    function.__name__ = name
    module = ModuleType("bad_plugin")
    setattr(module, name, hookimpl(function, **options))
    return module


def raises() -> Any:
    raise RuntimeError("a fault")


def nothing() -> list[object]:
    return []


def wrapping() -> Any:
    return (yield)


def at_import(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> list[Candidate]:
    module = f"billhook_bad_{zlib.crc32(code.encode())}"
    (folder / f"{module}.py").write_text(code, "utf-8")
    monkeypatch.syspath_prepend(folder)
    point = EntryPoint(BAD, module, discovery.GROUP)
    monkeypatch.setattr(discovery, "entry_points", lambda group: [point])
    with StartWatch():
        return discovery.installed()


TEXTLESS = """
class Evil(BaseException):
    def __str__(self):
        raise Evil

raise Evil
"""


def cancelled() -> Any:
    raise CancelledError


def stray_template(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Candidate]:
    (folder / "billhook_stray/templates").mkdir(parents=True)
    (folder / "billhook_stray/__init__.py").touch()
    (folder / "billhook_stray/templates/receipt.html").touch()
    monkeypatch.syspath_prepend(folder)
    import billhook_stray  # type: ignore[import-not-found]

    return [Candidate(BAD, billhook_stray)]


def link_that_leads_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Candidate]:
    (folder / "billhook_leading_out/static/bad").mkdir(parents=True)
    (folder / "billhook_leading_out/__init__.py").touch()
    (folder / "billhook_leading_out/static/bad/passwd").symlink_to("/etc/passwd")
    monkeypatch.syspath_prepend(folder)
    return [Candidate(BAD, importlib.import_module("billhook_leading_out"))]


def with_catalogue(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, russian: str) -> list[Candidate]:
    """Return a plugin whose page stands in the menu of every reseller, as far as its texts can be shown."""
    (folder / name / "locale/ru").mkdir(parents=True)
    (folder / name / "locale/ru/x.po").write_text(russian, "utf-8")
    (folder / name / "__init__.py").write_text(TRANSLATED.format(name=name), "utf-8")
    monkeypatch.syspath_prepend(folder)
    return [Candidate(BAD, importlib.import_module(name))]


TRANSLATED = """
from billhook import Catalogue, Page, Room, hookimpl

_ = Catalogue("{name}")

@hookimpl
def billhook_plugin_title():
    return _("List of {{count}}", count=3)

@hookimpl
def billhook_pages():
    return [Page("list", Room.RESELLER, _("List of {{count}}", count=3), print, menu=_("List of {{count}}", count=3))]
"""
OPEN, OTHER = 'msgid "a"\nmsgstr "open\n', 'msgid "List of {count}"\nmsgstr "{number}"\n'
IN_FILES: dict[str, Callable[[Path, pytest.MonkeyPatch], list[Candidate]]] = {
    "raises at import": lambda folder, patch: at_import(folder, patch, "raise RuntimeError('a fault')"),
    "raises at import what is no Exception": lambda folder, patch: at_import(
        folder, patch, "import asyncio; raise asyncio.CancelledError"
    ),
    "raises at import an error without a text": lambda folder, patch: at_import(folder, patch, TEXTLESS),
    "ends the process at import": lambda folder, patch: at_import(folder, patch, "import os; os._exit(7)"),
    "a template outside its folder": stray_template,
    "a file that is a link out of the package": link_that_leads_out,
    "a catalogue that cannot be read": lambda folder, patch: with_catalogue(folder, patch, "billhook_open", OPEN),
    "a text that cannot be shown in some language": lambda folder, patch: with_catalogue(
        folder, patch, "billhook_other", OTHER
    ),
}


def unmarked(name: str = "billhook_settings") -> SimpleNamespace:
    return SimpleNamespace(**{name: nothing})


def twice() -> SimpleNamespace:
    more = hookimpl(lambda: nothing(), specname="billhook_settings")
    return SimpleNamespace(billhook_settings=hookimpl(lambda: nothing()), more=more)


def a_desk(**changes: object) -> list[Candidate]:
    body = {"name": BAD, "title": "Desk", "start": raises, "starts": (Redirect,), **changes}
    desk = type("Desk", (PaymentProvider,), body)
    return [Candidate(BAD, a_module(lambda: [desk], "billhook_payment_providers"))]


def a_setting(**changes: Any) -> list[Candidate]:
    declared = replace(Setting("level", SettingKind.MONEY, "Level", level=Level.ACCOUNT), **changes)
    return [Candidate(BAD, a_module(lambda: [declared], "billhook_settings"))]


SIMPLE: dict[str, Callable[[], list[Candidate]]] = {
    "raises in a collector": lambda: [Candidate(BAD, a_module(raises, "billhook_settings"))],
    "raises in a collector what is no Exception": lambda: [Candidate(BAD, a_module(cancelled, "billhook_settings"))],
    "rubbish from a collector": lambda: [Candidate(BAD, a_module(lambda: 5, "billhook_settings"))],
    "a name that the host has taken": lambda: [Candidate("operator", ModuleType("x"))],
    "a name that another distribution has": lambda: [Candidate(BAD, ModuleType("x")), Candidate(BAD, ModuleType("y"))],
    "another version of the contract": lambda: [
        Candidate(BAD, a_module(lambda: ApiRange((9, 0), (10, 0)), "billhook_api_version"))
    ],
    "an unknown hook": lambda: [Candidate(BAD, a_module(lambda: 5, "billhook_no_such_hook"))],
    "a hook wrapper": lambda: [Candidate(BAD, a_module(wrapping, "billhook_settings", wrapper=True))],
    "a hook without its marker": lambda: [Candidate(BAD, unmarked())],
    "a function that is named as if it were a hook": lambda: [Candidate(BAD, unmarked("billhook_page"))],
    "two implementations of one hook": lambda: [Candidate(BAD, twice())],
    "a name that is too long": lambda: [Candidate("a" * 31, ModuleType("x"))],
    "a provider that does not say how it starts": lambda: a_desk(starts=None),
    "a merchant setting that is not declared": lambda: a_desk(merchant_setting="shop"),
    "a setting whose kind is plain text": lambda: a_setting(kind="secret"),
    "a sum with a default": lambda: a_setting(default=Money(1, "RUB")),
}


@pytest.mark.parametrize("fault", LOADING)
def test_a_plugin_that_cannot_be_loaded_is_left_out_and_shown_while_the_panel_and_the_others_start(
    fault: str, sqlite_url: str, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidates = SIMPLE[fault]() if fault in SIMPLE else IN_FILES[fault](tmp_path, monkeypatch)
    name = candidates[0].name

    registry = Registry([*candidates, Candidate(GOOD, ModuleType("good_plugin"))])
    app = an_app(sqlite_url, clock, registry=registry)

    assert list(registry.plugins) == [GOOD]
    assert LOADING[fault] in registry.broken[name]
    store = store_of(app)
    with store.write() as session:
        (row,) = session.scalars(select(PluginFailure)).all()
        assert (row.plugin, row.place) == (name, "load")
        root = Reseller(name="Оператор", created_at=store.now(), is_operator=True)
        session.add(root)
        session.flush()
        method_id = a_method(session, root, name).id
        pages = ("/admin/", "/admin/plugins", f"/admin/resellers/{root.id}", "/reseller/methods")
        operator = Visitor(app)
        person = a_user(session, root, UserKind.MANAGER, "operator@example.com").id
    operator.enter(person)
    for page in pages:
        answer = operator.get(page)
        assert (answer.status_code, name in answer.text) == (200, True), page
    assert operator.client.post(f"/plugin/{name}/method/{method_id}/notify").status_code == 503
    store.close()


HANGING = """
import sys, time
from importlib.metadata import EntryPoint
from billhook import hookimpl
from host_stub.plugins import discovery
from host_stub.plugins.registry import Registry

if "import" in sys.argv:
    time.sleep(30) if __name__ != "__main__" else None

@hookimpl
def billhook_settings():
    time.sleep(30)

if __name__ == "__main__":
    discovery.entry_points = lambda group: [EntryPoint("slowpoke", "hanging", group)]
    sys.path.insert(0, sys.argv[1])
    Registry.discover(longest_seconds=0.3)
    print("started")
"""


@pytest.mark.parametrize("step", ["import", "collectors"])
def test_a_plugin_that_hangs_while_it_loads_ends_the_start_with_its_name_and_the_way_out(
    step: str, tmp_path: Path
) -> None:
    script = tmp_path / "hanging.py"
    script.write_text(HANGING, "utf-8")

    ended = subprocess.run([sys.executable, script, tmp_path, step], capture_output=True, text=True, timeout=25)

    assert ended.returncode == EXIT_STATUS
    assert "slowpoke" in ended.stderr
    assert step in ended.stderr
    assert "BILLHOOK_DISABLED_PLUGINS=slowpoke" in ended.stderr
    assert "started" not in ended.stdout


def test_a_disabled_plugin_is_not_even_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    from host_stub.config import Config

    monkeypatch.setenv("BILLHOOK_DISABLED_PLUGINS", "slowpoke, other")
    point = EntryPoint("slowpoke", "no_such_module_anywhere", discovery.GROUP)
    monkeypatch.setattr(discovery, "entry_points", lambda group: [point])

    registry = Registry.discover(Config().disabled_plugins)

    assert (registry.plugins, registry.broken) == ({}, {})
    assert registry.disabled == ("other", "slowpoke")
    with pytest.raises(Exception, match="is disabled by BILLHOOK_DISABLED_PLUGINS"):
        registry.provider("slowpoke")
