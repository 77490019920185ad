from __future__ import annotations

from datetime import date

import pytest
from billhook import Money
from billhook_check_cash.vat import TABLE_VERSION, Basis, Regime, rate_on, vat_inside


@pytest.mark.parametrize(
    ("regime", "day", "rate"),
    [
        (Regime.GENERAL, date(2018, 12, 31), 18),
        (Regime.GENERAL, date(2019, 1, 1), 20),
        (Regime.GENERAL, date(2025, 12, 31), 20),
        (Regime.GENERAL, date(2026, 1, 1), 22),
        (Regime.GENERAL, date(2030, 6, 1), 22),
        (Regime.USN5, date(2024, 12, 31), None),
        (Regime.USN5, date(2025, 1, 1), 5),
        (Regime.USN7, date(2026, 1, 1), 7),
        (Regime.NONE, date(2026, 1, 1), None),
    ],
)
def test_the_rate_is_that_of_the_day(regime: Regime, day: date, rate: int | None) -> None:
    assert rate_on(regime, day) == rate


@pytest.mark.parametrize(
    ("gross", "regime", "day", "amount"),
    [
        ("5000.00", Regime.GENERAL, date(2026, 11, 13), "901.64"),
        ("5000.00", Regime.GENERAL, date(2025, 11, 13), "833.33"),
        ("5000.00", Regime.USN7, date(2026, 11, 13), "327.10"),
        ("5000.00", Regime.USN5, date(2026, 11, 13), "238.10"),
        ("2563977.21", Regime.GENERAL, date(2026, 11, 13), "462356.55"),
        ("2563977.21", Regime.GENERAL, date(2020, 11, 13), "427329.54"),
        ("0.01", Regime.GENERAL, date(2026, 11, 13), "0.00"),
    ],
)
def test_the_tax_inside_a_gross_sum_is_rounded_half_up(gross: str, regime: Regime, day: date, amount: str) -> None:
    assert vat_inside(Money.of(gross, "RUB"), regime, day).amount == Money.of(amount, "RUB")


def test_without_tax_the_amount_is_zero_and_the_basis_says_so() -> None:
    vat = vat_inside(Money.of("5000.00", "RUB"), Regime.NONE, date(2026, 11, 13))

    assert (vat.basis, vat.rate, vat.amount) == (Basis.NONE, 0, Money.zero("RUB"))


def test_an_issued_document_keeps_rate_basis_amount_and_table_version() -> None:
    frozen = vat_inside(Money.of("5000.00", "RUB"), Regime.GENERAL, date(2026, 11, 13)).frozen()

    assert frozen == {
        "regime": "general",
        "basis": "included",
        "rate": 22,
        "amount_minor": 90164,
        "currency": "RUB",
        "table_version": TABLE_VERSION,
    }
