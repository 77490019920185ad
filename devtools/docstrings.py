"""Docstrings of the house's style as Markdown: what each name means, and the prose around it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

#: A line that begins like this speaks of the whole again, not of the name before it.
_OF_THE_WHOLE: Final = r"(?=\n(?:Returns?|Raises|Calls|Source)\b)"


@dataclass(frozen=True, slots=True)
class Explained:
    """A docstring taken apart. prose: its paragraphs without what is said of single names; meanings: by name."""

    prose: str
    meanings: dict[str, str]


def explained(doc: str, names: Collection[str]) -> Explained:
    """Find `name: what it means` (also `name, name: …`) in a docstring.

    names: fields or parameters; others are prose.
    """
    if not names:
        return Explained(doc, {})
    one = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    start = rf"(?:(?<=\A)|(?<=\n)|(?<=[.;] ))((?:{one})(?:, (?:{one}))*): "
    found = re.compile(rf"{start}(.*?)(?=\s*\Z|{start}|{_OF_THE_WHOLE})".replace("\\Z|", "\\Z|\\s*"), re.S)
    meanings: dict[str, str] = {}
    prose = []
    for paragraph in doc.split("\n\n"):
        for match in found.finditer(paragraph):
            meaning = re.sub(r"\s+", " ", match.group(2)).strip()
            meanings |= dict.fromkeys(match.group(1).split(", "), meaning)
        prose.append(found.sub("", paragraph).strip("\n "))
    return Explained("\n\n".join(filter(None, prose)), meanings)


def markdown(doc: str) -> str:
    """Return prose with its examples (what follows `::`) as code. Angle brackets are escaped."""
    return "\n\n".join(_blocks(doc))


def _blocks(doc: str) -> Iterator[str]:
    is_code = False
    code: list[str] = []
    for paragraph in doc.split("\n\n"):
        if is_code and (not paragraph.strip() or paragraph.startswith("    ")):
            code.append(paragraph)
            continue
        if code:
            yield _fenced(code)
            code = []
        is_code = paragraph.endswith("::")
        yield _escaped(" ".join((paragraph[:-1] if is_code else paragraph).split()))
    if code:
        yield _fenced(code)


def _fenced(code: list[str]) -> str:
    return "```python\n" + textwrap.dedent("\n\n".join(code)).rstrip() + "\n```"


def _escaped(text: str) -> str:
    parts = text.split("`")
    return "`".join(part if number % 2 else part.replace("<", "\\<") for number, part in enumerate(parts))


def first_sentence(doc: str) -> str:
    """Return the first sentence, on one line."""
    text = " ".join(doc.split("\n\n")[0].split())
    match = re.match(r".*?[.;:](?=\s|$)", text)
    return (match.group() if match else text).rstrip(";:")


def cell(text: str) -> str:
    """Return text for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
