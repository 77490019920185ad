"""Run pytest, or `billhook check`, as if no host were installed: `python without_host.py pytest …`, `… billhook …`."""

from __future__ import annotations

import sys


class Absent:
    """Finds nothing where the host would be, and says so if somebody looks."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] == "host_stub":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def main() -> int:
    sys.meta_path.insert(0, Absent())  # type: ignore[arg-type]
    program, *arguments = sys.argv[1:]
    if program == "pytest":
        import pytest

        return int(pytest.main(arguments))
    from billhook_kit.cli import main as billhook

    return billhook(arguments)


if __name__ == "__main__":
    sys.exit(main())
