"""What plugins may answer, by place: the rules that every host applies. Anything else is rubbish and never gets in."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any, Final, get_type_hints
from urllib.parse import urlencode

from billhook.addresses import is_web_address
from billhook.callbacks import Answer
from billhook.documents import DocumentSource
from billhook.facts import PaymentFailed, PaymentPaid, PaymentPending
from billhook.host.places import EVENTS, PLACES, kinds_of
from billhook.i18n import LazyText, is_storable
from billhook.pages import GoTo, Show
from billhook.provider import Instructions, PostForm, Redirect, ShowCode, Start

#: What one message may say.
MOST_FACTS: Final = 100
_TEXT: Final = (str, LazyText)
#: What is answered as a value, whose fields are then what its class says. Effects are judged by `effects`.
_VALUES: Final = {
    kind for place in PLACES.values() if place.event is None for kind in place.answers if dataclasses.is_dataclass(kind)
}
#: The fields that are looked at, and what looks closer.
_Rules = tuple[Mapping[str, tuple[type, ...]], Callable[[str, Any], None] | None]
_RULES: Final[dict[type, _Rules]] = {}


class Rubbish(TypeError):
    """An answer that the contract does not know. Says what came and what was expected."""


def check(plugin: str, place: str, answer: object) -> None:
    """Raise Rubbish for an answer that does not fit the place.

    place: one of PLACES, or a collector.
    What handlers return is looked at in detail by `effects`; what collectors return, by `loading`.
    """
    # Most handlers want nothing, most of the time.
    if (answer is None or (type(answer) is list and not answer)) and place in EVENTS:
        return
    declared = PLACES.get(place)
    if declared is None:
        return  # a collector
    if declared.singly and isinstance(answer, declared.singly):
        return
    if not declared.many:
        _one(plugin, place, answer, declared.answers)
    elif type(answer) is not list and (not isinstance(answer, Sequence) or isinstance(answer, str | bytes)):
        wanted = " or ".join(kind.__name__ for kind in declared.answers)
        raise Rubbish(f"{place} returned {_kind(answer)}, not a list of {wanted}")
    else:
        if place == "parse" and not 1 <= len(answer) <= MOST_FACTS:
            raise Rubbish(f"parse returned {len(answer)} facts, not 1 to {MOST_FACTS}: what is no news is Ignored")
        for each in answer:
            _one(plugin, place, each, declared.answers)


def check_start(starts: tuple[type[Start], ...], answer: object) -> None:
    """Raise Rubbish for a start of another kind than the provider declares: hosts decide by the declaration."""
    if not isinstance(answer, starts):
        wanted = " or ".join(kind.__name__ for kind in starts)
        raise Rubbish(f"start returned {_kind(answer)}, not {wanted} as starts says")


def _one(plugin: str, place: str, answer: Any, expected: tuple[type, ...]) -> None:
    if not isinstance(answer, expected):
        names = " or ".join("None" if kind is NoneType else kind.__name__ for kind in expected)
        raise Rubbish(f"{place} returned {_kind(answer)}, not {names}")
    if isinstance(answer, _TEXT):
        _whole(place, answer)
    fields, closer = _RULES.get(type(answer)) or _rules(type(answer))
    for name, kinds in fields.items():
        value = getattr(answer, name)
        if not isinstance(value, kinds):
            wanted = " or ".join(kind.__name__ for kind in kinds)
            raise Rubbish(f"{place} returned {_kind(answer)} with {name} = {_kind(value)}, not {wanted}")
        if isinstance(value, _TEXT):
            _whole(f"{_kind(answer)}.{name}", value)
    if closer is not None:
        closer(plugin, answer)


def _rules(kind: type) -> _Rules:
    """Return the rules for an answer of this very type: those of what it descends from. Remembered."""
    declared = next((base for base in kind.__mro__ if base in _VALUES), None)
    hints = get_type_hints(declared) if declared else {}
    fields = {each.name: kinds_of(hints[each.name]) for each in dataclasses.fields(declared)} if declared else {}
    closer = next((_CLOSER[base] for base in kind.__mro__ if base in _CLOSER), None)
    return _RULES.setdefault(kind, (fields, closer))


def _kind(value: object) -> str:
    return type(value).__name__


def _whole(what: str, text: str | LazyText) -> None:
    """Refuse what no database keeps and no page can be sent with."""
    if not is_storable(text if isinstance(text, str) else str(text)):
        raise Rubbish(f"{what} holds what no database keeps: NUL, or bytes that are no UTF-8")


def _whole_within(what: str, value: object) -> None:
    """Look at every text in a nest of mappings and lists."""
    if isinstance(value, _TEXT):
        _whole(what, value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _whole_within(what, key)
            _whole_within(f"{what}.{key}", inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _whole_within(what, inner)


def _paid(_plugin: str, answer: PaymentPaid) -> None:
    if not 1 <= len(answer.external_id) <= _LONGEST_ID:
        raise Rubbish(f"external_id has {len(answer.external_id)} characters, not 1 to {_LONGEST_ID}")
    if not _DIGEST.fullmatch(answer.signed_digest):
        raise Rubbish("signed_digest is no hex digest, such as hashlib.sha256(signed).hexdigest()")
    for text in (*answer.details, *answer.details.values()):
        if not isinstance(text, str):
            raise Rubbish(f"details holds {_kind(text)}, not text")
        _whole("details", text)


def _of_try(_plugin: str, answer: PaymentPending | PaymentFailed) -> None:
    for name in ("reference", "external_id", "external_reference"):
        _short(name, getattr(answer, name))


def _short(name: str, text: str) -> None:
    if len(text) > _LONGEST_ID:
        raise Rubbish(f"{name} has {len(text)} characters, not at most {_LONGEST_ID}")


def _answer(_plugin: str, answer: Answer) -> None:
    if not 100 <= answer.status <= 599 or not answer.content_type.isprintable():
        raise Rubbish("acknowledge returned an Answer that is no HTTP")


def _document(_plugin: str, answer: DocumentSource) -> None:
    _whole_within("context", answer.context)
    _whole_within("frozen", answer.frozen)
    for label, value in answer.stated.items():
        if not isinstance(label, _TEXT) or not isinstance(value, str):
            raise Rubbish(f"document returned stated with {_kind(label)}: {_kind(value)}, not texts by labels")
        _whole("stated", label)
        _whole("stated", value)
    try:
        json.dumps(dict(answer.frozen), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Rubbish(f"document returned frozen that is no JSON: {error}") from error


def _redirect(_plugin: str, answer: Redirect) -> None:
    _web_address(answer.url)
    _short("external_reference", answer.external_reference)


def _post_form(_plugin: str, answer: PostForm) -> None:
    _web_address(answer.url)
    _short("external_reference", answer.external_reference)
    for field in answer.fields:
        if not (isinstance(field, tuple) and len(field) == 2 and all(isinstance(part, str) for part in field)):
            raise Rubbish("start returned a PostForm whose fields are not pairs of text")
        _whole_within("a field of the form", field)


def _show_code(_plugin: str, answer: ShowCode) -> None:
    if not 1 <= len(answer.payload) <= _LONGEST_CODE:
        raise Rubbish(f"start returned a ShowCode of {len(answer.payload)} characters, not 1 to {_LONGEST_CODE}")
    for step in answer.steps:
        if not isinstance(step, _TEXT):
            raise Rubbish("start returned a ShowCode with steps that are no texts")
    _whole_within("steps", list(answer.steps))
    _short("external_reference", answer.external_reference)


def _web_address(url: str) -> None:
    if not is_web_address(url):
        raise Rubbish("start led to what is no web address")


def _instructions(plugin: str, answer: Instructions) -> None:
    if not answer.template.startswith((f"{plugin}/", "billhook/")):
        raise Rubbish(f"start returned Instructions with template {answer.template!r}, not one under {plugin}/")
    _short("external_reference", answer.external_reference)


def _show(plugin: str, answer: Show) -> None:
    if not answer.template.startswith(f"{plugin}/") or ".." in answer.template:
        raise Rubbish(f"Show with template {answer.template!r}, not one under {plugin}/")


def _go_to(_plugin: str, answer: GoTo) -> None:
    for field in answer.fields.items():
        if not all(isinstance(part, str) for part in field):
            raise Rubbish("GoTo with fields that are no texts")
    urlencode(answer.fields)  # what no address can carry shows here, in the plugin's guard


#: Longer ids of payments are no gateway's.
_LONGEST_ID: Final = 200
_LONGEST_CODE: Final = 2000
_DIGEST: Final = re.compile(r"[0-9a-fA-F]{32,128}", re.ASCII)

_CLOSER: Final[Mapping[type, Callable[[str, Any], None]]] = {
    PaymentPaid: _paid,
    PaymentPending: _of_try,
    PaymentFailed: _of_try,
    Answer: _answer,
    DocumentSource: _document,
    Redirect: _redirect,
    PostForm: _post_form,
    Instructions: _instructions,
    ShowCode: _show_code,
    Show: _show,
    GoTo: _go_to,
}
