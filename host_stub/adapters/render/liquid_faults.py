"""Where a fault of a template stands: the library names no line for a tag that is cut short or never closed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from liquid.exceptions import LiquidError

_TAG: Final = re.compile(r"\{%-?\s*(\w+)")
_NEVER_CLOSED: Final = re.compile(r"expected tag end(\w+), found end")


def fault_of(error: LiquidError, template: str, compile_: Callable[[str], object]) -> str:
    """Return the fault as `line 3: what`, the line left out where it cannot be found.

    compile_: compiles a part of the template; raises LiquidError.
    """
    line = _said(error) or _unclosed(error.message, template) or _reached(error.message, template, compile_)
    return (f"line {line}: " if line else "") + str(error.message)[:300]


def _said(error: LiquidError) -> int | None:
    context: Any = error.context() if error.token is not None else None
    return context[0] if context else None


def _unclosed(message: str, template: str) -> int | None:
    """Return the line of the tag that is never closed: the last one of its kind without its end."""
    found = _NEVER_CLOSED.match(message)
    if found is None:
        return None
    kind, open_at = found[1], list[int]()
    for tag in _TAG.finditer(template):
        if tag[1] == kind:
            open_at.append(tag.start())
        elif tag[1] == f"end{kind}" and open_at:
            open_at.pop()
    return template.count("\n", 0, open_at[-1]) + 1 if open_at else None


def _reached(message: str, template: str, compile_: Callable[[str], object]) -> int | None:
    """Return the first line with which the template has this fault: a parser reads from the top."""
    lines = template.splitlines(keepends=True)
    low, high = 1, len(lines)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _fails(compile_, "".join(lines[:middle]), message) else (middle + 1, high)
    return low if lines and _fails(compile_, "".join(lines[:low]), message) else None


def _fails(compile_: Callable[[str], object], part: str, message: str) -> bool:
    try:
        compile_(part)
    except LiquidError as error:
        return str(error.message) == message
    return False
