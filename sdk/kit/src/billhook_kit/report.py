"""What the kit found, for people."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from billhook_kit.kit import Outcome, Result

_WIDTH = 100


def lines(results: Iterable[Result], *, verbose: bool = False) -> Iterator[str]:
    """Yield the report line by line as the results come, then what was skipped and why, and a summary.

    verbose: say of every check what it proves.
    """
    counted: Counter[Outcome] = Counter()
    skipped: dict[str, list[str]] = {}
    for result in results:
        counted[result.outcome] += 1
        if result.outcome is Outcome.SKIPPED:
            skipped.setdefault(result.what, []).append(result.check.id)
        else:
            yield from _of(result, verbose)
    for reason, ids in skipped.items():
        yield f"skipped {reason}:"
        yield from textwrap.wrap(", ".join(ids), _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)
    total = sum(counted.values())
    yield ""
    yield f"{total} check{'s' if total != 1 else ''}: " + ", ".join(
        f"{counted[outcome]} {outcome}" for outcome in Outcome
    )


def failure(result: Result) -> str:
    """Return what a failed check has to say: the fact, what to change, and what the check proves."""
    return f"{result.what}\n\nTo mend it: {result.remedy}\n\nThe check proves: {result.check.proves}"


def _of(result: Result, verbose: bool) -> Iterator[str]:
    check = result.check
    yield f"{result.outcome:8}{check.id:18}{check.title}"
    if result.outcome is Outcome.FAILED:
        yield from _indented("found:   ", result.what)
        yield from _indented("to mend: ", result.remedy)
    if verbose or result.outcome is Outcome.FAILED:
        yield from _indented("proves:  ", check.proves)


def _indented(label: str, text: str) -> list[str]:
    inner = " " * (8 + len(label))
    return textwrap.wrap(text, _WIDTH, initial_indent=" " * 8 + label, subsequent_indent=inner)
