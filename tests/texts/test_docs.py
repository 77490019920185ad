"""Docs that repeat what the code says are kept in step with it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from billhook.views import PaymentStatus

from host_stub.domain.payments import Cause, Consequence, move
from tests.support.named_tests import ROOT, missing, named

PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "sdk/*.md", "plugins/*/*.md", "host_stub/**/*.md", "tests/**/*.md")
    for page in ROOT.glob(pattern)
)
#: A file of an author's own project that pages name without showing it.
OF_A_PLUGIN = {"tests/billhook_gateway.py"}


def payment_table() -> str:
    rows = ["| status | " + " | ".join(Cause) + " |", "|---|" + "---|" * len(Cause)]
    for status in PaymentStatus:
        cells = []
        for cause in Cause:
            found = move(status, cause)
            if found.consequence is Consequence.REFUSE:
                cells.append("–")
            elif found.to is None or found.consequence is Consequence.PARK:
                cells.append(str(found.consequence))
            else:
                what = "" if found.consequence is Consequence.NOTHING else f", {found.consequence}"
                cells.append(f"{found.to}{what}")
        rows.append(f"| {status} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def test_the_docs_show_the_payments_table_as_it_is() -> None:
    """Rewrite it with BILLHOOK_WRITE_DOCS=1."""
    path = ROOT / "docs/payments.md"
    text = path.read_text("utf-8")
    fresh = re.sub(
        r"<!-- table -->.*<!-- /table -->", f"<!-- table -->\n{payment_table()}\n<!-- /table -->", text, flags=re.S
    )
    if os.environ.get("BILLHOOK_WRITE_DOCS"):
        path.write_text(fresh, "utf-8")

    assert path.read_text("utf-8") == fresh


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_of_the_project_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_of_the_project_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    named = re.findall(r"`((?:tests|host_stub|sdk|plugins|devtools|docs)/[\w./-]+)`", text)
    shown = set(re.findall(r"^(?:Add to the end of |In )?`([^`]+)`:$", text, flags=re.M))
    ours = [path for path in named if path not in OF_A_PLUGIN | shown]

    assert [path for path in ours if not (ROOT / path).exists() and not (page.parent / path).exists()] == []


def test_every_test_that_a_page_names_exists() -> None:
    names = [name for page in PAGES for name in named(page.read_text("utf-8"))]

    assert len(names) > 100
    assert missing(names) == []
