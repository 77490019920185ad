"""Keeps a note of every single movement of a balance, and takes payments at a desk."""

from __future__ import annotations

from billhook import (
    Answer,
    AnswersQuestions,
    BalanceChanged,
    Effect,
    Finding,
    Instructions,
    Judged,
    Keep,
    MalformedAmount,
    MalformedNotification,
    MethodView,
    Money,
    PaymentClaim,
    PaymentProvider,
    RawRequest,
    Reader,
    Setting,
    SettingKind,
    Severity,
    StartRequest,
    hookimpl,
)


class Desk(PaymentProvider, AnswersQuestions):
    """Money is brought to a desk, which asks what to take."""

    name = "ledger_notes"
    title = "Desk"
    starts = (Instructions,)
    questions = ("ask",)
    settings = (Setting("room", SettingKind.TEXT, "Room"), Setting("code", SettingKind.SECRET, "Code"))

    def check_settings(self, method: MethodView) -> list[Finding]:
        if method.text("room"):
            return []
        return [Finding(Severity.WARNING, "Nobody knows the room.", "Fill in the room.", "room")]

    def claim(self, request: RawRequest, method: MethodView) -> PaymentClaim:
        try:
            amount = Money.of(request.one("amount"), "RUB")
        except MalformedAmount as error:
            raise MalformedNotification("amount", error.why) from error
        return PaymentClaim(request.one("number"), "", amount, False)

    def acknowledge(self, judged: Judged) -> Answer:
        return Answer(judged.verdict.encode())

    def start(self, request: StartRequest) -> Instructions:
        return Instructions("ledger_notes/desk.html")


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Desk]


@hookimpl
def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> list[Effect]:
    values = {
        "account_id": event.account_id,
        "transaction_id": event.transaction_id,
        "amount_minor": event.after_minor - event.before_minor,
        "noted_at": event.at,
    }
    return [Keep("ledger_notes_note", values, key=("transaction_id",))]
