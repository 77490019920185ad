"""`billhook check`: run the conformance kit on a plugin."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from billhook.errors import BillhookError

HELP: Final = "Check a plugin: money, messages, settings, texts, files. Exit code 1 if a check fails."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plugin", help="entry point name, import name, or the folder of its project")
    parser.add_argument("--host", action="store_true", help="run on the installed host, with a database of its own")
    parser.add_argument(
        "--gateway", default="", metavar="FILE", help="default: tests/billhook_gateway.py of the project"
    )
    parser.add_argument("--only", default="", metavar="ID[,ID]", help="run these checks only")
    parser.add_argument("--verbose", action="store_true", help="say of every check what it proves")


def run(arguments: argparse.Namespace) -> int:
    """Print the report and return 1 if a check failed, else 0. Raises BillhookError for what can't be found.

    Who reads the report may stop reading (`| head`): the exit code says the same.
    """
    try:
        return _report(arguments)
    except BrokenPipeError:
        # What Python still holds for the reader who left, it would tell of when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _report(arguments: argparse.Namespace) -> int:
    from billhook_kit.kit import Outcome, all_checks
    from billhook_kit.report import lines
    from billhook_kit.session import kit_for

    _is_project(Path(arguments.plugin))
    kit = kit_for(arguments.plugin, on_host=arguments.host, gateway=arguments.gateway)
    wanted = set(filter(None, arguments.only.split(",")))
    unknown = sorted(wanted - {each.id for each in all_checks()})
    if unknown:
        raise BillhookError(f"no check {unknown[0]!r}; there are: {', '.join(each.id for each in all_checks())}")
    results = []
    for each in all_checks():
        if not wanted or each.id in wanted:
            results.append(kit.run(each))
    where = "the installed host" if arguments.host else "FakeHost"
    print(f"{kit.subject.source.name} on {where}\n")
    for line in lines(results, verbose=arguments.verbose):
        print(line)
    for retired in kit.subject.plugin.retired if kit.subject.plugin else ():
        print(f"note: {retired}")
    sys.stdout.flush()
    return 1 if any(result.outcome is Outcome.FAILED for result in results) else 0


def _is_project(folder: Path) -> None:
    """Refuse a folder that is neither a project nor a package: what is in it would pass for a plugin without anything.

    Raises BillhookError.
    """
    if folder.is_dir() and not any((folder / name).is_file() for name in ("pyproject.toml", "__init__.py")):
        if "/" not in str(folder) and str(folder).isidentifier():
            return  # may be a name of what is installed
        raise BillhookError(f"no pyproject.toml in {folder.resolve()}; go to the plugin's folder")
