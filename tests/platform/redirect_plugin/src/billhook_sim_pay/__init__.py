"""Payments through the gateway simulator: a redirect there, a signed notification back, a question when in doubt."""

from __future__ import annotations

from billhook import (
    Answer,
    AnswersStatus,
    AttemptState,
    BadSignature,
    Catalogue,
    Finding,
    HearsNotifications,
    Judged,
    LazyText,
    MalformedNotification,
    MethodView,
    PayerReturned,
    PaymentPaid,
    PaymentProvider,
    ProviderError,
    RawRequest,
    Redirect,
    Setting,
    SettingKind,
    Severity,
    StartRequest,
    StatusAnswer,
    StatusRequest,
    TakesReturns,
    hookimpl,
)

from billhook_sim_pay import wire

_ = Catalogue("billhook_sim_pay")

NOTIFY, SUCCESS, FAILURE = "notify", "success", "failure"
SHORTEST_SECRET = 16


def _address_fault(value: object) -> LazyText | None:
    if not value or str(value).startswith(("http://", "https://")):
        return None
    return _("The address starts with https://.")


class SimPay(PaymentProvider, HearsNotifications, TakesReturns, AnswersStatus):
    """A gateway with the simulator's protocol."""

    name = "sim_pay"
    title = _("Simulated gateway")
    starts = (Redirect,)
    notifications = (NOTIFY,)
    returns = (SUCCESS, FAILURE)
    merchant_setting = "shop"
    test_mode_setting = "test_mode"
    settings = (
        Setting("address", SettingKind.TEXT, _("Address of the gateway"), required=True, validator=_address_fault),
        Setting("shop", SettingKind.TEXT, _("Shop"), required=True, maximum=64),
        Setting("secret", SettingKind.SECRET, _("Secret key"), required=True),
        Setting("test_mode", SettingKind.SWITCH, _("Test mode"), default=False),
    )

    def check_settings(self, method: MethodView) -> list[Finding]:
        findings = []
        if not method.text("address").startswith(("https://", "http://127.0.0.1:")):
            remedy = _("Enter an address that starts with https://.")
            findings.append(Finding(Severity.WARNING, _("The gateway is called in clear."), remedy, "address"))
        if len(method.text("secret")) < SHORTEST_SECRET:
            remedy = _("Agree with the gateway on one of at least 16 characters.")
            findings.append(Finding(Severity.WARNING, _("The secret key is short."), remedy, "secret"))
        return findings or [Finding(Severity.OK, _("The settings are complete."))]

    def start(self, request: StartRequest) -> Redirect:
        return Redirect(wire.start(request))

    def verify(self, request: RawRequest, method: MethodView) -> None:
        if request.method != "POST":
            raise MalformedNotification("method", "a notification is posted")
        wire.check(_signed(request), request.one("sign"), method.secrets("secret"))

    def parse(self, request: RawRequest, method: MethodView) -> list[PaymentPaid]:
        return [wire.paid(_signed(request))]

    def returned(self, request: RawRequest, method: MethodView) -> PayerReturned:
        return PayerReturned("", successful=request.address == SUCCESS)

    def acknowledge(self, judged: Judged) -> Answer:
        return Answer(b"received")

    def query(self, request: StatusRequest) -> StatusAnswer:
        told = wire.ask(request)
        if told is None:
            return AttemptState.FAILED
        status = told.get("status")
        if status == "unknown":
            return AttemptState.UNKNOWN
        try:
            wire.check(told, told.get("sign", ""), request.method.secrets("secret"))
            if (told["shop"], told["order"]) != (request.method.text("shop"), request.reference):
                raise MalformedNotification("order", "not what was asked for")
            if status == "paid":
                return [wire.paid(told)]
        except (BadSignature, MalformedNotification) as error:
            raise ProviderError(f"the status cannot be believed: {error}") from error
        return AttemptState.OPEN if status == "new" else AttemptState.FAILED


def _signed(request: RawRequest) -> dict[str, str]:
    return {name: request.one(name) for name in wire.SIGNED}


@hookimpl
def billhook_plugin_title() -> LazyText:
    return _("Simulated gateway")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [SimPay]
