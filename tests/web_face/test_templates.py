"""Every layout and component draws, escapes, speaks both languages and is documented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from billhook import Money
from billhook.i18n import read_po, use_language
from flask import Flask, render_template

from host_stub.web.face import STATIC, TEMPLATES
from host_stub.web.page import Account, MenuEntry, Page, Tone
from tests.web_face.sample_pages import HERE, PAGES, make_app, render, rub, sample_page, words

ROOT = HERE.parents[1]
README = (TEMPLATES / "README.md").read_text("utf-8")
MACROS = re.findall(r"{% set (\w+) =", (TEMPLATES / "components/macros.html").read_text("utf-8"))
OURS = [
    f for folder in ("layouts", "components", "billhook", "errors") for f in sorted((TEMPLATES / folder).glob("*.html"))
]
EVERYBODYS = [*sorted(TEMPLATES.rglob("*.html")), *sorted(ROOT.glob("plugins/*/src/*/templates/**/*.html"))]
NASTY = "<script>alert('x')</script>\"'"


class Outline(HTMLParser):
    """What a page is made of, and what it must not be made of."""

    VOID = frozenset({"meta", "link", "input", "img", "br", "wbr", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.forbidden: list[str] = []
        self.ids: list[str] = []
        self.described: list[str] = []
        self.labelled: list[str] = []
        self.headings = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.forbidden += [f"{tag} {n}" for n in names if n == "style" or n.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.forbidden.append(tag)
        self.ids += [names["id"] or ""] if "id" in names else []
        self.described += (names.get("aria-describedby") or "").split()
        self.labelled += [names["for"] or ""] if "for" in names else []
        self.headings += tag == "h1"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(html: str) -> Outline:
    found = Outline()
    found.feed(html)
    found.close()
    return found


@pytest.fixture
def app() -> Iterator[Flask]:
    app = make_app()
    with app.test_request_context():
        yield app


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_every_layout_draws_sound_html_without_inline_code(name: str, language: str) -> None:
    with use_language(language):
        html = render(name, language)

    found = outline(html)
    assert found.forbidden == []
    assert found.open == []
    assert len(set(found.ids)) == len(found.ids)
    assert set(found.described) | set(found.labelled) <= set(found.ids)
    assert f'<html lang="{language}"' in html
    # An empty state stands alone in its page here; its heading is of the second rank.
    assert found.headings == (0 if name == "empty" else 1)


@pytest.mark.usefixtures("app")
def test_text_from_people_is_escaped_everywhere() -> None:
    page = Page(brand=make_brand(), accounts=(MenuEntry(NASTY, NASTY, post=True, confirm=NASTY),))

    html = render_template("gallery/nasty.html", page=page, t=NASTY)

    assert "<script>alert" not in html
    assert outline(html).forbidden == []


def sample(name: str) -> Page:
    return sample_page(name, "ru", SimpleNamespace(**words("ru")), "")


def make_brand() -> SimpleNamespace:
    return SimpleNamespace(name=NASTY, home_url=NASTY, logo_url="", accent_css_url="")


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("code", [400, 403, 404, 413, 429, 500, 503])
def test_an_error_page_needs_nothing_from_the_application(code: int) -> None:
    html = render_template(f"errors/{code}.html")

    assert f"Ошибка {code}" in html


@pytest.mark.usefixtures("app")
def test_a_preloaded_face_has_the_address_that_the_stylesheet_gives_it() -> None:
    html = render_template("errors/404.html")

    preloaded = re.findall(r'rel="preload" href="/static/([^"]+)"', html)
    named = re.findall(r'url\("([^"]+woff2)"\)', (STATIC / "billhook.css").read_text("utf-8"))
    assert preloaded
    assert set(preloaded) <= set(named)


@pytest.mark.usefixtures("app")
def test_a_hold_is_announced_with_the_sum_and_a_button() -> None:
    with use_language("ru"):
        html = render("payments", "ru")
        held = render("empty", "ru")

    assert "приостановлено" not in html
    assert "Пополните баланс на 3\u00a0000,00\u00a0руб." in held
    assert held.count('href="/top-up">Пополнить баланс</a>') >= 2


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(("balance", "shown"), [(rub(0), 1), (None, 0)])
def test_a_balance_of_zero_is_shown_and_one_the_user_may_not_see_is_not(balance: Money | None, shown: int) -> None:
    page = Page(account=Account(1, "x", balance, "/top-up"))

    html = render_template("gallery/plugin_page.html", page=page)

    assert html.count('class="balance"') == shown


@pytest.mark.usefixtures("app")
def test_the_frame_speaks_the_words_of_the_letter() -> None:
    with use_language("ru"):
        instructions = render("instructions", "ru")
        payments = render("payments", "ru")

    for phrase in (
        "Платеж AP-000834 на сумму 5\u00a0000,00\u00a0руб.",
        "ожидает оплаты",
        "Дата создания",
        "Назад",
        "Баланс",
    ):
        assert phrase in instructions
    assert "© 2020 АктивХост. Работает на Billhook" in payments
    for contact in ("sales@", "billing@", "support@", "accounting@", "tel:88005550123", "tel:+74955550124"):
        assert contact in payments


@pytest.mark.usefixtures("app")
def test_a_plugins_page_keeps_the_frame_in_the_readers_language() -> None:
    with use_language("ru"):
        html = render_template("gallery/plugin_page.html", _=lambda text: f"plugin: {text}", page=sample("payments"))

    assert "plugin: Hello" in html
    assert html.count("plugin:") == 1
    assert "Выйти" in html


@pytest.mark.parametrize("macro", MACROS)
def test_every_macro_has_an_example_for_page_authors(macro: str) -> None:
    assert f"ui.{macro}(" in README


def test_examples_name_no_macro_that_is_not_there() -> None:
    assert set(re.findall(r"\bui\.(\w+)\(", README)) == set(MACROS)


@pytest.mark.usefixtures("app")
def test_the_list_of_macros_is_complete(app: Flask) -> None:
    parts = [TEMPLATES / f"components/{name}.html" for name in ("forms", "content", "navigation")]
    written = [m for part in parts for m in re.findall(r"{% macro ([a-z]\w*)\(", part.read_text("utf-8"))]

    assert sorted(written) == sorted(MACROS)
    assert all(getattr(app.jinja_env.globals["ui"], m) for m in MACROS)


def test_every_text_of_the_frame_is_translated() -> None:
    catalogues = (TEMPLATES.parents[1] / "locale/ru").glob("*.po")
    translated = {msgid for each in catalogues for msgid, forms, _ in read_po(each.read_text("utf-8")) if all(forms)}
    used = {text for file in OURS for text in message_ids(file)}

    assert used - translated == set()


def message_ids(file: Path) -> list[str]:
    return [
        one or other
        for one, other in re.findall(r"\b(?:_|host_text)\((?:\"([^\"]+)\"|'([^']+)')", file.read_text("utf-8"))
    ]


@pytest.mark.parametrize("file", EVERYBODYS, ids=lambda f: str(f.relative_to(ROOT)))
def test_a_template_holds_no_inline_code_and_no_russian(file: Path) -> None:
    source = file.read_text("utf-8")

    assert re.findall(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*\bsrc=)", source) == []
    assert re.findall("[А-Яа-яЁё]+", source) == []


def test_both_samples_say_the_same_things() -> None:
    assert words("ru").keys() == words("en").keys()


def test_tones_are_those_of_the_stylesheet() -> None:
    css = (TEMPLATES.parent / "static/billhook.css").read_text("utf-8")

    assert [tone for tone in Tone if tone != Tone.CALM and f".alert.{tone}" not in css] == []
