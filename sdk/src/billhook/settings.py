"""Settings as data: a plugin declares them, the host draws the form, checks, encrypts, stores and audits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

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
    """Who edits a setting and where its value is kept."""

    RESELLER = "reseller"
    METHOD = "method"
    ACCOUNT = "account"  # the customer; falls back to the reseller's value of the same key


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    key: ASCII identifier, unique in the plugin.
    group: heading under which the form shows it, empty for none.
    stock: for LIQUID, the text that stands in for an empty value and that «restore» brings back.
    minimum, maximum: for NUMBER whole units, for MONEY minor units, for texts the number of characters.
    """

    key: str
    kind: SettingKind
    label: Text
    help: Text = ""
    level: Level = Level.METHOD
    required: bool = False
    default: object = None
    choices: Sequence[tuple[str, Text]] = ()
    minimum: int | None = None
    maximum: int | None = None
    validator: Validator | None = None
    group: Text = ""
    stock: str = ""


class Severity(StrEnum):
    ERROR = "error"  # blocks saving
    WARNING = "warning"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the doctor found. setting: the key it belongs to, empty for the whole. remedy: what to do."""

    severity: Severity
    text: Text
    remedy: Text = ""
    setting: str = ""
