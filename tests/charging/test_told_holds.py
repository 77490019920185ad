"""The hold is told in one way, and its sums add up for whoever reads them."""

from __future__ import annotations

from datetime import date

import pytest
from billhook.i18n import use_language
from hypothesis import given
from hypothesis import strategies as st

from host_stub.domain.charging import Reckoning
from host_stub.persistence import Period
from host_stub.services.charges import holds, subscriptions
from host_stub.services.money_in import approvals
from tests.support.charging_world import ChargingWorld
from tests.support.sums import sums_in
from tests.support.world import MANAGER, Money, rub

sums = st.integers(-10_000_000, 10_000_000)


@given(balance=sums, threshold=sums, due=st.integers(0, 10_000_000), language=st.sampled_from(["ru", "en"]))
def test_the_sums_of_the_sentence_add_up_to_what_is_missing(
    balance: int, threshold: int, due: int, language: str
) -> None:
    reckoned = Reckoning(Money(balance, "RUB"), Money(threshold, "RUB"), Money(due, "RUB"))
    if not reckoned.needed:
        return

    with use_language(language):
        *parts, missing = sums_in(str(holds.how(reckoned)))

    named = set(parts)
    assert balance in named
    assert {due, threshold} - {0} <= named
    assert len(parts) == 1 + bool(due) + bool(threshold)
    assert sum(parts) - 2 * balance == missing


def test_while_paid_periods_run_everybody_is_told_until_when(world: ChargingWorld) -> None:
    world.credit("30.00")
    world.running(Period.DAY, "30.00", "Сайт")

    world.credit("-10.00")

    (mail,) = world.mails("hold_entered")
    hold = world.hold()
    banner = [str(text) for text in (holds.title(hold), *holds.until(hold), *holds.way_out(hold))]
    assert mail.subject == "Услуги будут приостановлены: пополните баланс"
    assert banner[:2] == [
        "Услуги будут приостановлены: на балансе не хватает средств.",
        "Услуги работают до 14.11.2020, 00:00, затем остановятся.",
    ]
    assert all(sentence in mail.text for sentence in banner)


def test_some_stopped_and_others_running_is_told_as_that(world: ChargingWorld) -> None:
    world.credit("410.00")
    world.running(Period.MONTH, "400.00", "VPS")
    world.running(Period.DAY, "10.00", "Сайт")
    world.clock.advance(days=1)

    world.run()

    (mail,) = world.mails("hold_entered")
    assert mail.subject == "Часть услуг приостановлена: пополните баланс"
    assert "Приостановлены: Сайт." in mail.text
    assert "Остальные работают до 13.12.2020, 12:00, затем остановятся." in mail.text
    assert str(holds.title(world.hold())) in mail.text


@pytest.mark.parametrize("threshold", ["0.00", "50.00", "-50.00"])
def test_the_mail_of_a_hold_names_every_sum_that_it_asks_for(world: ChargingWorld, threshold: str) -> None:
    subscriptions.change_threshold(world.store, world.scope, world.account_id, rub(threshold), by=MANAGER)
    world.credit("100.00")
    world.running(Period.DAY, "50.00")
    world.credit("-20.00")
    for _day in range(3):
        world.clock.advance(days=1)
        world.run()

    (mail,) = world.mails("hold_entered")
    sentence = next(line for line in mail.text.splitlines() if "не хватает" in line and sums_in(line))
    *parts, missing = sums_in(sentence)
    assert sum(parts) - 2 * parts[-1 if threshold != "50.00" else 0] == missing
    assert sums_in(mail.text)[-1] == missing


def test_the_credit_mail_s_sums_add_up_when_it_starts_a_service(world: ChargingWorld) -> None:
    world.credit("10.00")
    world.pending(Period.MONTH, "590.00", "VPS")
    payment_id = world.a_payment("1000.00")
    order = approvals.BankOrder(rub("1000.00"), "17", date(2020, 11, 13))

    approvals.approve_payment(world.store, world.scope, payment_id, order, by=MANAGER)

    (mail,) = world.mails("payment_credited")
    credited, charged, before, balance = sums_in(mail.text)[-4:]
    assert (credited, charged, before, balance) == (1000_00, 590_00, 10_00, 420_00)
    assert before + credited - charged == balance == world.balance().minor
