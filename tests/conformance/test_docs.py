"""What authors read about the kit: the page of checks word for word, and code that runs."""

from __future__ import annotations

import importlib
import os
import re
from pathlib import Path

import pytest
from billhook import BalanceChanged
from billhook_kit import FakeHost
from billhook_kit.checks.events import sample_event
from billhook_kit.kit import all_checks

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
    about_tests = [block for block in blocks if "billhook_kit" in block]

    for block in about_tests:
        exec(compile(block, "plugin-author.md", "exec"), {"__name__": "guide"})

    assert len(about_tests) == 2


def test_the_guides_tables_are_made_and_kept_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = (DOCS / "plugin-author.md").read_text("utf-8")
    migration, hook = (
        block for block in re.findall(r"```python\n(.*?)```", guide, flags=re.S) if "cash_desk_visit" in block
    )
    package = tmp_path / "billhook_cash_desk_of_the_guide"
    (package / "migrations").mkdir(parents=True)
    (package / "migrations/0001_visits.py").write_text(migration)
    (package / "__init__.py").write_text(f"from billhook import Discard, Keep, hookimpl\n\n{hook}")
    monkeypatch.syspath_prepend(tmp_path)
    host = FakeHost(importlib.import_module(package.name), "cash_desk")
    account = host.account().id

    host.tell(sample_event(BalanceChanged, account_id=account, before_minor=0, after_minor=500))
    host.tell(sample_event(BalanceChanged, account_id=account, before_minor=500, after_minor=500))
    (row,) = host.rows("cash_desk_visit")
    host.tell(sample_event(BalanceChanged, account_id=account))

    assert (row["account_id"], row["amount_minor"], row["currency"]) == (account, 0, "RUB")
    assert host.rows("cash_desk_visit") == []
    host.tables.close()
