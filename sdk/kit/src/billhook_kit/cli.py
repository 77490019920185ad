"""The command `billhook`: tools for authors of plugins, one module per verb in `billhook_kit.commands`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from billhook.errors import BillhookError

#: Verb → module with HELP, `add_arguments(parser)` and `run(arguments) -> exit code`.
VERBS: Final = {
    "new": "billhook_kit.commands.new",
    "check": "billhook_kit.commands.check",
    "simulator": "billhook_kit.commands.simulator",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code: 2 for what was asked wrongly."""
    parser = argparse.ArgumentParser("billhook", description="Tools for authors of Billhook plugins.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, place in VERBS.items():
        module = import_module(place)
        module.add_arguments(verbs.add_parser(verb, help=module.HELP, description=module.HELP))
    given = parser.parse_args(arguments)
    try:
        code: int = import_module(VERBS[given.verb]).run(given)
    except BillhookError as error:
        print(f"billhook {given.verb}: {error}", file=sys.stderr)
        return 2
    return code


if __name__ == "__main__":
    sys.exit(main())
