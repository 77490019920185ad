"""A little HTML without a template engine: the contract depends on none."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def fill(markup: str, **values: object) -> Html:
    """Put values into `{name}` fields; everything but Html is escaped."""
    return Html(markup.format(**{name: _safe(value) for name, value in values.items()}))


def join(parts: Iterable[Html]) -> Html:
    return Html("".join(parts))


def _safe(value: object) -> str:
    return value if isinstance(value, Html) else escape(str(value))
