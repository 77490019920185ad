"""Notifications: what is signed and fits is credited once, whatever else arrives changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, cast

from billhook.callbacks import Answer, RawRequest
from billhook.capabilities import HearsNotifications, TakesReturns
from billhook.errors import CallbackError
from billhook.facts import Judged, Ruling, Verdict
from billhook.money import MINOR_DIGITS, Money
from billhook.views import PaymentStatus

from billhook_kit import messages
from billhook_kit.asking import overhear, written_names
from billhook_kit.bench import Bench
from billhook_kit.gateway import GatewayUnderTest, Started
from billhook_kit.host import Wish
from billhook_kit.kit import Failed, Need, check
from billhook_kit.views import samples

REFUSED: Final = frozenset({400, 401, 403})


@check(
    "honest",
    "An honest notification is credited",
    Need.NOTIFICATION,
    remedy="Follow the gateway's documentation in verify and parse; sign independently in billhook_gateway.py.",
)
def an_honest_notification_is_credited(bench: Bench) -> None:
    """A notification as the author's GatewayUnderTest sends it is verified, fits, is credited with the ordered sum and
    answered with a success."""
    if not isinstance(bench.subject.adapter, GatewayUnderTest):
        raise Failed(
            "the kit can't speak for the gateway",
            "Write a billhook_kit.GatewayUnderTest in tests/billhook_gateway.py.",
        )
    started = bench.started()
    answer = bench.notify(bench.notification(started))
    answered_well(bench, answer)
    credited = [(credit.number, credit.amount) for credit in bench.host.credits()]
    if credited != [(started.payment.number, started.payment.amount)]:
        parked = "; it was set aside as not fitting" if bench.host.parked() else ""
        raise Failed(f"credited was {credited or 'nothing'}, not {started.payment.amount}{parked}{bench.why()}")


@check(
    "tamper",
    "A changed field is never credited",
    Need.HONEST,
    remedy="Verify over every field that parse reads, as received, and read each with request.one.",
)
def a_changed_field_is_never_credited(bench: Bench) -> None:
    """Every signed field changed, emptied, left out or given twice is refused; a field that is not signed may change
    or be added, be it one for which the plugin's code looks, and then changes nothing of what is claimed."""
    started = bench.started()
    honest, other = bench.notification(started), _about_something_else(bench, started)
    for name in messages.names(honest):
        if name == bench.gateway.signature:
            continue
        for how, request in _spoiled(honest, name, messages.value_of(other, name)):
            _check_spoiled(bench, started, honest, (name, how, request))
    for how, request in _added(bench, started, honest, other):
        _check_claim(bench, started, honest, (how, request))
    if bench.host.credits():
        raise Failed("a changed message was credited")


def _about_something_else(bench: Bench, started: Started) -> RawRequest:
    """Return a notification in which everything differs that a gateway could say."""
    truth = bench.report(started)
    currency = next(each for each in MINOR_DIGITS if each != truth.amount.currency)
    return bench.notification(
        bench.started(),
        merchant=f"{truth.merchant}0",
        amount=Money(truth.amount.minor * 2, currency),
        is_test=not truth.is_test,
        external_id="another-id",
        payer="B. Payer",
    )


def _spoiled(honest: RawRequest, name: str, other: Any) -> list[tuple[str, RawRequest]]:
    value = messages.value_of(honest, name)
    changed: list[Any] = [f"{value}0", f"{value} ", f" {value}", ""] if isinstance(value, str) else [None, 0, "0"]
    changed.append(other)
    if isinstance(value, str) and value.swapcase() != value:
        changed.append(value.swapcase())
    found = [(f"changed to {each!r}", messages.with_value(honest, name, each)) for each in changed if each != value]
    found.append(("left out", messages.without(honest, name)))
    if honest.content_type == messages.FORM:
        found += [("given twice", messages.doubled(honest, name, each)) for each in (str(value), "1")]
    # An empty value and a missing one are often the same text to sign: then nothing was changed.
    return [(how, request) for how, request in found if value not in (None, "") or how == "given twice"]


def _check_spoiled(bench: Bench, started: Started, honest: RawRequest, spoiled: tuple[str, str, RawRequest]) -> None:
    name, how, request = spoiled
    if name in bench.gateway.signed_fields:
        answer = bench.notify(request)
        if answer.status not in REFUSED:
            raise Failed(f"the signed field {name!r} {how}: answered {shown(answer)}, not 403 or 400{bench.why()}")
        return
    _check_claim(bench, started, honest, (f"{name!r} {how}", request))


def _check_claim(bench: Bench, started: Started, honest: RawRequest, changed: tuple[str, RawRequest]) -> None:
    """Compare what is claimed. The digest is judged by `digest`."""
    how, request = changed
    truth = replace(bench.read(honest, started.method), details={}, signed_digest="")
    try:
        read = replace(bench.read(request, started.method), details={}, signed_digest="")
    except CallbackError:
        return
    if read != truth:
        raise Failed(f"{how} is accepted and changes what is claimed, though no signature covers it")


def _added(bench: Bench, started: Started, honest: RawRequest, other: RawRequest) -> Iterator[tuple[str, RawRequest]]:
    """Yield the message with a field or header more for which the code may look, with values that would do harm."""
    noting, asked = overhear(honest)
    bench.read(noting, started.method)
    signature = bench.gateway.signature
    present = {*messages.names(honest), *honest.headers, signature, signature.lower()}
    signed = [messages.value_of(other, name) for name in bench.gateway.signed_fields]
    values = list(dict.fromkeys(value for value in (*signed, "1", "0") if isinstance(value, str) and value))
    for name in dict.fromkeys([*asked.fields, *written_names(bench.subject.source)]):
        if name not in present:
            yield from ((f"{name!r} added as {each!r}", messages.with_value(honest, name, each)) for each in values)
    for name in dict.fromkeys(each.lower() for each in asked.headers):
        if name not in present:
            yield from (
                (f"the header {name!r} as {each!r}", messages.with_header(honest, name, each)) for each in values
            )


@check(
    "late",
    "Late money is credited or set aside, and answered well",
    Need.HONEST,
    remedy="Answer PARKED with the success that the gateway expects: a manager has the message, sending it again helps "
    "nobody.",
)
def late_money_is_kept(bench: Bench) -> None:
    """Money for an expired payment is credited; for a cancelled one it is set aside, credits nothing, and the gateway
    hears that it was received."""
    expired = bench.started()
    bench.host.expire(expired.payment)
    answered_well(bench, bench.notify(bench.notification(expired)))
    if bench.host.status(expired.payment) is not PaymentStatus.COMPLETED:
        raise Failed("money for an expired payment was not credited")
    cancelled = bench.started()
    bench.host.cancel(cancelled.payment)
    answer = bench.notify(bench.notification(cancelled))
    if len(bench.host.credits()) != 1 or bench.host.parked() != 1:
        raise Failed("money for a cancelled payment was not set aside")
    answered_well(bench, answer)


@check(
    "parallel",
    "Two notifications at once do not mix",
    Need.HONEST,
    remedy="Keep nothing of a message in the provider object: one instance serves every thread. Read it anew in parse.",
)
def two_at_once_do_not_mix(bench: Bench) -> None:
    """Messages of two payments, verified and read in turns by one provider object as two threads may do, each claim
    their own payment."""
    one, other = bench.started(), bench.started()
    first, second = bench.notification(one), bench.notification(other)
    provider = cast(HearsNotifications, bench.provider)
    messages_of = [(bench.at_its_address(request), started) for request, started in ((first, one), (second, other))]
    for request, started in messages_of:
        provider.verify(request, started.method)
    for request, started in messages_of:
        if bench.read(request, started.method) not in provider.parse(request, started.method):
            raise Failed("parse answers with another message than it was given")


@check(
    "answers",
    "The gateway hears what it wants to hear",
    Need.HONEST,
    Need.ANSWERED,
    remedy="Make the answer in `acknowledge` of the message that it is given; keep nothing of a message in the object.",
)
def the_gateway_hears_what_it_wants(bench: Bench) -> None:
    """The answers to two notifications, read in turns by one provider object as two threads may do, are the gateway's
    own, byte for byte, each for its own payment."""
    provider = cast(HearsNotifications, bench.provider)
    reports = [bench.report(bench.started()) for _each in range(2)]
    judged = []
    for report in reports:
        request = bench.at_its_address(bench.gateway.notification(report))
        provider.verify(request, report.method)
        rulings = tuple(Ruling(fact, Verdict.ACCEPTED) for fact in provider.parse(request, report.method))
        judged.append(Judged(request, report.method, rulings))
    for report, each in zip(reports, judged, strict=True):
        wanted, answer = bench.gateway.answered(report), provider.acknowledge(each)
        if wanted is not None and answer.body != wanted:
            raise Failed(f"the gateway hears {answer.body[:60]!r} and not {wanted[:60]!r}")


@check(
    "reordered",
    "Messages may come in any order",
    Need.HONEST,
    remedy="Decide by the message alone, never by an earlier one: gateways repeat old messages after new ones.",
)
def messages_may_come_in_any_order(bench: Bench) -> None:
    """The payer's return before the notification, the newer payment's notification before the older one's, and its
    repetition after it are all judged as if nothing had come before."""
    older, newer = bench.started(), bench.started()
    first, second = bench.notification(older), bench.notification(newer)
    for address in bench.addresses(TakesReturns):
        bench.host.deliver(bench.method, address, bench.gateway.returned(bench.report(newer)))
    for request in (second, first, second):
        bench.notify(request)
    credited = [credit.number for credit in bench.host.credits()]
    if credited != [newer.payment.number, older.payment.number]:
        raise Failed(f"the newer notification came first; credited was {credited or 'nothing'}{bench.why()}")


@check(
    "unicode",
    "Cyrillic goes there and back",
    Need.HONEST,
    remedy="Encode as the gateway's documentation says, UTF-8 without one, never with errors ignored or replaced.",
)
def cyrillic_goes_there_and_back(bench: Bench) -> None:
    """A payment whose purpose has Cyrillic, quotes and an emoji can be started, and a notification that names its payer
    in Cyrillic is credited and keeps the name."""
    purpose, payer = samples()["unicode"], samples()["payer"]
    started = bench.started(Wish(bench.sum(), bench.provider.account_types[0], purpose))
    request = bench.notification(started, payer=payer)
    bench.notify(request)
    if len(bench.host.credits()) != 1:
        raise Failed(f"a notification with a payer named in Cyrillic was not credited{bench.why()}")
    kept = "\n".join(bench.read(request, started.method).details.values())
    for damaged in (payer.encode().decode("latin-1"), payer.encode().decode("cp1251", "replace"), "????"):
        if damaged in kept:
            raise Failed("the payer's name is damaged in details")


@check(
    "unverified",
    "What is not signed by the gateway is refused",
    Need.HONEST,
    remedy="Raise BadSignature for a missing, empty or wrong signature and for an empty secret; compare with "
    "hmac.compare_digest.",
)
def the_unsigned_is_refused(bench: Bench) -> None:
    """A notification without a signature, with an empty or foreign one, or signed with an empty secret is answered 403
    (or 400), credits nothing and leaves no trace. Nothing is believed without a gateway's public key."""
    _check_key(bench)
    started, sign = bench.started(), bench.gateway.signature
    honest = bench.notification(started)
    real = str(messages.value_of(honest, sign))
    another = str(messages.value_of(bench.notification(started), sign))
    forged = {
        "without its signature": messages.without(honest, sign),
        "with an empty signature": messages.with_value(honest, sign, ""),
        "with a cut signature": messages.with_value(honest, sign, real[:-2]),
    }
    if another != real:
        forged["with another message's signature"] = messages.with_value(honest, sign, another)
    if bench.secret_keys:
        other = _other_secrets(bench, "another-secret-0123")
        forged["signed with another secret"] = bench.notification(started, method=other)
    for how, request in forged.items():
        answer = bench.notify(request)
        if answer.status not in REFUSED or bench.host.credits() or bench.host.parked():
            raise Failed(f"a notification {how} was answered {shown(answer)}{bench.why()}")
    _check_empty_secret(bench, started)


def _check_key(bench: Bench) -> None:
    key = bench.gateway.public_key
    if key and key not in {each.key for each in bench.provider.settings}:
        raise Failed(f"public_key of the GatewayUnderTest is {key!r}, which is no setting of the provider")
    if not key and not bench.secret_keys:
        raise Failed(
            "the provider has no SECRET setting, so the kit can't change the secret; "
            "is 'secret' of kind TEXT by mistake?",
            "Declare what signs as SettingKind.SECRET, or name the gateway's public key in `public_key` of your "
            "GatewayUnderTest.",
        )


def _check_empty_secret(bench: Bench, started: Started) -> None:
    keys = bench.secret_keys or [bench.gateway.public_key]
    empty = bench.view(dict.fromkeys(keys, ""))
    try:
        bench.read(bench.notification(started, method=empty), empty)
    except CallbackError:
        return
    what = "secret, a notification signed with an empty secret" if bench.secret_keys else "public key, a notification"
    raise Failed(f"with an empty {what} is accepted")


def _other_secrets(bench: Bench, secret: str) -> Any:
    return bench.view(dict.fromkeys(bench.secret_keys, secret))


@check(
    "rotation",
    "After a change of the secret the former one still counts",
    Need.HONEST,
    remedy='Verify against every secret of method.secrets("…"), not only the present one.',
)
def the_former_secret_still_counts(bench: Bench) -> None:
    """For some days after a change, messages signed with the replaced secret are accepted: the gateway may change
    later, and repeats what it signed before."""
    request = bench.notification(bench.started())
    former = {key: (str(bench.settings[key]),) for key in bench.secret_keys}
    changed = bench.view(dict.fromkeys(bench.secret_keys, "a-new-secret-for-tests"), former)
    try:
        bench.read(request, changed)
    except CallbackError as error:
        raise Failed(f"a message signed with the replaced secret is refused: {error}") from error


def answered_well(bench: Bench, answer: Answer) -> None:
    if not 200 <= answer.status < 300:
        raise Failed(f"answered {shown(answer)} where the gateway needs a success{bench.why()}")


def shown(answer: Answer) -> str:
    return f"{answer.status} {answer.body[:40].decode('utf-8', 'replace')!r}"
