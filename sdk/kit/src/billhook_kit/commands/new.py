"""`billhook new`: make the project of a new plugin."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Final

HELP: Final = "Make a new plugin: a project folder with code, texts, a table, tests; it passes the kit as it is."

_KINDS: Final = """kinds:
  redirect      a gateway with a payment page of its own, signed notifications and a status query
  instructions  a page that tells how to pay, and a slip to print; a manager credits what arrived
  notification  takes no payments: hears of balances and tells people
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from billhook_kit.scaffold import Kind

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _KINDS
    parser.add_argument("name", help="lower-case identifier: entry point, address part and table prefix")
    parser.add_argument("--kind", required=True, choices=[kind.value for kind in Kind])
    parser.add_argument("--into", type=Path, default=Path(), metavar="DIR", help="where; default: here")


def run(arguments: argparse.Namespace) -> int:
    """Write the project, say what to do next, and return 0. Raises PluginError, FolderExists."""
    from billhook.errors import BillhookError

    from billhook_kit.scaffold import Kind, Project, write

    project = Project(arguments.name, Kind(arguments.kind))
    try:
        folder = write(project, arguments.into)
    except OSError as error:
        raise BillhookError(f"{error.filename}: {error.strerror}") from error
    print(f"{folder}: a plugin of kind {project.kind}. Next:\n")
    print(f"  cd {shlex.quote(str(folder))}")
    print("  pytest              # its own tests, and the conformance kit")
    print("  billhook check .    # the kit's report: what it proves, what is skipped")
    return 0
