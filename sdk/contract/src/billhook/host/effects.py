"""What plugins may ask for: the rules that every host applies to effects before it writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from billhook.addresses import is_address, is_web_address
from billhook.events import Discard, Effect, Event, Keep, Notify
from billhook.host.tables import Tables, check_effect
from billhook.i18n import LANGUAGES, LazyText, is_storable, use_language

#: Says whether a notice may be for an account.
IsOwn = Callable[[int], bool]
_TEXT = (LazyText, str)
_ROWS = (Keep, Discard)
#: They are written in one transaction, which keeps other writers waiting.
MOST: Final = 200
MOST_RECIPIENTS: Final = 50
MOST_PARAGRAPHS: Final = 50
#: In characters.
LONGEST_KEY: Final = 200
LONGEST_SUBJECT: Final = 200
LONGEST_PARAGRAPH: Final = 5000
_OWN_LINK: Final = re.compile(r"(?:/[^/]+)*/plugin/[a-z0-9_]+/link/", re.ASCII)


def of_event(answer: object, event: Event, tables: Callable[[], Tables]) -> list[Effect]:
    """Return what a handler asked for; None counts as nothing. Raises TypeError for anything else.

    tables: the plugin's own; asked for once an effect concerns one.
    """
    if answer is None:
        return []
    if type(answer) is not list and (not isinstance(answer, Sequence) or isinstance(answer, str)):
        raise TypeError(f"the hook returned {type(answer).__name__}, not a list of effects")
    if not answer:
        return []
    return _checked(answer, lambda account_id: account_id == event.account_id, "the event's", tables)


def of_page(effects: Sequence[Effect], is_own: IsOwn, tables: Callable[[], Tables]) -> list[Effect]:
    """Return what a page or link asked for. Raises TypeError for what can't be written."""
    return _checked(effects, is_own, "the page's", tables)


def _checked(effects: Sequence[object], is_own: IsOwn, whose: str, tables: Callable[[], Tables]) -> list[Effect]:
    if len(effects) > MOST:
        raise TypeError(f"{len(effects)} effects at once: at most {MOST} are written in one transaction")
    checked: list[Effect] = []
    for effect in effects:
        if isinstance(effect, _ROWS):
            check_effect(effect, tables)
        elif isinstance(effect, Notify):
            if not is_own(effect.account_id):
                raise TypeError(f"a notice is for another account than {whose}")
            _check_notice(effect)
        else:
            raise TypeError(f"{type(effect).__name__} is no effect")
        checked.append(effect)
    return checked


def _check_notice(effect: Notify) -> None:
    _check_key(effect.key)
    if effect.recipients != ():
        _check_recipients(effect.recipients)
    if isinstance(effect.paragraphs, str | LazyText) or len(effect.paragraphs) > MOST_PARAGRAPHS:
        raise TypeError(f"paragraphs of a notice are a list of at most {MOST_PARAGRAPHS} texts")
    _check_length("the subject", LONGEST_SUBJECT, effect.subject)
    for paragraph in effect.paragraphs:
        _check_length("a paragraph", LONGEST_PARAGRAPH, paragraph)
    if effect.button is not None:
        label, url = effect.button
        _check_length("the button's label", LONGEST_SUBJECT, label)
        _check_address("the button", url)
    if effect.unsubscribe:
        _check_address("unsubscribe", effect.unsubscribe)
        if _OWN_LINK.match(urlsplit(effect.unsubscribe).path) is None:
            raise TypeError("unsubscribe is none of the plugin's own links: make it by reader.link")


def _check_key(key: object) -> None:
    if not isinstance(key, str) or not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise TypeError(f"the key of a notice is {key!r:.60}, not 1 to {LONGEST_KEY} printable characters")


def _check_recipients(recipients: object) -> None:
    if isinstance(recipients, str) or not isinstance(recipients, Sequence):
        raise TypeError("recipients are a list of mail addresses, not one text: split it by billhook.addresses")
    if len(recipients) > MOST_RECIPIENTS:
        raise TypeError(f"{len(recipients)} recipients of a notice: at most {MOST_RECIPIENTS} get a mail each")
    for address in recipients:
        if not isinstance(address, str) or not is_address(address):
            raise TypeError("recipients are mail addresses, and one of them is none")


def _check_length(what: str, most: int, text: object) -> None:
    """Show a text that is translated in every language: how long it is depends on what fills it."""
    if type(text) is str and len(text) <= most and is_storable(text):
        return
    if not isinstance(text, _TEXT):
        raise TypeError(f"{type(text).__name__} is no text")
    shown = [text] if type(text) is str else list(_shown(text))
    if not all(map(is_storable, shown)):
        raise TypeError(f"{what} of a notice holds NUL or half a character, which no database keeps")
    if max(map(len, shown)) > most:
        raise TypeError(f"{what} of a notice has more than {most} characters")


def _shown(text: str | LazyText) -> Iterator[str]:
    for language in LANGUAGES:
        with use_language(language):
            yield str(text)


def _check_address(what: str, url: object) -> None:
    if not isinstance(url, str) or not is_web_address(url):
        raise TypeError(f"{what} of a notice leads to what is no web address")
