"""Pages that name the tests behind what they say: `tests/folder/test_file.py::test_name`."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: What stands in a page's source and not on the page.
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def named(text: str) -> list[str]:
    """Return the tests that a text names."""
    return re.findall(r"[\w/]+\.py::test_\w+", text)


def named_in_comments(text: str) -> list[str]:
    """Return the tests that the comments of a text name."""
    return [name for comment in _COMMENT.findall(text) for name in named(comment)]


def without_comments(text: str) -> str:
    """Return a page as its reader sees it."""
    return re.sub(rf" ?{_COMMENT.pattern}", "", text, flags=re.DOTALL)


def missing(names: list[str]) -> list[str]:
    """Return those of the named tests that do not exist."""
    return [name for name in names if name.partition("::")[2] not in _tests_in(name.partition("::")[0])]


@cache
def _tests_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    return frozenset(node.name for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.FunctionDef))
