"""Whose document is drawn next."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from host_stub.adapters.render.errors import RendererBusy
from host_stub.adapters.render.turns import PERSON_WAITING, RESELLER_WAITING, Turns
from host_stub.domain.whose import Path

LONG = 20.0
MANAGER, COLLEAGUE, OTHER = ("reseller 1", "user 1"), ("reseller 1", "user 2"), ("reseller 2", "user 9")


class Drawing:
    """People who draw at the same time; each `end` lets one of them finish."""

    def __init__(self, places: int = 2) -> None:
        self.turns = Turns(places)
        self.begun: list[Path] = []
        self.busy: list[Path] = []
        self._ends: dict[int, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def ask(self, path: Path, patience: float = LONG) -> threading.Event:
        """Let somebody ask, and return what ends their drawing, once they draw, wait or were turned away."""
        ended, known = threading.Event(), self.known
        thread = threading.Thread(target=self._draw, args=(path, patience, ended))
        self._threads.append(thread)
        thread.start()
        self.until(lambda: self.known > known)
        return ended

    @property
    def known(self) -> int:
        return len(self.begun) + len(self.busy) + len(self.turns._waiting)

    def until(self, reached: Callable[[], bool]) -> None:
        limit = time.monotonic() + LONG
        while not reached():
            assert time.monotonic() < limit
            time.sleep(0.001)

    def _draw(self, path: Path, patience: float, ended: threading.Event) -> None:
        try:
            with self.turns.turn(path, patience):
                self.begun.append(path)
                ended.wait(LONG)
        except RendererBusy:
            self.busy.append(path)

    def close(self, *ends: threading.Event) -> None:
        for end in ends:
            end.set()
        for thread in self._threads:
            thread.join()


def test_one_person_s_previews_take_one_child_and_the_next_reseller_s_bill_is_drawn_at_once() -> None:
    drawing = Drawing()

    ends = [drawing.ask(MANAGER) for _ in range(1 + PERSON_WAITING)]
    ends.append(drawing.ask(OTHER))

    assert drawing.begun == [MANAGER, OTHER]
    drawing.close(*ends)


def test_one_reseller_s_people_leave_a_child_to_everybody_else() -> None:
    drawing = Drawing()

    ends = [drawing.ask(("reseller 1", f"user {number}")) for number in range(5)]
    ends.append(drawing.ask(OTHER))

    assert drawing.begun == [("reseller 1", "user 0"), OTHER]
    drawing.close(*ends)


def test_who_has_previews_waiting_is_told_at_once_that_it_is_busy() -> None:
    drawing = Drawing()
    ends = [drawing.ask(MANAGER) for _ in range(6)]

    assert drawing.busy == [MANAGER] * (6 - 1 - PERSON_WAITING)
    ends += [drawing.ask(("reseller 1", f"user {number}")) for number in range(9, 9 + RESELLER_WAITING)]
    assert drawing.busy[-1][0] == "reseller 1"
    ends.append(drawing.ask(OTHER))
    assert drawing.begun == [MANAGER, OTHER]
    drawing.close(*ends)


def test_resellers_take_turns_though_one_of_them_asked_more_often_before() -> None:
    drawing = Drawing(places=1)
    first = drawing.ask(MANAGER)
    ends = [drawing.ask(who) for who in (MANAGER, COLLEAGUE, OTHER)]

    first.set()
    drawing.until(lambda: len(drawing.begun) == 2)

    assert drawing.begun == [MANAGER, OTHER]
    drawing.close(*ends)
    assert drawing.begun[2:] == [MANAGER, COLLEAGUE]


def test_who_waits_longer_than_their_patience_is_told_so_and_leaves_the_queue() -> None:
    turns = Turns(1)
    with turns.turn(MANAGER, 1), pytest.raises(RendererBusy, match=r"within 0\.01 s"), turns.turn(OTHER, 0.01):
        pass

    with turns.turn(OTHER, 0):
        pass


def test_what_nobody_in_particular_asks_for_uses_every_child() -> None:
    turns = Turns(2)

    with turns.turn((), 0), turns.turn((), 0), pytest.raises(RendererBusy), turns.turn((), 0):
        pass
