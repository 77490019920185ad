"""Forms about money that waits."""

from __future__ import annotations

from typing import Any, Final

from billhook import Catalogue, Money
from wtforms import IntegerField, RadioField, SelectChoice
from wtforms.validators import DataRequired, Length

from host_stub.domain.arrivals import Kind
from host_stub.web.fields import AmountField, NumberField, Stripped
from host_stub.web.panel_form import PanelForm

_ = Catalogue("host_stub")

#: How many receivers the page offers for one arrival at once; what is left is credited afterwards.
PARTS: Final = 3


class SeenForm(PanelForm):
    """Whatever is decided names the latest decision that was seen."""

    seen = IntegerField(default=0)
    reason = Stripped(_("Reason"), validators=[DataRequired(_("Say why: it stays in the log.")), Length(max=300)])


class PartForm(PanelForm):
    """Who gets a part: a payment by its number, or a customer."""

    payment = Stripped(_("Payment number"), validators=[Length(max=40)])
    account_id = NumberField(_("or customer's ID"), least=1)
    amount = AmountField(_("Sum"), optional=True)

    @property
    def is_given(self) -> bool:
        return bool(self.payment.data or self.account_id.data or (self.amount.raw_data or [""])[0])


class CloseForm(SeenForm):
    how = RadioField(
        _("What is it?"),
        choices=[
            SelectChoice(Kind.NOT_OURS, _("not ours")),
            SelectChoice(Kind.TO_BE_RETURNED, _("to be returned to the payer")),
            SelectChoice(Kind.SAME_AS, _("the same money as another arrival")),
        ],
        default=Kind.NOT_OURS,
    )
    other_id = NumberField(_("ID of the other arrival"), least=1)


def part_forms(currency: str, **first: Any) -> list[PartForm]:
    """Return the forms of the parts. first: what stands in the first one."""
    forms = [PartForm(prefix=_prefix(n), **(first if n == 0 else {})) for n in range(PARTS)]
    for form in forms:
        form.amount.use(currency)
    return forms


def _prefix(n: int) -> str:
    return f"part{n + 1}-" if n else ""


def blank_parts(rest: Money, payment: str, account_id: int | None) -> list[PartForm]:
    """Return the forms as they are first shown: all of it for the payment that was named, or a chosen customer."""
    data = {"payment": "" if account_id else payment, "account_id": account_id, "amount": rest}
    return [PartForm(formdata=None, prefix=_prefix(n), **({"data": data} if n == 0 else {})) for n in range(PARTS)]
