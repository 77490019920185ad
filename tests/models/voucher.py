"""Vouchers: the payer types a code, whatever it is worth is theirs at once."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from billhook import (
    AnswersStatus,
    Asking,
    AttemptState,
    Catalogue,
    MethodView,
    Money,
    PaymentPaid,
    PaymentProvider,
    ProviderError,
    Setting,
    SettingKind,
    StartDeclined,
    StartRequest,
    StatusAnswer,
    StatusRequest,
    Sums,
    hookimpl,
    http,
)

_ = Catalogue("billhook")

WORDS: Final = {
    "unknown": "We do not know this code.",
    "used": "This code was used before.",
    "currency": "This code is in another currency.",
}


class Voucher(PaymentProvider, AnswersStatus):
    name = "voucher"
    title = "Vouchers"
    starts = (PaymentPaid,)
    sums = Sums.AS_CAME
    asked = Asking(open=False)
    asks = (Setting("code", SettingKind.SECRET, "Code", required=True, minimum=4, maximum=40),)
    settings = (
        Setting("address", SettingKind.TEXT, "Address", required=True),
        Setting("key", SettingKind.SECRET, "Key", required=True),
    )

    def start(self, request: StartRequest) -> PaymentPaid:
        wanted = {"code": request.answers["code"], "currency": request.payment.amount.currency}
        status, found = _call(request.method, "POST", f"/redeem/{request.reference}", wanted)
        if status != 200:
            raise StartDeclined(WORDS.get(found.get("why", ""), "The code was not taken."))
        return _paid(request.reference, found)

    def query(self, request: StatusRequest) -> StatusAnswer:
        status, found = _call(request.method, "GET", f"/redeemed/{request.reference}")
        return [_paid(request.reference, found)] if status == 200 else AttemptState.FAILED


def _paid(reference: str, found: dict[str, Any]) -> PaymentPaid:
    digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
    return PaymentPaid(reference, "", Money.of(found["value"], found["currency"]), False, found["id"], digest, {})


def _call(method: MethodView, verb: str, path: str, sent: object = None) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {method.text('key')}"}
    with http.session() as session:
        answer = session.request(verb, f"{method.text('address')}{path}", json=sent, headers=headers)
    if answer.status_code >= 500:
        raise http.GatewayUnreachable(f"answered {answer.status_code}")
    if answer.status_code not in (200, 404, 409):
        raise ProviderError(f"answered {answer.status_code}")
    found: dict[str, Any] = json.loads(answer.content)
    return answer.status_code, found


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Voucher]
