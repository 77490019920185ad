"""Whatever is entered, every form says what is wrong in the language of the page: also where WTForms says it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import wtforms
from billhook.i18n import use_language
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import Field, SelectField

import host_stub.web
from host_stub.domain.reach import Reach
from host_stub.web.operator.closing_forms import ClosingForm
from host_stub.web.panel_form import MESSAGES, Messages, PanelForm
from tests.conftest import LETTER_DAY

#: Words that are Latin in Russian texts too, and what WTForms fills in.
_LATIN = re.compile(r"«[^»]*»|%\(\w+\)[ds]|e-mail|https://example\.com|PNG|JPEG|WebP|key=value|[A-Z]{2}\b")
_POT = (Path(wtforms.__file__).parent / "locale/wtforms.pot").read_text("utf-8")
SAID_BY_WTFORMS = [text for text in re.findall('^msgid "(.+)"$', _POT, flags=re.M) if text]


def _forms(base: type[PanelForm] = PanelForm) -> Iterator[type[PanelForm]]:
    for form in base.__subclasses__():
        if form.__module__.startswith("host_stub."):
            yield form
            yield from _forms(form)


def _all_forms() -> list[type[PanelForm]]:
    for module in pkgutil.walk_packages(host_stub.web.__path__, "host_stub.web."):
        importlib.import_module(module.name)
    return sorted(set(_forms()), key=lambda form: f"{form.__module__}.{form.__qualname__}")


FORMS = _all_forms()


def test_every_form_of_the_panel_has_its_base() -> None:
    root = Path(host_stub.web.__path__[0])
    of_flask = [path.name for path in root.rglob("*.py") if "FlaskForm" in path.read_text("utf-8")]

    assert of_flask == ["panel_form.py"]
    assert len(FORMS) >= 20


@pytest.mark.parametrize("message", SAID_BY_WTFORMS)
def test_no_message_of_wtforms_reaches_a_page_in_its_english(message: str) -> None:
    with use_language("ru"):
        russian = Messages().ngettext(message, message, 2)
    with use_language("en"):
        english = Messages().gettext(message)

    assert not re.search("[A-Za-z]", _LATIN.sub("", russian)), russian
    assert re.search("[а-я]", russian)
    assert not re.search("[а-яё]", english, re.I)
    assert set(re.findall(r"%\(\w+\)[ds]", russian)) <= set(re.findall(r"%\(\w+\)[ds]", message))


def test_ours_are_messages_that_wtforms_has() -> None:
    assert [message for message in MESSAGES if message not in SAID_BY_WTFORMS] == []


def _typed(field: Field, text: str) -> list[str]:
    return ["no such"] if isinstance(field, SelectField) and text else [text]


@pytest.mark.parametrize(
    "text", ["", "x" * 9000, "ы" * 9000, "-1", "no such"], ids=["empty", "x", "ы", "-1", "no such"]
)
@pytest.mark.parametrize("form_class", FORMS, ids=lambda form: form.__qualname__)
def test_no_form_says_english_on_a_russian_page(form_class: type[PanelForm], text: str) -> None:
    app = Flask("forms")
    app.config |= {"SECRET_KEY": "x", "WTF_CSRF_ENABLED": False}
    store, config = SimpleNamespace(now=lambda: LETTER_DAY), SimpleNamespace(reach=Reach())
    app.extensions["billhook"] = SimpleNamespace(store=store, config=config)
    more: dict[str, Any] = {"name": "Лютик"} if form_class is ClosingForm else {}
    with app.test_request_context(method="POST"), use_language("ru"):
        names = form_class(formdata=None, **more)
        entered = MultiDict((field.name, each) for field in names for each in _typed(field, text))
        form = form_class(formdata=entered, **more)
        for field in form:
            if isinstance(field, SelectField) and field.choices is None:
                field.choices = []
        form.validate()

        said = [str(error).replace(text or "\0", "") for field in form for error in field.errors]

    assert [each for each in said if re.search("[A-Za-z]{2}", _LATIN.sub("", each))] == []
