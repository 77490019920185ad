"""Loading: what must hold before a host calls anything else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from billhook.callbacks import ActionKind
from billhook.money import MINOR_DIGITS
from billhook.provider import Capabilities, PaymentProvider
from billhook.settings import SettingKind
from billhook.testing.bench import Bench
from billhook.testing.guard import touched_at_import
from billhook.testing.kit import Failed, Need, check

_PART: Final = re.compile(r"\A[a-z][a-z0-9_-]*\Z", re.ASCII)


@check("load", "It loads", remedy="Do what the message says; the rules stand in billhook.hooks.")
def loads(bench: Bench) -> None:
    """Name, hooks, markers, provider, settings, watches, template folder and version of the contract are what every
    host demands before it calls anything."""
    if bench.subject.plugin is None:
        raise Failed(bench.subject.fault)


@check(
    "offline_import",
    "Importing and loading it reaches for nothing",
    Need.LOADED,
    Need.IMPORTABLE,
    remedy="Move the call into the method that needs its answer; import and collectors run in every process at start.",
)
def reaches_for_nothing_at_import(bench: Bench) -> None:
    """Import and collectors open no socket, ask no name server and start no process."""
    touched = touched_at_import(bench.subject.source.name, bench.subject.source.import_name)
    if touched:
        raise Failed(f"while it was imported and loaded it reached out: {touched}")


@check(
    "capabilities",
    "Its capabilities agree with its code",
    Need.PROVIDER,
    remedy="Let the declaration and the code say the same: hosts decide by the declaration alone.",
)
def capabilities_agree_with_the_code(bench: Bench) -> None:
    """What the provider declares as data names settings, currencies and actions that exist, and methods that it
    overrides."""
    kind = type(bench.provider)
    for problem in (*_misnamed(kind.capabilities, kind), *_undone(kind.capabilities, kind)):
        raise Failed(problem)


def _misnamed(capabilities: Capabilities, kind: type[PaymentProvider]) -> Iterator[str]:
    by_key = {setting.key: setting.kind for setting in kind.settings}
    merchant, test = capabilities.merchant_setting, capabilities.test_mode_setting
    if merchant and by_key.get(merchant) in (None, SettingKind.SECRET, SettingKind.SWITCH):
        yield f"merchant_setting is {merchant!r}, which is no text setting of the provider"
    if test and by_key.get(test) is not SettingKind.SWITCH:
        yield f"test_mode_setting is {test!r}, which is no SWITCH setting of the provider"
    for currency in capabilities.currencies:
        if currency not in MINOR_DIGITS:
            yield f"currency {currency!r} is unknown to billhook.Money"
    if not capabilities.account_types:
        yield "account_types is empty: nobody could be offered the method"
    for what, names in (
        ("action", [action.name for action in capabilities.actions]),
        ("document", [document.name for document in capabilities.documents]),
    ):
        if len(set(names)) != len(names):
            yield f"two {what}s have one name"
        yield from (f"{what} {name!r} can't stand in an address" for name in names if not _PART.match(name))


def _undone(capabilities: Capabilities, kind: type[PaymentProvider]) -> Iterator[str]:
    notified = any(action.kind is ActionKind.NOTIFICATION for action in capabilities.actions)
    for declared, method, what in (
        (notified, "verify", "a NOTIFICATION action"),
        (bool(capabilities.actions), "parse", "actions"),
        (bool(capabilities.documents), "document", "documents"),
        (capabilities.status_query, "query", "status_query"),
    ):
        overridden = getattr(kind, method) is not getattr(PaymentProvider, method)
        if declared and not overridden:
            yield f"it declares {what} and does not override {method}"
        if overridden and not declared:
            yield f"it overrides {method} and does not declare {what}"
