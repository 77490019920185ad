"""What the loaded plugins want to hear about, as data, so that services need not know plugins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WatchSpec:
    """A watch that a plugin declared.

    kind: balance or charge. default: days when nobody set any; a balance watch has none, since a sum has no default.
    levels: at which the setting may be set, the nearest first.
    """

    plugin: str
    key: str
    kind: str
    setting: str
    default: int | None
    levels: tuple[str, ...] = ("account", "reseller")


@dataclass(frozen=True, slots=True)
class Listening:
    """hooks: by event hook, the plugins that implement it, in load order. watches: all declared ones."""

    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    watches: tuple[WatchSpec, ...] = ()

    def plugins(self, hook: str) -> tuple[str, ...]:
        return self.hooks.get(hook, ())

    def watches_of(self, kind: str) -> tuple[WatchSpec, ...]:
        return tuple(watch for watch in self.watches if watch.kind == kind)
