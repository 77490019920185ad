"""The guides quote the screen: what stands in **«…»** is a text that the panel shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "docs" / name for name in ("customer.md", "reseller.md", "operator.md")]
CATALOGUES = [
    *ROOT.glob("host_stub/locale/ru/*.po"),
    *ROOT.glob("sdk/*/src/*/locale/ru/*.po"),
    *ROOT.glob("plugins/*/src/*/locale/ru/*.po"),
]


def texts_on_screen() -> set[str]:
    """Return the Russian texts of all catalogues; a text in several lines is one."""
    found: set[str] = set()
    for catalogue in CATALOGUES:
        entry = re.findall(r'^msgstr(?:\[\d\])? ((?:".*"\n?)+)', catalogue.read_text("utf-8"), flags=re.M)
        found |= {"".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)).replace('\\"', '"') for text in entry}
    return found


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_every_word_that_a_guide_quotes_stands_on_a_screen(guide: Path) -> None:
    quoted = set(re.findall(r"\*\*«([^*]+)»\*\*", guide.read_text("utf-8")))

    assert quoted, "a guide that quotes nothing proves nothing"
    assert quoted - texts_on_screen() == set()
