"""The host in memory plays payments by a host's rules."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from billhook import (
    BalanceChanged,
    BalanceWatch,
    Instructions,
    Level,
    Money,
    Notify,
    PaymentProvider,
    PaymentStatus,
    PluginError,
    Reason,
    Setting,
    SettingKind,
    Unavailable,
    hookimpl,
)
from billhook_kit import FakeHost, NotOffered, Wish, find_plugin, form
from billhook_kit.bench import Bench, Subject
from billhook_kit.checks.events import sample_event
from billhook_kit.fake_host import open_fake
from billhook_kit.guard import closed_network

MUTANTS = Path(__file__).parent / "mutants"
HONEST = str(MUTANTS / "mutant_host_tables.py")  # honest as far as a host in memory can see


def rub(amount: str) -> Money:
    return Money.of(amount, "RUB")


@pytest.fixture
def bench() -> Any:
    from contextlib import ExitStack

    adapter = find_plugin(str(MUTANTS / "honest_gateway.py")).module.Gateway()  # type: ignore[union-attr]
    with ExitStack() as stack, closed_network() as network:
        yield Bench(Subject(find_plugin(HONEST), adapter), open_fake, stack, network)


def test_a_payment_is_started_notified_and_credited_once(bench: Bench) -> None:
    started = bench.started()
    request = bench.notification(started)

    answers = [bench.notify(request) for _ in range(3)]

    assert [(credit.number, credit.amount) for credit in bench.host.credits()] == [
        (started.payment.number, rub("5000.00"))
    ]
    assert {answer.body for answer in answers} == {b"OK"}
    assert bench.host.status(started.payment) is PaymentStatus.COMPLETED


def test_a_second_payment_of_one_number_is_credited_too(bench: Bench) -> None:
    started = bench.started()

    for external_id in ("1", "2"):
        bench.notify(bench.notification(started, external_id=external_id))

    assert [credit.external_id for credit in bench.host.credits()] == ["1", "2"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amount": rub("4999.99")}, Reason.OTHER_AMOUNT),
        ({"amount": Money.of("5000.00", "USD")}, Reason.OTHER_CURRENCY),
        ({"merchant": "other"}, Reason.OTHER_MERCHANT),
        ({"reference": "no-such"}, Reason.UNKNOWN_PAYMENT),
        ({"is_test": True}, Reason.TEST_PAYMENT),
    ],
)
def test_what_does_not_fit_is_parked_and_answered_well(bench: Bench, changes: dict[str, Any], why: Reason) -> None:
    answer = bench.notify(bench.notification(bench.started(), **changes))

    assert answer.status == 200
    assert bench.host.credits() == []
    assert [parked.reason for parked in bench.host.books.parked] == [why]  # type: ignore[attr-defined]


def test_a_payment_that_nobody_started_is_parked(bench: Bench) -> None:
    started = bench.started()
    other = bench.host.payment(Wish(rub("5000.00")))

    bench.notify(bench.notification(started, reference=other.number))

    assert [parked.reason for parked in bench.host.books.parked] == [Reason.UNKNOWN_PAYMENT]  # type: ignore[attr-defined]


def test_money_for_an_expired_payment_is_credited_and_for_a_cancelled_one_parked(bench: Bench) -> None:
    expired, cancelled = bench.started(), bench.started()
    bench.host.expire(expired.payment)
    bench.host.cancel(cancelled.payment)

    for started in (expired, cancelled):
        bench.notify(bench.notification(started))

    assert [credit.number for credit in bench.host.credits()] == [expired.payment.number]
    assert [parked.reason for parked in bench.host.books.parked] == [Reason.CANCELLED]  # type: ignore[attr-defined]


def test_bad_signatures_rubbish_and_unknown_addresses_have_their_answers(bench: Bench) -> None:
    signed = bench.notification(bench.started())

    assert bench.notify(form([*signed.fields[:-1], ("sign", "wrong")])).status == 403
    assert bench.notify(form([])).status == 400
    assert bench.host.deliver(bench.method, "unheard-of", signed).status == 404
    assert bench.host.credits() == []


class Counter(PaymentProvider):
    name = "counter"
    title = "Counter"
    starts = (Instructions,)

    def availability(self, payment: Any, method: Any) -> Any:
        return Unavailable("not today")

    def start(self, request: Any) -> Instructions:
        return Instructions("counter/a.html")


def test_a_method_that_is_not_available_says_why() -> None:
    host = FakeHost(SimpleNamespace(billhook_payment_providers=hookimpl(lambda: [Counter])), "counter")
    method, payment = host.method({}), host.payment(Wish(rub("20.00")))

    with pytest.raises(NotOffered, match="not today"):
        host.start(payment, method)


def told(event: BalanceChanged, reader: Any) -> list[Notify]:
    level = reader.setting("level")
    return [Notify(event.account_id, "told", f"below {level.plain()}", ["…"])]


def test_an_event_is_told_with_settings_and_its_effects_are_collected() -> None:
    level = Setting("level", SettingKind.MONEY, "Level", level=Level.ACCOUNT)
    module = SimpleNamespace(
        billhook_settings=hookimpl(lambda: [level]),
        billhook_watches=hookimpl(lambda: [BalanceWatch("low", "level")]),
        billhook_balance_changed=hookimpl(told),
    )
    host = FakeHost(module, "teller")
    event = sample_event(BalanceChanged, account_id=host.account().id)

    (effect,) = host.tell(event)

    assert effect.subject == "below 500.00"


def test_an_effect_for_another_account_is_refused() -> None:
    stray = hookimpl(lambda event: [Notify(event.account_id + 1, "told", "a", ["b"])])
    host = FakeHost(SimpleNamespace(billhook_balance_changed=stray), "teller")

    with pytest.raises(TypeError, match="another account"):
        host.tell(sample_event(BalanceChanged))


def test_a_plugin_that_cannot_be_imported_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "broken_shop.py").write_text("raise RuntimeError('no luck')")

    with pytest.raises(PluginError, match="no luck"):
        FakeHost(str(tmp_path / "broken_shop.py"))


def test_nothing_leaves_the_machine_while_the_network_is_closed() -> None:
    import socket

    with closed_network() as network, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("gateway.example", 443), timeout=3)

    assert [connection.limit for connection in network.tried] == [3]


def test_a_method_inherits_what_reseller_and_operator_set_and_its_own_value_wins(bench: Bench) -> None:
    host, given = bench.host, bench.settings
    rest = {key: value for key, value in given.items() if key != "shop"}
    host.inherit(Level.OPERATOR, {"shop": "shop-of-all"})
    method, own = host.method(rest), host.method({**rest, "shop": "shop-of-mine"})

    before = host.present(method).settings["shop"]
    host.inherit(Level.RESELLER, {"shop": "shop-of-the-seller"})

    assert (before, host.present(method).settings["shop"]) == ("shop-of-all", "shop-of-the-seller")
    assert host.present(own).settings["shop"] == "shop-of-mine"


def test_a_message_signed_with_the_inherited_secret_that_was_replaced_is_credited(bench: Bench) -> None:
    bench.host.inherit(Level.RESELLER, {"secret": "first-secret-for-tests"})
    method = bench.host.method({key: value for key, value in bench.settings.items() if key != "secret"})
    started = bench.started(method=method)
    request = bench.notification(started)

    bench.host.inherit(Level.RESELLER, {"secret": "second-secret-for-tests"})
    bench.notify(request, method)

    assert bench.host.present(method).secrets("secret") == ("second-secret-for-tests", "first-secret-for-tests")
    assert len(bench.host.credits()) == 1
