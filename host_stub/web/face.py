"""Make an application's templates speak: the globals and filters that layouts, macros and pages rely on."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from billhook import Catalogue, formats
from flask import Flask, url_for
from jinja2 import Environment
from markupsafe import Markup

from host_stub.web.page import Column, Page
from host_stub.web.statuses import status_of

_BREAKS = re.compile(r"(?=@)|(?<=\.)(?=\w)")

FOLDER = Path(__file__).parent
TEMPLATES = FOLDER / "templates"
STATIC = FOLDER / "static"


class Ui:
    """`ui.<macro>` in any template, a plugin's too, without an import."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._environment.get_template("components/macros.html").module, name)


def init_app(app: Flask) -> None:
    """Install the face. The app serves `STATIC` at its `static` endpoint and provides `csrf_token` (Flask-WTF)."""
    catalogue = Catalogue("host_stub")
    app.jinja_env.globals.update(
        _=catalogue,
        # What the layouts say: a plugin's page puts its own catalogue in place of `_`, and extends them.
        host_text=catalogue,
        plural=catalogue.plural,
        static=static_url,
        # What the layouts say: on a plugin's page `static` names the plugin's own files.
        host_static=static_url,
        status_word=status_of,
        page=Page(),
        column=Column,
        ui=Ui(app.jinja_env),
        money=formats.money,
        date=formats.date,
        datetime=formats.datetime,
        date_text=formats.date,
        datetime_text=formats.datetime,
        currency_word=formats.currency_word,
    )
    app.jinja_env.filters.update(money=formats.money, figures=formats.figures, iso=formats.iso, breakable=breakable)


def breakable(address: object) -> Markup:
    """Return a mail or web address that a narrow column breaks before its @ and after a dot, not inside a word."""
    return Markup("<wbr>").join(_BREAKS.split(str(address)))


def static_url(name: str) -> str:
    """Return the address of a file of ours, with its version, so that it may be cached for a year.

    A face has none: the stylesheet names it so, and under two addresses it would be loaded twice.
    """
    if name.startswith("fonts/"):
        return url_for("static", filename=name)
    return url_for("static", filename=name, v=_version(name))


@cache
def _version(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
