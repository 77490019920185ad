"""Translations for a package that ships its own catalogues.

A package names itself once and marks its strings::

    from billhook.i18n import Catalogue

    _ = Catalogue("billhook_paymaster")
    title = _("Bank card, SBP")  # lazy: becomes text when it is shown

Message ids are English. The catalogue of a language is every `locale/<language>/*.po` of the package, read once; a
message without a translation shows its id. The language is the one that `use_language` set for the current context
(a request, a mail, a document).

Showing a text never fails, since it would take the page down on which it stands: a catalogue that cannot be read is
left out, a translation that cannot be filled gives way to its id, and each is logged once. No plugin is loaded with
either in what it declares.
"""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from importlib import import_module
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("ru", "en")
DEFAULT_LANGUAGE: Final = "ru"

_log = logging.getLogger(__name__)
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


def is_storable(text: str) -> bool:
    """Say whether a text can be kept and sent: it holds no NUL, and no half of a character, as JSON and bytes that are
    no UTF-8 may bring."""
    try:
        return "\x00" not in text and (text.isascii() or bool(text.encode()))
    except UnicodeEncodeError:
        return False


class LazyText:
    """A message that becomes text in the language of the moment when it is shown.

    Keyword arguments fill `{name}` fields. A LazyText among them is translated with it; Money, dates and instants are
    written as `billhook.formats` does for people. `str()` never raises: what cannot be filled gives way to the
    message's id.
    """

    __slots__ = ("_arguments", "_domain", "_msgid")

    def __init__(self, domain: str, msgid: str, arguments: dict[str, object] | None = None) -> None:
        self._domain = domain
        self._msgid = msgid
        self._arguments = arguments or {}

    @property
    def domain(self) -> str:
        """The package whose catalogues translate it."""
        return self._domain

    def in_language(self, language: str) -> str:
        """Return the text in a language. Raises whatever keeps it from being filled, for those who check texts."""
        with use_language(language):
            return self._translated()

    def __str__(self) -> str:
        try:
            return self._translated()
        except Exception as error:  # noqa: BLE001  see the module: a text takes no page down
            _tell_once(str(self._domain), str(self._msgid), current_language(), type(error).__name__)
            return _filled_if_possible(str(self._msgid), self._arguments)

    def _translated(self) -> str:
        text = _load(self._domain, current_language()).texts.get(self._msgid, self._msgid)
        if not isinstance(text, str):
            raise TypeError(f"{self._msgid!r} is no text")
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
        language, values = current_language(), {"number": number, **arguments}
        forms = _load(self.package, language).plurals.get(one)
        index = plural_index(language, number)
        untranslated = one if number == 1 else many
        try:
            return _filled(forms[index] if forms and index < len(forms) else untranslated, values)
        except Exception as error:  # noqa: BLE001  see the module: a text takes no page down
            _tell_once(self.package, one, language, type(error).__name__)
            return _filled_if_possible(untranslated, values)


_INNER_RUSSIAN: Final = str.maketrans("«»", "„“")
_INNER_ENGLISH: Final = str.maketrans("“”", "‘’")


def _filled(text: str, arguments: Mapping[str, object]) -> str:
    """Put the values in. Where one ends with a full stop («руб.»), that of the sentence is left out.

    Quotes within quotes are the inner ones of the language: «ООО „Ромашка“», “the ‘Daisy’ company”.
    """
    shown = {name: _shown(value) for name, value in arguments.items()}
    for name, value in shown.items():
        if f"«{{{name}}}»" in text:
            shown[name] = value.translate(_INNER_RUSSIAN)
        elif f"“{{{name}}}”" in text:
            shown[name] = value.translate(_INNER_ENGLISH)
        if value.endswith("."):
            text = text.replace(f"{{{name}}}.", f"{{{name}}}")
    return text.format(**shown)


def _filled_if_possible(text: str, arguments: Mapping[str, object]) -> str:
    try:
        return _filled(text, arguments) if arguments else text
    except Exception:  # noqa: BLE001  it was told already; the bare text is the last that can be shown
        return text


@lru_cache(maxsize=256)
def _tell_once(package: str, msgid: str, language: str, error: str) -> None:
    # The error's own words may hold a value; the message does not.
    _log.error("%s: the text %r cannot be shown in %s (%s): its message id is", package, msgid, language, error)


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


def catalogue_faults(package: str) -> tuple[str, ...]:
    """Return what is wrong with the catalogues of a package in any language: file, line and fault each."""
    return tuple(fault for language in LANGUAGES for fault in _load(package, language).faults)


@dataclass(frozen=True, slots=True)
class _Messages:
    """A language of a package. faults: of what could not be read, and is left out."""

    texts: dict[str, str]
    plurals: dict[str, list[str]]
    faults: list[str]


@cache
def _load(package: str, language: str) -> _Messages:
    found = _Messages({}, {}, [])
    try:
        _read(package, f"locale/{language}", found)
    except Exception as error:  # noqa: BLE001  importing a package may raise anything
        found.faults.append(f"it has no catalogues: {type(error).__name__}: {error}")
    for fault in found.faults:
        _log.error("%s: texts are left out: %s", package, fault)
    return found


def _read(package: str, place: str, found: _Messages) -> None:
    module = import_module(package)
    if not hasattr(module, "__path__"):
        return  # a single file has no folder of its own, and none of its neighbours is its catalogue
    folder = files(module) / place
    for name in sorted(each.name for each in folder.iterdir()) if folder.is_dir() else ():
        if not name.endswith(".po"):
            continue
        try:
            _add(found, list(read_po((folder / name).read_text("utf-8"), f"{place}/{name}")))
        except _NotRead as error:
            found.faults.append(str(error))
        except (OSError, UnicodeError) as error:
            found.faults.append(f"{place}/{name}: {error}")


def _add(found: _Messages, entries: list[tuple[str, list[str], bool]]) -> None:
    for msgid, forms, is_plural in entries:
        if is_plural and all(forms):
            found.plurals[msgid] = forms
        elif msgid and forms and forms[0]:
            found.texts[msgid] = forms[0]


class _NotRead(ValueError):
    """A line of a catalogue that cannot be read."""


def read_po(text: str, name: str = "<po>") -> Iterator[tuple[str, list[str], bool]]:  # noqa: C901  one state machine
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
        keyword, _, value = ("", "", line) if line.startswith('"') else line.partition(" ")
        try:
            piece = _unquoted(value.strip())
        except (SyntaxError, ValueError) as error:
            raise _NotRead(f"{name}:{number}: not a quoted string") from error
        if keyword == "msgid":
            yield from entry()
            msgid, forms, plural, target = piece, [], False, "id"
        elif keyword == "msgid_plural" and target == "id":
            plural, target = True, "plural"
        elif keyword.startswith("msgstr") and target:
            forms.append(piece)
            target = "str"
        elif keyword == "" and target == "id":
            msgid += piece
        elif keyword == "" and target == "str":
            forms[-1] += piece
        elif not (keyword == "" and target == "plural"):
            raise _NotRead(f"{name}:{number}: {keyword or 'a text'} stands where it can't")
    yield from entry()


def _unquoted(value: str) -> str:
    """Return what a quoted string says. Raises SyntaxError, ValueError.

    Most have nothing escaped and are not parsed: every start reads the catalogues of every plugin.
    """
    if len(value) < 2 or not (value.startswith('"') and value.endswith('"')):
        raise ValueError(value)
    inner = value[1:-1]
    if "\\" not in inner and '"' not in inner:
        return inner
    piece = ast.literal_eval(value)
    if not isinstance(piece, str):
        raise ValueError(value)
    return piece
