"""Translations for a package that ships its own catalogues.

A package names itself once and marks its strings::

    from billhook.i18n import Catalogue

    _ = Catalogue("billhook_paymaster")
    title = _("Bank card, SBP")  # lazy: becomes text when it is shown

Message ids are English. The catalogue of a language is every `locale/<language>/*.po` of the package, read once; a
message without a translation shows its id. The language is the one that `use_language` set for the current context
(a request, a mail, a document).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("ru", "en")
DEFAULT_LANGUAGE: Final = "ru"

_language: ContextVar[str] = ContextVar("billhook_language", default=DEFAULT_LANGUAGE)


def current_language() -> str:
    """Return the language of the current context: `ru` or `en`."""
    return _language.get()


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Show texts in `language` inside the block. An unknown language means the default one."""
    token = _language.set(language if language in LANGUAGES else DEFAULT_LANGUAGE)
    try:
        yield
    finally:
        _language.reset(token)


def set_language(language: str) -> None:
    """Show texts in `language` from here on in this context."""
    _language.set(language if language in LANGUAGES else DEFAULT_LANGUAGE)


class LazyText:
    """A message that becomes text in the language of the moment when it is shown.

    Keyword arguments fill `{name}` fields. A LazyText among them is translated with it; Money, dates and instants are
    written as `billhook.formats` does for people.
    """

    __slots__ = ("_arguments", "_domain", "_msgid")

    def __init__(self, domain: str, msgid: str, arguments: dict[str, object] | None = None) -> None:
        self._domain = domain
        self._msgid = msgid
        self._arguments = arguments or {}

    def __str__(self) -> str:
        text = _messages(self._domain, current_language()).get(self._msgid, self._msgid)
        return _filled(text, self._arguments) if self._arguments else text

    def __repr__(self) -> str:
        return f"LazyText({self._domain!r}, {self._msgid!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, LazyText | str) else NotImplemented

    def __hash__(self) -> int:
        return hash((self._domain, self._msgid))

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))

    def __add__(self, other: object) -> str:
        return str(self) + str(other)

    def __radd__(self, other: object) -> str:
        return str(other) + str(self)

    def __contains__(self, part: str) -> bool:
        return part in str(self)


class Catalogue:
    """The messages of one package.

    package: import name; its `locale/<language>/*.po` files are the translations.
    """

    def __init__(self, package: str) -> None:
        self.package = package

    def __call__(self, msgid: str, **arguments: object) -> LazyText:
        """Return the message, to be translated when it is shown; arguments fill its `{name}` fields."""
        return LazyText(self.package, msgid, arguments)

    def plural(self, one: str, many: str, number: int, **arguments: object) -> str:
        """Return the form for `number`, now. Translations list forms as `msgstr[0..2]`; `{number}` is filled in."""
        language = current_language()
        forms = _plurals(self.package, language).get(one)
        index = plural_index(language, number)
        text = forms[index] if forms and index < len(forms) else (one if number == 1 else many)
        return _filled(text, {"number": number, **arguments})


def _filled(text: str, arguments: Mapping[str, object]) -> str:
    """Put the values in. Where one ends with a full stop («руб.»), that of the sentence is left out."""
    shown = {name: _shown(value) for name, value in arguments.items()}
    for name, value in shown.items():
        if value.endswith("."):
            text = text.replace(f"{{{name}}}.", f"{{{name}}}")
    return text.format(**shown)


def _shown(value: object) -> str:
    from billhook import formats, money  # they are built on this module

    if isinstance(value, money.Money):
        return formats.money(value)
    if isinstance(value, datetime):
        return formats.datetime(value)
    return formats.date(value) if isinstance(value, date) else str(value)


def plural_index(language: str, number: int) -> int:
    """Return which plural form `number` takes (CLDR: Russian one/few/many, English one/other)."""
    if language != "ru":
        return 0 if number == 1 else 1
    tens, ones = abs(number) % 100, abs(number) % 10
    if ones == 1 and tens != 11:
        return 0
    return 1 if 2 <= ones <= 4 and not 12 <= tens <= 14 else 2


def _messages(package: str, language: str) -> dict[str, str]:
    return _load(package, language)[0]


def _plurals(package: str, language: str) -> dict[str, list[str]]:
    return _load(package, language)[1]


@cache
def _load(package: str, language: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    texts: dict[str, str] = {}
    plurals: dict[str, list[str]] = {}
    folder = files(package) / "locale" / language
    if not folder.is_dir():
        return texts, plurals
    for catalogue in sorted((f for f in folder.iterdir() if f.name.endswith(".po")), key=lambda f: f.name):
        for msgid, forms, is_plural in read_po(catalogue.read_text("utf-8"), catalogue.name):
            if is_plural and all(forms):
                plurals[msgid] = forms
            elif msgid and forms and forms[0]:
                texts[msgid] = forms[0]
    return texts, plurals


def read_po(text: str, name: str = "<po>") -> Iterator[tuple[str, list[str], bool]]:
    """Yield (msgid, translations, is plural) of a gettext catalogue.

    The subset that our tools write: msgid, msgid_plural, msgstr, msgstr[n], continued strings, `#` comments. Fuzzy
    entries are not special. Raises ValueError naming the line.
    """
    msgid, plural, target = "", False, ""
    forms: list[str] = []

    def entry() -> Iterator[tuple[str, list[str], bool]]:
        if msgid:
            yield msgid, forms, plural

    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith('"'):
            keyword, value = "", line
        else:
            keyword, _, value = line.partition(" ")
        try:
            piece = ast.literal_eval(value.strip())
        except (SyntaxError, ValueError) as error:
            raise ValueError(f"{name}:{number}: not a quoted string") from error
        if keyword == "msgid":
            yield from entry()
            msgid, forms, plural, target = piece, [], False, "id"
        elif keyword == "msgid_plural":
            plural, target = True, "plural"
        elif keyword.startswith("msgstr"):
            forms.append(piece)
            target = "str"
        elif keyword == "" and target == "id":
            msgid += piece
        elif keyword == "" and target == "str":
            forms[-1] += piece
        elif not (keyword == "" and target == "plural"):
            raise ValueError(f"{name}:{number}: unknown keyword {keyword!r}")
    yield from entry()
