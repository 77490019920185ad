"""What plugins may answer, by place; everything else is rubbish and never reaches the host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from billhook import (
    Answer,
    AttemptState,
    Available,
    Discard,
    DocumentSource,
    Finding,
    GoTo,
    Instructions,
    Keep,
    LazyText,
    Money,
    Notify,
    PayerReturned,
    PaymentClaim,
    PaymentPaid,
    PostForm,
    Redirect,
    Severity,
    Show,
    Unavailable,
)
from billhook.loading import EVENT_HOOKS

#: Place → types of its answer. `list` means a list of the types after it; handlers may also answer None.
EXPECTED: Final[Mapping[str, tuple[type, ...]]] = {
    "availability": (Available, Unavailable),
    "check_settings": (list, Finding),
    "verify": (NoneType,),
    "parse": (PaymentPaid, PaymentClaim, PayerReturned),
    "acknowledge": (Answer,),
    "document": (DocumentSource,),
    "start": (Redirect, PostForm, Instructions),
    "query": (PaymentPaid, AttemptState),
    "page": (Show, GoTo),
    "link": (Show, GoTo),
    "template": (str,),
}
HANDLER: Final[tuple[type, ...]] = (list, Notify, Keep, Discard)
_ALL: Final[Mapping[str, tuple[type, ...]]] = {**dict.fromkeys(EVENT_HOOKS, HANDLER), **EXPECTED}

_TEXT: Final = (str, LazyText)
_CLAIM: Final[Mapping[str, tuple[type, ...]]] = {
    "reference": (str,),
    "merchant": (str,),
    "amount": (Money,),
    "is_test": (bool,),
}
#: The fields of an answer that the host relies on.
_FIELDS: Final[Mapping[type, Mapping[str, tuple[type, ...]]]] = {
    Unavailable: {"reason": _TEXT},
    Finding: {"severity": (Severity,), "text": _TEXT, "remedy": _TEXT, "setting": (str,)},
    PaymentClaim: _CLAIM,
    PaymentPaid: {**_CLAIM, "external_id": (str,), "signed_digest": (str,), "details": (Mapping,)},
    PayerReturned: {"reference": (str,), "successful": (bool,)},
    Answer: {"body": (bytes,), "status": (int,), "content_type": (str,)},
    DocumentSource: {
        "template": (str,),
        "stock": (str,),
        "context": (Mapping,),
        "assets": (Mapping,),
        "frozen": (Mapping,),
        "file_name": (str,),
        "title": (str,),
    },
    Redirect: {"url": (str,)},
    PostForm: {"url": (str,), "fields": (Sequence,)},
    Instructions: {"template": (str,), "context": (Mapping,)},
    Show: {"template": (str,), "context": (Mapping,), "effects": (Sequence,), "refused": (bool,)},
    GoTo: {"page": (str,), "fields": (Mapping,), "message": _TEXT, "effects": (Sequence,)},
}


class Rubbish(TypeError):
    """An answer that the contract does not know. Says what came and what was expected."""


def check(plugin: str, place: str, answer: object) -> None:
    """Raise Rubbish for an answer that does not fit the place.

    What handlers return is looked at in detail later; what collectors return, by `billhook.loading`.
    """
    expected = _ALL.get(place)
    if expected is None or (expected is HANDLER and answer is None):
        return
    if expected[0] is not list:
        _one(place, answer, expected)
    elif type(answer) is not list and (not isinstance(answer, Sequence) or isinstance(answer, str | bytes)):
        wanted = " or ".join(kind.__name__ for kind in expected[1:])
        raise Rubbish(f"{place} returned {_kind(answer)}, not a list of {wanted}")
    else:
        for each in answer:
            _one(place, each, expected[1:])
        return
    closer = _CLOSER.get(type(answer))
    if closer is not None:
        closer(plugin, answer)


def _one(place: str, answer: object, expected: tuple[type, ...]) -> None:
    fields = _FIELDS.get(type(answer), {})
    if not isinstance(answer, expected):
        names = " or ".join("None" if kind is NoneType else kind.__name__ for kind in expected)
        raise Rubbish(f"{place} returned {_kind(answer)}, not {names}")
    for name, kinds in fields.items():
        value = getattr(answer, name)
        if not isinstance(value, kinds):
            wanted = " or ".join(kind.__name__ for kind in kinds)
            raise Rubbish(f"{place} returned {_kind(answer)} with {name} = {_kind(value)}, not {wanted}")


def _kind(value: object) -> str:
    return type(value).__name__


def _answer(_plugin: str, answer: Answer) -> None:
    if not 100 <= answer.status <= 599 or not answer.content_type.isprintable():
        raise Rubbish("acknowledge returned an Answer that is no HTTP")


def _redirect(_plugin: str, answer: Redirect) -> None:
    _web_address(answer.url)


def _post_form(_plugin: str, answer: PostForm) -> None:
    _web_address(answer.url)
    for field in answer.fields:
        if not (isinstance(field, tuple) and len(field) == 2 and all(isinstance(part, str) for part in field)):
            raise Rubbish("start returned a PostForm whose fields are not pairs of text")


def _web_address(url: str) -> None:
    if urlsplit(url).scheme not in ("http", "https") or not url.isprintable():
        raise Rubbish("start led to what is no web address")


def _instructions(plugin: str, answer: Instructions) -> None:
    if not answer.template.startswith((f"{plugin}/", "billhook/")):
        raise Rubbish(f"start returned Instructions with template {answer.template!r}, not one under {plugin}/")


def _show(plugin: str, answer: Show) -> None:
    if not answer.template.startswith(f"{plugin}/") or ".." in answer.template:
        raise Rubbish(f"Show with template {answer.template!r}, not one under {plugin}/")


def _go_to(_plugin: str, answer: GoTo) -> None:
    for field in answer.fields.items():
        if not all(isinstance(part, str) for part in field):
            raise Rubbish("GoTo with fields that are no texts")
    urlencode(answer.fields)  # what no address can carry shows here, in the plugin's guard
    str(answer.message)


_CLOSER: Final[Mapping[type, Callable[[str, Any], None]]] = {
    Answer: _answer,
    Redirect: _redirect,
    PostForm: _post_form,
    Instructions: _instructions,
    Show: _show,
    GoTo: _go_to,
}
