"""A gateway that signs what it tells and wants to hear the number of the payment it told of."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlencode

from billhook import (
    Answer,
    BadSignature,
    HearsNotifications,
    Judged,
    MalformedAmount,
    MalformedNotification,
    MethodView,
    Money,
    PaymentPaid,
    PaymentProvider,
    RawRequest,
    Redirect,
    Setting,
    SettingKind,
    StartRequest,
    Verdict,
    hookimpl,
)


def signed(secret: str, total: str, number: str, act: str) -> str:
    return hmac.new(secret.encode(), f"{total}:{number}:{act}".encode(), hashlib.sha256).hexdigest()


class Echo(PaymentProvider, HearsNotifications):
    name = "echo"
    title = "Echo"
    starts = (Redirect,)
    notifications = ("result",)
    currencies = ("RUB",)
    merchant_setting = "login"
    settings = (
        Setting("login", SettingKind.TEXT, "Login", required=True),
        Setting("password", SettingKind.SECRET, "Password", required=True),
    )

    def start(self, request: StartRequest) -> Redirect:
        order = {
            "login": request.method.text("login"),
            "InvId": request.reference_number,
            "OutSum": request.payment.amount.plain(),
            "Culture": request.language,
        }
        return Redirect(f"https://echo.example/pay?{urlencode(order)}")

    def verify(self, request: RawRequest, method: MethodView) -> None:
        told = [request.one(name) for name in ("OutSum", "InvId", "act")]
        given = request.one("Signature").encode(errors="replace")
        if not any(hmac.compare_digest(signed(secret, *told).encode(), given) for secret in method.secrets("password")):
            raise BadSignature("the signature does not fit")

    def parse(self, request: RawRequest, method: MethodView) -> list[PaymentPaid]:
        total, number, act = (request.one(name) for name in ("OutSum", "InvId", "act"))
        try:
            amount = Money.of(total, "RUB")
        except MalformedAmount as error:
            raise MalformedNotification("OutSum", error.why) from error
        digest = hashlib.sha256(f"{total}:{number}:{act}".encode()).hexdigest()
        return [PaymentPaid(number, method.text("login"), amount, False, act, digest, {})]

    def acknowledge(self, judged: Judged) -> Answer:
        if judged.verdict is Verdict.REFUSED:
            return Answer(b"bad")
        return Answer(f"OK{judged.request.one('InvId')}".encode())


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Echo]
