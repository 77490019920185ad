"""Warnings from end to end: plugin, watches, worker, mail, panel."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import billhook_low_balance_notify
import pytest
from billhook import AccountType, Finding, Level, Money
from billhook.i18n import use_language
from sqlalchemy import select

from devtools.mailsink import MailSink
from host_stub.adapters.keys import new_keys
from host_stub.adapters.provisioning import Webhook
from host_stub.adapters.smtp import Server, SmtpMailer
from host_stub.domain.errors import InvalidSettings
from host_stub.persistence import Notice, Period, PluginActivation, Reseller, Scope
from host_stub.plugins.installation import upgrade_tables
from host_stub.plugins.registry import Registry
from host_stub.services.charges import subscriptions
from host_stub.services.money_in import approvals
from host_stub.services.settings import plugin_settings
from host_stub.services.tenants import accounts
from host_stub.worker import Outside, Worker
from tests.support.charging_world import ChargingWorld
from tests.support.sums import sums_in
from tests.support.world import MANAGER, rub

PLUGIN = "low_balance_notify"
SENDER = "billing@panel.example"


class Warned:
    """The world with the plugin on, a level of 500 roubles, and a worker."""

    def __init__(self, world: ChargingWorld, sink: MailSink) -> None:
        self.world = world
        self.sink = sink
        registry = Registry.of({PLUGIN: billhook_low_balance_notify})
        assert registry.broken == {}
        registry.attach(world.store)
        upgrade_tables(world.store, registry.plugins[PLUGIN])
        self.registry = registry
        with world.store.write() as session:
            session.add(
                PluginActivation(
                    reseller_id=world.reseller_id, plugin=PLUGIN, enabled=True, changed_at=world.store.now()
                )
            )
        self.set("threshold", 500_00)
        mailer = SmtpMailer(Server("127.0.0.1", sink.smtp_port, SENDER, timeout_seconds=2))
        self.keys = new_keys()
        self.outside = Outside(mailer, SENDER, Webhook(1, 1), self.keys)
        self.worker = Worker(world.store, registry, self.outside, "worker")

    def set(self, key: str, value: object, account_id: int | None = None) -> None:
        """Keep a setting as the forms do, and take its level over."""
        setting = next(s for s in self.registry.plugins[PLUGIN].settings if s.key == key)
        given = Money(value, "RUB") if key == "threshold" and isinstance(value, int) else value
        owner = plugin_settings.Owner(PLUGIN, self.world.reseller_id, account_id)
        plugin_settings.save(self.world.store, self.world.scope, owner, (setting,), {key: given}, by=MANAGER)

    def give_up(self, key: str) -> None:
        """Let the reseller have no value of his own any more."""
        declared = tuple(s for s in self.registry.plugins[PLUGIN].settings if s.key == key)
        owner = plugin_settings.Owner(PLUGIN, self.world.reseller_id)
        plugin_settings.reset(self.world.store, self.world.scope, owner, declared, by=MANAGER)

    def run(self) -> None:
        self.worker.run_once()

    def subjects(self) -> list[str]:
        return [letter.subject for letter in self.sink.letters.all()]

    def warnings(self) -> int:
        return len([s for s in self.subjects() if s.startswith("Баланс заканчивается")])


@pytest.fixture
def warned(world: ChargingWorld) -> Iterator[Warned]:
    with MailSink() as sink:
        yield Warned(world, sink)


def test_one_warning_per_crossing_armed_again_by_rising_above(warned: Warned) -> None:
    counted = []
    for amount in ("1000.00", "-600.00", "-100.00", "50.00", "-10.00", "500.00", "-400.00"):
        warned.world.credit(amount)
        warned.run()
        counted.append(warned.warnings())

    assert counted == [0, 1, 1, 1, 1, 1, 2]


def test_a_balance_that_hovers_round_the_level_is_told_once_in_three_days(warned: Warned) -> None:
    warned.world.credit("575.00")
    for _half_day in range(10):
        warned.world.credit("-150.00")
        warned.run()
        warned.world.clock.advance(hours=12)
        warned.world.credit("150.00")

    assert warned.warnings() == 2


def test_falling_for_good_after_the_pause_is_told_though_nothing_rose_since(warned: Warned) -> None:
    warned.world.credit("575.00")
    for amount in ("-150.00", "150.00"):
        warned.world.credit(amount)
    warned.world.clock.advance(days=4)
    warned.world.credit("-150.00")
    warned.run()

    assert warned.warnings() == 2


def test_a_warning_goes_by_mail_and_into_the_panel(warned: Warned) -> None:
    warned.world.credit("1000.00")
    warned.world.credit("-600.00")

    warned.run()

    (letter,) = warned.sink.letters.all()
    assert letter.subject == "Баланс заканчивается: 400,00\u00a0руб."
    assert "Пополните баланс на 100,00\u00a0руб." in letter.text
    assert f"https://panel.example/accounts/{warned.world.account_id}/top-up?amount=100.00" in letter.text
    with warned.world.store.read() as session:
        (notice,) = session.scalars(select(Notice))
    assert notice.title == letter.subject


def test_who_may_owe_is_warned_at_a_level_below_zero(warned: Warned) -> None:
    world = warned.world
    subscriptions.change_threshold(world.store, world.scope, world.account_id, Money(-5000_00, "RUB"), by=MANAGER)
    warned.set("threshold", -4000_00, world.account_id)
    counted = []
    for amount in ("-3900.00", "-200.00", "500.00", "-500.00"):
        world.clock.advance(days=3)
        world.credit(amount)
        warned.run()
        counted.append(warned.warnings())

    assert counted == [0, 1, 1, 2]
    assert "Баланс −4\u00a0100,00\u00a0руб. — это ниже" in warned.sink.letters.all()[0].text


@pytest.mark.parametrize(("limit", "level"), [(-5000_00, -5000_01), (0, -1), (100_00, -1)])
def test_no_level_is_set_where_no_charge_takes_the_balance(warned: Warned, limit: int, level: int) -> None:
    world = warned.world
    subscriptions.change_threshold(world.store, world.scope, world.account_id, Money(limit, "RUB"), by=MANAGER)

    with pytest.raises(InvalidSettings) as refused:
        warned.set("threshold", level, world.account_id)

    with use_language("ru"):
        assert "Списания не опустят баланс ниже" in _said(refused.value)
    warned.set("threshold", min(limit, 0), world.account_id)


def test_a_level_for_all_customers_is_not_below_zero(warned: Warned) -> None:
    with pytest.raises(InvalidSettings) as refused:
        warned.set("threshold", -1)

    with use_language("ru"):
        assert "отдельному клиенту" in _said(refused.value)


def _said(refused: InvalidSettings) -> str:
    (finding,) = refused.findings
    assert isinstance(finding, Finding)
    return str(finding.text)


def test_a_new_account_at_zero_is_not_warned(warned: Warned) -> None:
    draft = accounts.AccountDraft(AccountType.PERSON, "Новый клиент", email="new@x.example")
    accounts.create(warned.world.store, warned.world.scope, warned.world.reseller_id, draft, by=MANAGER)

    warned.run()

    assert warned.subjects() == []


def test_raising_the_level_above_the_balance_warns_once(warned: Warned) -> None:
    warned.world.credit("1000.00")
    warned.run()

    warned.set("threshold", 2000_00, warned.world.account_id)
    warned.run()
    warned.set("threshold", 3000_00, warned.world.account_id)
    warned.run()

    assert warned.warnings() == 1


def test_the_customers_level_and_recipients_win_over_the_resellers(warned: Warned) -> None:
    warned.set("threshold", 100_00, warned.world.account_id)
    warned.set("recipients", "boss@romashka.example, cfo@romashka.example", warned.world.account_id)
    warned.world.credit("1000.00")
    warned.world.credit("-600.00")
    warned.run()
    early = warned.warnings()

    warned.world.credit("-350.00")
    warned.run()

    assert early == 0
    assert sorted(r for letter in warned.sink.letters.all() for r in letter.recipients) == [
        "boss@romashka.example",
        "cfo@romashka.example",
    ]


def test_when_a_run_crosses_the_level_and_refuses_a_charge_only_the_hold_mail_goes(warned: Warned) -> None:
    warned.world.credit("910.00")
    warned.world.running(Period.HOUR, "144000.00", "Сервер")  # 200 roubles an hour
    warned.run()
    warned.world.clock.advance(hours=8)

    warned.run()

    assert warned.world.balance() == Money(110_00, "RUB")
    assert warned.subjects() == ["Услуги приостановлены: пополните баланс"]


def test_a_level_that_is_crossed_by_one_of_two_charges_of_the_same_hour_is_not_told_either(warned: Warned) -> None:
    warned.world.credit("1150.00")
    warned.world.running(Period.HOUR, "144000.00", "A")
    warned.world.running(Period.HOUR, "288000.00", "B")
    warned.world.clock.advance(hours=1)

    warned.run()

    assert warned.world.balance() == Money(350_00, "RUB")
    assert warned.subjects() == ["Часть услуг приостановлена: пополните баланс"]


def test_the_hold_mail_goes_with_the_plugin_off_too(warned: Warned) -> None:
    with warned.world.store.write() as session:
        session.get_one(PluginActivation, (warned.world.reseller_id, PLUGIN)).enabled = False
    warned.world.credit("10.00")
    warned.world.running(Period.DAY, "10.00")
    warned.world.clock.advance(days=1)

    warned.run()

    assert warned.subjects() == ["Услуги приостановлены: пополните баланс"]


def test_a_charge_that_the_balance_will_not_cover_is_told_three_days_before_and_once(warned: Warned) -> None:
    warned.set("threshold", None)
    warned.world.credit("700.00")
    warned.world.running(Period.MONTH, "400.00", "VPS")
    told = {}
    for day in range(26, 31):
        warned.world.clock.set(datetime(2020, 11, day, 9, tzinfo=UTC))
        warned.run()
    for day in range(8, 13):
        warned.world.clock.set(datetime(2020, 12, day, 10, tzinfo=UTC))
        warned.run()
        told[day] = len(warned.subjects())

    assert told == {8: 0, 9: 0, 10: 1, 11: 1, 12: 1}
    (letter,) = warned.sink.letters.all()
    assert letter.subject == "Пополните баланс до 13.12.2020"
    assert "13.12.2020 будет списано 400,00\u00a0руб. за «VPS»." in letter.text
    assert "не хватает 100,00\u00a0руб." in letter.text


def test_the_next_charge_that_is_not_covered_is_told_again(warned: Warned) -> None:
    warned.set("threshold", None)
    warned.world.credit("700.00")
    warned.world.running(Period.MONTH, "400.00", "VPS")
    warned.world.clock.set(datetime(2020, 12, 11, 9, tzinfo=UTC))
    warned.run()
    warned.world.credit("100.00")
    warned.run()

    warned.world.clock.set(datetime(2020, 12, 13, 10, tzinfo=UTC))
    warned.run()
    warned.world.clock.set(datetime(2021, 1, 11, 9, tzinfo=UTC))
    warned.run()

    assert warned.subjects() == ["Пополните баланс до 13.12.2020", "Пополните баланс до 13.01.2021"]


def test_hours_until_then_are_counted_in(warned: Warned) -> None:
    warned.set("threshold", None)
    warned.world.clock.set(datetime(2020, 11, 10, 9, tzinfo=UTC))
    warned.world.credit("400.00")
    warned.world.running(Period.MONTH, "400.00", "VPS")
    warned.world.clock.set(datetime(2020, 12, 8, 9, tzinfo=UTC))
    warned.world.credit("424.00")
    warned.run()
    before = warned.subjects()

    warned.world.running(Period.HOUR, "744.00", "Сервер")  # a rouble an hour: 49 of them start until noon of the 10th
    warned.run()

    assert before == []
    (letter,) = warned.sink.letters.all()
    assert "не хватает 25,00\u00a0руб." in letter.text
    price, earlier, balance, missing = sums_in(letter.text)[:4]
    assert (price, earlier, balance, missing) == (400_00, 48_00, 423_00, 25_00)
    assert price + earlier - balance == missing


def test_days_before_is_the_resellers_and_zero_is_never(warned: Warned) -> None:
    warned.set("threshold", None)
    warned.set("days_before", 0)
    warned.world.credit("400.00")
    warned.world.running(Period.MONTH, "400.00")
    warned.world.clock.set(datetime(2020, 12, 12, 9, tzinfo=UTC))

    warned.run()

    assert warned.subjects() == []


def test_days_before_is_the_operator_s_until_the_reseller_has_his_own(warned: Warned) -> None:
    """Looked at anew each time: 20 days before the charge, by the operator's 25, the reseller's 0, and 25 again."""
    world = warned.world
    with world.store.write() as session:
        session.add(Reseller(name="Оператор", is_operator=True, created_at=world.store.now()))
    declared = warned.registry.plugins[PLUGIN].settings_at(Level.OPERATOR)
    owner = plugin_settings.Owner(PLUGIN)
    plugin_settings.save(world.store, Scope.everything(), owner, declared, {"days_before": 25}, by=MANAGER)
    warned.set("threshold", None)
    world.credit("400.00")
    world.running(Period.MONTH, "400.00")
    world.clock.set(datetime(2020, 11, 23, 9, tzinfo=UTC))

    warned.set("days_before", 0)
    warned.run()
    by_own = warned.subjects()
    warned.give_up("days_before")
    warned.run()

    assert by_own == []
    assert len(warned.subjects()) == 1


def test_no_charge_is_told_ahead_in_hold(warned: Warned) -> None:
    warned.set("threshold", None)
    warned.world.credit("410.00")
    warned.world.running(Period.MONTH, "400.00")
    warned.world.running(Period.DAY, "10.00")
    warned.world.clock.set(datetime(2020, 12, 12, 9, tzinfo=UTC))

    warned.run()

    assert warned.subjects() == ["Часть услуг приостановлена: пополните баланс"]


def without_mail(warned: Warned) -> None:
    """Let no mail leave, as when the mail server is down."""
    warned.worker.jobs = [job for job in warned.worker.jobs if job.name != "mail"]


def the_mail_leaves(warned: Warned) -> list[str]:
    warned.worker.jobs = Worker(warned.world.store, warned.registry, warned.outside, "worker").jobs
    warned.run()
    return warned.subjects()


def shown(warned: Warned) -> int:
    with warned.world.store.read() as session:
        return len(session.scalars(select(Notice).where(Notice.dismissed_at.is_(None))).all())


@pytest.mark.parametrize("way", ["payment", "correction"])
def test_a_warning_that_waits_is_not_overtaken_by_a_kopeck(warned: Warned, way: str) -> None:
    warned.world.credit("1000.00")
    without_mail(warned)
    warned.world.credit("-900.00")
    warned.run()

    pay(warned.world, "0.01", way)

    assert shown(warned) == 1
    assert [subject for subject in the_mail_leaves(warned) if subject.startswith("Баланс заканчивается")] != []


@pytest.mark.parametrize("way", ["payment", "correction"])
def test_a_warning_that_waits_is_overtaken_once_the_balance_is_at_its_level(warned: Warned, way: str) -> None:
    warned.world.credit("1000.00")
    without_mail(warned)
    warned.world.credit("-900.00")
    warned.run()

    pay(warned.world, "400.00", way)

    assert shown(warned) == 0
    assert [subject for subject in the_mail_leaves(warned) if subject.startswith("Баланс заканчивается")] == []


def test_a_warning_that_nobody_read_is_written_again_when_the_balance_falls_again(warned: Warned) -> None:
    warned.world.credit("1000.00")
    without_mail(warned)
    warned.world.credit("-900.00")
    warned.run()
    warned.world.credit("450.00")

    warned.world.credit("-100.00")
    the_mail_leaves(warned)

    assert warned.warnings() == 1


def test_money_that_is_charged_at_once_overtakes_no_warning(warned: Warned) -> None:
    warned.world.credit("1000.00")
    without_mail(warned)
    warned.world.credit("-900.00")
    warned.run()
    warned.world.pending(Period.MONTH, "450.00")

    pay(warned.world, "500.00", "payment")

    assert warned.world.balance() == Money(150_00, "RUB")
    assert shown(warned) == 1


def test_a_charge_ahead_that_is_not_covered_yet_is_still_told(warned: Warned) -> None:
    warned.set("threshold", None)
    warned.world.credit("700.00")
    warned.world.running(Period.MONTH, "400.00", "VPS")
    warned.world.clock.set(datetime(2020, 12, 10, 10, tzinfo=UTC))
    without_mail(warned)
    warned.run()

    pay(warned.world, "0.01", "payment")
    told = shown(warned)
    pay(warned.world, "99.99", "payment")

    assert (told, shown(warned)) == (1, 0)
    assert "Пополните баланс до 13.12.2020" not in the_mail_leaves(warned)


@pytest.mark.parametrize("way", ["payment", "correction"])
def test_the_mail_of_a_hold_goes_though_a_kopeck_came(warned: Warned, way: str) -> None:
    warned.world.credit("10.00")
    warned.world.running(Period.DAY, "10.00")
    without_mail(warned)
    warned.world.clock.advance(days=1)
    warned.run()

    pay(warned.world, "0.01", way)

    assert "Услуги приостановлены: пополните баланс" in the_mail_leaves(warned)


def pay(world: ChargingWorld, amount: str, way: str) -> None:
    if way == "correction":
        world.credit(amount)
    else:
        order = approvals.BankOrder(rub(amount), secrets.token_hex(4), world.store.now().date())
        approvals.approve_payment(world.store, world.scope, world.a_payment("1000.00"), order, by=MANAGER, anyway=True)
