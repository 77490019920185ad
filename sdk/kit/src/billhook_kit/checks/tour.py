"""A tour of everything of a plugin that a host may call, for checks that look on: nothing is judged here."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Final, ParamSpec

from billhook.callbacks import RawRequest
from billhook.capabilities import Acknowledges, AnswersQuestions, AnswersStatus, HearsNotifications, TakesReturns
from billhook.facts import Judged, PaymentClaim, Reason, Ruling, Verdict
from billhook.host.places import EVENTS
from billhook.host.reading import callbacks_of, documents_of
from billhook.i18n import LazyText
from billhook.pages import Link, Page
from billhook.provider import Addresses, Instructions, Start, StartRequest
from billhook.settings import SettingKind
from billhook.views import MethodView, PaymentView

from billhook_kit import messages
from billhook_kit.bench import Bench
from billhook_kit.checks.events import sample_event
from billhook_kit.checks.rooms import address_of, fields_of, posts, query_of
from billhook_kit.gateway import GatewayUnderTest, Started
from billhook_kit.host import Wish
from billhook_kit.rooms import Opened, Pairs, Visit

_ASKED_AGAIN: Final = 1


P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Stop:
    """A call that was made. place: what was called, in the author's words. error: what it raised.

    came: its answer, or its error as a log would show it, as text.
    """

    place: str
    came: str
    error: Exception | None = None

    @property
    def what(self) -> str:
        return f"the error of {self.place}" if self.error else f"the answer of {self.place}"


def tour(bench: Bench) -> Iterator[Stop]:
    """Call everything once, post to pages as the check `posted` does; whatever a call raises, the tour goes on."""
    if bench.plugin.provider is not None:
        yield from _of_provider(bench)
    account_id = bench.host.account().id
    for hook in bench.plugin.event_hooks:
        yield _stop(hook, bench.host.tell, sample_event(EVENTS[hook], account_id=account_id))
    for page in bench.plugin.pages:
        yield from _of_page(bench, page)
    for link in bench.plugin.links:
        yield from _of_link(bench, link)
    if bench.host.failures():
        yield Stop("the plugin", "\n".join(bench.host.failures()), RuntimeError())


def _stop(place: str, call: Callable[P, object], *arguments: P.args, **options: P.kwargs) -> Stop:
    try:
        return Stop(place, _text(call(*arguments, **options)))
    except Exception as error:  # noqa: BLE001  whatever a plugin raises is part of the tour
        return Stop(place, "".join(traceback.format_exception(error)), error)


def _text(value: object) -> str:
    """Return everything that a value says, texts for people as they read."""
    if isinstance(value, str | LazyText):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Mapping):
        return "\n".join(_text(each) for pair in value.items() for each in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return "\n".join(map(_text, value))
    if is_dataclass(value) and not isinstance(value, type):
        return "\n".join(_text(getattr(value, field.name)) for field in fields(value))
    return repr(value)


def _of_provider(bench: Bench) -> Iterator[Stop]:
    provider, method = bench.provider, bench.method
    yield Stop("repr", repr(provider) + repr(vars(provider)))
    texts = [each.key for each in provider.settings if each.kind in (SettingKind.TEXT, SettingKind.MULTILINE)]
    for changes in ({}, dict.fromkeys(texts, " wrong ")):
        yield _stop("check_settings", provider.check_settings, bench.view(changes))
    payment = bench.host.payment(Wish(bench.sum(), provider.account_types[0]))
    yield _stop("availability", provider.availability, payment, method)
    begun: list[Started] = []

    def start() -> Start:
        begun.append(bench.host.start(payment, method, answers=bench.answers))
        return begun[0].outcome

    yield _stop("start", start)
    if begun and isinstance(begun[0].outcome, Instructions):
        yield _stop("the page of start", bench.host.page, begun[0])
    # Documents and messages come without a start that succeeded, too.
    started = begun[0] if begun else Started(payment, method, Instructions(""), _unstarted(bench, payment, method))
    for kind in documents_of(provider):
        yield _stop(f"document {kind.name}", bench.host.document, started, kind.name)
    for address, hears in callbacks_of(provider).items():
        yield from _of_address(bench, address, hears, started, from_gateway=bool(begun))
    if isinstance(provider, AnswersStatus):
        yield _stop("query", bench.host.query, started, _ASKED_AGAIN)


def _unstarted(bench: Bench, payment: PaymentView, method: MethodView) -> StartRequest:
    where = Addresses(dict.fromkeys(callbacks_of(bench.provider), "https://panel.example/"), {}, "")
    return StartRequest(payment, method, where, "1834729100-try", 1834729100, "ru")


def _of_address(bench: Bench, address: str, hears: type, started: Started, *, from_gateway: bool) -> Iterator[Stop]:
    provider, method = bench.provider, started.method
    requests = [messages.form([]), *(_from_gateway(bench, hears, started) if from_gateway else ())]
    for request in (replace(each, address=address) for each in requests):
        if isinstance(provider, HearsNotifications) and hears is HearsNotifications:
            yield _stop("verify", provider.verify, request, method)
            yield _stop("parse", provider.parse, request, method)
        elif isinstance(provider, AnswersQuestions) and hears is AnswersQuestions:
            yield _stop("claim", provider.claim, request, method)
        elif isinstance(provider, TakesReturns):
            yield _stop("returned", provider.returned, request, method)
        if isinstance(provider, Acknowledges) and hears is not TakesReturns:
            for judged in _verdicts(bench, started, request):
                yield _stop("acknowledge", provider.acknowledge, judged)
        yield _stop(f"a message to {address}", bench.host.deliver, method, address, request)


def _verdicts(bench: Bench, started: Started, request: RawRequest) -> Iterator[Judged]:
    """Yield everything that a host may have decided about a message."""
    report = bench.report(started)
    claim = PaymentClaim(report.reference, report.merchant, report.amount, report.is_test)
    for verdict in Verdict:
        for reason in (None, *Reason) if verdict in (Verdict.PARKED, Verdict.REFUSED) else (None,):
            yield Judged(request, started.method, (Ruling(claim, verdict, reason),))


def _from_gateway(bench: Bench, hears: type, started: Started) -> Iterator[RawRequest]:
    """Yield what comes in at an address: from the gateway, and from somebody who has another secret."""
    if not isinstance(bench.subject.adapter, GatewayUnderTest):
        return
    other = bench.view(dict.fromkeys(bench.secret_keys, "another-secret"))
    for report in (bench.report(started), bench.report(started, method=other)):
        if hears is HearsNotifications:
            yield bench.gateway.notification(report)
        elif hears is TakesReturns:
            yield bench.gateway.returned(report)
        elif (asked := bench.gateway.question(report)) is not None:
            yield asked


def _of_page(bench: Bench, page: Page) -> Iterator[Stop]:
    query = query_of(bench, page)

    def opened(method: str, given: Pairs) -> Opened:
        return bench.host.open_page(page.room, page.name, Visit(method, given, query))

    yield _stop(f"page {page.name}", opened, "GET", ())
    for given in posts(fields_of(bench, opened("GET", ()))):
        yield _stop(f"a post to page {page.name}", opened, "POST", given)


def _of_link(bench: Bench, link: Link) -> Iterator[Stop]:
    address = address_of(bench, link)
    for method in ("GET", "POST"):
        place = f"link {link.name}" if method == "GET" else f"a post to link {link.name}"
        yield _stop(place, bench.host.open_link, address, Visit(method))
