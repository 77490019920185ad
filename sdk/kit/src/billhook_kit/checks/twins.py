"""Messages that resemble each other: the same one again, another act of paying, and what only looks the same."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import replace

from billhook.callbacks import RawRequest
from billhook.errors import CallbackError

from billhook_kit import messages
from billhook_kit.bench import Bench
from billhook_kit.checks.claims import money
from billhook_kit.checks.gateway import shown
from billhook_kit.gateway import Started
from billhook_kit.kit import Failed, Need, check


@check(
    "replay",
    "A repeated notification credits once",
    Need.HONEST,
    remedy="Take external_id and signed_digest from signed fields only, and acknowledge DUPLICATE exactly as ACCEPTED.",
)
def a_replay_credits_once(bench: Bench) -> None:
    """The same message again credits nothing and gets the same answer, byte for byte, so that the gateway stops."""
    request = bench.notification(bench.started())
    first, second = bench.notify(request), bench.notify(request)
    if len(bench.host.credits()) != 1:
        raise Failed(f"the same notification twice was credited {len(bench.host.credits())} times")
    if first != second:
        raise Failed(f"the second answer differs: {shown(second)} after {shown(first)}{bench.why()}")


@check(
    "second_act",
    "Paying a second time is credited again",
    Need.HONEST,
    remedy="Take external_id from the gateway's own id of the act of paying, not from the number of the order.",
)
def a_second_act_is_credited_again(bench: Bench) -> None:
    """A second notification for the same payment, with an id of its own, is another act of paying and is credited as
    well: the payer has paid twice, and a manager sees it. Nothing is asked of a gateway whose messages name no such
    id."""
    started = bench.started()
    truth = bench.report(started, external_id="778")
    first, second = (bench.gateway.notification(replace(truth, external_id=each)) for each in ("778", "779"))
    if first == second:
        return
    bench.notify(first)
    bench.notify(second)
    credited = len(bench.host.credits())
    if credited != 2:
        aside = ", one was set aside" if bench.host.parked() else ""
        raise Failed(f"two acts of paying, each with an id of its own, were credited {credited} times{aside}")


@check(
    "digest",
    "The same id with other signed fields raises the alarm",
    Need.HONEST,
    remedy="Make signed_digest a hex digest over all signed values, not over the id alone and not over unsigned ones.",
)
def the_same_id_with_other_fields_raises_the_alarm(bench: Bench) -> None:
    """A second message with the id of a credited payment and another sum is set aside for a manager and not taken for
    a duplicate; signed_digest is hexadecimal and does not change when a field that is not signed changes or is added,
    or when fields come in another order."""
    started = bench.started()
    honest = bench.notification(started, external_id="777")
    digest = bench.read(honest, started.method).signed_digest
    if len(digest) < 32 or set(digest) - set(string.hexdigits):
        raise Failed(f"signed_digest is {digest!r}, no hexadecimal digest of 128 bits or more")
    _check_same_digest(bench, started, honest, digest)
    other = bench.notification(started, external_id="777", amount=money(bench, started.payment.amount.minor - 1))
    if bench.read(other, started.method).signed_digest == digest:
        raise Failed("signed_digest is the same for another sum, so the second message could pass for a duplicate")
    bench.notify(honest)
    bench.notify(other)
    if bench.host.parked() != 1:
        raise Failed("a second message with the same id and another sum was not set aside")


def _check_same_digest(bench: Bench, started: Started, honest: RawRequest, digest: str) -> None:
    """Look at what verify believes beside the message itself: the gateway may repeat it like that."""
    for how, request in _as_good(bench, honest):
        try:
            read = bench.read(request, started.method)
        except CallbackError:
            continue
        if read.signed_digest != digest:
            raise Failed(f"signed_digest changes {how}, so a repetition like that raises the alarm")


def _as_good(bench: Bench, honest: RawRequest) -> Iterator[tuple[str, RawRequest]]:
    signed = {*bench.gateway.signed_fields, bench.gateway.signature}
    for name in messages.names(honest):
        if name not in signed:
            yield f"with the unsigned field {name!r}", messages.with_value(honest, name, "1")
    yield "with an unsigned field that is added", messages.with_value(honest, "x_added_by_the_kit", "1")
    if honest.content_type == messages.FORM:
        yield "with the order of the fields", messages.form(list(reversed(honest.fields)), honest.headers)
