"""What a gateway signs and the panel cannot keep: parked once, whatever it is, never dropped nor asked for again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from billhook import Money, PaymentClaim, PaymentPaid
from sqlalchemy import select

from host_stub.adapters.clock import FixedClock
from host_stub.domain.keepable import LONGEST_KEY, unkeepable
from host_stub.persistence import Arrival, ArrivalMessage, PluginFailure
from host_stub.plugins.registry import Registry
from tests.callbacks.test_paymaster_over_http import Counter
from tests.support.web import an_app
from tests.support.world import rub

PAID = PaymentPaid("N1", "shop", Money(100, "RUB"), False, "1", "d" * 64, {})


def paid(**changes: object) -> PaymentPaid:
    return PaymentPaid(
        **{**{name: getattr(PAID, name) for name in PaymentPaid.__slots__ + PaymentClaim.__slots__}, **changes}
    )


@pytest.mark.parametrize(
    ("claim", "beyond"),
    [
        (PAID, None),
        (paid(external_id="1" * 200, reference="", merchant="m" * 200), None),
        (paid(external_id="1" * 201), ("external_id", f"201 characters, not at most {LONGEST_KEY}")),
        (paid(external_id=""), ("external_id", "empty")),
        (paid(reference="1" * 201), ("reference", f"201 characters, not at most {LONGEST_KEY}")),
        (paid(merchant="m" * 9000), ("merchant", f"9000 characters, not at most {LONGEST_KEY}")),
        (paid(reference="1\x00"), ("reference", "holds what no database keeps: NUL, or bytes that are no UTF-8")),
        (paid(external_id="\ud800"), ("external_id", "holds what no database keeps: NUL, or bytes that are no UTF-8")),
        (paid(details={"card": "\x00"}), ("details", "holds what no database keeps")),
        (paid(details={"card": "1" * 20_000}), ("details", "more than 20000 characters")),
        (
            PaymentClaim("\ud800", "shop", Money(1, "RUB"), False),
            ("reference", "holds what no database keeps: NUL, or bytes that are no UTF-8"),
        ),
        (paid(reference=5), None),
    ],
)
def test_what_goes_beyond_what_is_kept_is_named(claim: PaymentClaim, beyond: tuple[str, str] | None) -> None:
    assert unkeepable(claim) == beyond


@pytest.fixture
def counter(database_url: str, clock: FixedClock) -> Iterator[Counter]:
    opened = Counter(an_app(database_url, clock, registry=Registry.discover()))
    yield opened
    opened.store.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"LMI_SYS_PAYMENT_ID": "7" * 201},
        {"LMI_PAYMENT_NO": "7" * 9000},
        {"LMI_MERCHANT_ID": "m" * 9000},
        {"LMI_PAYMENT_AMOUNT": "99999999999999999999.00"},
        {"LMI_PAYMENT_AMOUNT": "9999999999999999.00"},
    ],
)
def test_what_is_rightly_signed_and_cannot_be_kept_is_parked_as_unreadable_once(
    counter: Counter,
    changes: dict[str, str],
) -> None:
    answers = [counter.notify(**changes).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert counter.world.balance() == rub("0")
    assert counter.count(PluginFailure) == 0
    with counter.store.read() as session:
        (arrival,), (message,) = session.scalars(select(Arrival)), session.scalars(select(ArrivalMessage))
    assert (arrival.state, arrival.waits, message.reason, message.deliveries) == ("open", "unreadable", "unreadable", 3)
    assert arrival.details["problem"]
    assert next(iter(changes.values())).encode() in message.body


@pytest.mark.parametrize("reference", ["7" * 201, "a\x00b"])
def test_a_question_that_cannot_be_looked_up_is_answered_400(counter: Counter, reference: str) -> None:
    fields = {**counter.fields(LMI_PAYMENT_NO="1"), "LMI_PREREQUEST": "1", "LMI_PAYMENT_NO": reference}
    asked = {name: text for name, text in fields.items() if not name.startswith("LMI_SYS")}

    assert counter.send(asked, "confirm").status_code == 400
