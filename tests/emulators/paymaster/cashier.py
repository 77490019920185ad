"""Paying an order, well or badly: what the emulator does once the payer has chosen."""

from __future__ import annotations

import itertools
import json
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from tests.emulators.paymaster.delivery import Answer, Courier, Notification, post
from tests.emulators.paymaster.gateway import TEST_SYSTEM, Gateway, Order, Taken

OTHER_MERCHANT = "00000000-0000-0000-0000-000000000000"
MOST_COPIES = 1000


class Mode(StrEnum):
    """How the payment goes."""

    PAY = "pay"
    DECLINE = "decline"  # the payer refuses: no notification at all
    DELAY = "delay"  # the browser is back before the notification comes
    DUPLICATE = "duplicate"  # the same notification several times
    OUT_OF_ORDER = "out_of_order"  # notification first, Invoice Confirmation after it
    IGNORE_REFUSAL = "ignore_refusal"  # paid although the shop refused the Invoice Confirmation
    LATE = "late"  # paid although LMI_EXPIRES has passed
    WRONG_SIGNATURE = "wrong_signature"
    NO_SIGNATURE = "no_signature"
    TAMPERED_SUM = "tampered_sum"  # changed after signing
    WRONG_SUM = "wrong_sum"  # changed and signed
    WRONG_MERCHANT = "wrong_merchant"
    OTHER_CURRENCY = "other_currency"
    TEST_PAYMENT = "test_payment"
    NO_NOTIFICATION = "no_notification"


class State(StrEnum):
    OPEN = "open"
    PAID = "paid"
    DECLINED = "declined"
    REFUSED = "refused"  # code -8: the shop's answer to the Invoice Confirmation was not YES
    EXPIRED = "expired"  # code -9
    SIMULATED_FAILURE = "simulated_failure"  # code -16, LMI_SIM_MODE


@dataclass(frozen=True)
class Behaviour:
    """How one payment is made. copies: identical notifications; abreast: how many of them at once."""

    mode: Mode = Mode.PAY
    method: str = "BankCard"
    copies: int = 1
    abreast: int = 1
    delay: float = 0
    retry: bool = True
    confirm: bool = True


@dataclass
class Checkout:
    """An order on the payment page and what became of it."""

    token: str
    order: Order
    taken: Taken
    state: State = State.OPEN
    confirmation: Answer | None = None
    notifications: list[Notification] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_paid(self) -> bool:
        return self.state is State.PAID

    def shown(self) -> dict[str, Any]:
        return {
            "checkout": self.token,
            "payment_no": self.order.number,
            "sys_payment_id": self.taken.sys_id,
            "amount": self.order.amount,
            "currency": self.order.currency,
            "state": self.state.value,
            "confirmation": asdict(self.confirmation) if self.confirmation else None,
            "answers": [asdict(answer) for sent in self.notifications for answer in sent.answers],
            "notifications": [sent.shown() for sent in self.notifications],
        }


@cache
def methods() -> list[dict[str, str]]:
    """Return what a payer can choose today: code, number of the payment system, title, hint."""
    found: list[dict[str, str]] = json.loads(Path(__file__).with_name("methods.json").read_text("utf-8"))
    return found


class Cashier:
    """Takes orders and pays them. Safe to call from several threads."""

    def __init__(self, gateway: Gateway, courier: Courier, now: Callable[[], datetime], *, test_site: bool) -> None:
        self.gateway = gateway
        self.courier = courier
        self.now = now
        self.test_site = test_site
        self.checkouts: dict[str, Checkout] = {}
        self._lock = threading.Lock()
        # Ids go on rising over restarts, so that a panel with an old database never meets one twice.
        self._ids = itertools.count(int(now().timestamp() * 1000))
        self._simulated = itertools.count(1)

    def open(self, order: Order) -> Checkout:
        """Begin a checkout."""
        with self._lock:
            taken = Taken(str(next(self._ids)), self.now())
            checkout = Checkout(uuid.uuid4().hex, order, taken)
            self.checkouts[checkout.token] = checkout
            return checkout

    def latest(self, number: str) -> Checkout | None:
        """Return the youngest checkout of a payment number."""
        with self._lock:
            return next((c for c in reversed(self.checkouts.values()) if c.order.number == number), None)

    def pay(self, checkout: Checkout, how: Behaviour) -> None:
        """Carry a payment through, unless that has been done: a button pressed twice pays once.

        Returns after the first attempt of every notification that is not delayed.
        """
        with checkout.lock:
            if checkout.state is State.OPEN:
                self._pay(checkout, how)

    def _pay(self, checkout: Checkout, how: Behaviour) -> None:
        order, mode = checkout.order, how.mode
        checkout.taken = self._taken(checkout, how)
        if mode is Mode.DECLINE:
            checkout.state = State.DECLINED
        elif self._too_late(order) and mode is not Mode.LATE:
            checkout.state = State.EXPIRED
        elif mode is not Mode.OUT_OF_ORDER and not self._confirmed(checkout, how):
            checkout.state = State.REFUSED
        elif self._fails_by_simulation(checkout.taken):
            checkout.state = State.SIMULATED_FAILURE
        else:
            checkout.state = State.PAID
            self._notify(checkout, how)
            if mode is Mode.OUT_OF_ORDER:
                self._confirmed(checkout, how)

    def message(self, checkout: Checkout, mode: Mode) -> dict[str, str]:
        """Return the fields of the notification that `mode` asks for."""
        order, taken = checkout.order, checkout.taken
        dearer = str(Decimal(order.amount) + Decimal("0.01"))
        changes = {
            Mode.WRONG_SUM: {"LMI_PAYMENT_AMOUNT": dearer, "LMI_PAID_AMOUNT": dearer},
            Mode.WRONG_MERCHANT: {"LMI_MERCHANT_ID": OTHER_MERCHANT},
            Mode.OTHER_CURRENCY: {"LMI_CURRENCY": "USD" if order.currency != "USD" else "EUR"},
        }.get(mode, {})
        fields = self.gateway.notification(order, taken, **changes)
        if mode is Mode.WRONG_SIGNATURE:
            fields["LMI_HASH"] = Gateway(order.merchant, self.gateway.secret + "?", self.gateway.algorithm).sign(fields)
        elif mode is Mode.NO_SIGNATURE:
            del fields["LMI_HASH"]
        elif mode is Mode.TAMPERED_SUM:
            fields["LMI_PAYMENT_AMOUNT"] = dearer
        return fields

    def _taken(self, checkout: Checkout, how: Behaviour) -> Taken:
        sys_id = checkout.taken.sys_id
        if self.test_site or how.mode is Mode.TEST_PAYMENT:
            return Taken(sys_id, self.now(), TEST_SYSTEM, "Test", checkout.order.sim_mode or "0")
        chosen = next((m for m in methods() if m["code"].lower() == how.method.lower()), None)
        return Taken(sys_id, self.now(), chosen["system"] if chosen else "1", chosen["code"] if chosen else how.method)

    def _too_late(self, order: Order) -> bool:
        return order.expires_at is not None and order.expires_at <= self.now()

    def _confirmed(self, checkout: Checkout, how: Behaviour) -> bool:
        url = checkout.order.confirmation_url
        if not url or not how.confirm:
            return True
        fields = self.gateway.confirmation(checkout.order, checkout.taken)
        answer = checkout.confirmation = post(url, list(fields.items()), self.courier.timeout)
        agreed = answer.status == 200 and answer.body == "YES" and answer.content_type.startswith("text/plain")
        return agreed or how.mode is Mode.IGNORE_REFUSAL

    def _fails_by_simulation(self, taken: Taken) -> bool:
        every_fifth = taken.sim_mode == "2" and next(self._simulated) % 5 == 0
        return taken.sim_mode == "1" or every_fifth

    def _notify(self, checkout: Checkout, how: Behaviour) -> None:
        url = checkout.order.notification_url
        if not url or how.mode is Mode.NO_NOTIFICATION:
            return
        pairs = list(self.message(checkout, how.mode).items())
        sent = [Notification(uuid.uuid4().hex, url, pairs, how.retry) for _ in range(how.copies)]
        checkout.notifications.extend(sent)
        if how.delay:
            for notification in sent:
                self.courier.send_later(notification, how.delay)
        else:
            self._send_abreast(sent, how.abreast)

    def _send_abreast(self, notifications: Sequence[Notification], abreast: int) -> None:
        """Send them in rows of `abreast`, each row let go at one moment."""
        if abreast <= 1:
            for notification in notifications:
                self.courier.send(notification)
            return
        for first in range(0, len(notifications), abreast):
            row = notifications[first : first + abreast]
            gate = threading.Barrier(len(row))
            threads = [threading.Thread(target=self._send_at, args=(gate, one), daemon=True) for one in row]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def _send_at(self, gate: threading.Barrier, notification: Notification) -> None:
        gate.wait()
        self.courier.send(notification)
