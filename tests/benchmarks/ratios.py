"""Ratios to a bare baseline, measured in pairs in one run: absolute times vary, ratios much less."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """Medians in milliseconds, and the median of the pairs' ratios."""

    name: str
    where: str
    subject_ms: float
    baseline_ms: float
    ratio: float

    def __str__(self) -> str:
        return f"| {self.name} | {self.where} | {self.subject_ms:.2f} | {self.baseline_ms:.2f} | {self.ratio:.2f} |"


TABLE: list[Ratio] = []
HEADING = "| what | where | median ms | baseline ms | ratio |\n|---|---|---|---|---|"


def alternate(
    name: str,
    subject: Callable[[int], Callable[[], object]],
    baseline: Callable[[int], Callable[[], object]],
    pairs: int,
    where: str = "",
) -> Ratio:
    """Time `subject` and `baseline` in turn, after a warm-up pair each, and keep the result for the table.

    Both get the number of the pair and return what is to be timed; preparing does not count.
    """
    times: list[tuple[float, float]] = []
    gc.collect()
    for number in range(pairs):
        first, second = subject(number), baseline(number)
        # The order alternates, so that neither always profits from what the other warmed.
        if number % 2:
            low = _seconds(second)
            times.append((_seconds(first), low))
        else:
            high = _seconds(first)
            times.append((high, _seconds(second)))
    counted = times[2:]
    result = Ratio(
        name,
        where,
        statistics.median(a for a, _ in counted) * 1000,
        statistics.median(b for _, b in counted) * 1000,
        statistics.median(a / b for a, b in counted),
    )
    TABLE.append(result)
    return result


def _seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
