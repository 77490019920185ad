"""Run by `test_one_line.py` where the contract has one more place, `greet`, and one more event, `AccountSlept`."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from billhook import Notify, ProviderError, events, hookimpl, provider
from billhook.host import answers, places
from billhook_kit import installed_host, open_fake
from billhook_kit.bench import Subject
from billhook_kit.checks.events import sample_event
from billhook_kit.kit import Kit, Outcome, all_checks
from billhook_kit.source import of_object

from devtools.reference import Page
from host_stub.plugins.breaker import BreakerState
from host_stub.plugins.delivery import listeners
from host_stub.plugins.guard import CallOverran, Guard
from host_stub.plugins.registry import Registry
from host_stub.plugins.tally import BOUNDS
from host_stub.services.queues.events import event_of, payload_of
from tests.platform.containment_table import page

Greeting: Any = provider.Greeting  # type: ignore[attr-defined]
AccountSlept: Any = events.AccountSlept  # type: ignore[attr-defined]
HOOK = "billhook_account_slept"


@hookimpl
def slept(event: Any) -> list[Notify]:
    return [Notify(event.account_id, f"{event.at:%d %H:%M}", f"{event.days} days", [event.said])]


SLEEPERS = SimpleNamespace(**{HOOK: slept})


def raised(kind: type[Exception], call: Any) -> str:
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"no {kind.__name__}")


def the_answer_is_looked_at() -> None:
    answers.check("p", "greet", Greeting("Hello", 1))
    assert "not Greeting" in raised(answers.Rubbish, lambda: answers.check("p", "greet", None))
    wrong = Greeting("Hello", "twice")
    assert "times = str, not int" in raised(answers.Rubbish, lambda: answers.check("p", "greet", wrong))
    assert "not a list of Notify" in raised(answers.Rubbish, lambda: answers.check("p", HOOK, 5))


def it_is_called_on_its_side_within_its_deadline() -> None:
    guard = Guard("p", lambda: datetime.now(UTC))

    def refuse() -> None:
        raise ProviderError("not today")

    def fail() -> None:
        raise RuntimeError("broken")

    thread = guard.call("greet", lambda: Greeting(threading.current_thread().name, 1)).text
    assert str(thread).startswith("plugin p public")
    assert raised(ProviderError, lambda: guard.call("greet", refuse)) == "not today"
    for _ in range(20):
        assert "broken" in raised(Exception, lambda: guard.call("greet", fail))
    assert guard.public.state is BreakerState.CLOSED  # strangers pause nobody
    assert "within 0.3 s" in raised(CallOverran, lambda: guard.call("greet", threading.Event().wait))
    assert (guard.tallies.places["greet"].calls, guard.tallies.places["greet"].overruns) == (23, 1)
    assert 0.3 in BOUNDS


def the_event_is_delivered() -> None:
    event = sample_event(AccountSlept)
    assert event_of(HOOK, payload_of(event)) == event
    assert payload_of(event)["since"] == event.since.isoformat()
    registry = Registry.of({"p": SLEEPERS})
    assert listeners(registry) == ["p"]
    assert registry.listening().hooks == {HOOK: ("p",)}
    for open_host in (open_fake, installed_host()):
        with open_host(of_object("p", SLEEPERS), "RUB") as host:
            (told,) = host.tell(sample_event(AccountSlept, account_id=host.account().id, days=7))
            assert isinstance(told, Notify)
            assert told.subject == "7 days"


def the_kit_checks_its_handlers() -> None:
    effects = next(check for check in all_checks() if check.id == "effects")
    assert Kit(Subject(of_object("p", SLEEPERS)), open_fake).run(effects).outcome is Outcome.OK
    stray = SimpleNamespace(**{HOOK: hookimpl(lambda event: [Notify(event.account_id + 1, "k", "s", ["p"])])})
    assert Kit(Subject(of_object("p", stray)), open_fake).run(effects).outcome is Outcome.FAILED


def the_pages_tell_of_both() -> None:
    contained, reference = page(), Page().text()
    assert "| `greet` | 0.3 s | `Greeting` | nobody is greeted |" in contained
    assert "(`greet`, `verify`" in contained
    assert f"| `{HOOK}` | 30 s | list of `Notify`, `Keep`, `Discard` | the fact waits" in contained
    assert "| `greet` | `public` | 0.3 s | [`ProviderError`](#providererror) |" in reference
    assert f"| [`{HOOK}`](#{HOOK}) | event |" in reference


assert places.PLACES["greet"].seconds == 0.3
the_answer_is_looked_at()
it_is_called_on_its_side_within_its_deadline()
the_event_is_delivered()
the_kit_checks_its_handlers()
the_pages_tell_of_both()
print("known everywhere")
