"""A gateway with one address for all that it has to tell, several events to a message."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from billhook import (
    Answer,
    BadSignature,
    Fact,
    HearsNotifications,
    Ignored,
    Judged,
    MalformedNotification,
    MethodView,
    Money,
    PaymentFailed,
    PaymentPaid,
    PaymentPending,
    PaymentProvider,
    RawRequest,
    Redirect,
    Setting,
    SettingKind,
    StartRequest,
    hookimpl,
)


def signed(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Many(PaymentProvider, HearsNotifications):
    name = "many"
    title = "Many events"
    starts = (Redirect,)
    notifications = ("events",)
    merchant_setting = "account"
    settings = (
        Setting("account", SettingKind.TEXT, "Account", required=True),
        Setting("secret", SettingKind.SECRET, "Secret", required=True),
    )

    def start(self, request: StartRequest) -> Redirect:
        return Redirect(f"https://many.example/checkout/{request.reference}")

    def verify(self, request: RawRequest, method: MethodView) -> None:
        given = request.headers.get("x-signature", "").encode(errors="replace")
        made = [signed(secret, request.body).encode() for secret in method.secrets("secret")]
        if not any(hmac.compare_digest(each, given) for each in made):
            raise BadSignature("the signature does not fit")

    def parse(self, request: RawRequest, method: MethodView) -> list[Fact]:
        try:
            return [_fact(event) for event in json.loads(request.body)["events"]]
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedNotification("body", "no list of events") from error

    def acknowledge(self, judged: Judged) -> Answer:
        return Answer(
            json.dumps([ruling.verdict for ruling in judged.rulings]).encode(), content_type="application/json"
        )


def _fact(event: dict[str, Any]) -> Fact:
    order, act = event["order"], event["act"]
    match event["kind"]:
        case "paid":
            amount = Money.of(event["amount"], event["currency"])
            digest = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
            return PaymentPaid(order, event["account"], amount, event["test"], act, digest, {})
        case "processing":
            until = datetime.fromisoformat(event["until"]) if event.get("until") else None
            return PaymentPending(order, act, reason=event.get("why", ""), until=until)
        case "declined":
            return PaymentFailed(order, act, event.get("why", ""), final=False)
        case "over":
            return PaymentFailed(order, act, event.get("why", ""), final=True)
    return Ignored(f"{event['kind']} of {order}")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Many]
