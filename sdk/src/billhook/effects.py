"""What plugins may ask for: the rules that every host applies to effects before it writes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from billhook.events import Discard, Effect, Event, Keep, Notify
from billhook.i18n import LANGUAGES, LazyText, use_language
from billhook.tables import Tables, check_effect

#: Says whether a notice may be for an account.
IsOwn = Callable[[int], bool]
_TEXT = (LazyText, str)
_ROWS = (Keep, Discard)


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
    checked: list[Effect] = []
    for effect in effects:
        if isinstance(effect, _ROWS):
            check_effect(effect, tables)
        elif isinstance(effect, Notify):
            if not is_own(effect.account_id):
                raise TypeError(f"a notice is for another account than {whose}")
            _check_texts(effect)
        else:
            raise TypeError(f"{type(effect).__name__} is no effect")
        checked.append(effect)
    return checked


def _check_texts(effect: Notify) -> None:
    """Show every text once: a missing field shows here, in the plugin's guard, and not while effects are written."""
    label, url = effect.button or ("", "")
    texts = (effect.subject, *effect.paragraphs, label, url, effect.unsubscribe)
    wrong = [text for text in texts if not isinstance(text, _TEXT)]
    if wrong:
        raise TypeError(f"{type(wrong[0]).__name__} is no text")
    lazy = [text for text in texts if type(text) is not str]
    for language in LANGUAGES if lazy else ():
        with use_language(language):
            for text in lazy:
                str(text)
    if not all(isinstance(recipient, str) for recipient in effect.recipients):
        raise TypeError("recipients are mail addresses")
