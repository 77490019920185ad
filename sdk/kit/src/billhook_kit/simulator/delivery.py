"""Posts notifications until they are received, or until it is enough."""

from __future__ import annotations

import ipaddress
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from threading import Event, Lock, Thread
from typing import Final
from urllib.parse import urlencode, urlsplit

from billhook import http
from billhook.errors import ProviderError
from billhook.money import MINOR_DIGITS, Money

from billhook_kit.simulator.book import Payment
from billhook_kit.simulator.faults import Faults
from billhook_kit.simulator.protocol import signature

#: Seconds before each repetition.
PAUSES: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
LONGEST_SECONDS: Final = 300.0
ANSWER_SECONDS: Final = 10.0
LARGEST_ANSWER: Final = 64 * 1024
_SHOWN: Final = 200
MOST_NOTIFICATIONS: Final = 10_000


class Delivery(StrEnum):
    """What became of a notification."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    NOT_SENT = "not_sent"  # its address is not of this machine


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer to a notification. status: 0 if none came; body: its beginning, or why none came."""

    status: int
    body: str
    seconds: float

    @property
    def is_receipt(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Notification:
    """A notification with every answer it got. fields: the form as it is posted, with `sign`."""

    order: str
    payment_id: str
    url: str
    fields: Mapping[str, str]
    answers: list[Heard] = field(default_factory=list)
    state: Delivery = Delivery.WAITING


class Postman:
    """Sends notifications, each in a thread of its own.

    pauses: seconds before each repetition. Stop it at the end: what is not delivered then is given up.
    """

    def __init__(self, secret: str, faults: Faults, pauses: Sequence[float] = PAUSES) -> None:
        self._secret = secret
        self._faults = faults
        self._pauses = tuple(pauses)
        self._sent: deque[Notification] = deque(maxlen=MOST_NOTIFICATIONS)
        self._held: list[Payment] = []
        self._threads: list[Thread] = []
        self._stopping = Event()
        self._lock = Lock()

    def all(self) -> list[Notification]:
        """Return every notification so far, oldest first."""
        with self._lock:
            return list(self._sent)

    def paid(self, payment: Payment) -> Event:
        """Tell the shop of a payment, as the faults want it; the event is set when all of it is over."""
        with self._lock:
            if self._faults.reorder and not self._held:
                self._held.append(payment)
                return _set()
            batch, self._held = [payment, *reversed(self._held)], []
        return self._in_background(batch)

    def release(self) -> Event:
        """Tell of the payments that wait for a later one."""
        with self._lock:
            batch, self._held = self._held, []
        return self._in_background(batch)

    def again(self, payment_id: str) -> Event | None:
        """Post the last notification of a payment once more, byte for byte; None if there was none."""
        known = [each for each in self.all() if each.payment_id == payment_id]
        if not known:
            return None
        copy = self._note(known[-1].order, payment_id, known[-1].url, known[-1].fields)
        return self._run(partial(self._deliver, copy))

    def stop(self) -> None:
        """Give up what is under way and wait for the threads."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(ANSWER_SECONDS)

    def _in_background(self, batch: list[Payment]) -> Event:
        prepared = [(payment, self._prepared(payment)) for payment in batch]
        late, together = self._faults.late_seconds, self._faults.parallel

        def deliver() -> None:
            self._stopping.wait(late)
            for _payment, copies in prepared:
                self._deliver_copies(copies, together=together)

        return self._run(deliver)

    def _prepared(self, payment: Payment) -> list[Notification]:
        fields = spoiled(payment, self._faults)
        secret = f"not {self._secret}" if self._faults.wrong_signature else self._secret
        form = {**fields, "sign": signature(fields, secret)}
        copies = max(self._faults.copies, 2 if self._faults.parallel else 1)
        return [self._note(payment.order, payment.id, payment.wish.notify_url, form) for _number in range(copies)]

    def _note(self, order: str, payment_id: str, url: str, form: Mapping[str, str]) -> Notification:
        notification = Notification(order, payment_id, url, dict(form))
        with self._lock:
            self._sent.append(notification)
        return notification

    def _deliver_copies(self, copies: list[Notification], *, together: bool) -> None:
        if not together:
            for copy in copies:
                self._deliver(copy)
            return
        ends = [self._run(partial(self._deliver, copy)) for copy in copies]
        for end in ends:
            end.wait()

    def _deliver(self, notification: Notification) -> None:
        if not is_of_this_machine(notification.url):
            notification.state = Delivery.NOT_SENT
            return
        deadline = time.monotonic() + LONGEST_SECONDS
        for pause in (0.0, *self._pauses):
            if time.monotonic() + pause > deadline or self._stopping.wait(pause):
                break
            answer = _post(notification)
            notification.answers.append(answer)
            if answer.is_receipt:
                notification.state = Delivery.DELIVERED
                return
        notification.state = Delivery.GIVEN_UP

    def _run(self, work: Callable[[], object]) -> Event:
        over = Event()

        def run() -> None:
            try:
                work()
            finally:
                over.set()

        thread = Thread(target=run, name="notification", daemon=True)
        with self._lock:
            self._threads = [*(each for each in self._threads if each.is_alive()), thread]
            # Started under the lock: a thread that was not started yet looks dead.
            thread.start()
        return over


def spoiled(payment: Payment, faults: Faults) -> dict[str, str]:
    """Return the fields of a payment's notification, made wrong as the faults want it."""
    fields = payment.fields()
    if faults.wrong_amount:
        more = 10 ** MINOR_DIGITS[payment.amount.currency]
        fields["amount"] = Money(payment.amount.minor + more, payment.amount.currency).plain()
    if faults.wrong_currency:
        fields["currency"] = "EUR" if payment.amount.currency == "USD" else "USD"
    if faults.wrong_shop:
        fields["shop"] = f"not-{payment.wish.shop}"
    return fields


def is_of_this_machine(url: str) -> bool:
    """Say whether an address can only lead to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _post(notification: Notification) -> Heard:
    began = time.monotonic()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "billhook-simulator"}
    try:
        with http.session(read_seconds=ANSWER_SECONDS, largest=LARGEST_ANSWER) as session:
            answer = session.post(notification.url, data=urlencode(notification.fields), headers=headers)
    except ProviderError as error:
        return Heard(0, str(error), time.monotonic() - began)
    return Heard(answer.status_code, answer.text[:_SHOWN], time.monotonic() - began)


def _set() -> Event:
    event = Event()
    event.set()
    return event
