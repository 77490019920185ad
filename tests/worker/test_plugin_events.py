"""Events to plugins: what a handler may do, and what happens when it misbehaves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from billhook import (
    BalanceChanged,
    Level,
    Money,
    Notify,
    Reader,
    Setting,
    SettingKind,
    SubscriptionResumed,
    SubscriptionStopped,
    hookimpl,
)
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from host_stub import plugin_doctor
from host_stub.adapters.keys import new_keys
from host_stub.config import Config
from host_stub.domain.actors import SYSTEM, Actor
from host_stub.persistence import Notice, Outbox, Period, PluginActivation, PluginFailure, Scope
from host_stub.plugins.delivery import PluginReceiver
from host_stub.plugins.discovery import Candidate
from host_stub.plugins.installation import inventory
from host_stub.plugins.registry import Registry
from host_stub.services.queues import deliveries, outbox
from host_stub.services.settings import plugin_settings
from host_stub.services.settings.plugin_settings import Owner
from host_stub.services.tenants import resellers
from host_stub.worker import Outside, Worker
from tests.support.charging_world import ChargingWorld
from tests.support.world import a_reseller, an_account

Handler = Callable[[BalanceChanged, Reader], Any]
HELLO = "hello"
TOKEN = Setting("token", SettingKind.SECRET, "Token", level=Level.ACCOUNT, inherits_from=Level.OPERATOR)
NICKNAME = Setting("nickname", SettingKind.TEXT, "Nickname", level=Level.RESELLER)


class Plugged:
    """The world with one hand-written plugin that hears of balance changes, stops and resumes."""

    def __init__(self, world: ChargingWorld) -> None:
        self.world = world
        self.heard: list[BalanceChanged] = []
        self.runs: list[SubscriptionStopped | SubscriptionResumed] = []
        self.answer: Handler = lambda _event, _reader: []
        self.registry = Registry.of({HELLO: self._plugin()})
        self.registry.attach(world.store)
        self.keys = new_keys()
        self.receiver = PluginReceiver(world.store, self.registry, self.keys)
        self.switch(True)

    def _plugin(self) -> object:
        @hookimpl
        def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> Any:
            self.heard.append(event)
            return self.answer(event, reader)

        @hookimpl
        def billhook_settings() -> list[Setting]:
            return [TOKEN, NICKNAME]

        @hookimpl
        def billhook_subscription_stopped(event: SubscriptionStopped, reader: Reader) -> Any:
            self.runs.append(event)

        @hookimpl
        def billhook_subscription_resumed(event: SubscriptionResumed, reader: Reader) -> Any:
            self.runs.append(event)

        hooks = (
            billhook_balance_changed,
            billhook_settings,
            billhook_subscription_stopped,
            billhook_subscription_resumed,
        )
        return SimpleNamespace(**{hook.__name__: hook for hook in hooks})

    def save_token(self, token: str, account_id: int | None = None) -> None:
        owner = Owner(HELLO, self.world.reseller_id, account_id)
        scope = Scope.reseller(self.world.reseller_id)
        by = Actor("operator", "Olga", 0)
        plugin_settings.save(self.world.store, scope, owner, [TOKEN], {"token": token}, by=by, keys=self.keys)

    def switch(self, on: bool) -> None:
        with self.world.store.write() as session:
            row = session.get(PluginActivation, (self.world.reseller_id, HELLO))
            if row is None:
                row = PluginActivation(reseller_id=self.world.reseller_id, plugin=HELLO, enabled=on)
                session.add(row)
            row.enabled, row.changed_at = on, self.world.store.now()

    def deliver(self) -> int:
        return deliveries.work(self.world.store, "worker", f"plugin:{HELLO}", self.receiver)

    def facts(self) -> list[Outbox]:
        return self.world.facts(f"plugin:{HELLO}")

    def notices(self) -> list[Notice]:
        with self.world.store.read() as session:
            return list(session.scalars(select(Notice).order_by(Notice.id)))

    def failures(self) -> list[PluginFailure]:
        with self.world.store.read() as session:
            return list(session.scalars(select(PluginFailure)))


@pytest.fixture
def plugged(world: ChargingWorld) -> Plugged:
    return Plugged(world)


def notice(event: BalanceChanged, _reader: Reader) -> list[Notify]:
    return [Notify(event.account_id, "news", "Новость", ["Раз", "Два"], button=("Открыть", "https://panel.example/x"))]


def test_a_fact_arrives_as_the_event_that_it_was(plugged: Plugged) -> None:
    plugged.world.credit("12.34")

    plugged.deliver()

    (event,) = plugged.heard
    assert (event.account_id, event.before_minor, event.after_minor) == (plugged.world.account_id, 0, 1234)
    assert event.at == plugged.world.store.now()


def test_facts_of_an_account_arrive_in_order(plugged: Plugged) -> None:
    for amount in ("1.00", "2.00", "3.00"):
        plugged.world.credit(amount)

    while plugged.deliver():
        pass

    assert [event.after_minor for event in plugged.heard] == [100, 300, 600]


def test_stops_and_resumes_arrive_as_the_events_that_they_were(plugged: Plugged) -> None:
    world = plugged.world
    world.credit("10.00")
    made = world.running(Period.DAY, "10.00", "VPS-1")
    world.clock.advance(days=1)
    world.run()
    stopped_at = world.store.now()
    world.clock.advance(minutes=1)
    world.credit("10.00")

    while plugged.deliver():
        pass

    whose = (world.reseller_id, world.account_id, made, "VPS-1")
    resumed_at = world.store.now()
    assert plugged.runs == [SubscriptionStopped(*whose, at=stopped_at), SubscriptionResumed(*whose, at=resumed_at)]


def test_effects_become_mail_and_a_notice_in_the_panel(plugged: Plugged) -> None:
    plugged.answer = notice
    plugged.world.credit("1.00")

    plugged.deliver()

    (mail,) = plugged.world.mails(f"plugin:{HELLO}")
    (shown,) = plugged.notices()
    assert (mail.recipient, mail.subject) == ("finance@romashka.example", "Новость")
    assert (shown.title, shown.text, shown.url) == ("Новость", "Раз\nДва", "https://panel.example/x")
    assert plugged.facts() == []


def test_a_fact_that_is_delivered_twice_tells_once(plugged: Plugged) -> None:
    plugged.answer = notice
    plugged.world.credit("1.00")
    (task,) = deliveries.claim(plugged.world.store, "dies before it writes", f"plugin:{HELLO}")
    with plugged.world.store.write() as session:
        outcome = plugged.receiver.deliver(task)
        assert isinstance(outcome, deliveries.Delivered)
        assert outcome.effects is not None
        outcome.effects(session)
    plugged.world.clock.advance(minutes=2)

    plugged.deliver()

    assert len(plugged.heard) == 2
    assert len(plugged.world.mails(f"plugin:{HELLO}")) == 1
    assert len(plugged.notices()) == 1


def test_a_handler_reads_the_present_not_the_past(plugged: Plugged) -> None:
    seen: list[Money] = []
    plugged.answer = lambda event, reader: seen.append(reader.account(event.account_id).balance)
    plugged.world.credit("1.00")
    plugged.world.credit("2.00")

    plugged.deliver()

    assert seen == [Money(300, "RUB")]


def test_a_handler_reads_only_its_resellers_rows(plugged: Plugged) -> None:
    with plugged.world.store.write() as session:
        stranger = an_account(session, a_reseller(session, "Чужой")).id
    plugged.answer = lambda _event, reader: reader.account(stranger)
    plugged.world.credit("1.00")

    plugged.deliver()

    assert plugged.failures()[0].error.startswith("LookupError")


def test_a_handler_gets_a_secret_in_clear_and_those_that_it_replaced(plugged: Plugged) -> None:
    account = plugged.world.account_id
    read: list[tuple[object, object]] = []

    def look(_event: BalanceChanged, reader: Reader) -> None:
        read.extend((reader.setting("token", each), reader.secrets("token", each)) for each in (None, account))

    plugged.answer = look
    plugged.world.credit("1.00")
    plugged.deliver()
    for token, whose in (("s1", None), ("s2", None), ("mine", account)):
        plugged.save_token(token, whose)
    plugged.world.credit("1.00")
    plugged.deliver()

    assert read == [
        *[("", ())] * 2,
        ("s2", ("s2", "s1")),
        ("mine", ("mine", "s2", "s1")),
    ]
    assert plugged.failures() == []


@pytest.mark.parametrize("wrong", ["nothing", "nickname"])
def test_a_handler_that_asks_for_the_secrets_of_no_secret_is_told_so(plugged: Plugged, wrong: str) -> None:
    plugged.answer = lambda _event, reader: reader.secrets(wrong)
    plugged.world.credit("1.00")

    plugged.deliver()

    assert plugged.failures()[0].error.startswith("KeyError")


def test_a_handler_cannot_write_through_its_reader(plugged: Plugged) -> None:
    def reach(_event: BalanceChanged, reader: Reader) -> None:
        session = reader._session  # type: ignore[attr-defined]
        with pytest.raises(DatabaseError):
            session.execute(text("update account set balance_minor = 1"))

    plugged.answer = reach
    plugged.world.credit("1.00")

    plugged.deliver()

    assert plugged.world.balance() == Money(100, "RUB")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda _e, _r: 1 / 0, "ZeroDivisionError"),
        (lambda _e, _r: "rubbish", "not a list of effects"),
        (lambda _e, _r: ["rubbish"], "str is no effect"),
        (lambda e, _r: [Notify(e.account_id + 1, "k", "s", ["p"])], "another account"),
        (lambda e, _r: [Notify(e.account_id, "k", 5, ["p"])], "int is no text"),
        (lambda e, _r: [Notify(e.account_id, "k", "s", ["p"], recipients=(5,))], "recipients"),
    ],
)
def test_a_plugin_that_raises_or_answers_rubbish_is_contained_and_shown(
    plugged: Plugged, answer: Handler, says: str
) -> None:
    plugged.answer = answer
    plugged.world.credit("1.00")

    plugged.deliver()

    (failure,) = plugged.failures()
    assert (failure.plugin, failure.place) == (HELLO, "billhook_balance_changed")
    assert says in failure.error
    assert plugged.facts()[0].attempts == 1
    assert plugged.world.mails(f"plugin:{HELLO}") == []


def test_after_eight_failures_a_fact_is_dead_and_the_next_one_arrives(plugged: Plugged) -> None:
    plugged.answer = lambda event, _reader: 1 // (event.after_minor - 100)
    plugged.world.credit("1.00")
    plugged.world.credit("2.00")

    for _try in range(9):
        plugged.deliver()
        plugged.world.clock.advance(minutes=10)

    assert [event.after_minor for event in plugged.heard] == [100] * 8 + [300]
    with plugged.world.store.read() as session:
        assert len(deliveries.dead_letters(session)) == 1


def test_a_plugin_that_is_off_hears_nothing_and_will_not_later(plugged: Plugged) -> None:
    plugged.world.credit("1.00")
    plugged.switch(False)
    plugged.world.credit("2.00")
    plugged.deliver()
    plugged.switch(True)

    plugged.deliver()

    assert plugged.heard == []
    assert plugged.facts() == []


def a_worker(plugged: Plugged, registry: Registry) -> Worker:
    outside: Any = SimpleNamespace(send=lambda *_arguments: None)
    registry.attach(plugged.world.store)
    return Worker(plugged.world.store, registry, Outside(outside, "b@localhost", outside, new_keys()), "worker")


@pytest.mark.parametrize("broken", [True, False], ids=["broken", "gone"])
def test_what_was_told_to_a_plugin_that_is_not_loaded_waits_until_it_is(plugged: Plugged, broken: bool) -> None:
    plugged.world.credit("1.00")
    without = Registry([Candidate(HELLO, None, "it cannot be imported")] if broken else [])
    worker = a_worker(plugged, without)
    for _hour in range(12):
        worker.run_once()
        plugged.world.clock.advance(hours=1)

    (fact,) = plugged.facts()
    shown = next(each for each in inventory(plugged.world.store, without, {}) if each.name == HELLO)
    assert (fact.attempts, fact.dead_at, shown.waiting) == (0, None, 1)
    patient = plugin_doctor.Patient(Config(), plugged.world.store, without)
    assert "1 event waits for it" in [each.facts for each in plugin_doctor.examine(patient)]
    a_worker(plugged, plugged.registry).run_once()
    assert len(plugged.heard) == 1
    assert plugged.facts() == []


def test_a_slow_plugin_holds_no_thread_that_another_one_waits_for(plugged: Plugged) -> None:
    heard, freed = threading.Event(), threading.Event()

    @hookimpl
    def slow(event: BalanceChanged, reader: Reader) -> Any:
        freed.wait(20)
        return []

    @hookimpl
    def quick(event: BalanceChanged, reader: Reader) -> Any:
        heard.set()
        return []

    plugged.world.credit("1.00")
    registry = Registry.of(
        {name: SimpleNamespace(billhook_balance_changed=hook) for name, hook in (("slow", slow), ("quick", quick))}
    )
    worker = a_worker(plugged, registry)
    for name in ("slow", "quick"):
        resellers.switch_plugin(plugged.world.store, plugged.world.reseller_id, name, on=True, by=SYSTEM)
    with plugged.world.store.write() as session:
        known = plugged.facts()[0]
        for number, name in enumerate(("slow", "slow", "slow", "slow", "quick")):
            told = {"reseller_id": known.reseller_id, "payload": known.payload}
            outbox.enqueue(session, f"plugin:{name}", f"account:{number}", known.kind, **told)
    running = threading.Thread(target=worker.run)
    running.start()

    came = heard.wait(10)
    freed.set()
    worker.stop()
    running.join(30)
    assert came


def test_events_wait_while_charges_of_the_account_are_due(plugged: Plugged) -> None:
    plugged.world.credit("10.00")
    plugged.world.running(Period.DAY, "10.00")
    plugged.deliver()
    plugged.world.clock.advance(days=1)
    plugged.world.credit("0.50")

    plugged.deliver()
    before = len(plugged.heard)
    plugged.world.run()
    plugged.world.clock.advance(seconds=2)
    plugged.deliver()

    assert before == 1
    assert len(plugged.heard) == 2


def test_events_do_not_wait_for_a_run_that_never_comes(plugged: Plugged) -> None:
    plugged.world.credit("10.00")
    plugged.world.running(Period.DAY, "10.00")
    plugged.deliver()
    plugged.world.clock.advance(days=1)
    plugged.world.credit("0.50")
    plugged.world.clock.advance(minutes=10)

    plugged.deliver()

    assert len(plugged.heard) == 2
