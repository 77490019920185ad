"""The reseller's provisioning endpoint: a signed webhook that says which state is wanted.

The body is JSON, `{"reseller", "subscription", "desired", "version", "name"}`; `desired` is running, stopped or
deleted. Header `X-Billhook-Signature: sha256=<hex>`, HMAC-SHA256 over the raw body. `version` grows with every change
of the wanted state: the receiver ignores an order that is not newer than the one it followed last.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from billhook import http
from billhook.http import GatewayUnreachable

if TYPE_CHECKING:
    from requests import Session

SIGNATURE_HEADER: Final = "X-Billhook-Signature"
CONNECT_SECONDS: Final = 5
ANSWER_SECONDS: Final = 15


class ProvisioningFailed(Exception):
    """The endpoint did not confirm the order; the text says why."""


class NoAnswer(ProvisioningFailed):
    """The address is silent, or there is nobody: no order would fare better."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the outside world shall do."""

    reseller: int
    subscription: int
    desired: str
    version: int
    name: str


class Provisioner(Protocol):
    """Tells an endpoint what state is wanted."""

    def apply(self, url: str, secret: str, order: Order) -> None:
        """Return when the endpoint confirmed. Raises ProvisioningFailed."""


class Webhook:
    """Provisioner over HTTP. Follows no redirect, waits no longer than it must, and calls no address inside.

    Which addresses may be called: `http.limit_reach`. No proxy or password file of the machine gets between us and the
    reseller's own address.
    """

    def __init__(self, connect_seconds: float = CONNECT_SECONDS, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._connect, self._answer = connect_seconds, answer_seconds

    def apply(self, url: str, secret: str, order: Order) -> None:
        """See Provisioner. Any 2xx confirms."""
        if urlsplit(url).scheme not in ("http", "https"):
            raise ProvisioningFailed("the address is neither http nor https")
        body = json.dumps(asdict(order), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", SIGNATURE_HEADER: sign(body, secret)}
        try:
            with self._session() as session:
                status = session.post(url, data=body, headers=headers).status_code
        except GatewayUnreachable as error:
            raise NoAnswer(_reason(str(error))) from error
        if not 200 <= status < 300:
            raise ProvisioningFailed(f"HTTP {status}")

    def _session(self) -> Session:
        total = self._connect + self._answer
        return http.session(connect_seconds=self._connect, read_seconds=self._answer, total_seconds=total)


def sign(body: bytes, secret: str) -> str:
    """Return the value of the signature header for a body."""
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


def _reason(said: str) -> str:
    if "may not be called" in said:
        return "the address leads into the panel's own network"
    if "Timeout" in said or "no whole answer" in said:
        return "no answer in time"
    return "no connection" if said.startswith("ConnectionError") else said.partition(":")[0]
