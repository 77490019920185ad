"""Processes that run with other plugins than are installed are named, with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Reseller, UserKind, Worker
from host_stub.plugins import discovery
from host_stub.plugins.plugin_sets import SECONDS, Change, Difference, InstalledPlugins, Outdated, outdated
from host_stub.plugins.registry import Registry
from host_stub.services.queues import heartbeat
from tests.conftest import LETTER_DAY
from tests.platform.ledger_notes import NAME, Site
from tests.support.web import Visitor, a_user, an_app, store_of


def test_what_was_installed_removed_or_changed_since_a_process_started_is_told() -> None:
    running = {"web": {"a": "1", "b": "1", "c": "1"}, "old": None, "well": {"a": "1", "b": "2", "d": "1"}}

    assert outdated(running, {"a": "1", "b": "2", "d": "1"}) == [
        Outdated(
            "web",
            (
                Difference("b", Change.CHANGED, "1", "2"),
                Difference("c", Change.REMOVED, "1", ""),
                Difference("d", Change.INSTALLED, "", "1"),
            ),
        )
    ]


def test_what_is_installed_is_looked_up_once_a_minute() -> None:
    looks: list[int] = []
    time = [0.0]
    installed = InstalledPlugins(look=lambda _disabled: looks.append(1) or {}, clock=lambda: time[0])  # type: ignore[func-returns-value]

    installed.versions()
    time[0] = SECONDS
    installed.versions()
    assert len(looks) == 1
    time[0] = SECONDS + 1
    installed.versions()
    assert len(looks) == 2


def test_installed_versions_are_read_without_importing(site: Site) -> None:
    package = site.install("1")
    (package / "__init__.py").write_text("1 / 0")

    assert discovery.versions()[NAME] == "1.0"
    assert NAME not in discovery.versions(disabled=(NAME,))
    assert Registry.discover().found[NAME] == "1.0"  # type: ignore[index]


@pytest.fixture
def app(site: Site, sqlite_url: str) -> Iterator[Flask]:
    """A panel that was started with version 1; since then version 2 came."""
    site.install("1")
    app = an_app(sqlite_url, FixedClock(LETTER_DAY), registry=Registry.discover())
    site.install("2")
    yield app
    store_of(app).close()


def test_the_operator_and_monitors_see_that_the_web_process_and_a_worker_must_be_restarted(app: Flask) -> None:
    store = store_of(app)
    heartbeat.beat(store, "host:1", store.now(), {**discovery.versions(), NAME: "1.0"})
    heartbeat.beat(store, "host:2", store.now(), discovery.versions())
    with store.write() as session:
        root = Reseller(name="Оператор", created_at=store.now(), is_operator=True)
        session.add(root)
        session.flush()
        person = a_user(session, root, UserKind.MANAGER, "operator@example.com").id
    operator = Visitor(app, person)

    for page in ("/admin/", "/admin/plugins"):
        shown = operator.get(page).text
        assert "Веб-сервер нужно перезапустить: ledger_notes: работает 1.0, установлена 2.0." in shown
        assert "Обработчик host:1 нужно перезапустить: ledger_notes: работает 1.0, установлена 2.0." in shown
        assert "host:2 нужно" not in shown
    health = app.test_client().get("/healthz").json
    assert health["restart"] == {"web": ["ledger_notes was changed"], "worker": ["ledger_notes was changed"]}


def test_a_silent_worker_and_one_that_told_nothing_are_not_compared(app: Flask) -> None:
    store = store_of(app)
    heartbeat.beat(store, "silent", store.now(), {})
    store.clock.advance(minutes=5)  # type: ignore[attr-defined]
    heartbeat.beat(store, "mute", store.now())

    assert set(app.test_client().get("/healthz").json["restart"]) == {"web"}


def test_a_panel_with_what_is_installed_says_nothing(site: Site, sqlite_url: str) -> None:
    site.install("1")
    app = an_app(sqlite_url, FixedClock(LETTER_DAY), registry=Registry.discover())

    assert "restart" not in app.test_client().get("/healthz").json
    store_of(app).close()


def test_a_worker_tells_what_it_found(store, site: Site) -> None:
    site.install("1")
    heartbeat.beat(store, "host:1", store.now(), Registry.discover().found)

    with store.read() as session:
        assert session.get_one(Worker, "host:1").plugins[NAME] == "1.0"
