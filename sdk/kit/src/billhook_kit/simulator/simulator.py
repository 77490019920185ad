"""The gateway as tests and the command hold it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from types import TracebackType
from typing import Final

from billhook_kit.simulator.app import App
from billhook_kit.simulator.book import Book, Payment, Status
from billhook_kit.simulator.delivery import PAUSES, Notification, Postman
from billhook_kit.simulator.faults import Faults
from billhook_kit.simulator.server import HOST, Server

_STOP_POLL_SECONDS: Final = 0.02


class Simulator:
    """A gateway that serves on 127.0.0.1 from a thread, inside its `with` block.

    secret: shared with the shop; made up if left out. port: 0 takes a free one; OSError if it is taken.
    pauses: seconds before each repetition of a notification that was not received.
    """

    def __init__(self, *, secret: str = "", port: int = 0, pauses: Sequence[float] = PAUSES) -> None:
        self.secret = secret or secrets.token_hex(16)
        self.faults = Faults()
        self._stopping = Event()
        self._book = Book()
        self._postman = Postman(self.secret, self.faults, pauses)
        self._app = App(self.secret, self._book, self._postman, self.faults, self._stopping, lambda: self.url)
        self._port = port
        self._server: Server | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> Simulator:
        self._server = Server(self._app, self._port)
        self._thread = Thread(
            target=self._server.serve_forever, args=(_STOP_POLL_SECONDS,), name="simulator", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopping.set()
        self._postman.stop()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    @property
    def url(self) -> str:
        """Its address, without a slash at the end. Raises RuntimeError outside the block."""
        if self._server is None:
            raise RuntimeError("the simulator does not run: use it in a with block")
        return f"http://{HOST}:{self._server.server_port}"

    @property
    def payments(self) -> list[Payment]:
        """Every payment as it stands now, oldest first."""
        return self._book.all()

    @property
    def notifications(self) -> list[Notification]:
        """Every notification so far, oldest first, copies one by one."""
        return self._postman.all()

    def pay(self, order: str, *, shop: str | None = None, patience: float | None = None) -> Payment:
        """Pay as the payer would, and wait until the shop was told or it was given up.

        order: its youngest open payment is paid. patience: seconds to wait at most.
        Raises LookupError if the order has no open payment.
        """
        found = self._open(order, shop)
        self._app.pay(found.id, patience)
        return self._book.get(found.id) or found

    def decline(self, order: str, *, shop: str | None = None) -> Payment:
        """Decline as the payer would. Raises LookupError like `pay`."""
        found = self._open(order, shop)
        return self._book.decline(found.id) or found

    def notify_again(self, order: str, *, patience: float | None = None) -> None:
        """Post the last notification of an order once more, byte for byte. Raises LookupError if there was none."""
        sent = [each for each in self.notifications if each.order == order]
        over = self._postman.again(sent[-1].payment_id) if sent else None
        if over is None:
            raise LookupError(f"nobody was notified of order {order!r}")
        over.wait(patience)

    def notify_held(self, *, patience: float | None = None) -> None:
        """Send what `reorder` keeps back, and wait until it is received or given up."""
        self._postman.release().wait(patience)

    @contextmanager
    def answering(self, order: str, fields: Mapping[str, str]) -> Iterator[None]:
        """Answer status queries about an order with these fields, `sign` among them, inside the block."""
        self._app.instead[order] = dict(fields)
        try:
            yield
        finally:
            del self._app.instead[order]

    def change_faults(self, values: Mapping[str, object]) -> None:
        """Set faults as `POST /faults` does. Raises WrongFault, a ValueError."""
        self._app.change_faults(values)

    def _open(self, order: str, shop: str | None) -> Payment:
        found = [each for each in self._book.of_order(order, shop) if each.status is Status.NEW]
        if not found:
            raise LookupError(f"order {order!r} has no payment that could be paid")
        return found[-1]
