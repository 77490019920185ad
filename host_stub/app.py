"""The application factory: wiring, once."""

from __future__ import annotations

from contextlib import ExitStack
from importlib import import_module
from multiprocessing.util import Finalize

import jinja2
from flask import Flask, redirect, url_for
from flask.typing import ResponseReturnValue

from host_stub.adapters.keys import KeyRing, load_key_file
from host_stub.config import Config
from host_stub.persistence import Store, UserKind, open_store
from host_stub.plugins.desk import Renderer
from host_stub.plugins.plugin_sets import InstalledPlugins
from host_stub.plugins.registry import Registry
from host_stub.plugins.reporting import Reporter
from host_stub.web import (
    access,
    assets,
    auth,
    browsers,
    context,
    errors,
    face,
    health,
    logs,
    metrics,
    plugin_pages,
    plugin_routes,
    routing,
    security,
    session,
)
from host_stub.web.navigation import Navigation
from host_stub.web.panel import Panel
from host_stub.web.panel import init_app as init_panel

ROOMS = ("customer", "reseller", "operator")


def create_app(
    config: Config,
    *,
    store: Store | None = None,
    keys: KeyRing | None = None,
    registry: Registry | None = None,
    renderer: Renderer | None = None,
) -> Flask:
    """Build the panel. What is not given is made from the configuration.

    Raises KeyFileError; RuntimeError for a page without a guard. Nothing is asked of the database here.
    """
    logs.configure(config.log_format)
    app = Flask("host_stub.web", static_folder=str(face.STATIC), template_folder=str(face.TEMPLATES))
    panel = Panel(
        config=config,
        store=store or open_store(config.database_url, base_url=config.base_url),
        keys=keys or load_key_file(config.key_file, demo=config.demo),
        registry=registry or Registry.discover(config.disabled_plugins),
        renderer=renderer or _renderer(),
        installed=InstalledPlugins(config.disabled_plugins),
    )
    panel.registry.attach(panel.store)
    app.extensions["billhook"] = panel
    init_panel(app)
    routing.init_app(app)
    app.jinja_env.undefined = jinja2.StrictUndefined if config.demo else jinja2.Undefined
    app.jinja_loader = jinja2.ChoiceLoader([jinja2.FileSystemLoader(str(face.TEMPLATES)), panel.registry.loader()])
    session.init_app(app, config, panel.keys.web_secrets())
    browsers.init_app(app, config, panel.keys.web_secrets())
    logs.init_app(app)
    app.before_request(security.mark_outside)
    app.before_request(session.load)
    app.before_request(context.choose_language)
    app.before_request(context.choose_brand)
    app.before_request(security.refuse_unstorable)
    security.init_app(app, config)
    face.init_app(app)
    errors.init_app(app)
    _routes(app)
    access.check_routes(app)
    return app


def report_metrics(app: Flask) -> None:
    """Begin to tell the other processes what this one counts, if anybody may read it; until the process ends."""
    panel: Panel = app.extensions["billhook"]
    if not panel.config.metrics_token.get_secret_value():
        return
    reporting = ExitStack()
    reporting.enter_context(Reporter(panel.store, panel.registry, "web"))
    # The server's processes end by multiprocessing's exit, which runs nothing of atexit.
    Finalize(None, reporting.close, exitpriority=1)


def _routes(app: Flask) -> None:
    app.add_url_rule("/", "home", _home)
    for blueprint in (auth.bp, assets.bp, health.bp, metrics.bp, plugin_routes.bp, plugin_pages.bp):
        app.register_blueprint(blueprint)
    navigation: dict[str, Navigation] = {}
    for room in ROOMS:
        app.register_blueprint(import_module(f"host_stub.web.{room}").bp)
        navigation[room] = import_module(f"host_stub.web.{room}.navigation").sections
    context.init_app(app, navigation)


def _home() -> ResponseReturnValue:
    """Lead everybody to their own room."""
    user = access.signed_in()
    room = "customer" if user.kind is UserKind.CUSTOMER else "operator" if user.is_operator else "reseller"
    return redirect(url_for(f"{room}.home"), 303)


def _renderer() -> Renderer:
    from host_stub.adapters.render import Renderer as Pool

    return Pool()
