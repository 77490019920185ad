"""What a hook may return."""

from __future__ import annotations

from collections.abc import Sequence

from billhook.events import Effect, Event, Notify
from billhook.i18n import LazyText, use_language


def checked_effects(answer: object, event: Event) -> list[Effect]:
    """Return the effects that a handler asked for; None counts as no effects. Raises TypeError for anything else."""
    if answer is None:
        return []
    if not isinstance(answer, Sequence) or isinstance(answer, str):
        raise TypeError(f"the hook returned {type(answer).__name__}, not a list of effects")
    for effect in answer:
        if not isinstance(effect, Notify):
            raise TypeError(f"{type(effect).__name__} is no effect")
        if effect.account_id != event.account_id:
            raise TypeError("a notice is for another account than the event's")
        _check_texts(effect)
    return list(answer)


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
