"""What a provider reads from a message: exactly what it says, by signed fields only."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from billhook.callbacks import RawRequest
from billhook.capabilities import AnswersQuestions, HearsNotifications, TakesReturns
from billhook.errors import CallbackError
from billhook.i18n import is_storable
from billhook.money import MINOR_DIGITS, Money

from billhook_kit import messages
from billhook_kit.bench import Bench
from billhook_kit.gateway import GatewayUnderTest, Started
from billhook_kit.guard import ten_years_later
from billhook_kit.host import NotOffered, Wish, WrongStart
from billhook_kit.kit import Failed, Need, check
from billhook_kit.views import samples

_ELSEWHERE: Final = "Return what the signed message says, unchanged: the host compares it with what was ordered."


#: Sums on which floats, cut-off kopecks and dropped zeros go wrong: float("1234.35") * 100 is below 123435. Hosts take
#: none that is very small or large.
_AWKWARD: Final = ("1234.35", "1001.05", "5000.15", "5000.50", "1019.99", "23456.78")


@check("amount", "Another sum is not credited", Need.HONEST, remedy=_ELSEWHERE)
def another_sum_is_not_credited(bench: Bench) -> None:
    """Well-signed messages over a little more, a little less, a hundredth and a hundredfold of the ordered sum credit
    nothing; sums like 1234.35, which a float does not hold, are credited as they were ordered."""
    started = bench.started()
    minor = started.payment.amount.minor
    for other in (minor + 1, minor - 1, minor // 100, minor * 100, 1):
        _must_not_credit(bench, started, f"over {other} instead of {minor} minor units", amount=money(bench, other))
    for amount in _AWKWARD:
        _must_credit(bench, bench.sum(amount))


def _must_credit(bench: Bench, amount: Money) -> None:
    """Pay a sum, unless the plugin does not take it."""
    try:
        started = bench.started(Wish(amount, bench.provider.account_types[0]))
    except WrongStart:
        raise
    except NotOffered:
        return
    bench.notify(bench.notification(started))
    if (started.payment.number, amount) not in [(credit.number, credit.amount) for credit in bench.host.credits()]:
        raise Failed(
            f"a well-signed message over {amount.plain()}, as ordered, was not credited{bench.why()}",
            "Read sums by Money.of from the text as it was received, or from whole minor units; no float on the way.",
        )


@check("currency", "Another currency is not credited", Need.HONEST, remedy=_ELSEWHERE)
def another_currency_is_not_credited(bench: Bench) -> None:
    """Well-signed messages over the same number in another currency credit nothing. A gateway whose messages name no
    currency serves a plugin that declares the one that it means."""
    started = bench.started()
    truth = bench.report(started)
    for currency in sorted(set(MINOR_DIGITS) - {bench.currency}):
        other = replace(truth, amount=Money(truth.amount.minor, currency))
        if bench.gateway.notification(other) == bench.gateway.notification(truth):
            _check_only_currency(bench)
            return
        _must_not_credit(bench, started, f"in {currency} instead of {bench.currency}", amount=other.amount)


def _check_only_currency(bench: Bench) -> None:
    if len(bench.provider.currencies) != 1:
        raise Failed(
            "the gateway's messages name no currency, and the plugin takes payments in several",
            'Declare the currency that the gateway means: currencies = ("RUB",).',
        )


@check("merchant", "Another merchant's money is not credited", Need.HONEST, Need.MERCHANT, remedy=_ELSEWHERE)
def another_merchants_money_is_not_credited(bench: Bench) -> None:
    """Well-signed messages that name another merchant than the one that the payment was started with credit nothing:
    one secret may serve several shops."""
    started = bench.started()
    ours = bench.report(started).merchant
    for other in (f"{ours}0", "another-shop"):
        _must_not_credit(bench, started, f"for the merchant {other!r}", merchant=other)


@check("payment", "Another payment's money is not credited", Need.HONEST, remedy=_ELSEWHERE)
def another_payments_money_is_not_credited(bench: Bench) -> None:
    """Well-signed messages that name a number like the payment's, one that nobody started, or one that does not exist
    credit nothing: a number is compared as text, in full."""
    started = bench.started()
    number = bench.named(started)
    for other in (f"0{number}", f"{number}0", f"{number}-2", number[:-1], "no-such-payment"):
        _must_not_credit(bench, started, f"for the payment {other!r} instead of {number!r}", reference=other)


@check("test_flag", "Play money is not credited as real", Need.HONEST, Need.TEST_MODE, remedy=_ELSEWHERE)
def play_money_is_not_credited(bench: Bench) -> None:
    """A test payment for a live start, and a live payment for a test start, credit nothing."""
    switch = bench.provider.test_mode_setting
    for is_test in (False, True):
        method = bench.host.method({**bench.settings, switch: is_test})
        started = bench.started(method=method)
        what = "of a live payment for a test start" if is_test else "of a test payment for a live start"
        _must_not_credit(bench, started, what, is_test=not is_test)


@check(
    "pure",
    "verify and parse are pure",
    Need.HONEST,
    remedy="Use nothing but the arguments: no clock, no random value, nothing kept from an earlier call.",
)
def verify_and_parse_are_pure(bench: Bench) -> None:
    """The same message gives the same claim from the same provider object, from a new one, and ten years later; the
    sender's address and the other headers play no part."""
    started = bench.started()
    request = bench.notification(started)
    provider = bench.provider
    claim = bench.read(request, started.method, provider)
    elsewhere = replace(request, remote_address="198.51.100.7", headers={**request.headers, "user-agent": "other"})
    _same(claim, bench.read(request, started.method, provider), "when it is read again")
    _same(claim, bench.read(request, started.method), "from a new provider object")
    _same(claim, bench.read(elsewhere, started.method), "when it comes from another address")
    with ten_years_later(bench.subject.source.modules()):
        _same(claim, bench.read(request, started.method), "ten years later")


def _same(claim: object, again: object, when: str) -> None:
    if claim != again:
        raise Failed(f"the claim of one message differs {when}")


@check(
    "rubbish",
    "Rubbish is refused, not failed on",
    Need.NOTIFICATION,
    remedy="Turn what can't be read into MalformedNotification: any other exception is answered 503, and the gateway "
    "sends the message for ever.",
)
def rubbish_is_refused(bench: Bench) -> None:
    """Whatever is posted to a question or notification is answered 400 or 403, never as a failure of the panel; and no
    field makes a claim that a database can't keep."""
    for address in bench.addresses(HearsNotifications, AnswersQuestions):
        for what, request in _WHOLE.items():
            answer = bench.host.deliver(bench.method, address, request)
            if answer.status >= 500:
                raise Failed(f"{what} sent to {address!r} was answered {answer.status}{bench.why()}")
    if _has_gateway(bench):
        started = bench.started()
        honest = bench.notification(started)
        for name in messages.names(honest):
            for value in (*_ODD, samples()["unicode"]):
                _check_odd(bench, started, f"{name!r} as {value[:12]!a}", messages.with_value(honest, name, value))


_WHOLE: Final[Mapping[str, RawRequest]] = {
    "nothing": messages.form([]),
    "JSON": messages.json_body({"a": [1, {"b": None}]}),
    "a JSON list": messages.json_body(b"[]"),
    "broken JSON": messages.json_body(b'{"a": '),
    "bytes that are no UTF-8": messages.json_body(b"\xff\xfe\x00\x80"),
}
_ODD: Final = ("\x00", "\udcff", "9" * 5000, "-1", "NaN", "1e9", "[]")


def _check_odd(bench: Bench, started: Started, what: str, request: RawRequest) -> None:
    try:
        paid = bench.read(request, started.method)
    except CallbackError:
        return
    except Exception as error:
        raise Failed(f"{what} raises {type(error).__name__}, which is answered 503") from error
    for text in (paid.reference, paid.merchant, paid.external_id, *paid.details.values()):
        if not is_storable(text):
            raise Failed(f"{what} makes a claim with a text that no database keeps")


def _has_gateway(bench: Bench) -> bool:
    return isinstance(bench.subject.adapter, GatewayUnderTest)


@check(
    "question",
    "A question credits nothing and is answered by the verdict",
    Need.QUESTION,
    Need.HONEST,
    remedy="Answer a question by its verdict: REFUSED in words that stop the payment.",
)
def a_question_credits_nothing(bench: Bench) -> None:
    """A question about an open payment is answered otherwise than one that does not fit or comes after the payment;
    none of them credits."""
    started = bench.started()
    fits = _ask(bench, started)
    if fits is None:
        raise Failed("the provider answers questions", "Return one from GatewayUnderTest.question.")
    unfit = _ask(bench, started, amount=money(bench, started.payment.amount.minor - 1))
    if bench.host.credits() or bench.host.parked():
        raise Failed("a question changed something")
    bench.notify(bench.notification(started))
    late = _ask(bench, started)
    for what, answer in (("over another sum", unfit), ("after the payment", late)):
        if answer == fits:
            raise Failed(f"a question {what} gets the same answer as one that fits")


def _ask(bench: Bench, started: Started, **changes: Any) -> object:
    request = bench.gateway.question(bench.report(started, **changes))
    if request is None:
        return None
    answer = bench.host.deliver(bench.method, bench.addresses(AnswersQuestions)[0], request)
    if answer.status >= 500:
        raise Failed(f"a question was answered {answer.status}{bench.why()}")
    return answer


@check(
    "returns",
    "A return page proves nothing",
    Need.RETURN,
    remedy="Return PayerReturned from `returned`, whatever the fields: anybody can open that page.",
)
def a_return_page_proves_nothing(bench: Bench) -> None:
    """The return addresses, opened by GET or POST with no fields, with a browser's or with a whole signed notification,
    show a page and credit nothing."""
    requests = {"without fields": messages.form([])}
    if _has_gateway(bench):
        started = bench.started()
        requests["with the browser's fields"] = bench.gateway.returned(bench.report(started))
        requests["with a signed notification"] = bench.notification(started)
    for address in bench.addresses(TakesReturns):
        for how, posted in requests.items():
            for request in (posted, messages.as_get(posted)):
                answer = bench.host.deliver(bench.method, address, request)
                if answer.status >= 400:
                    raise Failed(f"{address!r} by {request.method} {how}: {answer.status}{bench.why()}")
    if bench.host.credits() or bench.host.parked():
        raise Failed("a return page changed something")


@check(
    "get",
    "A GET does nothing",
    Need.HONEST,
    remedy='Refuse in verify what is not a POST: raise MalformedNotification("method", "a notification is posted").',
)
def a_get_does_nothing(bench: Bench) -> None:
    """A signed notification in the query of a GET, which browsers and link checkers repeat at will, credits nothing;
    the host answers 405 and the provider would not believe it either."""
    started = bench.started()
    request = messages.as_get(bench.notification(started))
    for address in bench.addresses(HearsNotifications, AnswersQuestions):
        answer = bench.host.deliver(bench.method, address, request)
        if answer.status != 405:
            raise Failed(f"a GET of {address!r} was answered {answer.status}")
    if bench.host.credits():
        raise Failed("a GET credited")
    if request.fields:
        with suppress(CallbackError):
            bench.read(request, started.method)
            raise Failed("verify believes a notification that came by GET")


def money(bench: Bench, minor: int) -> Money:
    return Money(minor, bench.currency)


def _must_not_credit(bench: Bench, started: Started, what: str, **changes: Any) -> None:
    bench.notify(bench.notification(started, **changes), started.method)
    if bench.host.credits():
        raise Failed(f"a well-signed message {what} was credited")
