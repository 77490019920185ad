"""The kit comes to its end, with a finding: whatever a plugin does to the process, the clock and its own files."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from billhook import Reader, hookimpl
from billhook.events import Event
from billhook.host import places
from billhook_kit import patience
from billhook_kit.bench import Subject
from billhook_kit.cli import main
from billhook_kit.fake_host import FakeHost, open_fake
from billhook_kit.guard import overheard, seen_at_import
from billhook_kit.kit import Kit, Outcome, Result, all_checks
from billhook_kit.source import find_plugin, of_object

MUTANTS = Path(__file__).parent / "mutants"
honest: Any = find_plugin(str(MUTANTS / "honest_gateway.py")).module
SHORT = 0.3
LONG = 20.0
#: Long before what does not end would have ended; how fast the machine is shows in no test.
QUICK_SECONDS = 15.0


@pytest.fixture
def a_module(tmp_path: Path) -> Iterator[Path]:
    """Yield a file that can be imported, and forget it afterwards."""
    before = list(sys.path)
    yield tmp_path / "unruly_plugin.py"
    sys.modules.pop("unruly_plugin", None)
    sys.path[:] = before


@pytest.fixture(autouse=True)
def _ctrl_c_as_usual() -> Iterator[None]:
    """Let Ctrl-C raise, as for whoever runs the kit at a terminal; in the background of a shell it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short = {name: replace(place, seconds=SHORT) for name, place in places.PLACES.items()}
    monkeypatch.setattr(places, "LOADING_SECONDS", SHORT)
    monkeypatch.setattr(places, "PLACES", short)


class Dawdler:
    """Hears of balances, and takes its time. calls: how often it was called."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.calls = 0

    @hookimpl
    def billhook_balance_changed(self, event: Event, reader: Reader) -> list[object]:
        self.calls += 1
        try:
            time.sleep(self.seconds)
        except Exception:  # noqa: BLE001  the deadline is no business of the plugin's
            time.sleep(self.seconds)
        return []


def results(subject: Subject, *checks: str) -> list[Result]:
    kit = Kit(subject, open_fake)
    return [kit.run(each) for each in all_checks() if each.id in checks]


def test_a_handler_that_does_not_end_is_given_up_and_not_called_again() -> None:
    plugin = Dawdler(LONG)
    began = time.monotonic()

    effects, limits = results(Subject(of_object("dawdler", plugin)), "effects", "time_limits")

    assert time.monotonic() - began < QUICK_SECONDS
    assert plugin.calls == 1
    assert (effects.outcome, limits.outcome) == (Outcome.FAILED, Outcome.OK)
    assert effects.what == "billhook_balance_changed did not answer within 0.3 s: hosts give it up then"
    assert "docs/containment.md" in effects.remedy


@pytest.mark.parametrize("place", ["availability", "start"])
def test_a_provider_that_does_not_end_is_given_up(place: str) -> None:
    subject = honest.subject("mutant_host_tables")
    provider = type(subject.plugin.provider)

    class Slow(provider):  # type: ignore[misc, valid-type]
        pass

    setattr(Slow, place, lambda *_arguments: time.sleep(LONG))
    module = SimpleNamespace(billhook_payment_providers=hookimpl(lambda: [Slow]))
    began = time.monotonic()

    (result,) = results(Subject(of_object("mutant_host_tables", module), subject.adapter), "start")

    assert time.monotonic() - began < QUICK_SECONDS
    assert (result.outcome, result.what) == (
        Outcome.FAILED,
        f"{place} did not answer within 0.3 s: hosts give it up then",
    )


def test_in_other_threads_what_took_too_long_is_told_when_it_ends() -> None:
    told: list[str] = []

    def call() -> None:
        try:
            with patience.within("verify"):
                time.sleep(SHORT + 0.2)
        except patience.TooSlow as error:
            told.append(str(error))

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()

    assert told == ["verify did not answer within 0.3 s: hosts give it up then"]


def test_an_alarm_that_a_finaliser_swallows_comes_again() -> None:
    class Slow:
        def __del__(self) -> None:
            time.sleep(2 * SHORT)

    def call() -> None:
        Slow()
        time.sleep(20)

    with pytest.raises(patience.TooSlow), patience.within("verify"):
        call()


def test_the_garbage_collector_takes_no_time_of_a_plugin() -> None:
    with patience.within("verify"):
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_is_quick_enough_is_left_alone() -> None:
    assert FakeHost(Dawdler(0), "dawdler").plugin.event_hooks
    assert [each.outcome for each in results(Subject(of_object("dawdler", Dawdler(0))), "effects")] == [Outcome.OK]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import time; time.sleep(5)", "import failed: TooSlow: the import did not answer within 0.3 s"),
        ("import os; os._exit(0)", "import failed: EndedProcess: it called os._exit(0)"),
        (
            "import time\nfrom billhook import hookimpl\n\n@hookimpl\ndef billhook_settings():\n    time.sleep(5)\n",
            "the collectors did not answer within 0.3 s",
        ),
        (
            "import os\nfrom billhook import hookimpl\n\n@hookimpl\ndef billhook_settings():\n    os._exit(0)\n",
            "it called os._exit(0)",
        ),
    ],
)
def test_a_load_that_no_panel_survives_is_reported_with_exit_code_1(
    code: str, found: str, a_module: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_module.write_text(f"{code}\n", "utf-8")
    began = time.monotonic()

    assert main(["check", str(a_module)]) == 1

    assert time.monotonic() - began < QUICK_SECONDS
    report = " ".join(capsys.readouterr().out.split())
    assert "failed load" in report
    assert found in report


class OfItsOwn(BaseException):
    """No Exception."""


class Wordless(Exception):
    """Its text can't be read."""

    def __str__(self) -> str:
        raise ValueError("no text")


NO_EXCEPTIONS = [asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit, OfItsOwn]


@pytest.mark.parametrize("kind", [each.__name__ for each in NO_EXCEPTIONS])
@pytest.mark.parametrize("place", ["raise {kind}", "@hookimpl\ndef billhook_settings():\n    raise {kind}"])
def test_what_is_no_exception_and_raised_at_load_is_reported_with_exit_code_1(
    kind: str, place: str, a_module: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = "from asyncio import CancelledError\nfrom billhook import hookimpl\n\nclass OfItsOwn(BaseException): ...\n"
    a_module.write_text(f"{known}\n{place.format(kind=kind)}\n", "utf-8")

    assert main(["check", str(a_module)]) == 1

    report = " ".join(capsys.readouterr().out.split())
    assert "failed load" in report
    assert f"{kind} (which is no Exception)" in report


def raising(place: str, error: BaseException) -> Subject:
    """Return the honest plugin with one method that raises."""
    subject = honest.subject("mutant_host_tables")
    provider = type(subject.plugin.provider)

    def method(*_arguments: object) -> None:
        raise error

    kind = type("Raising", (provider,), {place: method})
    module = SimpleNamespace(billhook_payment_providers=hookimpl(lambda: [kind]))
    return Subject(of_object("mutant_host_tables", module), subject.adapter)


@pytest.mark.parametrize("kind", NO_EXCEPTIONS)
def test_a_start_that_raises_what_is_no_exception_is_a_finding(kind: type[BaseException]) -> None:
    (found,) = results(raising("start", kind("away")), "start")

    assert (found.outcome, found.what) == (Outcome.FAILED, f"{kind.__name__}: away (which is no Exception)")
    assert "another Exception" in found.remedy


@pytest.mark.parametrize("kind", NO_EXCEPTIONS)
def test_a_verify_that_raises_what_is_no_exception_is_answered_as_on_the_panel(kind: type[BaseException]) -> None:
    honest, rubbish = results(raising("verify", kind("away")), "honest", "rubbish")

    assert "503" in honest.what
    assert f"notify: {kind.__name__}: away (which is no Exception)" in honest.what
    assert honest.outcome is rubbish.outcome is Outcome.FAILED


def test_an_error_without_words_is_a_finding() -> None:
    (found,) = results(raising("verify", Wordless()), "honest")

    assert "Wordless: (its text can't be read: ValueError)" in found.what


def test_ctrl_c_stops_the_kit_while_a_plugin_is_called() -> None:
    def pressed(_request: object) -> None:
        signal.raise_signal(signal.SIGINT)

    subject = honest.subject("mutant_host_tables")
    kind = type("Pressed", (type(subject.plugin.provider),), {"start": lambda _self, request: pressed(request)})
    module = SimpleNamespace(billhook_payment_providers=hookimpl(lambda: [kind]))

    with pytest.raises(KeyboardInterrupt):
        results(Subject(of_object("mutant_host_tables", module), subject.adapter), "start")


def test_ctrl_c_stops_the_kit_between_two_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = honest.subject("mutant_host_tables")
    monkeypatch.setattr(type(subject.adapter), "notification", lambda *_: signal.raise_signal(signal.SIGINT))

    with pytest.raises(KeyboardInterrupt):
        results(subject, "honest")


class Leaver:
    """Ends the process when it is called."""

    @hookimpl
    def billhook_balance_changed(self, event: Event, reader: Reader) -> list[object]:
        os._exit(0)


def test_a_call_that_ends_the_process_is_a_finding() -> None:
    (result,) = results(Subject(of_object("leaver", Leaver())), "effects")

    assert result.outcome is Outcome.FAILED
    assert "os._exit(0)" in result.what


@pytest.mark.parametrize(("address", "touched"), [("('127.0.0.1', 0)", ""), ("('0.0.0.0', 0)", "socket.bind")])
def test_a_library_that_looks_for_what_the_machine_can_do_reaches_for_nothing(
    address: str, touched: str, a_module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_module.write_text(f"import socket\n\nwith socket.socket() as probe:\n    probe.bind({address})\n", "utf-8")
    monkeypatch.syspath_prepend(str(a_module.parent))

    assert seen_at_import("unruly_plugin", "unruly_plugin").touched.partition(" ")[0] == touched


@pytest.mark.parametrize(
    ("code", "thread"),
    [
        ("threading.Thread(target=time.sleep, args=(9,), daemon=True, name='caller').start()", "caller"),
        ("threading.Timer(9, print).start()", "Thread-1"),
        ("_thread.start_new_thread(time.sleep, (9,))", "without a name"),
        ("threading.Thread(target=time.sleep, args=(0.05,)).start()", ""),
    ],
)
def test_a_thread_that_outlives_the_import_is_seen(
    code: str, thread: str, a_module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_module.write_text(f"import _thread, threading, time\n\n{code}\n", "utf-8")
    monkeypatch.syspath_prepend(str(a_module.parent))

    seen = seen_at_import("unruly_plugin", "unruly_plugin")

    assert (seen.touched, seen.thread) == ("", thread)


def say_by_a_handler_of_its_own(tmp_path: Path) -> None:
    logger = logging.getLogger("unruly")
    logger.propagate = False
    logger.addHandler(handler := logging.FileHandler(tmp_path / "own.log"))
    logger.warning("spoken %s", "aloud")
    logger.removeHandler(handler)
    handler.close()


SAID = {
    "a handler of its own": say_by_a_handler_of_its_own,
    "what a formatter may show": lambda _: logging.getLogger("unruly").info("x", extra={"word": "spoken aloud"}),
    "print": lambda _: print("spoken aloud"),
    "the process's own stream": lambda _: print("spoken aloud", file=sys.__stdout__),
    "the process's own file": lambda _: os.write(2, b"spoken aloud"),
}


@pytest.mark.parametrize("way", SAID)
def test_what_a_plugin_says_is_heard_however_it_says_it(way: str, tmp_path: Path) -> None:
    with overheard() as ear:
        SAID[way](tmp_path)

    assert "spoken aloud" in ear.getvalue()


def test_what_a_logger_strikes_out_is_not_heard() -> None:
    def strike(record: logging.LogRecord) -> bool:
        record.msg, record.args = "struck out", ()
        return True

    logger = logging.getLogger("unruly.striking")
    logger.addFilter(strike)

    with overheard() as ear:
        logger.warning("spoken %s", "aloud")

    assert "struck out" in ear.getvalue()
    assert "aloud" not in ear.getvalue()
