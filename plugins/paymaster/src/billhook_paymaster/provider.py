"""PayMaster as a payment provider: settings in, PayMaster's words out. Nothing here talks to the network."""

from __future__ import annotations

from typing import ClassVar, Final

from billhook import (
    Answer,
    AnswersQuestions,
    Availability,
    Available,
    Catalogue,
    Finding,
    HearsNotifications,
    Judged,
    MalformedNotification,
    MethodView,
    PayerReturned,
    PaymentClaim,
    PaymentPaid,
    PaymentProvider,
    PaymentView,
    PostForm,
    ProviderError,
    RawRequest,
    Start,
    StartRequest,
    TakesReturns,
    Unavailable,
    Verdict,
)
from billhook.settings import Setting, Text

from billhook_paymaster.protocol import Order, read_confirmation, read_notification, read_return, request_fields
from billhook_paymaster.settings import SETTINGS, findings
from billhook_paymaster.signature import Digest, check_signature

_ = Catalogue("billhook_paymaster")

CONFIRM: Final = "confirm"
NOTIFY: Final = "notify"
SUCCESS: Final = "success"
FAILURE: Final = "failure"

#: Any other answer, a trailing newline too, refuses the payment (code -8).
YES: Final = Answer(b"YES", content_type="text/plain")
NO: Final = Answer(b"NO", content_type="text/plain")
#: PayMaster reads the status only; a duplicate and a parked payment are delivered as well as a credited one.
DELIVERED: Final = Answer(b"OK", content_type="text/plain")
NOT_DELIVERED: Final = Answer(b"REFUSED", status=403, content_type="text/plain")


class PayMaster(PaymentProvider, HearsNotifications, AnswersQuestions, TakesReturns):
    """PayMaster's HTTP protocol: a form to its payment page, a signed notification back."""

    name: ClassVar[str] = "paymaster"
    title: ClassVar[Text] = "PayMaster"
    starts: ClassVar[tuple[type[Start], ...]] = (PostForm,)
    notifications: ClassVar[tuple[str, ...]] = (NOTIFY,)
    questions: ClassVar[tuple[str, ...]] = (CONFIRM,)
    returns: ClassVar[tuple[str, ...]] = (SUCCESS, FAILURE)
    currencies: ClassVar[tuple[str, ...]] = ("RUB", "EUR", "USD")
    merchant_setting: ClassVar[str] = "merchant_id"
    test_mode_setting: ClassVar[str] = "test_mode"
    settings: ClassVar[tuple[Setting, ...]] = SETTINGS

    def check_settings(self, method: MethodView) -> list[Finding]:
        return findings(method)

    def availability(self, payment: PaymentView, method: MethodView) -> Availability:
        if payment.amount.minor <= 0:
            return Unavailable(_("PayMaster takes sums above zero only."))
        return Available()

    def start(self, request: StartRequest) -> PostForm:
        refusal = self.availability(request.payment, request.method)
        if isinstance(refusal, Unavailable):
            raise ProviderError(str(refusal.reason))
        return PostForm(request.method.text("payment_address"), request_fields(_order(request)))

    def verify(self, request: RawRequest, method: MethodView) -> None:
        if request.method != "POST":
            raise MalformedNotification("method", "a notification is posted")
        check_signature(request, method.secrets("secret"), Digest(method.text("hash_algorithm")))

    def parse(self, request: RawRequest, method: MethodView) -> list[PaymentPaid]:
        return [read_notification(request)]

    def claim(self, request: RawRequest, method: MethodView) -> PaymentClaim:
        return read_confirmation(request)

    def returned(self, request: RawRequest, method: MethodView) -> PayerReturned:
        return read_return(request, successful=request.address == SUCCESS)

    def acknowledge(self, judged: Judged) -> Answer:
        if judged.request.address == CONFIRM:
            return YES if judged.verdict is Verdict.ACCEPTED else NO
        return NOT_DELIVERED if judged.verdict is Verdict.REFUSED else DELIVERED


def _order(request: StartRequest) -> Order:
    payment, method, addresses = request.payment, request.method, request.addresses.callbacks
    contacts = method.switch("payer_contacts")
    return Order(
        merchant=method.text("merchant_id"),
        number=request.reference,
        amount=payment.amount,
        description=payment.description,
        expires_at=payment.expires_at,
        confirmation_url=addresses[CONFIRM],
        notification_url=addresses[NOTIFY],
        success_url=addresses[SUCCESS],
        failure_url=addresses[FAILURE],
        payer_email=payment.account.email if contacts else "",
        payer_phone=payment.account.phone if contacts else "",
        method=method.text("payment_method"),
        sim_mode=method.text("sim_mode") if method.switch("test_mode") else "",
    )
