"""The guard of one plugin: its threads, its breaker, and what a call that went wrong is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from host_stub.plugins import answers
from host_stub.plugins.breaker import Breaker, BreakerState
from host_stub.plugins.containment import ALLOWED, DEADLINES, HANDLER_SECONDS, NoThread, Overran, Pool
from host_stub.plugins.errors import PluginPaused

R = TypeVar("R")

#: What a call hears for which no thread is free.
BUSY_WAIT: Final = timedelta(seconds=5)
STUCK_WAIT: Final = timedelta(seconds=30)


class CallFailed(Exception):
    """A call raised or answered rubbish. words: for the operator; public: without what the plugin said."""

    def __init__(self, words: str, public: str) -> None:
        super().__init__(words)
        self.words = words
        self.public = public


class CallOverran(CallFailed):
    """A call did not answer in time. stack: where it was then."""

    def __init__(self, place: str, overrun: Overran) -> None:
        super().__init__(str(overrun), f"{place} {overrun}")
        self.stack = overrun.stack


class Guard:
    """Calls one plugin's code.

    now: the clock of the breaker. deadlines: seconds by place that replace those of `containment`.
    calls, failures, overruns: how many there were since the process started.
    """

    def __init__(self, plugin: str, now: Callable[[], datetime], deadlines: Mapping[str, float] | None = None) -> None:
        self._plugin = plugin
        self._deadlines = {**DEADLINES, **(deadlines or {})}
        self._handler_seconds = self._deadlines.get("billhook_", HANDLER_SECONDS)
        self.breaker = Breaker(now)
        self.pool = Pool(plugin)
        self.calls = self.failures = self.overruns = 0

    @property
    def state(self) -> BreakerState:
        return BreakerState.OPEN if self.pool.exhausted else self.breaker.state

    def call(self, place: str, function: Callable[[], R]) -> R:
        """Return the plugin's answer. Raises what the place allows, PluginPaused, CallFailed."""
        self._admit()
        self.calls += 1
        try:
            job = self.pool.run(lambda: self._checked(place, function), self._seconds(place))
        except NoThread:
            raise PluginPaused(self._plugin, "all its threads are busy", BUSY_WAIT) from None
        except Overran as overrun:
            self.overruns += 1
            self._failed(at_once=self.pool.exhausted)
            raise CallOverran(place, overrun) from overrun
        error = job.error
        if error is None or isinstance(error, ALLOWED.get(place, ())):
            self.breaker.succeeded()
            if error is not None:
                raise error
            answer: R = job.answer
            return answer
        self._failed()
        if isinstance(error, answers.Rubbish):
            raise CallFailed(str(error), str(error)) from error
        kind = type(error).__name__
        raise CallFailed(f"{kind}: {_text(error)}", f"{place} failed: {kind}") from error

    def _admit(self) -> None:
        if self.pool.exhausted:
            raise PluginPaused(self._plugin, "all its threads hang; it is not called until one ends", STUCK_WAIT)
        wait = self.breaker.admit()
        if wait is not None:
            raise PluginPaused(self._plugin, "it failed too often and is not called for a while", wait)

    def _checked(self, place: str, function: Callable[[], Any]) -> Any:
        answer = function()
        answers.check(self._plugin, place, answer)
        return answer

    def _seconds(self, place: str) -> float:
        return self._deadlines.get(place, self._handler_seconds)

    def _failed(self, *, at_once: bool = False) -> None:
        self.failures += 1
        self.breaker.failed(at_once=at_once)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  even an error's text is the plugin's code
        return "(its text cannot be read)"
