"""Edges of the money core that an adversary would look for first."""

from __future__ import annotations

import pytest
from billhook import Money, PaymentStatus
from sqlalchemy import text

from host_stub.domain.amounts import LARGEST_MINOR, UnreadableAmount, read_amount
from host_stub.domain.errors import InvalidAmount, NotFound
from host_stub.persistence import Payment, PaymentMethod, Period, Reseller, Scope
from host_stub.persistence import SubscriptionStatus as Status
from host_stub.services.books import corrections, ledger
from host_stub.services.charges import charging, charging_failures, plans, subscriptions
from host_stub.services.money_in import approvals, decisions, payments
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.doubts import Why
from tests.support.charging_world import ChargingWorld
from tests.support.world import MANAGER, World, a_parked_arrival, a_reseller, an_account, rub


def cheaper(world: ChargingWorld, subscription_id: int, price: str) -> None:
    plan_id = world.subscription(subscription_id).plan_id
    plans.change(world.store, world.scope, plan_id, plans.PlanTerms("cheaper", Period.DAY, rub(price)), by=MANAGER)


def held(world: ChargingWorld) -> int:
    """Return a daily subscription that was stopped, with 1.00 left of what 10.00 a day need."""
    world.credit("11.00")
    made = world.running(Period.DAY, "10.00")
    world.clock.advance(days=1)
    world.run()
    assert world.on_hold()
    return made


def test_an_activation_leaves_a_hold_that_has_become_unfounded(world: ChargingWorld) -> None:
    stopped = held(world)
    cheaper(world, stopped, "0.50")
    pending = world.pending(Period.DAY, "0.25", "new")

    subscriptions.activate(world.store, world.scope, pending, by=MANAGER)

    assert not world.on_hold()
    assert world.subscription(stopped).status == Status.ACTIVE
    assert world.balance() == rub("0.25")


def test_every_hold_is_reconsidered_however_many_there_are(world: ChargingWorld) -> None:
    stopped = held(world)
    first = world.account_id
    with world.store.write() as session:
        reseller = session.get_one(Reseller, world.reseller_id)
        world.account_id = an_account(session, reseller).id
    second = held(world)
    cheaper(world, second, "0.50")

    charging.reconsider_holds(world.store, limit=1)

    assert world.subscription(second).status == Status.ACTIVE
    assert world.subscription(stopped).status == Status.STOPPED
    assert first != world.account_id


def test_a_new_number_mask_that_repeats_old_numbers_stops_nobody(world: ChargingWorld) -> None:
    with world.store.write() as session:
        session.get_one(Reseller, world.reseller_id).number_mask = "1#"
    made = [world.a_payment() for _ in range(11)]
    with world.store.write() as session:
        session.get_one(Reseller, world.reseller_id).number_mask = "#"

    made += [world.a_payment() for _ in range(3)]

    with world.store.read() as session:
        assert len({session.get_one(Payment, payment_id).number for payment_id in made}) == 14


def test_a_correction_form_changed_after_back_is_another_correction(world: ChargingWorld) -> None:
    for amount in ("5.00", "7.00"):
        corrections.correct(
            world.store, world.scope, world.account_id, rub(amount), reason="a", once_token="form", by=MANAGER
        )

    assert world.balance() == rub("12.00")


def parked(world: World, **more: object) -> int:
    with world.store.write() as session:
        return a_parked_arrival(session, session.get_one(PaymentMethod, world.method_id), **more).id


def credit(world: World, arrival_id: int, account_id: int, scope: Scope) -> None:
    part = decisions.Part(rub("500.00"), account_id=account_id)
    decisions.credit_parts(world.store, scope, decisions.Handled(arrival_id, 1, "b"), [part], by=MANAGER)


def test_no_form_token_can_pass_for_a_parked_event(world: ChargingWorld) -> None:
    event = parked(world)
    corrections.correct(
        world.store, world.scope, world.account_id, rub("0.01"), reason="a", once_token=f"event:{event}", by=MANAGER
    )

    credit(world, event, world.account_id, world.scope)

    assert world.balance() == rub("500.01")


def test_a_parked_event_is_never_credited_to_another_resellers_account(world: ChargingWorld) -> None:
    event = parked(world)
    with world.store.write() as session:
        foreign = an_account(session, a_reseller(session, "ИП Сидоров")).id

    with pytest.raises(NotFound):
        credit(world, event, foreign, Scope.everything())

    assert world.balance(foreign) == rub("0")


def test_a_parked_event_takes_no_money_away(world: ChargingWorld) -> None:
    event = parked(world, amount_minor=-500_00)

    with pytest.raises(InvalidAmount):
        credit(world, event, world.account_id, world.scope)


@pytest.mark.parametrize(
    ("first", "second", "warned"),
    [
        ("7707083893", "7707083893", True),
        ("7707083893", "5024002119", False),
        ("7707083893", "", True),
        ("", "7707083893", True),
        ("", "", True),
    ],
)
def test_an_order_is_used_elsewhere_unless_the_payers_are_known_to_differ(
    world: ChargingWorld, first: str, second: str, warned: bool
) -> None:
    day = world.clock.now().date()
    used, other = world.a_payment(), world.a_payment()
    approvals.approve_payment(
        world.store, world.scope, used, BankOrder(rub("5000.00"), "42", day, payer_inn=first), by=MANAGER
    )

    with world.store.read(world.scope) as session:
        again = BankOrder(rub("5000.00"), "42", day, payer_inn=second)
        found = approvals.questions(session, session.get_one(Payment, other), again)

    assert [doubt.why for doubt in found] == ([Why.SAME_ORDER] if warned else [])


def test_no_balance_grows_beyond_what_can_be_reckoned(world: ChargingWorld) -> None:
    for token in ("1", "2"):
        half = Money(ledger.MOST_MINOR // 2, "RUB")
        corrections.correct(world.store, world.scope, world.account_id, half, reason="a", once_token=token, by=MANAGER)
    payment_id = world.a_payment()
    most = world.balance()

    with pytest.raises(InvalidAmount):
        world.credit("5000.00")
    order = BankOrder(rub("5000.00"), "42", world.clock.now().date())
    with pytest.raises(InvalidAmount):
        approvals.approve_payment(world.store, world.scope, payment_id, order, by=MANAGER)

    assert world.balance() == most
    assert world.hold().needed == rub("0")


def test_sums_too_large_to_reckon_with_are_refused(world: ChargingWorld) -> None:
    most = Money(LARGEST_MINOR + 1, "RUB")

    with pytest.raises(UnreadableAmount):
        read_amount(most.plain(), "RUB")
    with pytest.raises(InvalidAmount):
        world.a_plan(Period.DAY, most.plain())
    with pytest.raises(InvalidAmount):
        subscriptions.change_threshold(world.store, world.scope, world.account_id, -most, by=MANAGER)


def test_an_expiry_that_fails_keeps_no_other(world: ChargingWorld) -> None:
    broken, sound = world.a_payment(), world.a_payment()
    world.clock.advance(days=31)
    refuse_expiry_of(world, broken)

    payments.expire_due(world.store)

    with world.store.read() as session:
        assert session.get_one(Payment, sound).status == PaymentStatus.EXPIRED


def refuse_expiry_of(world: World, payment_id: int) -> None:
    """Let the database refuse to expire one payment."""
    statements = {
        "sqlite": "create trigger broken before update on payment "
        f"when NEW.id = {payment_id} begin select raise(abort, 'no'); end",
        "postgresql": "alter table payment add constraint broken "
        f"check (id <> {payment_id} or status <> 'expired') not valid",
    }
    with world.store.write() as session:
        session.execute(text(statements[world.store.engine.dialect.name]))


def test_one_broken_held_account_keeps_neither_holds_nor_charges(world: ChargingWorld) -> None:
    broken = broken_held_account(world)
    with world.store.write() as session:
        world.account_id = an_account(session, session.get_one(Reseller, world.reseller_id)).id
    stopped = held(world)
    cheaper(world, stopped, "0.50")

    charging.reconsider_holds(world.store)

    assert world.subscription(stopped).status == Status.ACTIVE
    with world.store.read() as session:
        assert [f.account_id for f in charging_failures.failing(session)] == [broken]


def broken_held_account(world: ChargingWorld) -> int:
    """Return a held account with a stopped subscription whose reseller's time zone does not exist any more."""
    sound = (world.reseller_id, world.account_id)
    with world.store.write() as session:
        reseller = a_reseller(session, "ИП Сидоров")
        broken = an_account(session, reseller).id
    world.reseller_id, world.account_id = reseller.id, broken
    held(world)
    with world.store.write() as session:
        session.get_one(Reseller, reseller.id).timezone = "Nowhere/Nothing"
    world.reseller_id, world.account_id = sound
    return broken
