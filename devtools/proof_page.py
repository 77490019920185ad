"""Write the two tables of docs/proof.md: what each check promises, and which checks find what somebody did.

python -m devtools.proof_page; a test fails when the page is not what this writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from host_stub.services.books.proof import CHECKS
from tests.proof.corruptions import CORRUPTIONS

PAGE: Final = Path(__file__).parents[1] / "docs/proof.md"


def written(page: str) -> str:
    """Return the page with its generated tables as they have to be."""
    return _with(_with(page, "checks", _checks()), "corruptions", _corruptions())


def _with(page: str, name: str, lines: Iterable[str]) -> str:
    head, _, rest = page.partition(f"<!-- {name} -->\n")
    _, _, tail = rest.partition(f"<!-- /{name} -->")
    return f"{head}<!-- {name} -->\n" + "".join(f"{line}\n" for line in lines) + f"<!-- /{name} -->{tail}"


def _checks() -> Iterable[str]:
    yield from ("| check | what holds |", "|---|---|")
    for check in CHECKS:
        yield f"| {check.name} | {check.sentence} |"


def _corruptions() -> Iterable[str]:
    yield from ("| what was done | found by |", "|---|---|")
    order = [check.name for check in CHECKS]
    for each in CORRUPTIONS:
        found_by = ", ".join(sorted(each.found_by, key=order.index))
        only = f" (possible on {each.only.replace('postgresql', 'PostgreSQL')} only)" if each.only else ""
        yield f"| {each.what}{only} | {found_by or 'no check: see below'} |"


def main() -> None:
    """Write the page."""
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
