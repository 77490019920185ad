"""Secrets that a plugin was given, taken out of what it says when a call fails, before anybody keeps or reads it.

An exception's text is the plugin's: it may quote the address, the form or the header that was just sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from billhook import MethodView, Setting, SettingKind
from billhook.errors import BillhookError
from billhook.host.written import written

MASK: Final = "***"
#: A shorter secret stands in ordinary words too: only where it stands alone is it taken for the secret.
_SHORT: Final = 4
#: Of an error's text. A gateway may have answered with a whole page, and the plugin have quoted it.
_LONGEST: Final = 2000


class Mask:
    """Replaces secrets, as they are and as they are usually written: in addresses, forms, JSON, HTML, `repr`.

    secrets: read at each use; may grow meanwhile.
    """

    def __init__(self, secrets: Collection[str]) -> None:
        self._secrets = secrets

    def __call__(self, text: str) -> str:
        known = {each for secret in frozenset(self._secrets) - {""} for each in written(secret)}
        if not known:
            return text
        longest_first = sorted(known, key=lambda each: (-len(each), each))
        return re.sub("|".join(map(_pattern, longest_first)), MASK, text)

    def error(self, error: BillhookError) -> BillhookError:
        """Return an error of the contract like this one, without secrets and without what it was raised from.

        It is of the nearest class that the contract itself has: what a plugin adds may say anything.
        """
        kinds = (kind for kind in type(error).__mro__ if issubclass(kind, BillhookError))
        kind = next(kind for kind in kinds if kind.__module__.partition(".")[0] == "billhook")
        # Not its own making, which may want more than a text.
        masked = kind.__new__(kind)
        # Cut last: half of a secret would be told by nobody.
        masked.__dict__.update(
            {name: _cut(self(_kept(value))) for name, value in vars(error).items() if isinstance(value, str)}
        )
        masked.args = (_cut(self(text_of(error))),)
        return masked


_given: Final[ContextVar[set[str] | None]] = ContextVar("secrets given to the call under way", default=None)


@contextmanager
def call_under_way() -> Iterator[Mask]:
    """Give the mask for a call of a plugin's code that is made inside the block, whatever it will have been given."""
    secrets: set[str] = set()
    token = _given.set(secrets)
    try:
        yield Mask(secrets)
    finally:
        _given.reset(token)


def given(secrets: Iterable[str]) -> None:
    """Take note of secrets that the plugin is given. For the thread in which its code runs, before it does."""
    known = _given.get()
    if known is not None:
        known.update(secrets)


def secrets_of(method: MethodView, settings: Iterable[Setting]) -> set[str]:
    """Return the secrets of a method, present and former."""
    keys = {setting.key for setting in settings if setting.kind is SettingKind.SECRET} & method.settings.keys()
    former = {secret for kept in method.previous_secrets.values() for secret in kept}
    return former | {secret for key in keys for secret in method.secrets(key)}


def text_of(error: BaseException) -> str:
    """Return an error's text, fit to be kept. That is the plugin's code too, and may fail."""
    try:
        return _kept(str(error))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001
        return "(its text cannot be read)"


def _kept(text: str) -> str:
    """Return a text without what no database keeps: NUL, and halves of characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _pattern(written: str) -> str:
    exact = re.escape(written)
    return exact if len(written) >= _SHORT else rf"(?<!\w){exact}(?!\w)"
