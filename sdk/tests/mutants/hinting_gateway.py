"""A healthy gateway plugin that signs nothing: what the mutants of hints spoil."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module

from billhook import (
    AttemptState,
    HearsHints,
    Hint,
    MethodView,
    Money,
    PaymentPaid,
    PaymentProvider,
    RawRequest,
    Redirect,
    Setting,
    SettingKind,
    StartRequest,
    StatusAnswer,
    StatusRequest,
)
from billhook_kit import ProviderUnderTest, Report, form

#: By order, what the gateway answers to a status query.
PAID: dict[str, PaymentPaid] = {}


class HintingGateway(PaymentProvider, HearsHints):
    """A redirect there, an unsigned hint, and a question that tells the truth."""

    title = "Hinting"
    starts = (Redirect,)
    hints = ("hook",)
    merchant_setting = "shop"
    settings = (
        Setting("shop", SettingKind.TEXT, "Shop", required=True),
        Setting("key", SettingKind.SECRET, "Key", required=True),
    )

    def start(self, request: StartRequest) -> Redirect:
        return Redirect(f"https://gateway.example/pay?order={request.reference}")

    def hint(self, request: RawRequest, method: MethodView) -> Hint:
        return Hint(request.one("order"))

    def query(self, request: StatusRequest) -> StatusAnswer:
        found = PAID.get(request.reference)
        return [found] if found is not None else AttemptState.OPEN


class Gateway(ProviderUnderTest):
    """The gateway's side."""

    settings = {"shop": "shop-1", "key": "a-key-for-tests-only"}  # noqa: RUF012  read only

    def hint(self, report: Report) -> RawRequest:
        return form({"order": report.reference, "amount": report.amount.plain(), "currency": report.amount.currency})

    def paid(self, report: Report) -> AbstractContextManager[None] | None:
        # Its answers are not signed: it cannot say anything with another key.
        return self._saying(report) if report.method.text("key") == self.settings["key"] else None

    @contextmanager
    def _saying(self, report: Report) -> Iterator[None]:
        # This file may be loaded a second time, as the adapter: the plugin reads what the first one holds.
        paid = import_module("hinting_gateway").PAID
        amount = Money(report.amount.minor, report.amount.currency)
        said = (report.reference, report.merchant, amount, report.is_test, report.external_id, "d" * 64, {})
        paid[report.started.reference] = PaymentPaid(*said)
        yield
        del paid[report.started.reference]
