"""Delete the demo's state folder: `./dev reset [--state DIR]`."""

from __future__ import annotations

import argparse
import sys

from devtools.state import DEFAULT, StateError, StateFolder, chosen_folder


def main() -> int:
    """Say what goes, then delete it; a database elsewhere stays."""
    parser = argparse.ArgumentParser(prog="./dev reset", description="Delete the demo's state folder.")
    parser.add_argument("--state", default=DEFAULT, metavar="DIR")
    folder = StateFolder(chosen_folder(parser.parse_args().state))
    if not folder.path.exists():
        print(f"{folder.path} does not exist: nothing to delete.")
        return 0
    print(f"Deleting {folder.path}: the demo's SQLite database, keys, mail and logs. A database elsewhere stays.")
    try:
        folder.delete()
    except StateError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
