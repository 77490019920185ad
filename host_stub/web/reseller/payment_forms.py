"""Forms about payments."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from billhook import Catalogue, Money
from billhook.requisites import inn_fault
from wtforms import ValidationError
from wtforms.validators import DataRequired, Length

from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.reading.payments import Payment
from host_stub.web.fields import AmountField, DayField, InnField, OrderNumberField, Stripped
from host_stub.web.panel_form import PanelForm

_ = Catalogue("host_stub")


class ApprovalForm(PanelForm):
    """What arrived at the bank."""

    received = AmountField(_("Sum that arrived"), validators=[DataRequired()])
    order_number = OrderNumberField(
        _("Payment order number"),
        validators=[DataRequired(_("Enter the number of the payment order.")), Length(max=40)],
    )
    order_date = DayField(_("Payment order date"), validators=[DataRequired(_("Enter a date like 13.11.2020."))])
    payer_inn = InnField(_("Payer's INN"), description=_("If it stands on the statement."))
    payer_name = Stripped(_("Payer's name"), validators=[Length(max=300)])

    @classmethod
    def for_currency(cls, currency: str, **kwargs: Any) -> ApprovalForm:
        form = cls(**kwargs)
        form.received.use(currency)
        return form

    @classmethod
    def of(cls, payment: Payment, now: datetime, timezone: str) -> ApprovalForm:
        """Return the form as it was sent. An order dated before the payment was made is asked about."""
        form = cls.for_currency(payment.amount.currency)
        zone = ZoneInfo(timezone)
        made = payment.created_at.astimezone(zone).date()
        question = _("The payment was made on {day}, later than that. Confirm the date below or correct it.", day=made)
        form.order_date.use(now.astimezone(zone).date(), made, question)
        return form

    @classmethod
    def blank(cls, amount: Money, now: datetime, timezone: str) -> ApprovalForm:
        """Return the form as it is first shown: with the billed sum and today, the payer left to the statement."""
        return cls.for_currency(
            amount.currency,
            formdata=None,
            data={
                "received": amount,
                "order_date": now.astimezone(ZoneInfo(timezone)).date(),
            },
        )

    def validate_payer_inn(self, field: Any) -> None:
        fault = inn_fault(field.data) if field.data else None
        if fault is not None:
            raise ValidationError(fault)

    def order(self) -> BankOrder:
        received: Money = self.received.data
        return BankOrder(
            received=received,
            number=self.order_number.data,
            day=self.order_date.data,
            payer_inn=self.payer_inn.data,
            payer_name=self.payer_name.data,
        )
