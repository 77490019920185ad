"""Loading: what must hold before a host calls anything else."""

from __future__ import annotations

from typing import Final

from billhook_kit.bench import Bench
from billhook_kit.guard import seen_at_import
from billhook_kit.kit import Failed, Need, check


@check("load", "It loads", remedy="Do what the message says; the rules stand in billhook.hooks.")
def loads(bench: Bench) -> None:
    """Whatever a declaration alone can tell is as every host demands it before it calls anything: name, hooks, markers,
    provider and its capabilities, settings with their kinds, levels, choices, limits and defaults, pages,
    links, watches, template folder, version of the contract; and every declared text can be shown in every language.
    Import and collectors each end before hosts give them up, and leave the process alive."""
    if bench.subject.plugin is None:
        raise Failed(bench.subject.fault)


_THREAD: Final = (
    "Start no thread at import or in a collector: each process of the panel would have one, and nothing stops it. What "
    "is to be done later belongs into an event hook, what takes long into the method that needs it."
)


@check(
    "offline_import",
    "Importing and loading it reaches for nothing",
    Need.LOADED,
    Need.IMPORTABLE,
    remedy="Move the call into the method that needs its answer; import and collectors run in every process at start.",
)
def reaches_for_nothing_at_import(bench: Bench) -> None:
    """Import and collectors open no socket, ask no name server, start no process and leave no thread behind."""
    seen = seen_at_import(bench.subject.source.name, bench.subject.source.import_name)
    if seen.touched:
        raise Failed(f"while it was imported and loaded it reached out: {seen.touched}")
    if seen.thread:
        raise Failed(f"a thread goes on after it was imported and loaded: {seen.thread}", _THREAD)
