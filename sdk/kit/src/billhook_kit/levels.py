"""What reseller and operator set in a host in memory, and which of their secrets still count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from billhook.settings import Level, Setting, SettingKind


def _empty() -> dict[Level, dict[str, object]]:
    return {Level.RESELLER: {}, Level.OPERATOR: {}}


@dataclass
class Above:
    """The levels above methods and accounts. kept: values by level and key."""

    kept: dict[Level, dict[str, object]] = field(default_factory=_empty)
    _replaced: dict[tuple[Level, str], tuple[str, ...]] = field(default_factory=dict)

    def set(self, level: Level, declared: Sequence[Setting], values: Mapping[str, object]) -> None:
        """Keep values at a level. declared: the settings that may stand there. Raises KeyError for another key."""
        by_key = {setting.key: setting for setting in declared}
        for key, value in values.items():
            if by_key[key].kind is SettingKind.SECRET:
                self._retire(by_key[key], level, value)
            self.kept[level][key] = value

    def former(self, secret: Setting, own: Mapping[str, object]) -> tuple[str, ...]:
        """Return what is accepted beside the present secret. own: the settings of a method or account."""
        chain = [level for level in secret.levels if level in self.kept]
        return () if own.get(secret.key) else self._former(secret.key, chain)

    def _retire(self, secret: Setting, level: Level, successor: object) -> None:
        """Go on accepting what held at this level until now: its own value, or what it inherited, with its past."""
        chain = secret.levels[secret.levels.index(level) :]
        present = next((value for each in chain if (value := self.kept[each].get(secret.key))), None)
        if present and present != successor:
            past = self._former(secret.key, chain)
            self._replaced[level, secret.key] = tuple(dict.fromkeys((str(present), *past)))

    def _former(self, key: str, chain: Sequence[Level]) -> tuple[str, ...]:
        """Return what was replaced at the level of the chain that has the secret, and below it."""
        former: tuple[str, ...] = ()
        for level in chain:
            former += self._replaced.get((level, key), ())
            if self.kept[level].get(key):
                break
        return former
