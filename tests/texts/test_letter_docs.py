"""`docs/letter.md` names a test for each sentence; the names are true."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def rows() -> list[list[str]]:
    page = (ROOT / "docs/letter.md").read_text("utf-8")
    table = page.split("<!-- letter -->")[1].split("<!-- /letter -->")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_the_letter_is_there_in_full() -> None:
    # Of the letter's 33 sentences and headings that promise something none is dropped by an edit.
    assert len(rows()) >= 33
    assert len({row[0] for row in rows()}) == len(rows())


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_every_sentence_names_tests_that_exist(row: list[str]) -> None:
    said, here, proof = row
    named = re.findall(r"`([\w/.]+)::(test_\w+)`", proof)

    assert said.startswith("«")
    assert here
    assert named
    assert [f"{path}::{name}" for path, name in named if name not in names_in(path)] == []


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`([\w/.]+)::(test_\w+)`", (ROOT / "docs/letter.md").read_text("utf-8"))

    assert [f"{path}::{name}" for path, name in named if name not in names_in(path)] == []
