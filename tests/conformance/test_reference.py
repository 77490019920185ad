"""The reference page says what the code says, and leads to everything that it names."""

from __future__ import annotations

import os
import re
from pathlib import Path

import billhook
import billhook_kit
import pytest
from billhook import Reader
from billhook_kit.cli import VERBS

from devtools.docstrings import cell, explained, first_sentence, markdown
from devtools.reference import Page, slug

PAGE = Path(__file__).parents[2] / "docs/reference.md"


def headings(text: str) -> list[str]:
    return re.findall(r"^#{2,4} (.+)$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)


def anchors(text: str) -> list[str]:
    return [slug(heading) for heading in headings(text)] + re.findall(r'<a id="([^"]+)">', text)


def test_the_reference_is_what_the_code_says() -> None:
    """Rewrite it with BILLHOOK_WRITE_DOCS=1."""
    fresh = Page().text()
    if os.environ.get("BILLHOOK_WRITE_DOCS"):
        PAGE.write_text(fresh, "utf-8")

    assert PAGE.read_text("utf-8") == fresh


def test_every_link_inside_the_reference_leads_to_one_place() -> None:
    text = PAGE.read_text("utf-8")
    linked = set(re.findall(r"\]\(#([^)]+)\)", text))

    assert len(linked) > 100
    assert linked - set(anchors(text)) == set()
    assert len(anchors(text)) == len(set(anchors(text)))


@pytest.mark.parametrize("name", [*billhook.__all__, *billhook_kit.__all__])
def test_whatever_the_contract_exports_is_explained_and_listed(name: str) -> None:
    text = PAGE.read_text("utf-8")

    assert slug(name) in anchors(text)
    assert f"[`{name}`](#{slug(name)})" in text.split("## All names")[1].split("\n## ")[0]


def test_every_field_of_a_value_stands_in_its_table() -> None:
    about = PAGE.read_text("utf-8").split("\n### PaymentPaid\n")[1].split("\n### ")[0]

    assert re.findall(r"^\| `(\w+)`", about, flags=re.M) == [
        *(
            "reference",
            "merchant",
            "amount",
            "is_test",
            "external_reference",
            "external_id",
            "signed_digest",
            "details",
        ),
    ]
    assert "| by signed fields only. |" in about


def test_every_method_of_the_reader_is_told() -> None:
    about = PAGE.read_text("utf-8").split("\n### Reader\n")[1].split("\n### ")[0]

    assert {name for name in vars(Reader) if not name.startswith("_") and f"* `{name}(" not in about} == set()


def test_every_verb_of_the_command_is_told() -> None:
    assert {f"billhook {verb}" for verb in VERBS} <= set(headings(PAGE.read_text("utf-8")))


def test_what_a_docstring_says_of_a_name_is_found() -> None:
    doc = "A sum.\n\nminor: units, may\n    be negative. currency: letters.\nRaises MalformedAmount.\n\nNothing rounds."

    said = explained(doc, ["minor", "currency"])

    assert said.meanings == {"minor": "units, may be negative.", "currency": "letters."}
    assert said.prose == "A sum.\n\nRaises MalformedAmount.\n\nNothing rounds."


def test_names_that_share_a_meaning_have_it_each() -> None:
    assert explained("minimum, maximum: whole units.", ["minimum", "maximum"]).meanings == {
        "minimum": "whole units.",
        "maximum": "whole units.",
    }


def test_an_example_in_a_docstring_is_code_and_brackets_are_text() -> None:
    doc = "Put it into <here>, as `<plugin>`::\n\n    a = 1\n\n    b = 2\n\nDone."

    assert markdown(doc) == "Put it into \\<here>, as `<plugin>`:\n\n```python\na = 1\n\nb = 2\n```\n\nDone."


def test_a_first_sentence_ends_at_its_full_stop() -> None:
    assert first_sentence("Return billhook.Money for\npeople. More.") == "Return billhook.Money for people."
    assert cell("a | b\nc") == "a \\| b c"
