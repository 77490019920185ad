"""The places where hosts call a plugin's code: on whose account, for how long, what may come back. One line for each.

What a method or hook answers, its signature says; events and collectors are the hooks of `billhook.hooks`. Deadlines,
answer checks, threads and breakers, what workers deliver, what is counted, docs/containment.md and the reference are
derived from here. What is answered in each place, and what becomes of a call that goes wrong: docs/containment.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from inspect import signature
from types import NoneType, UnionType
from typing import Any, Final, NamedTuple, Union, get_args, get_origin, get_type_hints

from billhook import hooks
from billhook.capabilities import (
    Acknowledges,
    AnswersQuestions,
    AnswersStatus,
    HearsHints,
    HearsNotifications,
    IssuesDocuments,
    TakesReturns,
)
from billhook.errors import BadSignature, CallbackError, MalformedNotification, PageError, ProviderError
from billhook.events import Event
from billhook.pages import PageAnswer
from billhook.provider import PaymentProvider
from billhook.settings import Text


class SideName(StrEnum):
    """Who brings a call about. A plugin's threads and breakers are apart for each, so that no side pauses another."""

    OWN = "own"  # the host, whose payments, settings and events it is about
    PAGES = "pages"  # whoever opens a page or a link
    PUBLIC = "public"  # whoever writes to an address that the plugin has for gateways


@dataclass(frozen=True, slots=True)
class Place:
    """One place where a plugin's code is called.

    name: of the provider's method, of the hook, or of what the plugin hands over: a `validator`, the view of a `page`
        or `link`, a `template`. It is what failures are recorded and counted under.
    seconds: how long a call may take; one that takes longer is given up.
    answers: the types of its answer; with `many`, of what the list holds that it answers. Anything else is rubbish.
    singly: what it may answer instead of a list.
    otherwise: what becomes of a call that raises, hangs or answers something else.
    may_raise: what is no failure there.
    anonymous: strangers reach it, without signing in; failures pause nobody there, only calls that hang do.
    method: it is a method of providers. event: what its hook tells of; such a handler may also answer None.
    """

    name: str
    seconds: float
    answers: tuple[type, ...]
    otherwise: str
    may_raise: tuple[type[Exception], ...] = ()
    side: SideName = SideName.OWN
    anonymous: bool = False
    many: bool = False
    singly: tuple[type, ...] = ()
    method: bool = False
    event: type[Event] | None = None


def kinds_of(annotation: Any) -> tuple[type, ...]:
    """Return the classes of a value that is annotated so: each of a union, the bare one of a mapping or sequence."""
    if get_origin(annotation) in (Union, UnionType):
        return tuple(kind for part in get_args(annotation) for kind in kinds_of(part))
    return (NoneType if annotation is None else get_origin(annotation) or annotation,)


class _Answered(NamedTuple):
    """What a signature says is answered: whether a list, the classes of what it holds or of the answer, and others."""

    many: bool
    answers: tuple[type, ...]
    singly: tuple[type, ...] = ()


def _answered(function: Callable[..., object]) -> _Answered:
    returns = get_type_hints(function)["return"]
    parts = get_args(returns) if get_origin(returns) in (Union, UnionType) else (returns,)
    lists = [part for part in parts if get_origin(part) in (list, Sequence)]
    if not lists:
        return _Answered(False, kinds_of(returns))
    held = tuple(kind for part in lists for kind in kinds_of(get_args(part)[0]))
    return _Answered(True, held, tuple(kind for part in parts if part not in lists for kind in kinds_of(part)))


def _method(
    function: Callable[..., object],
    seconds: float,
    otherwise: str,
    may_raise: tuple[type[Exception], ...] = (),
    side: SideName = SideName.OWN,
) -> Place:
    many, answers, singly = _answered(function)
    anonymous = side is SideName.PUBLIC
    return Place(function.__name__, seconds, answers, otherwise, may_raise, side, anonymous, many, singly, method=True)


def _event(hook: str, seconds: float, otherwise: str) -> Place:
    function = getattr(hooks, hook)
    many, answers, _singly = _answered(function)
    return Place(hook, seconds, answers, otherwise, many=many, event=get_type_hints(function)["event"])


_HOOKS: Final = tuple(name for name in vars(hooks) if name.startswith(f"{hooks.PROJECT}_"))
#: Hooks that are asked once at load, without arguments, all together within LOADING_SECONDS; the others hear of events.
COLLECTORS: Final = frozenset(name for name in _HOOKS if not signature(getattr(hooks, name)).parameters)
#: For the import of a plugin, and for all its collectors together. One that takes longer is not loaded.
LOADING_SECONDS: Final = 20.0

# What becomes of a call that went wrong.
_LEFT_OUT: Final = "the method is left out of the payer's choice"
_FINDING: Final = "the failure is a finding on the settings page and blocks saving"
_NOT_TAKEN: Final = "the value is not taken, and the form says that it could not be checked"
_ANOTHER: Final = (
    "the payer reads that the method does not work now and may choose another; the try is kept as failed, after a "
    "hang as unknown, and is asked for"
)
_NOT_WORKING: Final = "the payer reads that the method does not work now"
_SENT_AGAIN: Final = (
    "the gateway hears 503 and `Retry-After`; nothing is credited; its retry is judged as if it were the first"
)
_LOOKED_FOR: Final = "the payer reads that their payment is looked for; nothing is credited by a return"
_STAYS: Final = "the gateway hears 503 and `Retry-After`; what was credited stays, once"
_ASKED_AGAIN: Final = "the try stays as it was and is asked about again, with growing pauses"
_WITHOUT: Final = "the payer's page comes without the document and offers to try again"
_NO_PAGE: Final = "the visitor reads that the page does not work now (503); nothing is written"
_TOLD_AGAIN: Final = (
    "the fact waits and is told again later, to this plugin alone; after several tries it is given up and shown"
)

_UNBELIEVED: Final = (BadSignature, MalformedNotification, ProviderError)
_PAGES, _PUBLIC = SideName.PAGES, SideName.PUBLIC

#: Every place, by name.
PLACES: Final[Mapping[str, Place]] = {
    place.name: place
    for place in (
        _method(PaymentProvider.availability, 2.0, _LEFT_OUT),
        _method(PaymentProvider.check_settings, 2.0, _FINDING),
        Place("validator", 2.0, kinds_of(Text | None), _NOT_TAKEN),
        _method(PaymentProvider.start, 20.0, _ANOTHER, (ProviderError,)),
        _method(HearsNotifications.verify, 2.0, _SENT_AGAIN, _UNBELIEVED, _PUBLIC),
        _method(HearsNotifications.parse, 2.0, _SENT_AGAIN, _UNBELIEVED, _PUBLIC),
        _method(AnswersQuestions.claim, 2.0, _SENT_AGAIN, _UNBELIEVED, _PUBLIC),
        _method(HearsHints.hint, 2.0, _SENT_AGAIN, _UNBELIEVED, _PUBLIC),
        _method(TakesReturns.returned, 2.0, _LOOKED_FOR, _UNBELIEVED, _PUBLIC),
        _method(Acknowledges.acknowledge, 2.0, _STAYS, (CallbackError, ProviderError), _PUBLIC),
        _method(AnswersStatus.query, 20.0, _ASKED_AGAIN, (ProviderError,)),
        _method(IssuesDocuments.document, 10.0, _WITHOUT, (ProviderError,)),
        Place("page", 10.0, kinds_of(PageAnswer), _NO_PAGE, (PageError,), _PAGES),
        Place("link", 10.0, kinds_of(PageAnswer), _NO_PAGE, (PageError,), _PAGES, anonymous=True),
        Place("template", 10.0, (str,), _NOT_WORKING),
        Place("page_template", 10.0, (str,), _NO_PAGE, (), _PAGES),
        Place("link_template", 10.0, (str,), _NO_PAGE, (), _PAGES, anonymous=True),
        *(_event(hook, 30.0, _TOLD_AGAIN) for hook in sorted(_HOOKS) if hook not in COLLECTORS),
    )
}
#: What each hook of events tells of.
EVENTS: Final[Mapping[str, type[Event]]] = {each.name: each.event for each in PLACES.values() if each.event}
_HOOK_OF: Final = {kind: hook for hook, kind in EVENTS.items()}


def hook_of(kind: type[Event]) -> str:
    """Return the hook that tells of such an event. Raises KeyError for what no hook tells of."""
    return _HOOK_OF[kind]
