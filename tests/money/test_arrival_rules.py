"""How decisions leave an arrival: without a database."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_stub.domain.arrivals import (
    CREDITS,
    Act,
    Door,
    Kind,
    Standing,
    State,
    Wait,
    after,
    credit_key,
    far_from_bill,
    parts_fit,
)
from tests.support.world import rub

PARKED = Standing(State.OPEN, "other_amount")
CREDITED = Standing(State.CREDITED, "", 500)


def left(door: Door, before: Standing | None, *acts: Act) -> Standing:
    """Return how acts leave an arrival of 500, one after the other."""
    standing = before
    for act in acts:
        standing = after(door, 500, standing, act)
    assert standing is not None
    return standing


@pytest.mark.parametrize(
    ("acts", "standing"),
    [
        ([Act(Kind.CREDITED_TO_PAYMENT, 500)], CREDITED),
        ([Act(Kind.CREDITED_TO_PAYMENT, 500, Wait.PAID_TWICE)], Standing(State.CREDITED, "paid_twice", 500)),
        ([Act(Kind.CREDITED_TO_PAYMENT, 500, Wait.PAID_TWICE), Act(Kind.KEPT)], CREDITED),
        ([Act(Kind.PARKED, why="cancelled")], Standing(State.OPEN, "cancelled")),
        ([Act(Kind.PARKED, why="cancelled"), Act(Kind.NOT_OURS)], Standing(State.CLOSED)),
        ([Act(Kind.PARKED, why="x"), Act(Kind.PART, 200)], Standing(State.OPEN, "rest", 200)),
        ([Act(Kind.PARKED, why="x"), Act(Kind.PART, 200), Act(Kind.PART, 300)], CREDITED),
        ([Act(Kind.PARKED, why="x"), Act(Kind.PART, 200), Act(Kind.NOT_OURS)], Standing(State.CLOSED, "", 200)),
        ([Act(Kind.PARKED, why="x"), Act(Kind.SAME_AS), Act(Kind.REOPENED)], Standing(State.OPEN, "reopened")),
        ([Act(Kind.CREDITED_TO_PAYMENT, 500), Act(Kind.ALARMED, why="d")], Standing(State.CREDITED, "d", 500)),
        ([Act(Kind.CREDITED_TO_PAYMENT, 500), Act(Kind.REVERSED, 500)], Standing(State.OPEN, "reversed")),
    ],
)
def test_a_gateway_s_money_is_left_as_decided(acts: list[Act], standing: Standing) -> None:
    assert left(Door.GATEWAY, None, *acts) == standing


def test_an_order_that_is_taken_back_waits_for_nobody() -> None:
    assert left(Door.ORDER, CREDITED, Act(Kind.REVERSED, 500)) == Standing(State.UNDONE)


@pytest.mark.parametrize(
    ("before", "act"),
    [
        (PARKED, Act(Kind.CREDITED_TO_ACCOUNT, 501)),
        (PARKED, Act(Kind.CREDITED_TO_ACCOUNT, 0)),
        (PARKED, Act(Kind.CREDITED_TO_ACCOUNT, 499)),
        (PARKED, Act(Kind.PART, 500)),
        (PARKED, Act(Kind.KEPT)),
        (PARKED, Act(Kind.REVERSED, 1)),
        (Standing(State.OPEN, "rest", 400), Act(Kind.PART, 101)),
        (CREDITED, Act(Kind.PART, 1)),
        (CREDITED, Act(Kind.NOT_OURS)),
        (CREDITED, Act(Kind.KEPT)),
        (CREDITED, Act(Kind.REVERSED, 501)),
        (CREDITED, Act(Kind.REOPENED)),
        (Standing(State.CLOSED), Act(Kind.CREDITED_TO_PAYMENT, 500)),
        (Standing(State.UNDONE), Act(Kind.CREDITED_TO_PAYMENT, 500)),
    ],
)
def test_what_is_no_act_in_a_state_is_refused(before: Standing, act: Act) -> None:
    with pytest.raises(ValueError, match=act.kind):
        after(Door.GATEWAY, 500, before, act)


@given(st.lists(st.tuples(st.sampled_from(Kind), st.integers(-1, 600)), max_size=12), st.sampled_from(Door))
def test_whatever_is_decided_no_more_is_credited_than_came(acts: list[tuple[Kind, int]], door: Door) -> None:
    standing, moved = Standing(State.OPEN, "x"), 0
    for kind, amount in acts:
        try:
            standing = after(door, 500, standing, Act(kind, amount, "x"))
        except ValueError:
            continue
        moved += amount if kind in CREDITS else -amount if kind is Kind.REVERSED else 0
        assert standing.credited_minor == moved
        assert 0 <= moved <= 500
        assert standing.state is not State.OPEN or standing.waits


def test_no_two_credits_have_one_key_whatever_a_gateway_calls_its_acts() -> None:
    named = ("1", "1:r1", ":p2", "r1/1", "")
    keys = [
        credit_key(Door.GATEWAY, origin, key, reversals=reversals, part=part)
        for origin, key, reversals, part in product(named, named, range(3), range(3))
    ]

    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("received", "far"), [("99.99", False), ("200.00", False), ("200.01", True)])
def test_more_than_twice_the_bill_is_far_from_it(received: str, far: bool) -> None:
    assert far_from_bill(rub(received), rub("100.00")) is far


@pytest.mark.parametrize(
    ("parts", "fit"),
    [(["100.00"], True), (["40.00", "60.00"], True), (["40.00"], True), ([], False), (["100.01"], False)],
)
def test_parts_fit_what_is_left(parts: list[str], fit: bool) -> None:
    assert parts_fit(rub("100.00"), [rub(each) for each in parts]) is fit
