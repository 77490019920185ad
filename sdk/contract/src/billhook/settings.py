"""Settings as data: a plugin declares them, the host draws the form, checks, encrypts, stores and audits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from billhook.i18n import LazyText

Text = LazyText | str
#: Checks one value and returns what is wrong with it, or None. It gets the value as typed by `SettingKind`.
Validator = Callable[[object], Text | None]


class SettingKind(StrEnum):
    """How a setting is drawn and what type its value has."""

    TEXT = "text"  # str
    MULTILINE = "multiline"  # str
    SECRET = "secret"  # str; encrypted at rest, never shown again
    CHOICE = "choice"  # str, one of `choices`
    NUMBER = "number"  # int
    MONEY = "money"  # Money in the reseller's currency, or None
    SWITCH = "switch"  # bool
    EMAILS = "emails"  # str: addresses separated by commas or newlines
    LIQUID = "liquid"  # str: a Liquid template; empty means the stock one


class Level(StrEnum):
    """Who edits a setting and where its value is kept: operator → reseller → method or account."""

    OPERATOR = "operator"  # one value for the whole installation
    RESELLER = "reseller"
    METHOD = "method"  # one payment method of a reseller
    ACCOUNT = "account"  # the customer


#: By the most specific level, every level that its value may come from, the nearest first.
CHAINS: Final[Mapping[Level, tuple[Level, ...]]] = {
    Level.OPERATOR: (Level.OPERATOR,),
    Level.RESELLER: (Level.RESELLER, Level.OPERATOR),
    Level.METHOD: (Level.METHOD, Level.RESELLER, Level.OPERATOR),
    Level.ACCOUNT: (Level.ACCOUNT, Level.RESELLER, Level.OPERATOR),
}
#: Kinds whose empty value means that nothing is set there, so that the level above holds.
_EMPTY_IS_NONE: Final = frozenset({SettingKind.SECRET, SettingKind.LIQUID})


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    key: ASCII identifier, unique in the plugin.
    level: the most specific level at which it is set.
    inherits_from: the highest level at which it may be set; each level between inherits from the one above and may
        override it. Left out, an ACCOUNT setting inherits from the reseller and any other stands at its level alone. A
        MONEY setting cannot stand at OPERATOR level: the operator has no currency.
    required: there must be a value in the end, set at its level or inherited; the levels above may leave it empty.
    default: what holds where nobody ever set anything, of the kind's own type. A NUMBER that somebody emptied
        arrives as None. A SECRET has none, nor has a MONEY setting: each reseller sells in its own currency.
    group: heading under which the form shows it, empty for none.
    stock: for LIQUID, the text that stands in for an empty value and that «restore» brings back.
    minimum, maximum: for NUMBER whole units, for MONEY minor units, for texts the number of characters.
    """

    key: str
    kind: SettingKind
    label: Text
    help: Text = ""
    level: Level = Level.METHOD
    inherits_from: Level | None = None
    required: bool = False
    default: object = None
    choices: Sequence[tuple[str, Text]] = ()
    minimum: int | None = None
    maximum: int | None = None
    validator: Validator | None = None
    group: Text = ""
    stock: str = ""

    @property
    def highest(self) -> Level:
        """The highest level at which it may be set."""
        return self.inherits_from or (Level.RESELLER if self.level is Level.ACCOUNT else self.level)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Where it may be set, the most specific level first: the first that has a value wins."""
        return _part(self.level, self.highest)

    @property
    def inherits(self) -> bool:
        """Whether it may be set at more than one level."""
        return len(self.levels) > 1


@cache
def _part(level: Level, highest: Level) -> tuple[Level, ...]:
    chain = CHAINS[level]
    return chain[: chain.index(highest) + 1]


def resolve(setting: Setting, kept: Mapping[Level, Mapping[str, object]]) -> tuple[object, Level | None]:
    """Return the value that holds and the level that it comes from; the default and None where nobody set it.

    kept: by level, what was set there by key; the caller's own form of values, handed back as it is. An empty SECRET or
        LIQUID counts as not set, any other empty value as set to nothing on purpose.
    """
    for level in setting.levels:
        values = kept.get(level, {})
        if setting.key in values and (values[setting.key] or setting.kind not in _EMPTY_IS_NONE):
            return values[setting.key], level
    return setting.default, None


class Severity(StrEnum):
    ERROR = "error"  # blocks saving
    WARNING = "warning"
    TODO = "todo"  # the doctor cannot see it: somebody has to look, and `remedy` says what happens otherwise
    OK = "ok"  # it was checked


@dataclass(frozen=True, slots=True)
class Finding:
    """What the doctor found. setting: the key it belongs to, empty for the whole. remedy: what to do."""

    severity: Severity
    text: Text
    remedy: Text = ""
    setting: str = ""
