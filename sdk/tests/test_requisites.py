"""Requisites as people paste them: what stands round a number is taken off, the number itself is not mended."""

from __future__ import annotations

import pytest
from billhook.requisites import bare_number, inn_and_kpp, is_inn, is_kpp


@pytest.mark.parametrize(
    ("pasted", "bare"),
    [
        ("40702–810—9-3800-0012345", "40702810938000012345"),
        ("40702.810.9.3800.0012345", "40702810938000012345"),
        ("р/с № 40702\u200b810\u00a0938000012345", "40702810938000012345"),
        ("БИК 044525225", "044525225"),
        ("Корр. счёт: 30101810400000000225", "30101810400000000225"),
        ("4O702810938000012345", "4O702810938000012345"),
        ("тел. 74950000000", "ТЕЛ74950000000"),
        ("БИК 044525225 к/с 30101810400000000225", "044525225К/С30101810400000000225"),
        ("\u200b", ""),
    ],
)
def test_a_pasted_number_loses_its_grouping_and_a_known_label_only(pasted: str, bare: str) -> None:
    assert bare_number(pasted) == bare


@pytest.mark.parametrize(
    ("pasted", "pair"),
    [
        ("7707083893/773601001", ("7707083893", "773601001")),
        ("ИНН/КПП 7707083893 / 773601001", ("7707083893", "773601001")),
        ("7707083893\\7736AB001", ("7707083893", "7736AB001")),
        ("500100732259", ("500100732259", "")),
        ("500100732259/773601001", ("500100732259/773601001", "")),
    ],
)
def test_the_inn_and_kpp_of_a_company_are_parted(pasted: str, pair: tuple[str, str]) -> None:
    assert inn_and_kpp(pasted) == pair


def test_the_number_that_banks_write_for_no_inn_is_none() -> None:
    assert not is_inn("0" * 10)
    assert not is_inn("0" * 12)
    assert is_inn("7707083893")
    assert is_kpp("7736AB001")
    assert not is_kpp("7736ab001")
