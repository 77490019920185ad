"""A provider's own methods: settings, the doctor, offering and starting, documents, calls to the gateway."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final, cast

from billhook.capabilities import AnswersStatus
from billhook.documents import DocumentSource
from billhook.facts import Fact, PaymentPaid
from billhook.host.reading import documents_of, identity_of
from billhook.i18n import LazyText, use_language
from billhook.money import Money
from billhook.provider import (
    Available,
    Instructions,
    PostForm,
    Redirect,
    Unavailable,
)
from billhook.settings import Finding, Level, Setting, SettingKind, Severity
from billhook.status import AttemptState
from billhook.views import AccountType

from billhook_kit import views
from billhook_kit.bench import Bench
from billhook_kit.gateway import Ordered, Started
from billhook_kit.host import Wish
from billhook_kit.kit import Failed, Need, check
from billhook_kit.patience import TooSlow, within

#: What browsers post otherwise than it stands in the page, or not at all.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_NO_TEXTS: Final = (SettingKind.NUMBER, SettingKind.SWITCH, SettingKind.MONEY, SettingKind.CHOICE)
RUBBISH: Final = ("", " ", "\x00", "\udcff", "a" * 5000, "%s{x}", "-1", 0, -1, 10**30, True, None, Money(1, "RUB"))


@check(
    "settings",
    "Its settings go round",
    Need.LOADED,
    remedy="Let a validator take its own default and return a text for whatever it can't take; it must not raise, nor "
    "remember what it was asked: a value is checked at every level at which it may be set.",
)
def settings_go_round(bench: Bench) -> None:
    """Every default passes its own validator, every validator answers rubbish with a text or None, and a good value as
    often as it is asked; the author's settings reach the provider unchanged,
    set on the method or inherited from reseller and operator, and the doctor finds the same in both."""
    plugin = bench.plugin
    for setting in (*plugin.settings, *(plugin.provider.settings if plugin.provider else ())):
        if setting.validator is not None:
            _check_validator(setting)
            _check_default(setting)
    if plugin.provider is not None:
        view = bench.host.method(bench.settings)
        lost = [key for key, value in bench.settings.items() if value != view.settings.get(key)]
        if lost:
            raise Failed(f"setting {lost[0]!r} comes back changed, or is not declared")
        for level in (Level.RESELLER, Level.OPERATOR):
            _check_inheriting(bench, level)


def _check_inheriting(bench: Bench, level: Level) -> None:
    """Set above the method what may be set there: the provider must not see a difference."""
    given = bench.settings
    above = {
        each.key: given[each.key] for each in bench.provider.settings if level in each.levels and each.key in given
    }
    if not above:
        return
    for setting in bench.provider.settings:
        if setting.key in above and setting.validator is not None:
            answers = [_judged(setting, above[setting.key]) for _level in setting.levels]
            if any(answer is not None for answer in answers):
                raise Failed(f"setting {setting.key!r}: its validator refuses the author's value when asked again")
    bench.host.inherit(level, above)
    view = bench.host.method({key: value for key, value in given.items() if key not in above})
    lost = [key for key, value in given.items() if value != view.settings.get(key)]
    if lost:
        raise Failed(f"setting {lost[0]!r} comes back changed when it is inherited from the {level}")
    if bench.provider.check_settings(view) != bench.provider.check_settings(bench.view()):
        raise Failed(f"the doctor finds something else in settings that are inherited from the {level}")


def _judged(setting: Setting, value: object) -> LazyText | str | None:
    assert setting.validator is not None
    with within("validator"):
        return setting.validator(value)


def _check_default(setting: Setting) -> None:
    if setting.default not in (None, ""):
        fault = _judged(setting, setting.default)
        if fault is not None:
            raise Failed(f"setting {setting.key!r}: its own validator refuses its default: {fault}")


def _check_validator(setting: Setting) -> None:
    for value in RUBBISH:
        try:
            answer = _judged(setting, value)
        except TooSlow:
            raise
        except Exception as error:
            raise Failed(
                f"setting {setting.key!r}: its validator raises {type(error).__name__} for {value!a:.30}"
            ) from error
        if answer is not None and not _is_text(answer):
            raise Failed(f"setting {setting.key!r}: its validator answers {answer!r}, which is no text")


@check(
    "doctor",
    "Its doctor finds and does not raise",
    Need.PROVIDER,
    remedy="Return billhook.Finding values with severity, text, a remedy for what is wrong, and a declared setting.",
)
def the_doctor_finds(bench: Bench) -> None:
    """check_settings answers working, empty and senseless settings with findings that a person can act on, twice the
    same, without the network; the author's settings have no error."""
    _check_findings(bench, "the author's", bench.settings)
    errors = [f for f in bench.provider.check_settings(bench.view()) if f.severity is Severity.ERROR]
    if errors:
        raise Failed(f"it finds an error in the author's own settings: {errors[0].text}")
    texts = [each.key for each in bench.provider.settings if each.kind not in _NO_TEXTS]
    for value in ("", " ", "\x00", "a" * 5000, "{x}%s"):
        _check_findings(bench, f"{value[:10]!a} as text", dict.fromkeys(texts, value))
    if bench.network.tried:
        raise Failed(f"check_settings reached for {bench.network.tried[0].host}")


def _check_findings(bench: Bench, which: str, settings: dict[str, object]) -> None:
    keys = {"", *(each.key for each in bench.provider.settings)}
    view = bench.view(settings)
    found = bench.provider.check_settings(view)
    if not isinstance(found, list) or not all(isinstance(each, Finding) for each in found):
        raise Failed(f"for {which} settings it returns {found!r:.60}, no list of findings")
    for each in found:
        if not _is_text(each.text) or (each.severity is not Severity.OK and not _is_text(each.remedy)):
            raise Failed(f"for {which} settings a finding has no text or no remedy: {each!r:.80}")
        if each.setting not in keys:
            raise Failed(f"a finding belongs to {each.setting!r}, which is no setting")
    if found != bench.provider.check_settings(view):
        raise Failed(f"for {which} settings the findings differ from one call to the next")


@check(
    "availability",
    "It says why it can't be offered",
    Need.PROVIDER,
    remedy='Return Available() or Unavailable(_("…")): no exception, no bool, no empty reason.',
)
def it_says_why_it_cant_be_offered(bench: Bench) -> None:
    """For every account type and sum, availability answers Available, or Unavailable with a text in both languages."""
    view = bench.view()
    for kind in AccountType:
        account = views.make_account(views.make_reseller(bench.currency), kind)
        for minor in (1, 500_000, 900_000_000_000_000):
            payment = views.make_payment(Money(minor, bench.currency), account)
            for odd in (
                payment,
                views.make_payment(payment.amount, account, number="a;b&c", purpose="\x00", status="x"),
            ):
                answer = bench.provider.availability(odd, view)
                if not isinstance(answer, Available | Unavailable):
                    raise Failed(f"it answers {answer!r:.40}")
                if isinstance(answer, Unavailable) and not _is_text(answer.reason):
                    raise Failed(f"the reason is {answer.reason!r:.40}, no text")


@check(
    "start",
    "Starting does what it declares, twice the same",
    Need.PROVIDER,
    remedy="Return an outcome that `starts` names, with complete web addresses, and use `reference` for "
    "what must not be done twice.",
)
def starting_does_what_it_declares(bench: Bench) -> None:
    """start returns the declared kind of outcome, leads to web addresses only, gives texts, single lines in a form, and
    the second press of the button leads to the same place; a purpose in Cyrillic goes along unharmed."""
    started = bench.started(Wish(bench.sum(), bench.provider.account_types[0], views.samples()["unicode"]))
    outcome = started.outcome
    damaged = views.samples()["unicode"][:6].encode().decode("latin-1")
    if isinstance(outcome, Redirect | PostForm) and damaged in repr(outcome):
        raise Failed("the payment's description is damaged on its way")
    if isinstance(outcome, PostForm) and (
        changed := [name for name, value in outcome.fields if _CONTROL.search(value)]
    ):
        raise Failed(
            f"the form's field {changed[0]!r} holds a line break or another control character, which browsers change",
            "Post single lines: browsers send other line breaks than you sign, and the gateway refuses the signature.",
        )
    if isinstance(outcome, Instructions) and not outcome.template.startswith(f"{bench.plugin.name}/"):
        raise Failed(f"start shows {outcome.template!r}, which does not stand under {bench.plugin.name}/")
    again = bench.host.start(started.payment, started.method, answers=bench.answers)
    if again.outcome != outcome:
        raise Failed("the second press of the button leads elsewhere than the first")
    if bench.provider.starts != (Instructions,):
        _check_another_language(bench, started)


def _check_another_language(bench: Bench, started: Started) -> None:
    """A gateway refuses the same key with another body."""
    pressed = []
    for language in ("ru", "en"):
        with use_language(language):
            pressed.append(bench.host.start(started.payment, started.method, language, bench.answers).outcome)
    if pressed != [started.outcome] * 2:
        raise Failed(
            "the second press of the button in another language leads elsewhere than the first",
            "Take the language from the request, which is frozen with the try, and never from whoever presses.",
        )


@check(
    "ordered",
    "The gateway is asked for what was frozen",
    Need.PROVIDER,
    Need.ORDERED,
    remedy="Send the try's reference (or its number), the whole sum in the unit that the gateway reckons in, the "
    "merchant of the settings, and the test flag that they say.",
)
def the_gateway_is_asked_for_what_was_frozen(bench: Bench) -> None:
    """What the gateway reads out of a start is the try, its sum, its merchant and its test flag, for a sum with kopecks
    and one without, and in test mode."""
    for amount in ("5000.00", "105.05"):
        _check_ordered(bench, bench.started(Wish(bench.sum(amount), bench.provider.account_types[0])))
    switch = bench.provider.test_mode_setting
    if switch:
        for is_test in (True, False):
            _check_ordered(bench, bench.started(method=bench.host.method({**bench.settings, switch: is_test})))


def _check_ordered(bench: Bench, started: Started) -> None:
    assert bench.subject.adapter is not None
    read = bench.subject.adapter.ordered(started)
    if read is None:
        return
    merchant, is_test = identity_of(bench.provider, started.method)
    wanted = Ordered(bench.named(started), started.payment.amount, merchant, is_test)
    for name in ("reference", "amount", "merchant", "is_test"):
        said, frozen = getattr(read, name), getattr(wanted, name)
        if said != frozen:
            raise Failed(f"the gateway reads {name} {said!r:.60}, and the host froze {frozen!r:.60}")


@check(
    "documents",
    "Its documents are plain and the same twice",
    Need.DOCUMENTS,
    remedy="Build the context from plain values and read dates from facts; a document is frozen, so it must be exact.",
)
def documents_are_plain(bench: Bench) -> None:
    """Every declared document has a title, a safe file name, a stock template and a context of plain exact values; what
    is frozen is JSON; it is the same twice."""
    started = bench.started()
    for kind in documents_of(bench.provider):
        source = bench.host.document(started, kind.name)
        for problem in _document_faults(source):
            raise Failed(f"document {kind.name!r}: {problem}")
        if source != bench.host.document(started, kind.name):
            raise Failed(f"document {kind.name!r} differs from one call to the next")


def _document_faults(source: object) -> Iterator[str]:
    if not isinstance(source, DocumentSource):
        yield f"it is {type(source).__name__}, no DocumentSource"
        return
    if not source.stock.strip() or not source.template.strip():
        yield "it has no stock template, which stands in for a reseller's that fails"
    if not source.file_name.isascii() or not source.file_name.endswith(".pdf") or "/" in source.file_name:
        yield f"its file name is {source.file_name!r}: use ASCII and .pdf"
    yield from (f"context {path} is {value!r:.40}, no plain exact value" for path, value in _odd(source.context, ""))
    if not all(isinstance(content, bytes) for content in source.assets.values()):
        yield "an asset is not bytes"
    try:
        json.dumps(dict(source.frozen))
    except (TypeError, ValueError) as error:
        yield f"what is frozen is no JSON: {error}"


def _odd(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _odd(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _odd(inner, f"{path}[{number}]")
    elif not isinstance(value, str | int | Decimal | date | LazyText | None):
        yield path, value


@check(
    "status_query",
    "Its status query answers in the contract's words",
    Need.STATUS,
    remedy="Return facts from an authenticated answer, or an AttemptState; raise ProviderError for no answer.",
)
def the_status_query_answers(bench: Bench) -> None:
    """For a started payment, query returns a list of facts about this payment, or an AttemptState."""
    started = bench.started()
    answer = cast(AnswersStatus, bench.provider).query(bench.question(started))
    if isinstance(answer, AttemptState):
        return
    if not isinstance(answer, list | tuple) or not all(isinstance(fact, Fact) for fact in answer):
        raise Failed(f"it answers {answer!r:.40}")
    for fact in answer:
        if isinstance(fact, PaymentPaid) and fact.reference and fact.reference != bench.named(started):
            raise Failed(f"asked for {bench.named(started)!r} it claims {fact.reference!r}")


def _is_text(value: object) -> bool:
    if not isinstance(value, LazyText | str):
        return False
    for language in ("ru", "en"):
        with use_language(language):
            if not str(value).strip():
                return False
    return True
