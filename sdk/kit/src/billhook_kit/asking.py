"""What a plugin's code may look for in a message: names that it asks for, and names that stand in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from billhook.callbacks import RawRequest

from billhook_kit.source import PluginSource

#: What a field or a header can be called.
_NAME: Final = re.compile(r"[A-Za-z_][\w.\[\]-]{0,63}", re.ASCII)


def written_names(source: PluginSource) -> list[str]:
    """Return every text of the plugin's code that could name a field: it may be looked up in a copy of the fields."""
    texts = [
        node.value
        for path in source.python_files()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return list(dict.fromkeys(text for text in texts if _NAME.fullmatch(text)))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plugin asked a message for, in order."""

    fields: list[str]
    headers: list[str]


def overhear(request: RawRequest) -> tuple[RawRequest, Asked]:
    """Return the request as one that notes what it is asked for, and the notes."""
    asked = Asked([], [])

    class Noting(RawRequest):
        """A copy of it, as `dataclasses.replace` makes one, notes in the same place."""

        def one(self, name: str) -> str:
            asked.fields.append(name)
            return RawRequest.one(self, name)

        def optional(self, name: str) -> str | None:
            asked.fields.append(name)
            return RawRequest.optional(self, name)

    given = {each.name: getattr(request, each.name) for each in fields(request)}
    return Noting(**{**given, "headers": _Headers(request.headers, asked.headers)}), asked


class _Headers(dict[str, str]):
    """Headers that note which of them are looked up."""

    def __init__(self, headers: Mapping[str, str], asked: list[str]) -> None:
        super().__init__(headers)
        self._asked = asked

    def __getitem__(self, name: str) -> str:
        self._asked.append(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._asked.append(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._asked.append(name)
        return super().get(name, default)
