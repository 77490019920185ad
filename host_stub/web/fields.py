"""Form fields for what people type: text, sums, whole numbers, dates, tax numbers.

Entered text is kept when it cannot be read. Where it may mean two things the field has `choices` and is not valid
until one of them is chosen: `ui.form_field` draws them below it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from billhook import Catalogue, LazyText, Money, formats
from billhook.money import MINOR_DIGITS
from billhook.requisites import bare_kpp, inn_and_kpp, inn_fault, kpp_fault
from wtforms import StringField, TextAreaField
from wtforms.validators import StopValidation

from host_stub.domain.amounts import AmountProblem, UnreadableAmount, read_amount
from host_stub.domain.days import DayProblem, UnreadableDay, day_meant, read_day
from host_stub.domain.requisites import order_number
from host_stub.domain.texts import clean_line, clean_text

_ = Catalogue("host_stub")

LONGEST_TAX_NUMBER: Final = 20

AMOUNT_PROBLEMS: Final[Mapping[str, LazyText]] = {
    AmountProblem.EMPTY: _("Enter a sum."),
    AmountProblem.NOT_A_SUM: _("Enter a sum in figures."),
    AmountProblem.TOO_PRECISE: _("At most two digits after the decimal point."),
    AmountProblem.AMBIGUOUS: _("This sum can be read in more than one way. Choose below which one you mean."),
    AmountProblem.OTHER_CURRENCY: _("The sum is in another currency."),
    AmountProblem.NOT_POSITIVE: _("The sum must be greater than zero."),
    AmountProblem.TOO_LARGE: _("The sum is too large."),
    AmountProblem.TOO_SMALL: _("The sum is too small."),
    AmountProblem.GIVEN_TWICE: _("Enter one sum."),
    "test_payment": _("A test payment carries no money."),
    "not_positive": _("The sum must be greater than zero."),
}


DAY_PROBLEMS: Final[Mapping[DayProblem, LazyText]] = {
    DayProblem.EMPTY: _("Enter a date like 13.11.2020."),
    DayProblem.NOT_A_DAY: _("Enter a date like 13.11.2020."),
    DayProblem.NO_SUCH_DAY: _("There is no such day. Write the day first, then the month."),
    DayProblem.IN_FUTURE: _("This day is still to come."),
    DayProblem.TOO_OLD: _("This day is too long ago."),
    DayProblem.DOUBTFUL: _("This day is unusually early. Confirm it below or correct it."),
}


def amount_words(problem: AmountProblem, currency: str) -> LazyText:
    """Return the sentence about a sum that was not taken, in the words of its currency."""
    digits = MINOR_DIGITS.get(currency, 2)
    if problem is AmountProblem.OTHER_CURRENCY:
        return _("Enter the sum in {currency}.", currency=formats.currency_word(currency))
    if problem is AmountProblem.NOT_A_SUM:
        example = formats.figures(Money(5000 * 10**digits + 10**digits // 2, currency))
        return _("Enter a sum in figures, for example 5000 or {example}.", example=example)
    if problem is AmountProblem.TOO_PRECISE and digits == 0:
        return _("This currency has no fractions: enter a whole sum.")
    if problem is AmountProblem.TOO_PRECISE and digits == 3:
        return _("At most three digits after the decimal point.")
    return AMOUNT_PROBLEMS[problem]


@dataclass(frozen=True, slots=True)
class Choice:
    """One meaning of what was entered. value: as it is sent back; it counts only while the text may mean it."""

    value: str
    label: LazyText | str


class Stripped(StringField):
    """A line of text, cleaned; control characters are refused."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = clean_line(str(valuelist[0])) if valuelist else ""

    def pre_validate(self, form: Any) -> None:
        if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in self.data or ""):
            raise StopValidation(_("Remove line breaks and invisible characters."))


class Paragraphs(TextAreaField):
    """Lines of text, each cleaned."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = clean_text(str(valuelist[0])) if valuelist else ""


class InnField(Stripped):
    """An INN without grouping and label. kpp: what stood beside it, as in `7707083893/773601001`.

    Other countries' numbers are kept, a text that is too long for any is refused. Its length is no attribute of the
    field: browsers would cut what is pasted with a label.
    """

    kpp = ""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data, self.kpp = inn_and_kpp(str(valuelist[0])) if valuelist else ("", "")

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        fault = inn_fault(self.data) if len(self.data or "") > LONGEST_TAX_NUMBER else None
        if fault is not None:
            raise StopValidation(fault)


class KppField(Stripped):
    """A KPP without grouping and label. inn: what stood beside it."""

    inn = ""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = str(valuelist[0]) if valuelist else ""
        self.inn, self.data = inn_and_kpp(text)
        if not self.data:
            self.inn, self.data = "", bare_kpp(text)

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        fault = kpp_fault(self.data) if len(self.data or "") > LONGEST_TAX_NUMBER else None
        if fault is not None:
            raise StopValidation(fault)


class OrderNumberField(Stripped):
    """The number of a payment order, without what stands round it: `№ 147`, `п/п 147 от 13.11.2020`.

    Empty where there is no number, such as `№` alone; what was typed stays in the field.
    """

    def _value(self) -> str:
        return self.data or (str(self.raw_data[0]).strip() if self.raw_data else "")

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = order_number(str(valuelist[0])) if valuelist else ""


class AskingField(StringField):
    """A field whose text may mean several things. choices: what it may mean, empty once there is nothing to ask."""

    choices: tuple[Choice, ...] = ()
    chosen = ""

    @property
    def choice_name(self) -> str:
        """Under which the answer comes back."""
        return f"{self.name}_meant"

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        self.chosen = str(formdata.get(self.choice_name, "")) if formdata else ""
        super().process(formdata, *args, **kwargs)


class AmountField(AskingField):
    """A sum of money. `data` is Money, or None while the text cannot be read, is empty or may mean two sums.

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
        # What was chosen stands in the field from then on: nothing is asked again where the form comes back.
        if self.raw_data and not (self.chosen and isinstance(self.data, Money)):
            return str(self.raw_data[0])
        return formats.figures(self.data).replace("\u2212", "-") if isinstance(self.data, Money) else ""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data, self.problem, self.choices = None, None, ()
        if len(valuelist) > 1:
            self.problem = AmountProblem.GIVEN_TWICE
            return
        text = str(valuelist[0]) if valuelist else ""
        if not text.strip() and self.optional:
            return
        try:
            self.data = read_amount(text, self.currency, signed=self.signed, zero=self.zero)
        except UnreadableAmount as error:
            self._ask(error)

    def _ask(self, error: UnreadableAmount) -> None:
        self.data = next((each for each in error.readings if each.plain() == self.chosen), None)
        if self.data is None:
            self.problem = error.problem
            self.choices = tuple(Choice(each.plain(), formats.money(each)) for each in error.readings)

    def pre_validate(self, form: Any) -> None:
        if self.problem is not None:
            raise StopValidation(amount_words(self.problem, self.currency))


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
        text = clean_line(str(valuelist[0])).replace(" ", "") if valuelist else ""
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


class DayField(AskingField):
    """A calendar date up to today, as `read_day` understands it. `data` is a date, or None while it cannot be read."""

    data: Any
    today: dt.date | None = None
    unlikely_before: dt.date | None = None
    problem: DayProblem | None = None

    def use(self, today: dt.date, unlikely_before: dt.date | None = None, question: LazyText | None = None) -> None:
        """Read the date as of this day in the reader's time zone.

        unlikely_before: an earlier date is asked about. question: what is said then.
        """
        self.today, self.unlikely_before = today, unlikely_before
        self.question = question or DAY_PROBLEMS[DayProblem.DOUBTFUL]
        if self.raw_data:
            self.process_formdata(self.raw_data)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data:%d.%m.%Y}" if isinstance(self.data, dt.date) else ""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data, self.problem, self.choices = None, None, ()
        if self.today is None:
            return  # `use` reads it
        try:
            text = str(valuelist[0]) if valuelist else ""
            self.data = read_day(text, self.today, unlikely_before=self.unlikely_before)
        except UnreadableDay as error:
            self._ask(error)

    def _ask(self, error: UnreadableDay) -> None:
        day = error.day if error.problem is DayProblem.DOUBTFUL else None
        if day is not None and day.isoformat() == self.chosen:
            self.data = day
            return
        self.problem = error.problem
        if day is not None:
            self.choices = (Choice(day.isoformat(), _("Yes, {day} is right", day=formats.date(day))),)

    def pre_validate(self, form: Any) -> None:
        if self.problem is not None:
            asked = self.problem is DayProblem.DOUBTFUL
            raise StopValidation(self.question if asked else DAY_PROBLEMS[self.problem])


class DayOfAnyTimeField(DayField):
    """A date that may be to come: since when something holds."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data, self.problem, self.choices = None, None, ()
        if self.today is None:
            return  # `use` reads it
        try:
            self.data = day_meant(str(valuelist[0]) if valuelist else "", self.today)
        except UnreadableDay as error:
            self._ask(error)
