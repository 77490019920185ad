"""What a verified notification does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from threading import Barrier

import pytest
from billhook import Money, PaymentPaid, PaymentStatus, Reason, Verdict
from sqlalchemy import func, select

from host_stub.domain.actors import Actor
from host_stub.domain.arrivals import Kind
from host_stub.domain.errors import AlreadySettled, InvalidAmount, NotFound
from host_stub.domain.payments import Cause, Consequence, move
from host_stub.persistence import Arrival, ArrivalMessage, Entry, LedgerTransaction, Payment
from host_stub.services.money_in import decisions, gateway, payments
from host_stub.services.money_in.decisions import Handled, Part
from tests.support.world import CUSTOMER, MANAGER, MERCHANT, OTHER_MANAGER, World, rub


def paid(world: World, payment_id: int, external_id: str = "43184405", **more: object) -> PaymentPaid:
    given = {
        "reference": world.reference(payment_id),
        "merchant": MERCHANT,
        "amount": rub("5000.00"),
        "is_test": False,
        "external_id": external_id,
        "details": {},
        **more,
    }
    digest = sha256(repr(sorted(given.items(), key=lambda item: item[0])).encode()).hexdigest()
    return PaymentPaid(signed_digest=digest, **given)  # type: ignore[arg-type]


def apply(world: World, event: PaymentPaid) -> Verdict:
    verified = gateway.VerifiedEvent(world.method_id, "paymaster", event, b"raw body")
    return gateway.apply_event(world.store, verified).verdict


def status(world: World, payment_id: int) -> str:
    with world.store.read() as session:
        return session.get_one(Payment, payment_id).status


def parked(world: World) -> list[Arrival]:
    """Return what waits."""
    with world.store.read() as session:
        return list(session.scalars(select(Arrival).where(Arrival.waits != "")))


def messages(world: World) -> list[ArrivalMessage]:
    with world.store.read() as session:
        return list(session.scalars(select(ArrivalMessage).order_by(ArrivalMessage.id)))


def credit(world: World, arrival: Arrival, account_id: int | None = None, by: Actor = MANAGER) -> None:
    """Let a manager who sees the arrival as it is given credit all that is left of it."""
    rest = Money(arrival.amount_minor - arrival.credited_minor, "RUB")
    part = Part(rest, account_id=account_id or world.account_id)
    decisions.credit_parts(world.store, world.scope, Handled(arrival.id, arrival.decisions, "нашлись"), [part], by=by)


def a_started_payment(world: World) -> int:
    payment_id = world.a_payment()
    world.started(payment_id)
    return payment_id


def test_a_notification_that_fits_credits_and_completes(world: World) -> None:
    payment_id = a_started_payment(world)

    verdict = apply(world, paid(world, payment_id))

    assert verdict is Verdict.ACCEPTED
    assert world.balance() == rub("5000.00")
    assert status(world, payment_id) == PaymentStatus.COMPLETED


def test_a_replayed_notification_credits_once(world: World) -> None:
    payment_id = a_started_payment(world)
    event = paid(world, payment_id)

    verdicts = [apply(world, event) for _ in range(3)]

    assert verdicts == [Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.DUPLICATE]
    assert world.balance() == rub("5000.00")


def test_an_expired_payment_is_credited_like_a_waiting_one(world: World) -> None:
    payment_id = a_started_payment(world)
    world.store.clock.advance(days=31)  # type: ignore[attr-defined]
    assert payments.expire_due(world.store) == 1
    assert status(world, payment_id) == PaymentStatus.EXPIRED

    assert apply(world, paid(world, payment_id)) is Verdict.ACCEPTED
    assert world.balance() == rub("5000.00")


def test_a_second_payment_of_the_same_bill_goes_to_the_balance_too(world: World) -> None:
    payment_id = a_started_payment(world)

    apply(world, paid(world, payment_id, "1"))
    verdict = apply(world, paid(world, payment_id, "2"))

    assert verdict is Verdict.ACCEPTED
    assert world.balance() == rub("10000.00")


def test_the_same_id_with_other_signed_fields_is_parked_with_an_alarm(world: World) -> None:
    payment_id = a_started_payment(world)
    apply(world, paid(world, payment_id, "1"))

    verdict = apply(world, paid(world, payment_id, "1", amount=rub("1.00")))

    assert verdict is Verdict.PARKED
    assert [event.waits for event in parked(world)] == [Reason.SIGNED_FIELDS_DIFFER]
    assert world.balance() == rub("5000.00")


def test_a_digest_over_too_little_never_makes_one_payment_pass_for_another(world: World) -> None:
    first, second = a_started_payment(world), a_started_payment(world)
    weak = {"signed_digest": "d" * 64}
    heard = [replace(paid(world, payment_id, "1"), **weak) for payment_id in (first, second)]

    verdicts = [apply(world, message) for message in (*heard, *heard)]

    assert verdicts == [Verdict.ACCEPTED, Verdict.PARKED, Verdict.DUPLICATE, Verdict.PARKED]
    assert [each.waits for each in parked(world)] == [Reason.SIGNED_FIELDS_DIFFER]
    assert [(e.payment_id, e.reason, e.deliveries) for e in messages(world)] == [
        (first, "", 2),
        (second, Reason.SIGNED_FIELDS_DIFFER, 2),
    ]
    assert world.balance() == rub("5000.00")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"amount": rub("4999.99")}, Reason.OTHER_AMOUNT),
        ({"amount": rub("5000.01")}, Reason.OTHER_AMOUNT),
        ({"amount": replace(rub("5000.00"), currency="USD")}, Reason.OTHER_CURRENCY),
        ({"merchant": "somebody-else"}, Reason.OTHER_MERCHANT),
        ({"is_test": True}, Reason.TEST_PAYMENT),
        ({"reference": "9999999"}, Reason.UNKNOWN_PAYMENT),
    ],
)
def test_what_does_not_fit_is_parked_and_posts_nothing(world: World, change: dict[str, object], why: Reason) -> None:
    payment_id = a_started_payment(world)

    verdict = apply(world, paid(world, payment_id, **change))

    assert verdict is Verdict.PARKED
    assert [event.waits for event in parked(world)] == [why]
    assert world.balance() == rub("0")
    assert status(world, payment_id) == PaymentStatus.WAITING_FOR_PAYMENT


def test_a_payment_that_was_never_started_with_the_method_is_parked(world: World) -> None:
    payment_id = world.a_payment()

    apply(world, paid(world, payment_id))

    assert [event.waits for event in parked(world)] == [Reason.UNKNOWN_PAYMENT]


def test_a_cancelled_payment_is_parked(world: World) -> None:
    payment_id = a_started_payment(world)
    payments.cancel(world.store, world.scope, payment_id, by=CUSTOMER)

    assert apply(world, paid(world, payment_id)) is Verdict.PARKED
    assert [event.waits for event in parked(world)] == [Reason.CANCELLED]


def test_what_an_attempt_froze_counts_and_not_what_was_chosen_last(world: World) -> None:
    payment_id = a_started_payment(world)
    world.started(payment_id, merchant="a-new-merchant")

    assert apply(world, paid(world, payment_id)) is Verdict.ACCEPTED


def test_twins_at_the_same_moment_credit_once(world: World) -> None:
    events = [paid(world, a_started_payment(world), external_id=str(number)) for number in range(3)]
    barrier = Barrier(12)

    def deliver(event: PaymentPaid) -> Verdict:
        barrier.wait()
        return apply(world, event)

    with ThreadPoolExecutor(12) as pool:
        verdicts = list(pool.map(deliver, events * 4))

    assert sorted(verdicts) == sorted([Verdict.ACCEPTED] * 3 + [Verdict.DUPLICATE] * 9)
    assert world.balance() == rub("15000.00")


def test_unknown_twins_at_the_same_moment_are_parked_once(world: World) -> None:
    event = paid(world, world.a_payment(), reference="nobody")
    barrier = Barrier(8)

    def deliver(_number: int) -> Verdict:
        barrier.wait()
        return apply(world, event)

    with ThreadPoolExecutor(8) as pool:
        verdicts = set(pool.map(deliver, range(8)))

    assert verdicts == {Verdict.PARKED}
    assert [row.deliveries for row in messages(world)] == [8]


def test_a_parked_event_is_settled_once(world: World) -> None:
    payment_id = a_started_payment(world)
    apply(world, paid(world, payment_id, amount=rub("100.00")))
    (event,) = parked(world)

    credit(world, event)
    with pytest.raises(AlreadySettled) as second:
        credit(world, event, by=OTHER_MANAGER)

    assert second.value.by == MANAGER.name
    assert world.balance() == rub("100.00")


def test_a_parked_test_payment_carries_no_money(world: World) -> None:
    payment_id = a_started_payment(world)
    apply(world, paid(world, payment_id, is_test=True))
    (event,) = parked(world)

    with pytest.raises(InvalidAmount):
        credit(world, event)
    decisions.close(world.store, world.scope, Handled(event.id, 1, "тест"), Kind.NOT_OURS, by=MANAGER)

    assert world.balance() == rub("0")


def test_every_credit_has_one_payment_and_every_completed_payment_a_credit(world: World) -> None:
    for number in range(3):
        apply(world, paid(world, a_started_payment(world), external_id=str(number)))

    with world.store.read() as session:
        credited = session.scalars(select(LedgerTransaction.payment_id).where(LedgerTransaction.kind == "credit")).all()
        completed = session.scalars(select(Payment.id).where(Payment.status == PaymentStatus.COMPLETED)).all()
        sequence = session.scalars(
            select(Entry.account_sequence).where(Entry.account_id == world.account_id).order_by(Entry.id)
        ).all()
    assert sorted(credited) == sorted(completed)
    assert sequence == [1, 2, 3]


@pytest.mark.parametrize("start", list(PaymentStatus))
@pytest.mark.parametrize("cause", list(Cause))
def test_what_the_table_does_not_list_is_refused(start: PaymentStatus, cause: Cause) -> None:
    listed = {
        ("waiting_for_payment", "paid"),
        ("waiting_for_payment", "approved"),
        ("waiting_for_payment", "cancelled"),
        ("waiting_for_payment", "lifetime_over"),
        ("partly_paid", "paid"),
        ("partly_paid", "approved"),
        ("partly_paid", "matched"),
        ("partly_paid", "approval_reversed"),
        ("expired", "paid"),
        ("expired", "approved"),
        ("expired", "cancelled"),
        ("waiting_for_payment", "matched"),
        ("expired", "matched"),
        ("completed", "paid"),
        ("completed", "approval_reversed"),
        ("cancelled", "paid"),
    }

    refused = move(start, cause).consequence is Consequence.REFUSE

    assert refused == ((start, cause) not in listed)


def test_a_question_is_answered_by_what_was_frozen_and_changes_nothing(world: World) -> None:
    payment_id = a_started_payment(world)
    claim = paid(world, payment_id)

    def ask(claim: PaymentPaid) -> tuple[Verdict, Reason | None]:
        ruling = gateway.may_be_paid(world.store, world.method_id, "paymaster", claim)
        return ruling.verdict, ruling.reason

    assert ask(claim) == (Verdict.ACCEPTED, None)
    assert ask(replace(claim, amount=rub("1"))) == (Verdict.REFUSED, Reason.OTHER_AMOUNT)
    assert ask(replace(claim, reference="77")) == (Verdict.REFUSED, Reason.UNKNOWN_PAYMENT)
    payments.cancel(world.store, world.scope, payment_id, by=CUSTOMER)
    assert ask(claim) == (Verdict.REFUSED, Reason.CANCELLED)
    with world.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Arrival)) == 0


def test_another_resellers_payment_of_the_same_number_is_not_meant(world: World) -> None:
    other = World(world.store)
    payment_id = a_started_payment(other)
    assert a_started_payment(world)

    verdict = apply(other, paid(other, payment_id))

    assert verdict is Verdict.ACCEPTED
    assert world.balance() == rub("0")
    assert other.balance() == rub("5000.00")


def test_money_for_an_account_of_another_reseller_is_out_of_reach(world: World) -> None:
    other = World(world.store)
    payment_id = a_started_payment(world)
    apply(world, paid(world, payment_id, amount=rub("100.00")))
    (event,) = parked(world)

    with pytest.raises(NotFound):
        credit(world, event, other.account_id)


def test_a_verified_message_that_cannot_be_read_is_parked_once(world: World) -> None:
    for _ in range(2):
        gateway.park_unreadable(world.store, world.method_id, "paymaster", b"body", "LMI_CURRENCY: unknown")

    assert [event.waits for event in parked(world)] == [Reason.UNREADABLE]


def test_two_messages_of_one_number_are_one_arrival_with_an_alarm(world: World) -> None:
    payment_id = world.a_payment()  # never started with the method
    for amount in ("5000.00", "4000.00"):
        apply(world, paid(world, payment_id, "1", amount=rub(amount)))

    (arrival,) = parked(world)

    assert (arrival.amount_minor, arrival.waits, arrival.decisions) == (5000_00, Reason.SIGNED_FIELDS_DIFFER, 2)
    assert [message.amount_minor for message in messages(world)] == [5000_00, 4000_00]


def test_one_parked_arrival_credited_at_once_by_two_is_credited_once(world: World) -> None:
    for number in range(5):
        before = world.balance()
        apply(world, paid(world, world.a_payment(), str(number)))
        (arrival,) = parked(world)
        barrier = Barrier(2)

        def press(_number: int, arrival: Arrival = arrival, barrier: Barrier = barrier) -> str:
            barrier.wait()
            try:
                credit(world, arrival)
            except AlreadySettled as credited:
                return f"{credited.by} at {credited.at}"
            return "credited"

        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(press, range(2)))

        assert answers == ["credited", f"{MANAGER.name} at 2020-11-13T09:00:00+00:00"]
        assert world.balance() - before == rub("5000.00")


def test_what_the_gateway_has_credited_is_not_credited_by_hand_under_the_same_number(world: World) -> None:
    payment_id = a_started_payment(world)
    apply(world, paid(world, payment_id, "1"))
    apply(world, paid(world, payment_id, "1", amount=rub("1.00")))
    (arrival,) = parked(world)

    with pytest.raises(AlreadySettled):
        credit(world, arrival)

    assert world.balance() == rub("5000.00")
    decisions.keep(world.store, world.scope, Handled(arrival.id, arrival.decisions, "повтор"), by=MANAGER)
    assert parked(world) == []


def test_another_resellers_manager_finds_no_such_parked_event(world: World) -> None:
    apply(world, paid(world, a_started_payment(world), amount=rub("1.00")))
    (event,) = parked(world)
    other = World(world.store)

    # Neither closed nor credited: where it would go is right, only who asks is not.
    for account_id in (world.account_id, other.account_id):
        part = Part(rub("1.00"), account_id=account_id)
        with pytest.raises(NotFound):
            decisions.credit_parts(world.store, other.scope, Handled(event.id, 1), [part], by=OTHER_MANAGER)
    with pytest.raises(NotFound):
        decisions.close(world.store, other.scope, Handled(event.id, 1), Kind.NOT_OURS, by=OTHER_MANAGER)

    assert [each.decisions for each in parked(world)] == [1]


@pytest.mark.parametrize("is_test", [True, False])
def test_a_twin_whose_test_flag_differs_is_no_twin_though_the_digest_leaves_the_flag_out(
    world: World, is_test: bool
) -> None:
    payment_id = world.a_payment()
    world.started(payment_id, is_test=is_test)
    event = paid(world, payment_id, is_test=is_test)
    assert apply(world, event) is Verdict.ACCEPTED

    verdict = apply(world, replace(event, is_test=not is_test))

    assert verdict is Verdict.PARKED
    assert [each.waits for each in parked(world)] == [Reason.SIGNED_FIELDS_DIFFER]
