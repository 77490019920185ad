"""The servers behind the polled gateway and the vouchers: real HTTP on this machine, with what they were asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response
from werkzeug.serving import make_server

from tests.support.ports import kept_port


def answer(status: int, found: object) -> Response:
    return Response(json.dumps(found), status, content_type="application/json")


@dataclass
class PolledApi:
    """Registers each key once with one body; answers what it knows. down: it answers 503."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    shop: str = "shop-1"
    down: bool = False

    def order(self, reference: str) -> dict[str, Any]:
        return next(each for each in self.orders.values() if each["reference"] == reference)

    def pay(self, reference: str, amount: str, act: str = "act-1", state: str = "paid", currency: str = "RUB") -> None:
        told = {"id": act, "amount": amount, "currency": currency, "state": state}
        order = self.order(reference)
        order["acts"] = [each for each in order["acts"] if each["id"] != act] + [told]

    def __call__(self, request: Request) -> Response:
        if self.down:
            return answer(503, {})
        if request.method == "POST":
            return self._register(request)
        wanted = request.path.removeprefix("/payments/")
        self.asked.append(wanted)
        known = self.orders.get(wanted) or next((o for o in self.orders.values() if o["reference"] == wanted), None)
        return answer(200, known or {"acts": [], "state": "unknown", "shop": self.shop})

    def _register(self, request: Request) -> Response:
        key = request.headers["Idempotence-Key"]
        if self.bodies.setdefault(key, request.data) != request.data:
            return answer(400, {"why": "same key, other body"})
        made = self.orders.setdefault(
            f"gw-{key}",
            {
                "id": f"gw-{key}",
                "reference": request.get_json()["reference"],
                "code": f"https://qr.example/{key}",
                "expires_at": "2020-11-14T09:00:00+00:00",
                "state": "open",
                "acts": [],
                "shop": self.shop,
            },
        )
        return answer(201, made)


@dataclass
class VoucherApi:
    """Redeems each code once; the same reference hears the same again."""

    codes: dict[str, tuple[str, str]] = field(default_factory=dict)  # code → value, currency
    redeemed: dict[str, dict[str, str]] = field(default_factory=dict)  # reference → what it was worth
    used: set[str] = field(default_factory=set)
    guesses: int = 0
    cut: bool = False

    def __call__(self, request: Request) -> Response:
        reference = request.path.rpartition("/")[2]
        if request.method == "GET":
            found = self.redeemed.get(reference)
            return answer(200, found) if found else answer(404, {"why": "unknown"})
        if reference not in self.redeemed:
            refusal = self._redeem(reference, request.get_json())
            if refusal is not None:
                return refusal
        if self.cut:
            self.cut = False
            return answer(503, {})
        return answer(200, self.redeemed[reference])

    def _redeem(self, reference: str, wanted: dict[str, str]) -> Response | None:
        self.guesses += 1
        code = wanted["code"]
        if code in self.used:
            return answer(409, {"why": "used"})
        if code not in self.codes:
            return answer(404, {"why": "unknown"})
        value, currency = self.codes[code]
        if currency != wanted["currency"]:
            return answer(409, {"why": "currency"})
        self.used.add(code)
        self.redeemed[reference] = {"id": f"voucher-{code}", "value": value, "currency": currency}
        return None


@contextmanager
def served(api: Any) -> Iterator[str]:
    """Serve a gateway on this machine; yields its address."""
    port = kept_port()
    server = make_server("127.0.0.1", port, Request.application(api), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
