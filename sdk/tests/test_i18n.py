"""Messages become text when they are shown, in the language of the moment."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from billhook import Catalogue
from billhook.i18n import LazyText, catalogue_faults, current_language, plural_index, read_po, use_language
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


@pytest.mark.parametrize(
    "value", ["oops", '"open', '"', "5", 'b"bytes"', '"a" + "b"', '"\\x"', "(" * 5000, "-" * 100_000]
)
def test_what_is_no_quoted_string_is_a_fault_of_its_line(value: str) -> None:
    with pytest.raises(ValueError, match="here:2"):
        list(read_po(f'msgid "a"\nmsgstr {value}', "here"))


@pytest.mark.parametrize("text", ['msgstr "a"', 'msgid "a"\nmsgctxt "b"', '"a"'])
def test_a_line_that_belongs_to_no_message_is_a_fault(text: str) -> None:
    with pytest.raises(ValueError, match="here:"):
        list(read_po(text, "here"))


def test_an_escaped_text_is_read_as_python_reads_it() -> None:
    assert list(read_po('msgid "a \\"b\\" \\n"\nmsgstr "в"')) == [('a "b" \n', ["в"], False)]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A package of its own for each test: catalogues are read once per process."""
    folder = tmp_path / f"texts_{abs(hash(request.node.name))}"
    (folder / "locale/ru").mkdir(parents=True)
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return folder


GOOD = 'msgid "Hello {name}"\nmsgstr "Привет, {name}"\n'


def test_a_broken_catalogue_is_left_out_while_the_others_are_read_and_logged_once(
    package: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (package / "locale/ru/good.po").write_text(GOOD, "utf-8")
    (package / "locale/ru/bad.po").write_text('msgid "a"\nmsgstr "открыто\n', "utf-8")
    (package / "locale/ru/latin.po").write_bytes('msgid "b"\nmsgstr "й"\n'.encode("koi8-r"))
    _ = Catalogue(package.name)

    for _time in range(3):
        assert str(_("a")) == "a"
        assert str(_("Hello {name}", name="x")) == "Привет, x"

    broken, latin = catalogue_faults(package.name)
    assert broken == "locale/ru/bad.po:2: not a quoted string"
    assert latin.startswith("locale/ru/latin.po: ")
    assert len([record for record in caplog.records if "bad.po:2" in record.getMessage()]) == 1


def test_a_package_that_is_not_there_has_no_translations() -> None:
    assert str(Catalogue("no_such_package_anywhere")("Hello {name}", name="x")) == "Hello x"
    assert "no_such_package_anywhere" in catalogue_faults("no_such_package_anywhere")[0]


def test_a_plugin_in_a_single_file_has_no_catalogues_and_that_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "texts_in_one_file.py").touch()
    (tmp_path / "locale/ru").mkdir(parents=True)
    (tmp_path / "locale/ru/of_a_neighbour.po").write_text(GOOD, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    assert str(Catalogue("texts_in_one_file")("Hello {name}", name="x")) == "Hello x"
    assert catalogue_faults("texts_in_one_file") == ()


@pytest.mark.parametrize(
    ("translation", "shown"),
    [
        ("Привет, {nobody}", "Hello x"),
        ("Привет, {", "Hello x"),
        ("Привет, {0}", "Hello x"),
        ("Привет, {name.nothing}", "Hello x"),
        ("Привет, {name:d}", "Hello x"),
    ],
)
def test_a_translation_that_cannot_be_filled_gives_way_to_its_message_and_is_logged_once(
    translation: str, shown: str, package: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (package / "locale/ru/x.po").write_text(GOOD.replace("Привет, {name}", translation), "utf-8")
    text = Catalogue(package.name)("Hello {name}", name="x")

    assert [str(text), str(text)] == [shown] * 2

    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "Hello {name}" in caplog.text
    with pytest.raises((KeyError, ValueError, IndexError, AttributeError)):
        text.in_language("ru")
    assert text.in_language("en") == "Hello x"


class Unshowable:
    def __str__(self) -> str:
        raise RuntimeError("a secret")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (LazyText("billhook", "Hello {nobody}", {"name": "x"}), "Hello {nobody}"),
        (LazyText("billhook", "Hello {", {"name": "x"}), "Hello {"),
        (LazyText("billhook", "Hello {name}", {"name": Unshowable()}), "Hello {name}"),
        (LazyText("billhook", 5), "5"),  # type: ignore[arg-type]
        (LazyText("billhook", ["a"]), "['a']"),  # type: ignore[arg-type]
        (LazyText(None, "Hello"), "Hello"),  # type: ignore[arg-type]
    ],
)
def test_a_message_that_cannot_be_filled_is_shown_as_it_stands(
    text: LazyText, shown: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert str(text) == shown
    assert "a secret" not in caplog.text


def test_a_plural_that_cannot_be_filled_gives_way_to_its_message(package: Path) -> None:
    (package / "locale/ru/x.po").write_text(
        'msgid "{number} day"\nmsgid_plural "{number} days"\n'
        'msgstr[0] "{nobody}"\nmsgstr[1] "{nobody}"\nmsgstr[2] "{nobody}"\n',
        "utf-8",
    )
    _ = Catalogue(package.name)

    assert _.plural("{number} day", "{number} days", 5) == "5 days"
    assert _.plural("{nobody} day", "{nobody} days", 1) == "{nobody} day"
