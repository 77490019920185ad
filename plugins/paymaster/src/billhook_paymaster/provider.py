"""PayMaster as a payment provider: settings in, PayMaster's words out. Nothing here talks to the network."""

from __future__ import annotations

from typing import ClassVar, Final

from billhook import (
    Action,
    ActionKind,
    Answer,
    Availability,
    Available,
    BadSignature,
    CallbackEvent,
    Capabilities,
    Catalogue,
    Finding,
    MalformedNotification,
    MethodView,
    NotSupported,
    PaymentProvider,
    PaymentView,
    PostForm,
    ProviderError,
    RawRequest,
    StartKind,
    StartRequest,
    Unavailable,
    Verdict,
)
from billhook.settings import Setting, Text

from billhook_paymaster.protocol import Order, read_confirmation, read_notification, read_return, request_fields
from billhook_paymaster.settings import SETTINGS, findings
from billhook_paymaster.signature import SEPARATOR, Digest, check_signature

_ = Catalogue("billhook_paymaster")

CONFIRM: Final = Action("confirm", ActionKind.QUESTION)
NOTIFY: Final = Action("notify", ActionKind.NOTIFICATION)
SUCCESS: Final = Action("success", ActionKind.RETURN)
FAILURE: Final = Action("failure", ActionKind.RETURN)

#: Any other answer, a trailing newline too, refuses the payment (code -8).
YES: Final = Answer(b"YES", content_type="text/plain")
NO: Final = Answer(b"NO", content_type="text/plain")
#: PayMaster reads the status only; a duplicate and a parked payment are delivered as well as a credited one.
DELIVERED: Final = Answer(b"OK", content_type="text/plain")
NOT_DELIVERED: Final = Answer(b"REFUSED", status=403, content_type="text/plain")


class PayMaster(PaymentProvider):
    """PayMaster's HTTP protocol: a form to its payment page, a signed notification back."""

    name: ClassVar[str] = "paymaster"
    title: ClassVar[Text] = "PayMaster"
    capabilities: ClassVar[Capabilities] = Capabilities(
        start=StartKind.FORM,
        actions=(CONFIRM, NOTIFY, SUCCESS, FAILURE),
        currencies=("RUB", "EUR", "USD"),
        merchant_setting="merchant_id",
        test_mode_setting="test_mode",
    )
    settings: ClassVar[tuple[Setting, ...]] = SETTINGS

    def check_settings(self, method: MethodView) -> list[Finding]:
        return findings(method)

    def availability(self, payment: PaymentView, method: MethodView) -> Availability:
        if not payment.number or SEPARATOR in payment.number:
            return Unavailable(
                _("PayMaster can't take the document number {number}: it must not hold a “;”.", number=payment.number)
            )
        if payment.amount.minor <= 0:
            return Unavailable(_("PayMaster takes sums above zero only."))
        return Available()

    def start(self, request: StartRequest) -> PostForm:
        refusal = self.availability(request.payment, request.method)
        if isinstance(refusal, Unavailable):
            raise ProviderError(str(refusal.reason))
        return PostForm(request.method.text("payment_address"), request_fields(_order(request)))

    def verify(self, action: Action, request: RawRequest, method: MethodView) -> None:
        if action.kind is not ActionKind.NOTIFICATION:
            raise BadSignature(f"{action.name} is not signed")
        if request.method != "POST":
            raise MalformedNotification("method", "a notification is posted")
        check_signature(request, method.secrets("secret"), Digest(method.text("hash_algorithm")))

    def parse(self, action: Action, request: RawRequest, method: MethodView) -> CallbackEvent:
        match action.name:
            case CONFIRM.name:
                return read_confirmation(request)
            case NOTIFY.name:
                return read_notification(request)
            case SUCCESS.name | FAILURE.name:
                return read_return(request, successful=action.name == SUCCESS.name)
            case _:
                raise NotSupported(f"{self.name} has no action {action.name}")

    def acknowledge(self, action: Action, verdict: Verdict) -> Answer:
        if action.kind is ActionKind.QUESTION:
            return YES if verdict is Verdict.ACCEPTED else NO
        return NOT_DELIVERED if verdict is Verdict.REFUSED else DELIVERED


def _order(request: StartRequest) -> Order:
    payment, method, actions = request.payment, request.method, request.addresses.actions
    contacts = method.switch("payer_contacts")
    return Order(
        merchant=method.text("merchant_id"),
        number=payment.number,
        amount=payment.amount,
        description=payment.description,
        expires_at=payment.expires_at,
        confirmation_url=actions[CONFIRM.name],
        notification_url=actions[NOTIFY.name],
        success_url=actions[SUCCESS.name],
        failure_url=actions[FAILURE.name],
        payer_email=payment.account.email if contacts else "",
        payer_phone=payment.account.phone if contacts else "",
        method=method.text("payment_method"),
        sim_mode=method.text("sim_mode") if method.switch("test_mode") else "",
    )
