"""Charging, credit hold, activation and resume, as a customer meets them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from host_stub.domain.errors import InsufficientFunds, SubscriptionClosed
from host_stub.persistence import Period
from host_stub.persistence import SubscriptionStatus as Status
from host_stub.services.charges import plans, subscriptions
from tests.support.charging_world import LISTENER, ChargingWorld
from tests.support.world import MANAGER, rub

NOON = datetime(2020, 11, 13, 9, tzinfo=UTC)  # 12:00 in Moscow


def test_a_new_subscription_is_pending_and_costs_nothing(world: ChargingWorld) -> None:
    world.credit("100.00")

    made = world.pending(Period.DAY, "10.00")
    world.run()

    assert world.subscription(made).status == Status.PENDING
    assert world.balance() == rub("100.00")


def test_the_first_sufficient_credit_activates_a_pending_subscription(world: ChargingWorld) -> None:
    made = world.pending(Period.DAY, "10.00")
    world.credit("9.99")
    assert world.subscription(made).status == Status.PENDING

    world.credit("0.01")

    assert world.subscription(made).status == Status.ACTIVE
    assert world.balance() == rub("0.00")


def test_pending_subscriptions_are_activated_oldest_first(world: ChargingWorld) -> None:
    older, younger = world.pending(Period.DAY, "10.00"), world.pending(Period.DAY, "10.00")

    world.credit("15.00")

    assert world.subscription(older).status == Status.ACTIVE
    assert world.subscription(younger).status == Status.PENDING


def test_a_subscription_that_is_too_dear_does_not_keep_back_a_cheaper_one(world: ChargingWorld) -> None:
    dear, cheap = world.pending(Period.DAY, "100.00"), world.pending(Period.DAY, "10.00")

    world.credit("15.00")

    assert world.subscription(dear).status == Status.PENDING
    assert world.subscription(cheap).status == Status.ACTIVE


def test_a_debit_activates_nothing(world: ChargingWorld) -> None:
    world.credit("100.00")
    made = world.pending(Period.DAY, "10.00")

    world.credit("-1.00")

    assert world.subscription(made).status == Status.PENDING


def test_a_manager_activates_a_pending_subscription(world: ChargingWorld) -> None:
    world.credit("10.00")
    made = world.pending(Period.DAY, "10.00")

    subscriptions.activate(world.store, world.scope, made, by=MANAGER)

    assert world.subscription(made).status == Status.ACTIVE
    assert world.balance() == rub("0.00")


def test_a_manager_is_refused_with_the_missing_sum(world: ChargingWorld) -> None:
    world.credit("3.00")
    made = world.pending(Period.DAY, "10.00")

    with pytest.raises(InsufficientFunds) as refused:
        subscriptions.activate(world.store, world.scope, made, by=MANAGER)

    assert refused.value.missing_minor == 700
    assert world.subscription(made).status == Status.PENDING


def test_in_hold_the_missing_sum_for_a_manager_ends_the_hold_too(world: ChargingWorld) -> None:
    world.credit("5.00")
    world.running(Period.DAY, "5.00")
    world.clock.advance(days=1)
    world.run()
    made = world.pending(Period.DAY, "10.00")

    with pytest.raises(InsufficientFunds) as refused:
        subscriptions.activate(world.store, world.scope, made, by=MANAGER)

    assert refused.value.missing_minor == 1500


def test_what_runs_is_not_activated_again(world: ChargingWorld) -> None:
    world.credit("100.00")
    made = world.running(Period.DAY, "10.00")

    with pytest.raises(SubscriptionClosed):
        subscriptions.activate(world.store, world.scope, made, by=MANAGER)


def test_a_period_is_charged_in_advance_at_its_start(world: ChargingWorld) -> None:
    world.credit("100.00")
    made = world.running(Period.DAY, "10.00")
    midnight = datetime(2020, 11, 13, 21, tzinfo=UTC)  # in Moscow

    world.clock.set(midnight - timedelta(microseconds=1))
    world.run()
    before = world.balance()
    world.clock.set(midnight)
    world.run()

    assert before == rub("90.00")
    assert world.balance() == rub("80.00")
    assert world.subscription(made).next_charge_at == midnight + timedelta(days=1)


def test_a_charge_that_does_not_fit_is_not_posted_and_begins_the_hold(world: ChargingWorld) -> None:
    world.credit("15.00")
    made = world.running(Period.DAY, "10.00")
    world.clock.advance(days=1)

    world.run()

    assert world.balance() == rub("5.00")
    assert world.on_hold()
    assert world.needed() == rub("5.00")
    assert world.subscription(made).status == Status.STOPPED


def test_charges_may_go_down_to_the_threshold_and_no_further(world: ChargingWorld) -> None:
    subscriptions.change_threshold(world.store, world.scope, world.account_id, rub("-20.00"), by=MANAGER)
    made = world.running(Period.DAY, "10.00")
    world.clock.advance(days=2)

    world.run()

    assert world.balance() == rub("-20.00")
    assert world.needed() == rub("10.00")
    assert world.subscription(made).status == Status.STOPPED


def test_in_hold_a_subscription_runs_to_the_end_of_its_paid_period(world: ChargingWorld) -> None:
    world.credit("24.00")
    daily = world.running(Period.DAY, "10.00")
    monthly = world.running(Period.MONTH, "14.00")
    world.clock.advance(days=1)

    world.run()
    then = world.subscription(monthly).status
    world.clock.advance(days=30)
    world.run()

    assert world.subscription(daily).status == Status.STOPPED
    assert then == Status.ACTIVE
    assert world.subscription(monthly).status == Status.STOPPED
    assert world.needed() == rub("24.00")


def test_in_hold_nothing_is_charged_even_if_it_would_fit(world: ChargingWorld) -> None:
    world.credit("34.00")
    world.running(Period.DAY, "30.00", "dear")
    cheap = world.running(Period.DAY, "2.00", "cheap")
    world.clock.advance(days=1)

    world.run()

    assert world.balance() == rub("2.00")
    assert len(world.charges(cheap)) == 1


def test_the_hold_ends_when_all_stopped_subscriptions_fit(world: ChargingWorld) -> None:
    world.credit("30.00")
    first, second = world.running(Period.DAY, "10.00", "A"), world.running(Period.DAY, "20.00", "B")
    world.clock.advance(days=1)
    world.run()

    world.credit("29.99")
    still = world.on_hold()
    world.credit("0.01")

    assert still
    assert not world.on_hold()
    assert [world.subscription(s).status for s in (first, second)] == [Status.ACTIVE, Status.ACTIVE]
    assert world.balance() == rub("0.00")


def test_the_hold_is_left_before_pending_subscriptions_are_activated(world: ChargingWorld) -> None:
    world.credit("10.00")
    stopped = world.running(Period.DAY, "10.00")
    waiting = world.pending(Period.DAY, "10.00")
    world.clock.advance(days=1)
    world.run()

    world.credit("10.00")
    first = (world.subscription(stopped).status, world.subscription(waiting).status)
    world.credit("10.00")

    assert first == (Status.ACTIVE, Status.PENDING)
    assert world.subscription(waiting).status == Status.ACTIVE


def test_a_credit_that_ends_the_hold_also_activates_what_it_covers(world: ChargingWorld) -> None:
    world.credit("10.00")
    stopped = world.running(Period.DAY, "10.00")
    waiting = world.pending(Period.DAY, "10.00")
    world.clock.advance(days=1)
    world.run()

    world.credit("20.00")

    assert [world.subscription(s).status for s in (stopped, waiting)] == [Status.ACTIVE, Status.ACTIVE]


def test_a_correction_below_the_threshold_begins_the_hold_at_once(world: ChargingWorld) -> None:
    world.credit("20.00")
    made = world.running(Period.DAY, "10.00")

    world.credit("-10.01")

    assert world.on_hold()
    assert world.needed() == rub("0.01")
    assert world.subscription(made).status == Status.ACTIVE  # until its paid day is over


def test_raising_the_threshold_above_the_balance_begins_the_hold_and_lowering_ends_it(world: ChargingWorld) -> None:
    world.credit("20.00")

    subscriptions.change_threshold(world.store, world.scope, world.account_id, rub("20.01"), by=MANAGER)
    raised = world.on_hold()
    subscriptions.change_threshold(world.store, world.scope, world.account_id, rub("20.00"), by=MANAGER)

    assert raised
    assert not world.on_hold()


def test_stopped_time_is_never_charged(world: ChargingWorld) -> None:
    world.credit("10.00")
    made = world.running(Period.DAY, "10.00")
    world.clock.advance(days=5)
    world.run()

    world.credit("10.00")

    assert world.charged_at(made) == [
        datetime(2020, 11, 12, 21, tzinfo=UTC),
        datetime(2020, 11, 17, 21, tzinfo=UTC),
    ]


def test_a_resumed_month_starts_then(world: ChargingWorld) -> None:
    world.credit("300.00")
    made = world.running(Period.MONTH, "300.00")
    world.clock.set(datetime(2020, 12, 13, 9, tzinfo=UTC))
    world.run()
    resumed_at = datetime(2020, 12, 20, 8, 30, tzinfo=UTC)
    world.clock.set(resumed_at)

    world.credit("300.00")

    assert world.charged_at(made) == [NOON, resumed_at]
    assert world.subscription(made).next_charge_at == datetime(2021, 1, 20, 8, 30, tzinfo=UTC)


def test_a_resumed_hour_is_the_clocks_hour_charged_in_full(world: ChargingWorld) -> None:
    world.credit("1.00")
    made = world.running(Period.HOUR, "720.00")  # November: one rouble an hour
    world.clock.advance(hours=1)
    world.run()
    world.clock.advance(minutes=40)

    world.credit("1.00")

    assert world.charged_at(made) == [NOON, NOON + timedelta(hours=1)]
    assert world.balance() == rub("0.00")


def test_deleting_the_only_stopped_subscription_ends_the_hold(world: ChargingWorld) -> None:
    world.credit("10.00")
    made = world.running(Period.DAY, "10.00")
    world.clock.advance(days=1)
    world.run()

    subscriptions.delete(world.store, world.scope, made, by=MANAGER)

    assert not world.on_hold()
    assert world.subscription(made).status == Status.DELETED


def test_a_deleted_subscription_is_charged_no_more(world: ChargingWorld) -> None:
    world.credit("100.00")
    made = world.running(Period.DAY, "10.00")
    subscriptions.delete(world.store, world.scope, made, by=MANAGER)
    world.clock.advance(days=3)

    world.run()

    assert world.balance() == rub("90.00")
    with pytest.raises(SubscriptionClosed):
        subscriptions.delete(world.store, world.scope, made, by=MANAGER)


def test_a_lower_price_ends_a_hold_that_it_can(world: ChargingWorld) -> None:
    from host_stub.services.charges import charging

    world.credit("15.00")
    plan_id = world.subscription(world.running(Period.DAY, "10.00")).plan_id
    world.clock.advance(days=1)
    world.run()

    plans.change(world.store, world.scope, plan_id, plans.PlanTerms("day", Period.DAY, rub("5.00")), by=MANAGER)
    let_go = charging.reconsider_holds(world.store)

    assert let_go == 1
    assert not world.on_hold()
    assert world.balance() == rub("0.00")


def test_plugins_hear_of_stops_and_resumes(world: ChargingWorld) -> None:
    world.credit("10.00")
    made = world.running(Period.DAY, "10.00")
    world.clock.advance(days=1)
    world.run()
    world.credit("10.00")

    facts = world.facts(f"plugin:{LISTENER}")

    assert [f.kind for f in facts] == ["billhook_subscription_stopped", "billhook_subscription_resumed"]
    assert all(f.payload["subscription_id"] == made for f in facts)


def test_every_change_of_the_desired_state_orders_the_outside_world(world: ChargingWorld) -> None:
    world.credit("10.00")
    made = world.running(Period.DAY, "10.00")
    world.clock.advance(days=1)
    world.run()
    world.credit("10.00")
    subscriptions.delete(world.store, world.scope, made, by=MANAGER)

    assert world.subscription(made).desired_version == 4
    assert {f.lane for f in world.facts("provisioning")} == {f"subscription:{made}"}


def test_a_pending_subscription_that_is_deleted_was_never_known_outside(world: ChargingWorld) -> None:
    made = world.pending(Period.DAY, "10.00")

    subscriptions.delete(world.store, world.scope, made, by=MANAGER)

    assert world.facts("provisioning") == []
    assert world.subscription(made).desired_version == 0


def test_the_log_tells_the_story(world: ChargingWorld) -> None:
    world.credit("10.00")
    made = world.running(Period.DAY, "10.00")
    world.clock.advance(days=1)
    world.run()
    world.credit("10.00")

    assert world.logged("subscription", made) == [
        "subscription.created",
        "subscription.activated",
        "subscription.stopped",
        "subscription.resumed",
    ]
    assert [a for a in world.logged("account", world.account_id) if "hold" in a] == [
        "account.hold_entered",
        "account.hold_left",
    ]


def test_one_hold_is_one_mail(world: ChargingWorld) -> None:
    world.credit("10.00")
    world.running(Period.DAY, "10.00", "Сайт")
    world.clock.advance(days=1)
    world.run()
    world.credit("1.00")
    world.clock.advance(days=1)
    world.run()

    (mail,) = world.mails("hold_entered")

    assert mail.recipient == "finance@romashka.example"
    assert "10,00\u00a0руб." in mail.text
    assert f"https://panel.example/accounts/{world.account_id}/top-up?amount=20.00" in mail.text  # the least payment
    assert "Приостановлены: Сайт." in mail.text
