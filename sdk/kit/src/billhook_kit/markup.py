"""The HTML of a template, read without filling it in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

_COMMENT: Final = re.compile(r"\{#.*?#\}", re.DOTALL)
_STATEMENT: Final = re.compile(r"\{%.*?%\}", re.DOTALL)
_EXPRESSION: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
#: What browsers leave out of an address before they look for its scheme.
_BLANK: Final = re.compile(r"[\x00-\x20]+")
_RUNS: Final = ("javascript:", "vbscript:", "data:text/html")
_READ_OUT: Final = frozenset({"alt", "aria-label", "placeholder", "title"})
#: What stands in these is no sentence.
_NO_TEXT: Final = frozenset({"code", "kbd", "pre", "samp", "script", "style", "var"})


def forbidden(template: str) -> Iterator[str]:
    """Yield what the content policy forbids, in words for the author."""
    yield from _read(template).forbidden


def visible_texts(template: str) -> Iterator[tuple[int, str]]:
    """Yield the texts that people read, with their lines."""
    yield from _read(template).texts


def _read(template: str) -> _Reader:
    reader = _Reader()
    reader.feed(_plain(template))
    reader.close()
    return reader


def _plain(template: str) -> str:
    """Return the template without Jinja; its lines stay where they are."""
    for pattern, stands_in in ((_COMMENT, " "), (_STATEMENT, " "), (_EXPRESSION, "0")):
        template = pattern.sub(lambda found, text=stands_in: text + "\n" * found[0].count("\n"), template)  # type: ignore[misc]
    return template


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forbidden: list[str] = []
        self.texts: list[tuple[int, str]] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and not given.get("src"):
            self.forbidden.append("an inline script")
        if tag == "style" or "style" in given:
            self.forbidden.append("an inline style")
        for name, value in attrs:
            self._read_attribute(name, value or "")
        if tag in _NO_TEXT:
            self._inside.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            self._inside.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._inside and data.strip():
            line, _column = self.getpos()
            self.texts.append((line + data[: len(data) - len(data.lstrip())].count("\n"), data.strip()))

    def _read_attribute(self, name: str, value: str) -> None:
        if re.fullmatch(r"on\w+", name):
            self.forbidden.append(f"an event attribute ({name})")
        if _BLANK.sub("", value).lower().startswith(_RUNS):
            self.forbidden.append(f"a script in an address ({name})")
        if name in _READ_OUT and value.strip():
            self.texts.append((self.getpos()[0], value.strip()))
