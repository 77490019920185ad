"""What the gateway does wrong on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from threading import Lock
from typing import Final

#: Least and greatest value of what is a number.
LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "copies": (1, 20),
    "late_seconds": (0, 600),
    "cut_starts": (0, 1000),
    "slow_seconds": (0, 60),
    "errors": (0, 1000),
    "unknown_statuses": (0, 1000),
}


class WrongFault(ValueError):
    """A fault that does not exist, or a value that it cannot have. The text says which."""


@dataclass
class Faults:
    """Switches and counters; a new one does nothing wrong. See `docs/simulator.md`.

    late_seconds, slow_seconds: may be fractions. cut_starts, errors, unknown_statuses count down as they are used.
    """

    copies: int = 1
    parallel: bool = False
    wrong_signature: bool = False
    wrong_amount: bool = False
    wrong_currency: bool = False
    wrong_shop: bool = False
    late_seconds: float = 0
    reorder: bool = False
    cut_starts: int = 0
    slow_seconds: float = 0
    errors: int = 0
    unknown_statuses: int = 0
    _lock: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    def take(self, counter: str) -> bool:
        """Say whether one is due of a fault that is counted, and count it down."""
        with self._lock:
            left: int = getattr(self, counter)
            setattr(self, counter, max(0, left - 1))
            return left > 0

    def change(self, values: Mapping[str, object]) -> None:
        """Set those that are named, all or none; `reset` turns all off first. Raises WrongFault."""
        wanted = dict(values)
        reset = wanted.pop("reset", False)
        if type(reset) is not bool:
            raise WrongFault("reset: true or false is needed")
        for name, value in wanted.items():
            _check(name, value)
        with self._lock:
            for name, value in {**(_DEFAULTS if reset else {}), **wanted}.items():
                setattr(self, name, value)

    def told(self) -> dict[str, bool | int | float]:
        """Return how all of them stand, by name."""
        with self._lock:
            return {name: getattr(self, name) for name in _DEFAULTS}


_DEFAULTS: Final[Mapping[str, bool | int | float]] = {
    each.name: each.default for each in fields(Faults) if isinstance(each.default, bool | int | float)
}
SWITCHES: Final = tuple(name for name, value in _DEFAULTS.items() if isinstance(value, bool))


def _check(name: str, value: object) -> None:
    if name not in _DEFAULTS:
        raise WrongFault(f"{name}: there is no such fault; there are: {', '.join(_DEFAULTS)}")
    if name in SWITCHES:
        if type(value) is not bool:
            raise WrongFault(f"{name}: true or false is needed")
        return
    least, most = LIMITS[name]
    kinds = (int, float) if name.endswith("_seconds") else (int,)
    # A NaN is between nothing.
    if type(value) not in kinds or not least <= value <= most:  # type: ignore[operator]
        raise WrongFault(f"{name}: a number from {least} to {most} is needed")
