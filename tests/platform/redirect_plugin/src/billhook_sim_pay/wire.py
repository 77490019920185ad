"""The simulator's protocol, the shop's side: `docs/simulator.md`."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from billhook import (
    BadSignature,
    MalformedAmount,
    MalformedNotification,
    Money,
    PaymentPaid,
    ProviderError,
    StartRequest,
    StatusRequest,
    http,
)

SIGNED: Final = ("shop", "order", "amount", "currency", "id", "status", "test", "paid_at")
_LONGEST_DESCRIPTION: Final = 250


def sign(content: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def start(request: StartRequest) -> str:
    """Begin a payment and return the address of the payer's page. Raises ProviderError."""
    method, payment = request.method, request.payment
    body = json.dumps(
        {
            "shop": method.text("shop"),
            "order": request.reference,
            "amount": payment.amount.plain(),
            "currency": payment.amount.currency,
            "description": payment.description[:_LONGEST_DESCRIPTION],
            "notify_url": request.addresses.callbacks["notify"],
            "success_url": request.addresses.callbacks["success"],
            "failure_url": request.addresses.callbacks["failure"],
            "test": method.switch("test_mode"),
        }
    ).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Signature": sign(body, method.text("secret")),
        "Idempotency-Key": request.reference,
    }
    with http.session() as session:
        answer = session.post(f"{_root(method.text('address'))}/api/payments", data=body, headers=headers)
    if answer.status_code >= 500:
        # It may have been carried out all the same: the status query tells.
        raise http.GatewayUnreachable(f"the gateway answered {answer.status_code}")
    told = _object(answer.content)
    if answer.status_code != 201 or not told.get("url", "").startswith(("https://", "http://")):
        raise ProviderError(f"the gateway refused ({answer.status_code}): {told.get('message', 'it does not say why')}")
    return told["url"]


def ask(request: StatusRequest) -> dict[str, str] | None:
    """Return what the gateway says of an order, not verified yet; None if it never heard of it.

    Raises ProviderError.
    """
    method = request.method
    shop = quote(method.text("shop"), safe="")
    target = f"/api/payments/{quote(request.reference, safe='')}?shop={shop}"
    headers = {"X-Signature": sign(target.encode(), method.text("secret"))}
    with http.session() as session:
        answer = session.get(_root(method.text("address")) + target, headers=headers)
    told = _object(answer.content)
    if answer.status_code == 404 and told.get("error") == "unknown_order":
        return None
    if answer.status_code != 200:
        raise ProviderError(f"the gateway answered {answer.status_code}")
    return told


def check(fields: Mapping[str, str], given: str, secrets: Sequence[str]) -> None:
    """Raises BadSignature unless one of the secrets signed the fields; MalformedNotification for what is no text."""
    missing = [name for name in SIGNED if name not in fields]
    if missing:
        raise MalformedNotification(missing[0], "missing")
    try:
        text = "\n".join(f"{name}={fields[name]}" for name in SIGNED).encode()
        sent = given.encode()
    except UnicodeEncodeError as error:
        raise MalformedNotification("sign", "not Unicode text") from error
    if not any(hmac.compare_digest(sign(text, secret).encode(), sent) for secret in secrets):
        raise BadSignature("sign does not fit")


def paid(fields: Mapping[str, str]) -> PaymentPaid:
    """Read verified fields. Raises MalformedNotification, also for a payment that is not paid."""
    strange = [name for name in SIGNED if not fields[name].isprintable()]
    if strange:
        raise MalformedNotification(strange[0], "not printable text")
    if fields["status"] != "paid":
        raise MalformedNotification("status", "not paid")
    if fields["test"] not in ("0", "1"):
        raise MalformedNotification("test", "neither 0 nor 1")
    try:
        amount = Money.of(fields["amount"], fields["currency"])
    except MalformedAmount as error:
        raise MalformedNotification("amount", error.why) from error
    text = "\n".join(f"{name}={fields[name]}" for name in SIGNED)
    return PaymentPaid(
        reference=fields["order"],
        merchant=fields["shop"],
        amount=amount,
        is_test=fields["test"] == "1",
        external_id=fields["id"],
        signed_digest=hashlib.sha256(text.encode()).hexdigest(),
        details={"Paid at": fields["paid_at"]},
    )


def _root(address: str) -> str:
    return address.rstrip("/")


def _object(content: bytes) -> dict[str, str]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise http.GatewayUnreachable("the answer is no JSON") from error
    if not isinstance(found, dict):
        raise http.GatewayUnreachable("the answer is no JSON object")
    return {name: value for name, value in found.items() if isinstance(value, str)}
