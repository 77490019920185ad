"""The conformance kit: checks as small functions, and what runs them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from billhook.capabilities import (
    AnswersQuestions,
    AnswersStatus,
    HearsHints,
    HearsNotifications,
    IssuesDocuments,
    TakesReturns,
)
from billhook.errors import MigrationFailed, ProviderError
from billhook.i18n import use_language
from billhook.provider import Instructions, PaymentProvider
from billhook.settings import SettingKind

from billhook_kit.bench import Bench, Subject
from billhook_kit.gateway import GatewayUnderTest, ProviderUnderTest
from billhook_kit.guard import closed_network
from billhook_kit.host import OpenHost, WrongStart
from billhook_kit.patience import NoException, TooSlow, remembering, told


class Need(StrEnum):
    """What a check needs; without it the check is skipped with this reason."""

    LOADED = "the plugin did not load"
    PROVIDER = "the plugin takes no payments"
    NOTIFICATION = "the plugin has no notification"
    GATEWAY = "tests/billhook_gateway.py has no GatewayUnderTest"
    HONEST = "an honest notification is not credited: see the check `honest`"
    QUESTION = "the plugin has no question"
    RETURN = "the plugin has no return page"
    TEST_MODE = "the plugin has no test mode"
    MERCHANT = "the plugin has no merchant setting"
    DOCUMENTS = "the plugin issues no documents"
    INSTRUCTIONS = "the plugin shows no instructions"
    EVENTS = "the plugin hears of no events"
    STATUS = "the plugin has no status query"
    PAID = "tests/billhook_gateway.py does not say how a status query is answered with “paid”: see `paid`"
    ORDERED = "tests/billhook_gateway.py does not say what the gateway reads out of a start: see `ordered`"
    ANSWERED = "tests/billhook_gateway.py does not say which answer the gateway wants: see `answered`"
    HINTS = "the plugin hears no hints"
    HINTED = "tests/billhook_gateway.py does not say how the gateway hints: see `hint`"
    VIEWS = "the plugin has neither pages nor links"
    PAGES = "the plugin has no pages"
    LINKS = "the plugin has no links"
    LOOKING = "a page or link asks for effects by GET: see the check `looking`"
    SECRETS = "the plugin has no secrets"
    IMPORTABLE = "the plugin is no importable module"
    MIGRATIONS = "the plugin has no migrations"
    DATABASE = "FakeHost has no database: run it with --host"
    PRINTER = "FakeHost draws nothing: run it with --host"


#: What FakeHost lacks.
ONLY_INSTALLED: Final = frozenset({Need.DATABASE, Need.PRINTER})

#: What a need builds on: the plainest reason is told.
_AFTER: Final[Mapping[Need, tuple[Need, ...]]] = {
    Need.LOADED: (),
    Need.PROVIDER: (Need.LOADED,),
    Need.HONEST: (Need.GATEWAY,),
    Need.GATEWAY: (Need.NOTIFICATION,),
    Need.EVENTS: (Need.LOADED,),
    Need.VIEWS: (Need.LOADED,),
    Need.PAGES: (Need.LOADED,),
    Need.LINKS: (Need.LOADED,),
    Need.LOOKING: (),
    Need.SECRETS: (Need.LOADED,),
    Need.IMPORTABLE: (Need.LOADED,),
    Need.MIGRATIONS: (Need.LOADED,),
    Need.DATABASE: (),
    Need.PRINTER: (),
}


#: What an earlier check has shown.
_PROVED_BY: Final[Mapping[Need, str]] = {Need.HONEST: "honest", Need.LOOKING: "looking"}


def _in_turn(needs: Sequence[Need]) -> Iterator[Need]:
    for need in needs:
        yield from _in_turn(_AFTER.get(need, (Need.PROVIDER,)))
        yield need


_STAND_IN: Final = (
    "If the provider calls its gateway here: the kit closes the network, so stand in for the gateway in `online` of "
    "tests/billhook_gateway.py."
)

_SLOW: Final = (
    "Answer within the deadlines of docs/containment.md: give each call to the outside a shorter time limit, as "
    "billhook.http does, and put off what takes long."
)


_NO_EXCEPTION: Final = (
    "Raise what the contract names, or another Exception: SystemExit, asyncio.CancelledError and others that end a "
    "process, a thread or a task don't leave the plugin."
)


class Failed(Exception):
    """A check found something. what: the fact. remedy: what the author changes, if the check's own does not say it."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


Run = Callable[[Bench], None]


@dataclass(frozen=True, slots=True)
class Check:
    """One check. proves: what holds if it passes. remedy: what the author changes if it does not."""

    id: str
    title: str
    proves: str
    remedy: str
    needs: tuple[Need, ...]
    run: Run


class Outcome(StrEnum):
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """How a check ended. what: what was found, or why it was skipped."""

    check: Check
    outcome: Outcome
    what: str = ""
    remedy: str = ""


_CHECKS: Final[dict[str, Check]] = {}


def check(name: str, title: str, *needs: Need, remedy: str) -> Callable[[Run], Run]:
    """Add a function to the kit; its docstring says what it proves. Every check but `load` needs a loaded plugin."""

    def add(run: Run) -> Run:
        proves = re.sub(r"\s+", " ", run.__doc__ or "").strip()
        _CHECKS[name] = Check(name, title, proves, remedy, needs, run)
        return run

    return add


def all_checks() -> Sequence[Check]:
    """Return the checks in the order in which they run."""
    import billhook_kit.checks  # noqa: F401  its modules add the checks

    return tuple(_CHECKS.values())


@dataclass
class Kit:
    """Runs checks on one plugin and one kind of host. Remembers what a later check builds on."""

    subject: Subject
    open_host: OpenHost
    has_database: bool = False
    _overrun: set[str] = field(default_factory=set)
    _done: dict[str, Result] = field(default_factory=dict)

    def run_all(self) -> Iterator[Result]:
        """Yield the result of every check in order."""
        for each in all_checks():
            yield self.run(each)

    def run(self, wanted: Check) -> Result:
        """Run one check, after the check that it builds on."""
        if wanted.id in self._done:
            return self._done[wanted.id]
        try:
            # The kit speaks English; so does what it quotes of a plugin's findings and reasons.
            with use_language("en"):
                result = self._result(wanted)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  what it is, or what it opened, may raise as well
            result = _raised(wanted, error)
        self._done[wanted.id] = result
        return result

    def _result(self, wanted: Check) -> Result:
        missing = next((need for need in _in_turn(wanted.needs) if not self._has(need)), None)
        if missing:
            return Result(wanted, Outcome.SKIPPED, missing)
        with ExitStack() as stack:
            stack.enter_context(remembering(self._overrun))
            network = stack.enter_context(closed_network())
            return _tried(wanted, Bench(self.subject, self.open_host, stack, network))

    def _has(self, need: Need) -> bool:
        if need in ONLY_INSTALLED:
            return self.has_database
        if need in _PROVED_BY:
            return self.run(_CHECKS[_PROVED_BY[need]]).outcome is Outcome.OK
        return need in _present(self.subject)


def _tried(wanted: Check, bench: Bench) -> Result:
    try:
        wanted.run(bench)
    except Failed as found:
        return Result(wanted, Outcome.FAILED, found.what, found.remedy or wanted.remedy)
    except WrongStart as error:
        # One fault, told once: where it was looked for.
        if wanted.id == "start":
            return Result(wanted, Outcome.FAILED, str(error), wanted.remedy)
        return Result(wanted, Outcome.SKIPPED, "the provider does not start well: see the check `start`")
    except TooSlow as error:
        return Result(wanted, Outcome.FAILED, str(error), _SLOW)
    except ProviderError as error:
        return Result(wanted, Outcome.FAILED, told(error), _STAND_IN)
    except NoException as error:
        return Result(wanted, Outcome.FAILED, str(error), _NO_EXCEPTION)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  whatever a plugin raises is a finding
        return _raised(wanted, error)
    return Result(wanted, Outcome.OK)


def _raised(wanted: Check, error: BaseException) -> Result:
    if isinstance(error, MigrationFailed) and wanted.id != "migrations":
        # One fault, told once, though no host opens with tables that cannot be made.
        return Result(wanted, Outcome.SKIPPED, "its tables can't be made: see the check `migrations`")
    return Result(wanted, Outcome.FAILED, told(error), wanted.remedy)


def _present(subject: Subject) -> set[Need]:
    plugin = subject.plugin
    if plugin is None:
        return set()
    facts: Mapping[Need, bool] = {
        Need.LOADED: True,
        Need.EVENTS: bool(plugin.event_hooks),
        Need.VIEWS: bool(plugin.pages or plugin.links),
        Need.PAGES: bool(plugin.pages),
        Need.LINKS: bool(plugin.links),
        Need.MIGRATIONS: bool(plugin.migrations),
        Need.SECRETS: any(each.kind is SettingKind.SECRET for each in plugin.all_settings),
        Need.IMPORTABLE: bool(subject.source.python_files()),
        Need.GATEWAY: isinstance(subject.adapter, GatewayUnderTest),
    }
    found = {need for need, holds in facts.items() if holds} | _said_by(subject.adapter)
    return found | (_of_provider(plugin.provider) if plugin.provider is not None else set())


#: What an adapter may leave unsaid, by the method that says it.
_SAID: Final[Mapping[Need, tuple[type, str]]] = {
    Need.PAID: (ProviderUnderTest, "paid"),
    Need.ORDERED: (ProviderUnderTest, "ordered"),
    Need.HINTED: (ProviderUnderTest, "hint"),
    Need.ANSWERED: (GatewayUnderTest, "answered"),
}


def _said_by(adapter: ProviderUnderTest | None) -> set[Need]:
    return {
        need
        for need, (kind, name) in _SAID.items()
        if isinstance(adapter, kind) and getattr(type(adapter), name) is not getattr(kind, name)
    }


def _of_provider(provider: PaymentProvider) -> set[Need]:
    facts = {
        Need.PROVIDER: True,
        Need.NOTIFICATION: isinstance(provider, HearsNotifications),
        Need.QUESTION: isinstance(provider, AnswersQuestions),
        Need.RETURN: isinstance(provider, TakesReturns),
        Need.TEST_MODE: bool(provider.test_mode_setting),
        Need.MERCHANT: bool(provider.merchant_setting),
        Need.DOCUMENTS: isinstance(provider, IssuesDocuments),
        Need.INSTRUCTIONS: Instructions in provider.starts,
        Need.STATUS: isinstance(provider, AnswersStatus),
        Need.HINTS: isinstance(provider, HearsHints),
    }
    return {need for need, holds in facts.items() if holds}
