"""Both languages are complete, and nothing that people read stands outside the catalogues."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from billhook.i18n import read_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "host_stub": ROOT / "host_stub",
    "billhook": ROOT / "sdk/contract/src/billhook",
    "billhook_kit": ROOT / "sdk/kit/src/billhook_kit",
    "billhook_check_cash": ROOT / "plugins/check_cash/src/billhook_check_cash",
    "billhook_paymaster": ROOT / "plugins/paymaster/src/billhook_paymaster",
    "billhook_low_balance_notify": ROOT / "plugins/low_balance_notify/src/billhook_low_balance_notify",
}
CYRILLIC = re.compile("[А-Яа-яЁё]")
#: What is Russian by law or is data about Russian words, not text of ours; demo data are names of people and firms.
RUSSIAN_BY_NATURE = (
    "host_stub/demo/",
    "host_stub/domain/amounts.py",
    "host_stub/domain/days.py",
    "host_stub/domain/keyboards.py",
    "host_stub/domain/requisites.py",
    "sdk/contract/src/billhook/requisites.py",
    "sdk/contract/src/billhook/host/schemes/ru.py",
    "billhook_check_cash/words.py",
    "billhook_check_cash/bill.py",
    "billhook_check_cash/papers.py",
    "billhook_check_cash/russian.py",
    "billhook_check_cash/stock/",
)


def marked(package: Path) -> Iterator[tuple[str, str]]:
    """Yield (place, message id) of everything that a package marks for translation."""
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _is_marker(node.func) and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", first.value
    for path in sorted((*package.rglob("*.html"), *package.rglob("*.txt"))):
        tree = Environment(autoescape=True).parse(path.read_text("utf-8"))
        for line, _function, message in extract_from_ast(tree, gettext_functions=("_", "plural", "ngettext")):
            text = message[0] if isinstance(message, tuple) else message
            if text:
                yield f"{path.relative_to(ROOT)}:{line}", text


def _is_marker(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id == "_"
    return isinstance(function, ast.Attribute) and function.attr == "plural"


def translated(package: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for catalogue in sorted(package.glob("locale/ru/*.po")):
        for msgid, forms, _plural in read_po(catalogue.read_text("utf-8"), str(catalogue)):
            found[msgid] = forms
    return found


@pytest.mark.parametrize("name", PACKAGES)
def test_every_marked_text_has_a_russian_translation(name: str) -> None:
    known = translated(PACKAGES[name])

    missing = [f"{place}: {text}" for place, text in marked(PACKAGES[name]) if not any(known.get(text, []))]

    assert missing == []


@pytest.mark.parametrize("name", PACKAGES)
def test_plural_texts_have_all_three_russian_forms(name: str) -> None:
    for catalogue in PACKAGES[name].glob("locale/ru/*.po"):
        for msgid, forms, plural in read_po(catalogue.read_text("utf-8"), str(catalogue)):
            assert not plural or (len(forms) == 3 and all(forms)), f"{catalogue.name}: {msgid}"


@pytest.mark.parametrize("name", PACKAGES)
def test_a_translation_fills_in_the_same_values(name: str) -> None:
    fields = re.compile(r"\{(\w+)\}")
    for msgid, forms in translated(PACKAGES[name]).items():
        for form in forms:
            assert set(fields.findall(form)) <= set(fields.findall(msgid)) | {"number"}, f"{msgid!r} → {form!r}"


@pytest.mark.parametrize("name", PACKAGES)
def test_no_text_stands_outside_the_catalogues(name: str) -> None:
    found = []
    for path in sorted((*PACKAGES[name].rglob("*.py"), *PACKAGES[name].rglob("*.html"))):
        place = str(path.relative_to(ROOT))
        if any(part in place for part in RUSSIAN_BY_NATURE):
            continue
        text = path.read_text("utf-8")
        if path.suffix == ".html":
            found += [f"{place}:{n}" for n, line in enumerate(text.splitlines(), 1) if CYRILLIC.search(line)]
            continue
        tree = ast.parse(text)
        documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            f"{place}:{node.lineno}: {node.value!r}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
            and CYRILLIC.search(node.value)
        ]
    assert found == []


#: «е» is written for «ё» wherever the word can be read one way only, as in most of print. This one word cannot.
WITH_YO = {"всё"}
#: Quoted from the letter to customers, which fixes them to the letter.
OF_THE_LETTER = {"Менеджер зачтёт платёж и осуществит активацию подписки."}


@pytest.mark.parametrize("package", PACKAGES)
def test_yo_is_written_only_where_a_word_would_be_read_as_another(package: str) -> None:
    forms = [form for each in translated(PACKAGES[package]).values() for form in each if form not in OF_THE_LETTER]
    words = [word for form in forms for word in re.findall("[а-яё]*ё[а-яё]*", form.lower())]

    assert forms
    assert set(words) <= WITH_YO
