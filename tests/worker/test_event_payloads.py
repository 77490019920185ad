"""Events as the outbox keeps them: values of the contract, written as JSON and read back in one place."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import get_type_hints

import pytest
from billhook import ChargeUncovered, Event
from billhook.host.places import EVENTS, hook_of
from billhook_kit.checks.events import sample_event

from host_stub.services.queues.events import event_of, payload_of

#: As an outbox holds it that was filled before `earlier_minor` was there.
OLD = {
    "reseller_id": 1,
    "account_id": 7,
    "key": "charge_ahead",
    "subscription_name": "VPS",
    "due_at": "2020-11-15T21:00:00+00:00",
    "amount_minor": 300_00,
    "missing_minor": 100_00,
    "balance_minor": 200_00,
    "at": "2020-11-13T09:00:00+00:00",
}


@pytest.mark.parametrize("hook", EVENTS)
def test_every_event_comes_out_of_the_outbox_as_it_was_told(hook: str) -> None:
    told = sample_event(EVENTS[hook])

    read = event_of(hook, json.loads(json.dumps(payload_of(told))))

    assert read == told
    assert hook_of(type(read)) == hook


@pytest.mark.parametrize("kind", EVENTS.values())
def test_an_event_holds_nothing_that_json_could_not_carry(kind: type[Event]) -> None:
    hints = get_type_hints(kind)

    assert {hints[each.name] for each in fields(kind)} <= {int, str, bool, datetime}


def test_an_event_from_before_a_field_was_there_has_its_default() -> None:
    event = event_of("billhook_charge_uncovered", OLD)

    assert isinstance(event, ChargeUncovered)
    assert event.earlier_minor == 0
    assert event.due_at == datetime(2020, 11, 15, 21, tzinfo=UTC)


def test_a_field_that_an_event_has_no_more_is_passed_over() -> None:
    assert event_of("billhook_charge_uncovered", {**OLD, "gone": 1}) == event_of("billhook_charge_uncovered", OLD)


def test_an_event_without_a_field_that_it_needs_is_refused() -> None:
    with pytest.raises(TypeError, match="balance_minor"):
        event_of("billhook_charge_uncovered", {name: value for name, value in OLD.items() if name != "balance_minor"})


def test_a_misspelt_field_is_an_error_where_the_event_is_made() -> None:
    with pytest.raises(TypeError, match="ballance_minor"):
        sample_event(ChargeUncovered, ballance_minor=1)
