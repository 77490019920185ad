"""Messages become text when they are shown, in the language of the moment."""

from __future__ import annotations

import pytest
from billhook import Catalogue
from billhook.i18n import LazyText, current_language, plural_index, read_po, use_language
from markupsafe import escape


def test_an_unknown_language_means_russian() -> None:
    with use_language("de"):
        assert current_language() == "ru"


def test_a_message_without_a_translation_shows_its_id() -> None:
    assert str(Catalogue("billhook")("No such message {name}", name="x")) == "No such message x"


def test_a_value_is_never_read_as_a_format() -> None:
    assert str(Catalogue("billhook")("Hello {name}", name="{0.__class__}")) == "Hello {0.__class__}"


def test_a_sentence_that_ends_with_an_abbreviation_has_one_full_stop() -> None:
    paid = Catalogue("billhook")("It was {amount}. Thank you.", amount="5 руб.")

    assert str(paid) == "It was 5 руб. Thank you."


def test_a_message_is_escaped_in_a_page() -> None:
    assert escape(LazyText("billhook", "Hello {name}", {"name": "<b>"})) == "Hello &lt;b&gt;"


@pytest.mark.parametrize(
    ("number", "form"), [(1, 0), (2, 1), (4, 1), (5, 2), (11, 2), (12, 2), (21, 0), (22, 1), (111, 2), (0, 2)]
)
def test_russian_has_three_forms(number: int, form: int) -> None:
    assert plural_index("ru", number) == form


def test_a_catalogue_is_read_with_continued_lines_and_plurals() -> None:
    one = 'msgid ""\nmsgstr "x"\n\n# c\nmsgid "a "\n"b"\nmsgstr "в "\n"г"\n\n'
    text = one + 'msgid "1"\nmsgid_plural "n"\nmsgstr[0] "о"\nmsgstr[1] "д"'

    assert list(read_po(text)) == [("a b", ["в г"], False), ("1", ["о", "д"], True)]


def test_a_broken_catalogue_names_the_line() -> None:
    with pytest.raises(ValueError, match="here:2"):
        list(read_po('msgid "a"\nmsgstr oops', "here"))
