"""Numbers of rows in addresses and forms: what no row can have never gets to the database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from host_stub.services.reading import Cursor

#: What a database can look up.
LARGEST: Final = 2**63 - 1
_WHOLE: Final = re.compile(r"-?[0-9]+", re.ASCII)


class RowNumber(IntegerConverter):
    """A number that a database can look up: a larger one is an unknown address (404), not a fault (500).

    In ASCII digits: every page has one address.
    """

    regex = "[0-9]+"

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:  # noqa: A002  Werkzeug's name
        super().__init__(map, *args, **{"max": LARGEST, **kwargs})


def init_app(app: Flask) -> None:
    """Use it for every `<int:…>`. Before any route is added."""
    app.url_map.converters["int"] = RowNumber


def row_number(text: str | None) -> int | None:
    """Return the number of a row that a query or form names, or None for what is no number.

    A number that no row can have counts as the largest: nobody finds a row by it, and no driver refuses it.
    """
    if not text or not _WHOLE.fullmatch(text):
        return None
    sign = -1 if text.startswith("-") else 1
    return sign * LARGEST if len(text) > len(str(LARGEST)) + 1 else max(-LARGEST, min(int(text), LARGEST))


def cursor(args: Mapping[str, str]) -> Cursor:
    """Return where a list begins, as its address says; what is no number means the first page."""
    return Cursor(before=row_number(args.get("before")), after=row_number(args.get("after")))
