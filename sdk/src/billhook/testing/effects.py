"""What a hook may return."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from billhook.events import Effect, Event, Notify
from billhook.i18n import LazyText, use_language


def checked_effects(answer: object, event: Event) -> list[Effect]:
    """Return the effects that a handler asked for; None counts as no effects. Raises TypeError for anything else."""
    if answer is None:
        return []
    if not isinstance(answer, Sequence) or isinstance(answer, str):
        raise TypeError(f"the hook returned {type(answer).__name__}, not a list of effects")
    return _checked(answer, lambda account_id: account_id == event.account_id, "the event's")


def effects_of_page(answer: Sequence[Effect], is_own: Callable[[int], bool]) -> list[Effect]:
    """Return the effects of a page or link. is_own: says whether an account may be told. Raises TypeError."""
    return _checked(answer, is_own, "the page's")


def _checked(effects: Sequence[object], is_own: Callable[[int], bool], whose: str) -> list[Effect]:
    checked: list[Effect] = []
    for effect in effects:
        if not isinstance(effect, Notify):
            raise TypeError(f"{type(effect).__name__} is no effect")
        if not is_own(effect.account_id):
            raise TypeError(f"a notice is for another account than {whose}")
        _check_texts(effect)
        checked.append(effect)
    return checked


def _check_texts(effect: Notify) -> None:
    label, url = effect.button or ("", "")
    for text in (effect.subject, *effect.paragraphs, label, url):
        if not isinstance(text, LazyText | str):
            raise TypeError(f"{type(text).__name__} is no text")
        for language in ("ru", "en"):
            with use_language(language):
                str(text)
    if not all(isinstance(recipient, str) for recipient in effect.recipients):
        raise TypeError("recipients are mail addresses")
