"""What a view reaches beside its request: the panel's parts, and units of work in the page's scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from flask import Flask, current_app, g
from sqlalchemy.orm import Session

from host_stub.adapters.keys import KeyRing
from host_stub.config import Config
from host_stub.domain.scope import Scope
from host_stub.persistence import Store
from host_stub.plugins.desk import Desk, Renderer
from host_stub.plugins.plugin_sets import InstalledPlugins
from host_stub.plugins.registry import Registry

WsgiApp = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Panel:
    """The parts of a running panel. renderer: draws documents (`adapters.render`). installed: on disk, just now."""

    config: Config
    store: Store
    keys: KeyRing
    registry: Registry
    renderer: Renderer
    installed: InstalledPlugins = field(default_factory=InstalledPlugins)

    @property
    def desk(self) -> Desk:
        """What starting payments, issuing documents and judging callbacks need: the page's read unit ends before."""
        self.store.end_page()
        return Desk(self.store, self.registry, self.keys, self.renderer, self.config.base_url)

    @property
    def log(self) -> Any:
        """The panel's structured log: events and plain values, never secrets."""
        return structlog.get_logger("billhook.web")


def init_app(app: Flask) -> None:
    """What a request reads, it reads in one unit."""
    inner: WsgiApp = app.wsgi_app

    def serve(environ: Any, start_response: Any) -> Any:
        store: Store = app.extensions["billhook"].store
        with store.serving():
            return inner(environ, start_response)

    app.wsgi_app = serve  # type: ignore[method-assign]


def panel() -> Panel:
    """Return the parts of the application that serves this request."""
    return cast(Panel, current_app.extensions["billhook"])


def scope() -> Scope:
    """Return whose rows the page may touch; set by the room's guard (`access`).

    Raises RuntimeError on a page without one: it has to name a scope itself.
    """
    if "scope" not in g:
        raise RuntimeError("this page belongs to nobody: pass a scope")
    return cast(Scope, g.scope)


@contextmanager
def reading(whose: Scope | None = None) -> Iterator[Session]:
    """Read in the page's scope: all of a request in one unit, until it writes or calls a plugin."""
    with panel().store.page(whose or scope()) as session:
        yield session


def plugins() -> Registry:
    """Return the registry to call plugins by: nothing of a plugin runs inside a unit, so the page's ends."""
    panel().store.end_page()
    return panel().registry


def absolute(path: str) -> str:
    """Return the absolute address of a path of ours, built from the configured base."""
    return panel().config.base_url + path
