"""What a provider makes of a gateway that answers “paid” to a status query."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, replace
from typing import cast

from billhook.capabilities import AnswersStatus
from billhook.errors import CallbackError, ProviderError
from billhook.facts import PaymentClaim, PaymentPaid
from billhook.money import MINOR_DIGITS, Money
from billhook.status import AttemptState, StatusAnswer

from billhook_kit.bench import Bench
from billhook_kit.checks.claims import money
from billhook_kit.gateway import GatewayUnderTest, Report
from billhook_kit.kit import Failed, Need, check


@check(
    "status_paid",
    "A status query claims what the gateway says",
    Need.STATUS,
    Need.PAID,
    remedy="Check that the answer is authentic as `verify` does, then return what it says, unchanged, with the "
    "external_id and signed_digest that its notification has; raise ProviderError for what is not signed.",
)
def a_paid_answer_is_claimed(bench: Bench) -> None:
    """Asked for a payment that is paid, query claims what a notification of it claims, so that the two are credited
    once; an answer with another sum, currency, merchant, payment or test flag is claimed as it stands and never as what
    was ordered; one that is signed with another secret is not believed."""
    truth = bench.report(bench.started())
    notified = _notified(bench, truth)
    claim = _asked(bench, truth)
    if isinstance(claim, AttemptState | ProviderError):
        raise Failed(f"the gateway answers “paid”, and query answers {claim!r:.60}")
    if not isinstance(claim, PaymentPaid) or (notified and _unlike(notified, truth)):
        return  # the gateway can't say it, or `status_query` or `honest` says what is wrong
    _check_said(claim, truth, "the truth")
    again = _notified(bench, truth)
    for name in ("external_id", "signed_digest") if notified else ():
        by_query, by_parse = getattr(claim, name), getattr(notified, name)
        if by_query != by_parse and by_parse == getattr(again, name):
            raise Failed(f"{name} is {by_query!r:.60} by query and {by_parse!r:.60} by parse")
    for what, report in _others(bench, truth):
        if not _can_say(bench, report, truth) or _is_misread(bench, report):
            continue
        found = _asked(bench, report)
        if isinstance(found, PaymentPaid):
            _check_said(found, report, what)
    forged = replace(truth, method=bench.view(dict.fromkeys(bench.secret_keys, "another-secret-0123")))
    if bench.secret_keys and isinstance(_asked(bench, forged), PaymentPaid):
        raise Failed("query believes an answer that is signed with another secret")


def _asked(bench: Bench, report: Report) -> PaymentPaid | AttemptState | ProviderError | None:
    """Return what query answers or raises when the gateway says this; None if it can't say it, or says nothing paid."""
    saying, started = bench.subject.adapter.paid(report) if bench.subject.adapter else None, report.started
    if saying is None:
        return None
    with saying:
        try:
            answer = cast(AnswersStatus, bench.provider).query(bench.question(started))
        except ProviderError as error:
            return error
    return paid_in(answer)


def paid_in(answer: StatusAnswer) -> PaymentPaid | AttemptState | None:
    """Return the paid act in an answer, the state that it is, or None."""
    if isinstance(answer, AttemptState):
        return answer
    return next((fact for fact in answer if isinstance(fact, PaymentPaid)), None)


def _can_say(bench: Bench, report: Report, truth: Report) -> bool:
    """Say whether the two differ in the gateway's words, as far as its notifications tell."""
    adapter = bench.subject.adapter
    return not isinstance(adapter, GatewayUnderTest) or adapter.notification(report) != adapter.notification(truth)


def _is_misread(bench: Bench, report: Report) -> bool:
    """Say whether parse reads it wrongly from a notification, too: then the check of that field says so."""
    with suppress(CallbackError):
        notified = _notified(bench, report)
        return notified is not None and bool(_unlike(notified, report))
    return False


def _others(bench: Bench, truth: Report) -> Iterator[tuple[str, Report]]:
    amount = truth.amount
    yield "another sum", replace(truth, amount=money(bench, amount.minor - 1))
    other = next(each for each in MINOR_DIGITS if each != amount.currency)
    yield "another currency", replace(truth, amount=Money(amount.minor, other))
    yield "another payment", replace(truth, reference=f"{truth.reference}0")
    if truth.merchant:
        yield "another merchant", replace(truth, merchant="another-shop")
    if bench.provider.test_mode_setting:
        yield "another test flag", replace(truth, is_test=not truth.is_test)


def _check_said(claim: PaymentClaim, report: Report, what: str) -> None:
    for name, said, claimed in _unlike(claim, report):
        raise Failed(f"the gateway answers {what}, {name} {said!r:.60}, and query claims {claimed!r:.60}")


def _unlike(claim: PaymentClaim, report: Report) -> list[tuple[str, object, object]]:
    said = PaymentClaim(report.reference, report.merchant, report.amount, report.is_test)
    names = [each.name for each in fields(PaymentClaim) if each.name != "external_reference"]
    pairs = [(name, getattr(said, name), getattr(claim, name)) for name in names]
    return [(name, one, other) for name, one, other in pairs if one != other]


def _notified(bench: Bench, report: Report) -> PaymentPaid | None:
    """Return what a notification that says the same claims; None if there is none."""
    if not isinstance(bench.subject.adapter, GatewayUnderTest):
        return None
    return bench.read(bench.gateway.notification(report), report.method)
