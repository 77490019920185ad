"""Why a plugin cannot be loaded, as values, and the plain shapes that several declarations have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from billhook.errors import PluginError

#: A name of Python, of tables and of addresses.
NAME: Final = re.compile(r"\A[a-z][a-z0-9_]*\Z", re.ASCII)
#: The last part of an address.
ADDRESS_PART: Final = re.compile(r"\A[a-z][a-z0-9_-]*\Z", re.ASCII)


class Problem(NamedTuple):
    """why: the fact. remedy: what the author changes."""

    why: str
    remedy: str


#: Rules yield what is wrong, the plainest first. Only the first counts: a rule relies on those before it.
Problems = Iterator[Problem]
Rule = Callable[[Any], Problems]


def refuse(plugin: str, problems: Iterable[Problem]) -> None:
    """Raise PluginError for the first problem, if there is one, and look for no other."""
    for why, remedy in problems:
        raise PluginError(plugin, why, remedy)


def brief(value: object) -> str:
    """Return a value as an author wrote it, of bounded length."""
    return f"{value!r:.60}"


def members(value: object, what: str, kind: str) -> Problems:
    """Say if what must be a list is none. kind: what it holds, for the remedy."""
    if not isinstance(value, list | tuple):
        yield Problem(f"{what} is {brief(value)}, no list", f"Give it a tuple of {kind}.")


def is_whole(value: object) -> bool:
    """Say whether it is a whole number; True and False are none."""
    return type(value) is int


def twice(names: list[str]) -> str | None:
    """Return the first name that stands there again, or None."""
    return next((name for number, name in enumerate(names) if name in names[:number]), None)
