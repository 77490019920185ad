"""Calls of a plugin's code that neither hang nor end the process that checks it."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from types import FrameType
from typing import Final, NoReturn, TypeVar
from unittest.mock import patch

from billhook.host import deadlines
from billhook.provider import PaymentProvider

R = TypeVar("R")

#: The places of a plugin that is loaded.
IMPORT: Final = "the import"
COLLECTORS: Final = "the collectors"
#: An alarm that the plugin's code caught comes again after so many seconds.
_AGAIN_SECONDS: Final = 0.2


class TooSlow(Exception):
    """A call took longer than any host waits."""

    def __init__(self, place: str, seconds: float) -> None:
        super().__init__(f"{place} did not answer within {seconds:g} s: hosts give it up then")
        self.place = place


class EndedProcess(SystemExit):
    """A plugin's code was about to end the process, and all plugins of a panel with it."""


class NoException(Exception):
    """A plugin's code raised what is no Exception, which nobody who calls it expects: CancelledError, SystemExit."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"{told(error)} (which is no Exception)")


class Stopped(KeyboardInterrupt):
    """The person at the keyboard wants no more of it."""


class _Alarm(BaseException):
    """No Exception: whatever a plugin catches, this gets through."""


_overrun: Final[ContextVar[set[str] | None]] = ContextVar("places that overran", default=None)


@contextmanager
def remembering(places: set[str]) -> Iterator[None]:
    """Call no place again inside the block that overran once, and note those that do."""
    token = _overrun.set(places)
    try:
        yield
    finally:
        _overrun.reset(token)


@contextmanager
def within(place: str) -> Iterator[None]:
    """Give up what the block does when the deadline of the place is over; let it end nothing but itself.

    place: as in `billhook.host.deadlines`, a hook that hears of events, IMPORT or COLLECTORS.
    Only the main thread can be interrupted. In others, or inside a block like this, it is told afterwards.
    Raises TooSlow, NoException, and Stopped for Ctrl-C.
    """
    seconds, overrun = _seconds(place), _overrun.get()
    if overrun is not None and place in overrun:
        raise TooSlow(place, seconds)
    began = perf_counter()
    try:
        with _stoppable(), _alive(), _uncollected(), _alarm(seconds):
            yield
    except _Alarm:
        if perf_counter() - began < seconds:
            raise  # of a block around this one
    except (Exception, Stopped):
        raise
    except BaseException as error:
        raise NoException(error) from error
    if perf_counter() - began > seconds:
        if overrun is not None:
            overrun.add(place)
        raise TooSlow(place, seconds)


def told(error: BaseException) -> str:
    """Return an error's kind and its text, which is the plugin's code too, and may fail."""
    if isinstance(error, NoException):
        return str(error)
    try:
        text = str(error)
    except BaseException as other:  # noqa: BLE001
        text = f"(its text can't be read: {type(other).__name__})"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def patient(provider: PaymentProvider) -> PaymentProvider:
    """Return the provider with methods that raise TooSlow and NoException, as `within`."""
    for place in deadlines.DEADLINES.keys() & set(dir(provider)):
        # On this one instance: the class is the plugin's own.
        vars(provider)[place] = _within(place, getattr(provider, place))
    return provider


def _within(place: str, method: Callable[..., R]) -> Callable[..., R]:
    def ask(*arguments: object) -> R:
        with within(place):
            return method(*arguments)

    return ask


def _seconds(place: str) -> float:
    if place in (IMPORT, COLLECTORS):
        return deadlines.LOADING_SECONDS
    return deadlines.DEADLINES.get(place, deadlines.HANDLER_SECONDS)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise _Alarm inside the block after so many seconds, and again for who goes on."""
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or not hasattr(signal, "setitimer") or signal.getitimer(signal.ITIMER_REAL)[0] > 0:
        yield
        return
    former, told_lost = signal.signal(signal.SIGALRM, _ring), sys.unraisablehook

    def lost(error: sys.UnraisableHookArgs) -> None:
        # In a finaliser or a callback of a weak reference an alarm gets lost: the next one follows.
        if error.exc_type is not _Alarm:
            told_lost(error)

    sys.unraisablehook = lost
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_SECONDS)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
        sys.unraisablehook = told_lost


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector out of the block: its pauses belong to the process that checks, not to the plugin."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _ring(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Alarm


@contextmanager
def _stoppable() -> Iterator[None]:
    """Raise Stopped inside the block for Ctrl-C: a plain KeyboardInterrupt is then the plugin's own."""
    heard = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(heard):
        yield  # where Ctrl-C never comes
        return

    def stop(number: int, frame: FrameType | None) -> None:
        try:
            heard(number, frame)
        except KeyboardInterrupt:
            raise Stopped from None

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


@contextmanager
def _alive() -> Iterator[None]:
    """Turn `os._exit` inside the block into EndedProcess; children may end as they like."""
    ours, end = os.getpid(), os._exit

    def refuse(status: int) -> NoReturn:
        if os.getpid() != ours:
            end(status)
        raise EndedProcess(f"it called os._exit({status}), which ends the panel and every plugin in it")

    if threading.current_thread() is not threading.main_thread():
        yield  # patching is for all threads: not while others do so, too
        return
    with patch.object(os, "_exit", refuse):
        yield
