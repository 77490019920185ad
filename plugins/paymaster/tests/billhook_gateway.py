"""PayMaster in the hands of Billhook's conformance kit: signs as the gateway would, without the plugin's code."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from billhook import Money, RawRequest
from billhook_kit import GatewayUnderTest, Ordered, Report, Started, form

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))


class PayMasterGateway(GatewayUnderTest):
    """The HTTP protocol with SHA256."""

    settings = {  # noqa: RUF012  read only
        "merchant_id": "11112222-3333-4444-5555-666677778888",
        "secret": "a-secret-for-tests-only",
    }
    signed_fields = tuple(VECTORS["field_order"])
    signature = "LMI_HASH"

    def notification(self, report: Report) -> RawRequest:
        fields = {
            **_order(report),
            "LMI_SYS_PAYMENT_ID": report.external_id,
            "LMI_SYS_PAYMENT_DATE": f"{report.paid_at:%Y-%m-%dT%H:%M:%S}",
            "LMI_PAYER_IDENTIFIER": report.payer,
        }
        return form({**fields, "LMI_HASH": _hash(fields, report.method.text("secret"))})

    def ordered(self, started: Started) -> Ordered:
        fields = dict(started.outcome.fields)
        amount = Money.of(fields["LMI_PAYMENT_AMOUNT"], fields["LMI_CURRENCY"])
        is_test = "LMI_SIM_MODE" in fields
        return Ordered(fields["LMI_PAYMENT_NO"], amount, fields["LMI_MERCHANT_ID"], is_test)

    def question(self, report: Report) -> RawRequest:
        return form({**_order(report), "LMI_PREREQUEST": "1"})

    def returned(self, report: Report) -> RawRequest:
        return form(_order(report))


def _order(report: Report) -> dict[str, str]:
    amount, currency = report.amount.plain(), report.amount.currency
    return {
        "LMI_MERCHANT_ID": report.merchant,
        "LMI_PAYMENT_NO": report.reference,
        "LMI_PAYMENT_AMOUNT": amount,
        "LMI_CURRENCY": currency,
        "LMI_PAID_AMOUNT": amount,
        "LMI_PAID_CURRENCY": currency,
        "LMI_PAYMENT_SYSTEM": "3" if report.is_test else "93",
        **({"LMI_SIM_MODE": "0"} if report.is_test else {}),
    }


def _hash(fields: dict[str, str], secret: str) -> str:
    text = "".join(fields.get(name, "") + ";" for name in VECTORS["field_order"]) + secret
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
