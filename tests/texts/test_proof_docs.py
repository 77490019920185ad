"""docs/proof.md lists every check and every corruption that the tests try."""

from __future__ import annotations

from devtools.proof_page import PAGE, written


def test_the_page_on_proofs_is_what_the_checks_and_the_table_of_corruptions_say() -> None:
    page = PAGE.read_text("utf-8")

    assert written(page) == page, "run python -m devtools.proof_page"
