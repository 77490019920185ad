"""A gateway that signs nothing: it shows a code, hints by unsigned messages, and says the truth when it is asked."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, Final

from billhook import (
    Asking,
    AttemptState,
    HearsHints,
    Hint,
    MalformedNotification,
    MethodView,
    Money,
    PaymentFailed,
    PaymentPaid,
    PaymentPending,
    PaymentProvider,
    ProviderError,
    RawRequest,
    Setting,
    SettingKind,
    ShowCode,
    StartRequest,
    StatusAnswer,
    StatusRequest,
    hookimpl,
    http,
)

OK: Final = (200, 201)


class Polled(PaymentProvider, HearsHints):
    name = "polled"
    title = "Polled"
    starts = (ShowCode,)
    hints = ("hook",)
    asked = Asking()
    merchant_setting = "shop"
    settings = (
        Setting("address", SettingKind.TEXT, "Address", required=True),
        Setting("shop", SettingKind.TEXT, "Shop", required=True),
        Setting("key", SettingKind.SECRET, "Key", required=True),
    )

    def start(self, request: StartRequest) -> ShowCode:
        order = {
            "reference": request.reference,
            "amount": request.payment.amount.plain(),
            "currency": request.payment.amount.currency,
            "description": request.payment.description,
            "language": request.language,
        }
        made = _call(request.method, "POST", "/payments", order, request.reference)
        expires = datetime.fromisoformat(made["expires_at"])
        return ShowCode(made["code"], expires_at=expires, steps=["Scan the code."], external_reference=made["id"])

    def hint(self, request: RawRequest, method: MethodView) -> Hint:
        try:
            told = json.loads(request.body)
            return Hint(external_reference=str(told["object"]["id"])[:200])
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedNotification("body", "no object with an id") from error

    def query(self, request: StatusRequest) -> StatusAnswer:
        found = _call(request.method, "GET", f"/payments/{request.external_reference or request.reference}")
        acts = [fact for act in found["acts"] if (fact := _fact(request, found, act)) is not None]
        return acts or (AttemptState.FAILED if found["state"] == "unknown" else AttemptState.OPEN)


def _fact(request: StatusRequest, found: dict[str, Any], act: dict[str, Any]) -> Any:
    amount = Money.of(act["amount"], act["currency"])
    match act["state"]:
        case "paid":
            digest = hashlib.sha256(json.dumps(act, sort_keys=True).encode()).hexdigest()
            return PaymentPaid(request.reference, found["shop"], amount, False, act["id"], digest, {})
        case "waiting":
            return PaymentPending(request.reference, act["id"], amount, "The bank is busy.")
        case "declined":
            return PaymentFailed(request.reference, act["id"], "The bank said no.", final=found["state"] == "over")
    return None


def _call(method: MethodView, verb: str, path: str, sent: object = None, key: str = "") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {method.text('key')}", "Idempotence-Key": key}
    with http.session() as session:
        answer = session.request(verb, f"{method.text('address')}{path}", json=sent, headers=headers)
    if answer.status_code >= 500:
        raise http.GatewayUnreachable(f"answered {answer.status_code}")
    if answer.status_code not in OK:
        raise ProviderError(f"answered {answer.status_code}")
    found: dict[str, Any] = json.loads(answer.content)
    return found


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Polled]
