"""Versions of the contract.

The minor number grows with every addition, the major one when something that plugins rely on goes away. What is to go
away is retired first: it still works, and warns with the name of its successor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ApiVersion = tuple[int, int]

#: What this distribution speaks, as (major, minor).
API_VERSION: Final[ApiVersion] = (1, 0)


@dataclass(frozen=True, slots=True)
class ApiRange:
    """The versions that a plugin works with: from `since`, below `before`."""

    since: ApiVersion = API_VERSION
    before: ApiVersion = (API_VERSION[0] + 1, 0)

    def __contains__(self, version: object) -> bool:
        return isinstance(version, tuple) and self.since <= version < self.before

    def __str__(self) -> str:
        return f">={self.since[0]}.{self.since[1]},<{self.before[0]}.{self.before[1]}"


def retired(name: str, successor: str) -> DeprecationWarning:
    """Return the warning for `warn_on_impl` (or a value of `warn_on_impl_args`) of a retired hook or argument."""
    return DeprecationWarning(f"{name} is retired: use {successor}")
