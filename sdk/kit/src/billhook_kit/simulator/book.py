"""The payments that the gateway knows, in memory."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from threading import RLock
from typing import Final

from billhook.money import Money

from billhook_kit.simulator.protocol import Refused, Wish

#: Older ones are forgotten: nobody tests with more, and memory has an end.
MOST_PAYMENTS: Final = 10_000


class Status(StrEnum):
    """Where a payment stands at the gateway."""

    NEW = "new"
    PAID = "paid"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment at one moment. key: its idempotency key, or empty. paid_at: as it is signed, empty until paid."""

    id: str
    wish: Wish
    key: str
    status: Status = Status.NEW
    paid_at: str = ""

    @property
    def order(self) -> str:
        return self.wish.order

    @property
    def amount(self) -> Money:
        return self.wish.amount

    def fields(self) -> dict[str, str]:
        """Return what is signed of it, by name."""
        return {
            "shop": self.wish.shop,
            "order": self.wish.order,
            "amount": self.amount.plain(),
            "currency": self.amount.currency,
            "id": self.id,
            "status": str(self.status),
            "test": "1" if self.wish.is_test else "0",
            "paid_at": self.paid_at,
        }


class Book:
    """All payments, oldest first. Every method may be called from any thread."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._payments: dict[str, Payment] = {}
        self._by_key: dict[str, str] = {}
        self._lock = RLock()

    def all(self) -> list[Payment]:
        with self._lock:
            return list(self._payments.values())

    def get(self, payment_id: str) -> Payment | None:
        with self._lock:
            return self._payments.get(payment_id)

    def start(self, wish: Wish, key: str) -> Payment:
        """Make a payment, or return the one that this key made before. Raises Refused for a key of another order."""
        with self._lock:
            known = self._payments.get(self._by_key.get(key, ""))
            if known is not None and _essence(known.wish) != _essence(wish):
                raise Refused(409, "key_used", "The idempotency key belongs to another order, sum, shop or test flag.")
            if known is not None and known.status is not Status.FAILED:
                return self._keep(replace(known, wish=wish))
            return self._keep(Payment(f"sim-{secrets.token_hex(8)}", wish, key))

    def of_order(self, order: str, shop: str | None = None) -> list[Payment]:
        """Return the payments of an order, oldest first; of any shop if none is named."""
        return [each for each in self.all() if each.order == order and shop in (None, each.wish.shop)]

    def told_of(self, shop: str, order: str) -> Payment | None:
        """Return the payment that a status query is told of: a paid one, or the youngest."""
        found = self.of_order(order, shop)
        paid = [each for each in found if each.status is Status.PAID]
        told = paid or found
        return told[-1] if told else None

    def pay(self, payment_id: str) -> Payment | None:
        """Turn a payment that is new to paid and return it; None if it is no more, or there is none."""
        moment = self._clock().astimezone(UTC)
        return self._settle(payment_id, Status.PAID, f"{moment:%Y-%m-%dT%H:%M:%SZ}")

    def decline(self, payment_id: str) -> Payment | None:
        """Turn a payment that is new to failed. Returns like `pay`."""
        return self._settle(payment_id, Status.FAILED, "")

    def _settle(self, payment_id: str, status: Status, paid_at: str) -> Payment | None:
        with self._lock:
            found = self._payments.get(payment_id)
            if found is None or found.status is not Status.NEW:
                return None
            return self._keep(replace(found, status=status, paid_at=paid_at))

    def _keep(self, payment: Payment) -> Payment:
        self._payments[payment.id] = payment
        if payment.key:
            self._by_key[payment.key] = payment.id
        while len(self._payments) > MOST_PAYMENTS:
            oldest = self._payments.pop(next(iter(self._payments)))
            self._by_key.pop(oldest.key, None)
        return payment


def _essence(wish: Wish) -> tuple[object, ...]:
    return wish.shop, wish.order, wish.amount, wish.is_test
