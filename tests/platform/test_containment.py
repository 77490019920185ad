"""Threads with deadlines, the breaker, and the guard that uses both."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
from billhook import (
    AttemptState,
    Available,
    BadSignature,
    DocumentSource,
    Finding,
    GoTo,
    Hint,
    Ignored,
    Instructions,
    MalformedNotification,
    Money,
    PayerReturned,
    PaymentFailed,
    PaymentPaid,
    PaymentPending,
    PostForm,
    ProviderError,
    Redirect,
    ShowCode,
    Unavailable,
    formats,
)
from billhook.formats import use_timezone
from billhook.host import answers
from billhook.i18n import current_language, use_language

from host_stub.adapters.clock import FixedClock
from host_stub.plugins.breaker import FAILURES, PAUSE, WINDOW, Breaker, BreakerState
from host_stub.plugins.containment import THREADS, WAITING
from host_stub.plugins.errors import PluginFailed, PluginOverran, PluginPaused
from host_stub.plugins.registry import Registry

DEADLINE = 0.2
EVENT = "billhook_balance_changed"


class Ward:
    """A registry with one plugin and short deadlines; `let_go` ends what hangs."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.released = threading.Event()
        self.registry = Registry.of({"desk": ModuleType("desk")}, deadlines={EVENT: DEADLINE})
        self.registry._clock = clock

    @property
    def guard(self):
        return self.registry.guard("desk")

    def call(self, function: Callable[[], object] = lambda: None, place: str = EVENT) -> object:
        return self.registry.call("desk", place, function)

    def fail(self, times: int = 1) -> None:
        for _ in range(times):
            with pytest.raises(PluginFailed):
                self.call(lambda: 1 // 0)

    def hang(self) -> None:
        with pytest.raises(PluginOverran, match=r"did not answer within 0\.2 s"):
            self.call(lambda: self.released.wait(20))

    def let_go(self) -> None:
        self.released.set()
        until = time.monotonic() + 60
        while self.guard.stuck and time.monotonic() < until:
            time.sleep(0.002)


@pytest.fixture
def ward(clock: FixedClock) -> Iterator[Ward]:
    built = Ward(clock)
    yield built
    built.let_go()


def test_a_call_sees_the_language_and_the_time_zone_of_its_caller(ward: Ward) -> None:
    seen: list[object] = []

    with use_language("en"), use_timezone("Asia/Vladivostok"):
        ward.call(lambda: seen.extend((current_language(), formats.datetime(ward.clock.now()))))
        expected = formats.datetime(ward.clock.now())

    assert seen == ["en", expected]
    assert "19:00" in expected


def test_calls_one_after_another_share_a_thread(ward: Ward) -> None:
    threads = set()
    for _ in range(5):
        ward.call(lambda: threads.add(threading.get_ident()))

    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_a_call_that_overruns_is_given_up_at_its_deadline_and_keeps_its_thread_until_it_ends(ward: Ward) -> None:
    ward.hang()

    assert ward.guard.stuck == 1
    ward.call()
    ward.let_go()
    assert ward.guard.stuck == 0


def test_when_all_threads_hang_the_plugin_is_not_called_until_one_ends(ward: Ward) -> None:
    for _ in range(THREADS):
        ward.hang()

    assert ward.guard.own.state is BreakerState.OPEN
    with pytest.raises(PluginPaused, match="hang"):
        ward.call()

    ward.clock.advance(minutes=10)
    with pytest.raises(PluginPaused, match="hang"):
        ward.call()
    ward.let_go()
    ward.call()
    assert ward.guard.own.state is BreakerState.CLOSED


def test_more_calls_than_threads_wait_for_their_turn(ward: Ward) -> None:
    done: list[int] = []
    callers = [
        threading.Thread(target=ward.call, args=(lambda number=number: (time.sleep(0.02), done.append(number))[-1],))
        for number in range(THREADS + WAITING)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert sorted(done) == list(range(THREADS + WAITING))


def test_what_finds_all_threads_in_use_and_others_waiting_is_turned_away_at_once(ward: Ward) -> None:
    ended = threading.Event()

    def check_settings() -> list[Finding]:
        ended.wait(60)
        return []

    callers = [
        threading.Thread(target=ward.call, args=(check_settings, "check_settings"))
        for _number in range(THREADS + WAITING)
    ]
    for caller in callers:
        caller.start()
    until = time.monotonic() + 60
    while ward.guard.own.pool.waiting < WAITING and time.monotonic() < until:
        time.sleep(0.002)

    with pytest.raises(PluginPaused, match="busy"):
        ward.call()
    still_waiting = ward.guard.own.pool.waiting
    ended.set()
    for caller in callers:
        caller.join()

    assert still_waiting == WAITING
    assert ward.guard.own.pool.waiting == 0
    ward.call()


def test_a_plugin_that_is_called_within_its_own_call_needs_no_second_thread(ward: Ward) -> None:
    reached = []

    def deep(levels: int) -> None:
        reached.append(levels)
        if levels:
            ward.call(lambda: deep(levels - 1))

    deep(THREADS + 2)
    assert reached[-1] == 0


def test_five_failures_within_a_minute_open_the_breaker_and_one_call_that_succeeds_closes_it(ward: Ward) -> None:
    ward.fail(FAILURES - 1)
    assert ward.guard.own.state is BreakerState.CLOSED
    ward.fail()

    with pytest.raises(PluginPaused) as paused:
        ward.call()
    assert paused.value.wait == PAUSE
    ward.clock.advance(seconds=PAUSE.seconds)
    ward.call()
    assert ward.guard.own.state is BreakerState.CLOSED
    ward.fail(FAILURES - 1)
    ward.call()


def test_a_probe_that_fails_opens_the_breaker_again(ward: Ward) -> None:
    ward.fail(FAILURES)
    ward.clock.advance(seconds=PAUSE.seconds)

    ward.fail()

    with pytest.raises(PluginPaused):
        ward.call()


def test_while_one_call_probes_the_others_are_turned_away(clock: FixedClock) -> None:
    breaker = Breaker(clock.ticks)
    for _ in range(FAILURES):
        breaker.failed()
    clock.advance(seconds=PAUSE.seconds)

    assert breaker.admit() is None
    assert breaker.state is BreakerState.PROBING
    assert breaker.admit() == PAUSE


def test_failures_that_are_far_apart_do_not_open_the_breaker(ward: Ward) -> None:
    for _ in range(FAILURES * 2):
        ward.fail()
        ward.clock.advance(seconds=WINDOW.seconds // 3)

    ward.call()


@pytest.mark.parametrize("hours", [1, -1])
def test_a_pause_lasts_as_long_as_it_says_however_the_wall_clock_is_set(clock: FixedClock, hours: int) -> None:
    breaker = Breaker(clock.ticks)
    for _ in range(FAILURES):
        breaker.failed()

    clock.step(hours=hours)
    at_once = breaker.admit()
    clock.advance(seconds=PAUSE.seconds)

    assert (at_once, breaker.admit()) == (PAUSE, None)


def test_failures_from_before_the_clock_was_set_back_are_forgotten_after_their_minute(clock: FixedClock) -> None:
    breaker = Breaker(clock.ticks)
    for _ in range(FAILURES - 1):
        breaker.failed()
    clock.step(hours=-3)
    clock.advance(seconds=WINDOW.seconds + 1)

    assert not breaker.failed()
    assert breaker.state is BreakerState.CLOSED


@pytest.mark.parametrize(
    ("place", "error"),
    [("verify", BadSignature("x")), ("parse", MalformedNotification("f", "x")), ("query", ProviderError("x"))],
)
def test_what_the_contract_allows_never_opens_the_breaker(ward: Ward, place: str, error: Exception) -> None:
    def refuse() -> None:
        raise error

    for _ in range(FAILURES * 2):
        with pytest.raises(type(error)):
            ward.call(refuse, place)

    assert ward.guard.failures == 0


@pytest.mark.parametrize(
    ("place", "error"), [("start", BadSignature("x")), ("availability", ProviderError("x")), ("query", SystemExit(1))]
)
def test_what_the_contract_does_not_allow_there_is_a_failure(ward: Ward, place: str, error: BaseException) -> None:
    def refuse() -> None:
        raise error

    with pytest.raises(PluginFailed, match=f"{place} failed: {type(error).__name__}"):
        ward.call(refuse, place)


def test_an_error_whose_text_cannot_be_read_is_contained(ward: Ward) -> None:
    class Evil(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    def fail() -> None:
        raise Evil

    with pytest.raises(PluginFailed, match=f"{EVENT} failed: Evil"):
        ward.call(fail)


NO_HOSTS = ("*", "panel@evil.example", "g;script-src *", "a.example, b", "", "g:99999999", "a b")


class ToScript(Redirect):
    """A descendant is looked at like what it descends from."""


class Half(PaymentPaid):
    """Likewise."""


FACTS = "PaymentPaid or PaymentPending or PaymentFailed or Ignored"
PAID = {"reference": "1", "merchant": "m", "amount": Money(1, "RUB"), "is_test": False}
PAID |= {"external_id": "e", "signed_digest": "d" * 64, "details": {}}


@pytest.mark.parametrize(
    ("place", "answer", "says"),
    [
        ("availability", True, "availability returned bool, not Available or Unavailable"),
        ("availability", Unavailable(5), "Unavailable with reason = int, not LazyText or str"),  # type: ignore[arg-type]
        ("verify", True, "verify returned bool, not None"),
        (
            "parse",
            None,
            f"parse returned NoneType, not a list of {FACTS}",
        ),
        ("parse", [], "parse returned 0 facts, not 1 to 100"),
        ("parse", [Ignored("x")] * 101, "parse returned 101 facts, not 1 to 100"),
        ("claim", PaymentPaid(**{**PAID, "amount": 5}), "PaymentPaid with amount = int, not Money"),
        ("returned", PayerReturned("", 1), "PayerReturned with successful = int, not bool or NoneType"),
        ("parse", [PaymentPaid(**{**PAID, "amount": 5000})], "PaymentPaid with amount = int, not Money"),
        ("check_settings", None, "not a list of Finding"),
        ("check_settings", ["bad"], "check_settings returned str, not Finding"),
        ("start", "https://gateway.example", "start returned str"),
        ("start", Redirect("javascript:alert(1)"), "no web address"),
        ("start", Redirect("https://gateway.example/\r\nSet-Cookie: a=b"), "no web address"),
        ("start", PostForm("https://gateway.example", ["a"]), "not pairs of text"),  # type: ignore[list-item]
        ("start", PostForm("https://gateway.example", [("a", "\ud800")]), "a field of the form holds what no database"),
        ("start", Instructions("operator/plugins.html"), "not one under desk/"),
        ("availability", Unavailable("\ud800"), "Unavailable.reason holds"),
        ("template", "<p>\ud800</p>", "template holds"),
        ("page", GoTo("news", message="a\0"), "GoTo.message holds"),
        ("document", DocumentSource("a", "a", {"payer": {"name": ["\ud800"]}}), "context.payer.name holds"),
        ("document", DocumentSource("a", "a", {}, frozen={"a": "\0"}), "frozen.a holds"),
        ("start", ToScript("javascript:alert(1)"), "no web address"),
        *(("start", PostForm(f"https://{host}/x", []), "no web address") for host in NO_HOSTS),
        ("parse", [Half(**{**PAID, "amount": 5})], "Half with amount = int, not Money"),
        ("parse", [PaymentPaid(**{**PAID, "details": {"when": object()}})], "details holds object, not text"),
        ("parse", [PaymentPaid(**{**PAID, "details": {"a": "\ud800"}})], "no database keeps"),
        ("parse", [PaymentPaid(**{**PAID, "reference": "1\x00"})], "no database keeps"),
        ("parse", [PaymentPaid(**{**PAID, "external_id": ""})], "external_id has 0 characters"),
        ("parse", [PaymentPaid(**{**PAID, "signed_digest": "zz"})], "no hex digest"),
        ("query", [PaymentPaid(**{**PAID, "signed_digest": ""})], "no hex digest"),
        ("validator", True, "validator returned bool, not LazyText or str or None"),
        ("document", DocumentSource("a", "a", {}, frozen={"at": object()}), "frozen that is no JSON"),
        ("start", ShowCode(""), "ShowCode of 0 characters"),
        ("start", Redirect("https://gateway.example", "x" * 201), "external_reference has 201 characters"),
        ("parse", [PaymentPending("x" * 201)], "reference has 201 characters"),
        ("hint", "1-try", "hint returned str, not Hint"),
        ("document", None, "document returned NoneType, not DocumentSource"),
        (
            "query",
            "paid",
            f"query returned str, not a list of {FACTS}",
        ),
        ("billhook_balance_changed", 5, "not a list of Notify"),
    ],
)
def test_rubbish_is_refused_by_a_message_that_names_what_came_and_what_was_expected(
    place: str, answer: object, says: str
) -> None:
    with pytest.raises(answers.Rubbish, match=says.replace("(", r"\(")):
        answers.check("desk", place, answer)


def test_a_start_of_another_kind_than_declared_is_refused() -> None:
    with pytest.raises(answers.Rubbish, match=r"Redirect, not PostForm as starts says"):
        answers.check_start((PostForm,), Redirect("https://gateway.example"))


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        ("availability", Available()),
        ("validator", None),
        ("validator", "Too short."),
        ("start", Redirect("https://gateway.example:8443/pay?a=b")),
        ("start", Redirect("http://[::1]:8080/")),
        ("verify", None),
        ("parse", [PaymentPaid(**PAID)]),
        ("parse", [Ignored("refunded"), PaymentPaid(**PAID)]),
        ("returned", PayerReturned("", None)),
        ("query", []),
        ("query", [PaymentPending("1-try"), PaymentFailed("1-try", reason="declined", final=True)]),
        ("start", ShowCode("ST00012|Name=X", steps=["Scan it."])),
        ("start", PaymentPaid(**PAID)),
        ("hint", Hint("1-try")),
        ("query", AttemptState.OPEN),
        ("start", Instructions("desk/page.html")),
        ("start", PostForm("https://gateway.example", [("a", "b")])),
        ("billhook_balance_changed", None),
    ],
)
def test_what_the_contract_knows_passes(place: str, answer: object) -> None:
    answers.check("desk", place, answer)
