"""A tiny hosting company: its services go on and off with the panel's signed webhook.

    python -m devtools.service_page --port 8060 --file state/services.json

The variable SERVICE_PAGE_SECRET holds the secret that it shares with the panel.
`POST /webhook` with the header `X-Billhook-Signature: sha256=<hex>`, HMAC-SHA256 over the raw body, which is JSON::

    {"reseller": 1, "subscription": 7, "desired": "running" | "stopped" | "deleted", "version": 3, "name": "VPS 2"}

A version that is not newer than the known one changes nothing, so a late stop cannot undo a resume. People open
`/service/<subscription>`; tests read `/api/services` and make the webhook fail by `PUT /api/behaviour {"fail": 2}`.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import signal
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flask import Flask, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from devtools.pages import BackgroundServer, make_app

SIGNATURE_HEADER = "X-Billhook-Signature"
SECRET_VARIABLE = "SERVICE_PAGE_SECRET"
STATES = ("running", "stopped", "deleted")


class MalformedOrder(ValueError):
    """A webhook body that is not an order."""


@dataclass(frozen=True)
class Service:
    """What the panel ordered last for a subscription."""

    reseller: int
    subscription: int
    desired: str
    version: int
    name: str


def sign(body: bytes, secret: str) -> str:
    """Return the value of the signature header for a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def read_order(body: bytes) -> Service:
    """Read a webhook body. Raises MalformedOrder."""
    try:
        fields = json.loads(body)
        order = Service(**{name: fields[name] for name in ("reseller", "subscription", "desired", "version", "name")})
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedOrder(str(error)) from error
    numbers = (order.reseller, order.subscription, order.version)
    if order.desired not in STATES or any(type(number) is not int for number in numbers):
        raise MalformedOrder("desired state or numbers")
    return order


class Services:
    """The services by subscription; safe between threads.

    file: where they outlive a restart; None keeps them in memory only.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._file = file
        kept = json.loads(file.read_text("utf-8")) if file is not None and file.exists() else []
        self._known = {entry["subscription"]: Service(**entry) for entry in kept}
        self.failures_left = 0

    def apply(self, order: Service) -> bool:
        """Take an order that is newer than the last one. Returns whether it was."""
        with self._lock:
            known = self._known.get(order.subscription)
            if known is not None and order.version <= known.version:
                return False
            self._known[order.subscription] = order
            self._keep()
            return True

    def find(self, subscription: int) -> Service | None:
        with self._lock:
            return self._known.get(subscription)

    def all(self) -> list[Service]:
        with self._lock:
            return sorted(self._known.values(), key=lambda service: service.subscription)

    def fails_now(self) -> bool:
        """Say whether the next order shall fail, and count it."""
        with self._lock:
            failing = self.failures_left > 0
            self.failures_left -= failing
            return failing

    def _keep(self) -> None:
        if self._file is None:
            return
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps([asdict(service) for service in self._known.values()], ensure_ascii=False))
        partial.replace(self._file)


def make_service_app(services: Services, secret: str) -> Flask:
    """Return the pages, the webhook and the interface for tests."""
    app = make_app()
    _add_pages(app, services)
    _add_interface(app, services)

    @app.post("/webhook")
    def webhook() -> ResponseReturnValue:
        if services.fails_now():
            return jsonify(error="failing on purpose"), 503
        body = request.get_data()
        if not hmac.compare_digest(request.headers.get(SIGNATURE_HEADER, "").encode(), sign(body, secret).encode()):
            return jsonify(error="wrong signature"), 403
        try:
            return jsonify(applied=services.apply(read_order(body)))
        except MalformedOrder as error:
            return jsonify(error=f"not an order: {error}"), 400

    return app


def _add_pages(app: Flask, services: Services) -> None:
    @app.get("/")
    def everything() -> str:
        return render_template("services.html", services=services.all())

    @app.get("/service/<int:subscription>")
    def service(subscription: int) -> ResponseReturnValue:
        found = services.find(subscription)
        status = {"running": 200, "stopped": 503}.get(found.desired if found else "", 404)
        return render_template("service.html", service=found, subscription=subscription), status


def _add_interface(app: Flask, services: Services) -> None:
    @app.get("/api/services")
    def known() -> Response:
        return jsonify([asdict(service) for service in services.all()])

    @app.put("/api/behaviour")
    def behave() -> Response:
        wish: Any = request.get_json()
        if type(wish.get("fail")) is not int:
            abort(400)
        services.failures_left = wish["fail"]
        return jsonify(fail=services.failures_left)


class ServicePage:
    """The hosting company between `start` and `stop`, or in a `with` block.

    port: 0 takes a free one. file: where services outlive a restart.
    """

    def __init__(self, secret: str, port: int = 0, file: Path | None = None) -> None:
        self.services = Services(file)
        self._pages = BackgroundServer(make_service_app(self.services, secret), port)
        self.url = self._pages.url
        self.webhook_url = f"{self.url}/webhook"

    def __enter__(self) -> Self:
        self._pages.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._pages.stop()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m devtools.service_page", description="A tiny hosting company.")
    parser.add_argument("--port", type=int, default=8060)
    parser.add_argument("--file", type=Path, help="where services are kept; in memory if not given")
    arguments = parser.parse_args()
    secret = os.environ.get(SECRET_VARIABLE) or parser.error(f"the variable {SECRET_VARIABLE} is not set")
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    with ServicePage(secret, arguments.port, arguments.file) as page:
        print(f"Services: {page.url}", flush=True)
        signal.sigwait(stops)


if __name__ == "__main__":
    main()
