"""What authors read about the kit: the page of checks word for word, and code that runs."""

from __future__ import annotations

import os
import re
from pathlib import Path

from billhook.testing.kit import all_checks

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "checks.md"


def table() -> str:
    rows = ["| check | what it proves | what to change if it fails |", "|---|---|---|"]
    return "\n".join([*rows, *(f"| `{check.id}` | {check.proves} | {check.remedy} |" for check in all_checks())])


def test_the_docs_list_every_check_as_it_is() -> None:
    """Rewrite it with BILLHOOK_WRITE_DOCS=1."""
    text = PAGE.read_text("utf-8")
    fresh = re.sub(
        r"<!-- checks -->.*<!-- /checks -->",
        lambda _: f"<!-- checks -->\n{table()}\n<!-- /checks -->",
        text,
        flags=re.S,
    )
    if os.environ.get("BILLHOOK_WRITE_DOCS"):
        PAGE.write_text(fresh, "utf-8")

    assert PAGE.read_text("utf-8") == fresh


def test_the_guides_code_for_tests_runs() -> None:
    guide = (DOCS / "plugin-author.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", guide, flags=re.S)
    about_tests = [block for block in blocks if "billhook.testing" in block]

    for block in about_tests:
        exec(compile(block, "plugin-author.md", "exec"), {"__name__": "guide"})

    assert len(about_tests) == 2
