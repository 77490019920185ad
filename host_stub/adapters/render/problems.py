"""Why a template was not used, in the reader's language: the library's words are for programmers, and English."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from billhook import Catalogue, LazyText

_ = Catalogue("host_stub")

_PLACE: Final = re.compile(r"line (\d+): (.*)", re.DOTALL)
#: The library's messages and what they mean, the first that fits.
_MEANINGS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], LazyText]], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"expected tag end(\w+)", lambda m: _("“{tag}” is never closed by “end{tag}”", tag=m[1])),
        (r"(\w+) tag (?:wad|was) never closed", lambda m: _("“{tag}” is never closed by “end{tag}”", tag=m[1])),
        (r"unexpected tag '(\w+)'", lambda m: _("the tag “{tag}” does not exist or stands in a wrong place", tag=m[1])),
        (r"unknown filter '(\w+)'", lambda m: _("there is no filter “{name}”", name=m[1])),
        (r"expected '\}\}'", lambda _m: _("the closing braces are missing")),
        (r"missing tag name or closing", lambda _m: _("a tag has no name or is not closed")),
        (r"missing expression", lambda _m: _("a tag lacks what it is about, for example a condition")),
        (r"(?=.*found end of expression)", lambda _m: _("something is missing before the closing sign")),
        (r"expected end of expression, found '?=", lambda _m: _("values are compared by “==”, not by “=”")),
        (r"expected end of expression", lambda _m: _("there is something too much before the closing sign")),
        (r"unexpected (?:'|\")(.{1,20})(?:'|\")", lambda m: _("the sign {sign} is out of place", sign=m[1])),
        (r"missing or unexpected path|expected a(?:n identifier| dot)", lambda _m: _("a name is not written right")),
        (r"(\w+)\(\) (?:missing|takes)", lambda m: _("the filter “{name}” has a wrong number of values", name=m[1])),
        (r"divided_by|modulo", lambda _m: _("a number is divided by zero")),
        (r"(\w+)(?::| date)? expected", lambda m: _("the filter “{name}” got a value that it cannot use", name=m[1])),
        (r"a range of more than|range literal", lambda _m: _("a range is too long")),
        (r"loop iteration", lambda _m: _("a loop repeats too often")),
        (r"output stream|local namespace", lambda _m: _("it prints too much")),
        (r"block nesting", lambda _m: _("tags are nested too deeply")),
    )
)


def fault_words(detail: str) -> str:
    """Return a fault as the child told it, `line 3: expected tag endif …`, in the current language, with its line."""
    place = _PLACE.match(detail)
    line, message = (place[1], place[2]) if place else ("", detail)
    meanings = ((pattern.match(message), words) for pattern, words in _MEANINGS)
    meaning = next((words(found) for found, words in meanings if found), _("it is not written as Liquid asks"))
    return str(_("line {line}: {fault}", line=line, fault=meaning) if line else meaning)


def problem_words(why: str, detail: str) -> str:
    """Return why a template was not used, in the current language. why, detail: as the child told it."""
    fault = fault_words(detail)
    match why:
        case "syntax":
            text = _("The template cannot be read: {detail}.", detail=fault)
        case "template":
            text = _("The template cannot be filled: {detail}.", detail=fault)
        case "limit":
            text = _("The template repeats or prints too much: {detail}.", detail=fault)
        case "size":
            text = _("The template or its document is too large: at most {detail}.", detail=detail)
        case "pages":
            text = _("The document has too many pages: at most {detail}.", detail=detail)
        case "memory":
            text = _("The template needs too much memory.")
        case "nesting":
            text = _("The template is nested too deeply.")
        case "killed":
            text = _("The template is too heavy: its drawing was stopped.")
        case _:
            text = _("The template cannot be drawn: something in its HTML or styles makes the drawing fail.")
    return str(text)
