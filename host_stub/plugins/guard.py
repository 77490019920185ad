"""The guard of one plugin: through which side a call goes, what calls came to, what one that went wrong is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import Any, Final, TypeVar, TypeVarTuple

from billhook.host import answers
from billhook.host.deadlines import DEADLINES, HANDLER_SECONDS

from host_stub.domain import whose
from host_stub.domain.whose import Path
from host_stub.plugins.containment import ALLOWED, SIDES, NoThread, Overran, SideName
from host_stub.plugins.errors import PluginPaused
from host_stub.plugins.masking import text_of
from host_stub.plugins.sides import Side
from host_stub.plugins.tally import Tallies, Tally

Arguments = TypeVarTuple("Arguments")
R = TypeVar("R")

#: What a call hears for which no thread is free.
BUSY_WAIT: Final = timedelta(seconds=5)


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


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that ended. path: on whose behalf it was made."""

    place: str
    side: Side
    path: Path = ()


class Guard:
    """Calls one plugin's code.

    ticks: the steady clock of the breakers. deadlines: seconds by place that replace those of `containment`.
    own, pages, public: its sides. tallies: what the calls came to, since the process started.
    """

    def __init__(self, plugin: str, ticks: Callable[[], float], deadlines: Mapping[str, float] | None = None) -> None:
        self._plugin = plugin
        self._deadlines = {**DEADLINES, **(deadlines or {})}
        self._handler_seconds = self._deadlines.get("billhook_", HANDLER_SECONDS)
        self.sides = {name: Side(plugin, name, ticks) for name in SideName}
        self.own, self.pages, self.public = (self.sides[name] for name in SideName)
        self.tallies = Tallies()
        self._places = self.tallies.places

    @property
    def stuck(self) -> int:
        """How many threads are beyond their deadline."""
        return sum(side.pool.stuck for side in self.sides.values())

    @property
    def hangs(self) -> bool:
        """Say whether somebody has no thread left on a side: only a new process has some again."""
        return any(side.pool.exhausted or side.pool.stuck_shares for side in self.sides.values())

    @property
    def calls(self) -> int:
        return sum(tally.calls for tally in list(self.tallies.places.values()))

    @property
    def failures(self) -> int:
        return sum(tally.failures for tally in list(self.tallies.places.values()))

    @property
    def overruns(self) -> int:
        return sum(tally.overruns for tally in list(self.tallies.places.values()))

    def call(self, place: str, function: Callable[[], R]) -> R:
        """Return the plugin's answer, asked in a thread of the plugin, with the deadline of the place.

        On whose behalf it is asked, the thread knows (`domain.whose`).
        Raises what the place allows, PluginPaused, CallFailed.
        """
        tally = self.tallies.places.get(place) or self.tallies.at(place)
        side, path = self.sides[SIDES.get(place, SideName.OWN)], whose.present().path
        self._admit(side, tally, path)
        began = perf_counter()
        try:
            job = side.pool.run(partial(self._checked, place, function), self._seconds(place), path)
        except NoThread:
            tally.refuse()
            raise PluginPaused(self._plugin, "all its threads are busy", BUSY_WAIT) from None
        except Overran as overrun:
            tally.fail(perf_counter() - began, overran=True)
            side.overran(path)
            raise CallOverran(place, overrun) from overrun
        self._settle(_Call(place, side, path), tally, perf_counter() - began, job.error)
        answer: R = job.answer
        return answer

    def here(self, place: str, function: Callable[[*Arguments], R], *arguments: *Arguments) -> R:
        """Return the plugin's answer, asked in this very thread: all that `call` does but the deadline.

        For the collectors at load, whose time the start watch bounds. Raises as `call` does.
        """
        tally = self._places.get(place) or self.tallies.at(place)
        own = self.own
        if not own.quiet:
            self._admit(own, tally, ())
        began = perf_counter()
        try:
            answer = function(*arguments)
            answers.check(self._plugin, place, answer)
        except KeyboardInterrupt:  # this is the host's own thread: somebody ends it
            raise
        except BaseException as error:
            self._settle(_Call(place, own), tally, perf_counter() - began, error)
            raise
        tally.count(perf_counter() - began)
        if own.breaker.until is not None:
            own.answered()
        return answer

    def _admit(self, side: Side, tally: Tally, path: Path) -> None:
        """Let a call through. Raises PluginPaused."""
        try:
            side.admit(path)
        except PluginPaused:
            tally.refuse()
            raise

    def _checked(self, place: str, function: Callable[[], Any]) -> Any:
        answer = function()
        answers.check(self._plugin, place, answer)
        return answer

    def _seconds(self, place: str) -> float:
        return self._deadlines.get(place, self._handler_seconds)

    def _settle(self, call: _Call, tally: Tally, seconds: float, error: BaseException | None) -> None:
        """Count a call that ended. Raises its error if the place allows it, else CallFailed."""
        place = call.place
        if error is None or isinstance(error, ALLOWED.get(place, ())):
            tally.count(seconds)
            call.side.answered(call.path)
            if error is not None:
                raise error
            return
        tally.fail(seconds)
        call.side.failed(place, call.path)
        if isinstance(error, answers.Rubbish):
            raise CallFailed(str(error), str(error)) from error
        kind = type(error).__name__
        raise CallFailed(f"{kind}: {text_of(error)}", f"{place} failed: {kind}") from error
