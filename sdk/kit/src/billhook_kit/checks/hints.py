"""What an unsigned message may bring about: a question, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from billhook.callbacks import RawRequest
from billhook.capabilities import HearsHints
from billhook.money import Money

from billhook_kit.bench import Bench
from billhook_kit.gateway import Report
from billhook_kit.kit import Failed, Need, check


@check(
    "hints",
    "A hint proves nothing",
    Need.HINTS,
    Need.HINTED,
    Need.PAID,
    remedy="Read in `hint` which try is meant and nothing more; what became of it, `query` asks the gateway.",
)
def a_hint_proves_nothing(bench: Bench) -> None:
    """A hint about a payment that the gateway knows as paid credits what the gateway says, once however often it comes;
    one about a payment that is not paid, whatever it claims, credits nothing; reading one asks nobody."""
    started = bench.started()
    truth = bench.report(started)
    forged = replace(truth, amount=Money(truth.amount.minor * 100, truth.amount.currency))
    before = len(bench.network.tried)
    _read(bench, _message(bench, truth))
    if len(bench.network.tried) != before:
        raise Failed(f"reading a hint reached for {bench.network.tried[-1].host}")
    for claim in (truth, forged):
        _send(bench, _message(bench, claim))
        if bench.host.credits() or bench.host.parked():
            raise Failed("a hint about a payment that is not paid was believed")
    assert bench.subject.adapter is not None
    saying = bench.subject.adapter.paid(truth)
    if saying is None:
        return
    with saying:
        for claim in (truth, forged, truth):
            _send(bench, _message(bench, claim))
    credited = [(credit.number, credit.amount) for credit in bench.host.credits()]
    if credited != [(started.payment.number, started.payment.amount)]:
        raise Failed(f"hints about a paid payment credited {credited or 'nothing'}, not {started.payment.amount} once")


def _message(bench: Bench, report: Report) -> RawRequest:
    assert bench.subject.adapter is not None
    message = bench.subject.adapter.hint(report)
    if message is None:
        raise Failed("`hint` of the ProviderUnderTest returns None", "Return the message that the gateway sends.")
    return replace(message, address=bench.addresses(HearsHints)[0])


def _read(bench: Bench, message: RawRequest) -> None:
    provider = bench.provider
    assert isinstance(provider, HearsHints)
    hint = provider.hint(message, bench.method)
    if not hint.reference and not hint.external_reference:
        raise Failed("it reads no try out of a hint")


def _send(bench: Bench, message: RawRequest) -> None:
    answer = bench.host.deliver(bench.method, message.address, message)
    bench.host.follow_hints()
    if not 200 <= answer.status < 300:
        raise Failed(f"a hint was answered {answer.status}{bench.why()}")
