"""`docs/letter.md` names a test for each sentence; the names are true."""

from __future__ import annotations

import pytest

from tests.support.named_tests import ROOT, missing, named

PAGE = (ROOT / "docs/letter.md").read_text("utf-8")


def rows() -> list[list[str]]:
    table = PAGE.split("<!-- letter -->")[1].split("<!-- /letter -->")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]


def test_the_letter_is_there_in_full() -> None:
    # Of the letter's 33 sentences and headings that promise something none is dropped by an edit.
    assert len(rows()) >= 33
    assert len({row[0] for row in rows()}) == len(rows())


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_every_sentence_names_tests_that_exist(row: list[str]) -> None:
    said, here, proof = row

    assert said.startswith("«")
    assert here
    assert named(proof)
    assert missing(named(proof)) == []
