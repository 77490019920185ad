"""The simulated gateway in the hands of the conformance kit; signs without the plugin's code."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from billhook import RawRequest
from billhook_kit import GatewayUnderTest, Report, form
from billhook_kit.simulator import Simulator

SECRET = "a-secret-for-tests-only"


class SimPayGateway(GatewayUnderTest):
    """The simulator answers what the plugin asks; what the kit wants to be said is signed here."""

    settings = {"address": "http://127.0.0.1:8090", "shop": "shop-1", "secret": SECRET}  # noqa: RUF012
    signed_fields = ("shop", "order", "amount", "currency", "id", "status", "test", "paid_at")
    signature = "sign"

    @contextmanager
    def online(self) -> Iterator[None]:
        with Simulator(secret=SECRET) as self.gateway:
            self.settings = {**type(self).settings, "address": self.gateway.url}
            yield

    def notification(self, report: Report) -> RawRequest:
        fields = {
            "shop": report.merchant,
            "order": report.reference,
            "amount": report.amount.plain(),
            "currency": report.amount.currency,
            "id": report.external_id,
            "status": "paid",
            "test": "1" if report.is_test else "0",
            "paid_at": f"{report.paid_at:%Y-%m-%dT%H:%M:%SZ}",
        }
        text = "\n".join(f"{name}={fields[name]}" for name in self.signed_fields)
        secret = report.method.text("secret").encode()
        return form({**fields, "sign": hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()})

    def paid(self, report: Report) -> AbstractContextManager[None]:
        """A status query is answered with the fields of the notification."""
        return self.gateway.answering(report.started.reference, dict(self.notification(report).fields))
