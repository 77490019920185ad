"""Form fields for what people type: sums, whole numbers, dates. Entered text is kept when it cannot be read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from billhook import Catalogue, LazyText, Money
from billhook.formats import figures
from wtforms import StringField
from wtforms.validators import StopValidation

from host_stub.domain.amounts import AmountProblem, UnreadableAmount, read_amount

_ = Catalogue("host_stub")

AMOUNT_PROBLEMS: Final[Mapping[str, LazyText]] = {
    AmountProblem.EMPTY: _("Enter a sum."),
    AmountProblem.NOT_A_SUM: _("Enter a sum in figures, for example 5000 or 5 000,50."),
    AmountProblem.TOO_PRECISE: _("At most two digits after the decimal point."),
    AmountProblem.AMBIGUOUS: _("Is it thousands or decimals? Write 5000 or 5,00."),
    AmountProblem.NOT_POSITIVE: _("The sum must be greater than zero."),
    AmountProblem.TOO_LARGE: _("The sum is too large."),
    AmountProblem.TOO_SMALL: _("The sum is too small."),
    AmountProblem.GIVEN_TWICE: _("Enter one sum."),
    "other_currency": _("The sum is in another currency."),
    "test_payment": _("A test payment carries no money."),
    "not_positive": _("The sum must be greater than zero."),
}


class Stripped(StringField):
    """Text without space around it; control characters are refused."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = str(valuelist[0]).strip() if valuelist else ""

    def pre_validate(self, form: Any) -> None:
        if any(ord(c) < 32 or ord(c) == 127 for c in self.data or ""):
            raise StopValidation(_("Remove line breaks and invisible characters."))


class AmountField(StringField):
    """A sum of money. `data` is Money, or None while the text cannot be read or is empty.

    signed: a minus is allowed. zero: nought is allowed. optional: an empty field is.
    """

    data: Any

    def __init__(
        self,
        label: object = None,
        *,
        currency: str = "RUB",
        signed: bool = False,
        zero: bool = False,
        optional: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self.currency, self.signed, self.zero, self.optional = currency, signed, zero, optional
        self.problem: AmountProblem | None = None

    def use(self, currency: str) -> None:
        """Read the sum in this currency."""
        self.currency = currency
        if self.raw_data:
            self.process_formdata(self.raw_data)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return figures(self.data).replace("\u2212", "-") if isinstance(self.data, Money) else ""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data, self.problem = None, None
        if len(valuelist) > 1:
            self.problem = AmountProblem.GIVEN_TWICE
            return
        text = str(valuelist[0]).strip() if valuelist else ""
        if not text and self.optional:
            return
        try:
            self.data = self._read(text)
        except UnreadableAmount as error:
            self.problem = error.problem

    def _read(self, text: str) -> Money:
        if self.zero and re.fullmatch(r"0+([.,]0{0,2})?", text, re.ASCII):
            return Money.zero(self.currency)
        if self.signed and text[:1] in ("-", "\u2212", "+"):
            amount = read_amount(text[1:], self.currency)
            return amount if text[0] == "+" else -amount
        return read_amount(text, self.currency)

    def pre_validate(self, form: Any) -> None:
        if self.problem is not None:
            raise StopValidation(AMOUNT_PROBLEMS[self.problem])


class NumberField(StringField):
    """A whole number. `data` is int, or None while the text is empty or cannot be read."""

    data: Any

    def __init__(
        self, label: object = None, *, least: int | None = None, most: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(label, **kwargs)
        self.least, self.most, self.readable = least, most, True

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = str(valuelist[0]).strip() if valuelist else ""
        self.readable = re.fullmatch(r"-?[0-9]{1,12}", text, re.ASCII) is not None or not text
        self.data = int(text) if text and self.readable else None

    def pre_validate(self, form: Any) -> None:
        if not self.readable:
            raise StopValidation(_("Enter a whole number."))
        if self.data is None:
            return
        if self.least is not None and self.data < self.least:
            raise StopValidation(_("The least value is {limit}.", limit=self.least))
        if self.most is not None and self.data > self.most:
            raise StopValidation(_("The greatest value is {limit}.", limit=self.most))


class DayField(StringField):
    """A calendar date, `13.11.2020` or `2020-11-13`. `data` is a date, or None while it cannot be read."""

    data: Any

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data:%d.%m.%Y}" if isinstance(self.data, dt.date) else ""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = read_day(str(valuelist[0]).strip()) if valuelist else None

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            raise StopValidation(_("Enter a date like 13.11.2020."))


def read_day(text: str) -> dt.date | None:
    """Return the date that a person typed, or None."""
    shape = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})|(\d{4})-(\d{2})-(\d{2})", text, re.ASCII)
    if shape is None:
        return None
    day, month, year = shape.group(1, 2, 3) if shape[1] else shape.group(6, 5, 4)
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
