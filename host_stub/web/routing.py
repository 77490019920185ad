"""Numbers in addresses."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map


class RowNumber(IntegerConverter):
    """A number that a database can look up: a larger one is an unknown address (404), not a fault (500)."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:  # noqa: A002  Werkzeug's name
        super().__init__(map, *args, **{"max": 2**63 - 1, **kwargs})


def init_app(app: Flask) -> None:
    """Use it for every `<int:…>`. Before any route is added."""
    app.url_map.converters["int"] = RowNumber
