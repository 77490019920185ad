"""The guard of one plugin: through which side a call goes, what calls came to, what one that went wrong is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import Any, Final, TypeVar, TypeVarTuple

from billhook.host import answers
from billhook.host.places import PLACES, Place, SideName

from host_stub.domain import whose
from host_stub.domain.whose import Path
from host_stub.plugins.containment import NoThread, Overran
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
    """A call that ended. name: of the place, or of a collector, which is none. path: on whose behalf it was made."""

    name: str
    side: Side
    place: Place | None = None
    path: Path = ()


class Guard:
    """Calls one plugin's code.

    ticks: the steady clock of the breakers. deadlines: seconds by place that replace its own.
    own, pages, public: its sides. tallies: what the calls came to, since the process started.
    """

    def __init__(self, plugin: str, ticks: Callable[[], float], deadlines: Mapping[str, float] | None = None) -> None:
        self._plugin = plugin
        self._deadlines = deadlines or {}
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
        Raises what the place allows, PluginPaused, CallFailed; KeyError for what is no place.
        """
        declared = PLACES[place]
        tally = self._places.get(place) or self.tallies.at(place)
        side, path = self.sides[declared.side], whose.present().path
        self._admit(side, tally, path)
        began = perf_counter()
        try:
            seconds = self._deadlines.get(place, declared.seconds)
            job = side.pool.run(partial(self._checked, place, function), seconds, path)
        except NoThread:
            tally.refuse()
            raise PluginPaused(self._plugin, "all its threads are busy", BUSY_WAIT) from None
        except Overran as overrun:
            tally.fail(perf_counter() - began, overran=True)
            side.overran(path)
            raise CallOverran(place, overrun) from overrun
        self._settle(_Call(place, side, declared, path), tally, perf_counter() - began, job.error)
        answer: R = job.answer
        return answer

    def here(self, name: str, function: Callable[[*Arguments], R], *arguments: *Arguments) -> R:
        """Return the plugin's answer, asked in this very thread: all that `call` does but the deadline.

        For the collectors at load, whose time the start watch bounds. Raises as `call` does.
        """
        tally = self._places.get(name) or self.tallies.at(name)
        own = self.own
        if not own.quiet:
            self._admit(own, tally, ())
        began = perf_counter()
        try:
            answer = function(*arguments)
            answers.check(self._plugin, name, answer)
        except KeyboardInterrupt:  # this is the host's own thread: somebody ends it
            raise
        except BaseException as error:
            self._settle(_Call(name, own), tally, perf_counter() - began, error)
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

    def _settle(self, call: _Call, tally: Tally, seconds: float, error: BaseException | None) -> None:
        """Count a call that ended. Raises its error if the place allows it, else CallFailed."""
        place = call.place
        if error is None or (place is not None and isinstance(error, place.may_raise)):
            tally.count(seconds)
            call.side.answered(call.path)
            if error is not None:
                raise error
            return
        tally.fail(seconds)
        call.side.failed(call.path, anonymous=place is not None and place.anonymous)
        if isinstance(error, answers.Rubbish):
            raise CallFailed(str(error), str(error)) from error
        kind = type(error).__name__
        raise CallFailed(f"{kind}: {text_of(error)}", f"{call.name} failed: {kind}") from error
