"""Requisites as people paste them: what stands round a number is taken off, the number itself is not mended."""

from __future__ import annotations

import pytest
from billhook.requisites import bare_kpp, bare_number, inn_and_kpp, inn_fault, is_inn, is_kpp, kpp_fault


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
        ("500100732259/773601001", ("500100732259", "773601001")),
        ("7707083893\t773601001", ("7707083893", "773601001")),
        ("ИНН\t7707083893\tКПП\t773601001", ("7707083893", "773601001")),
        ("ИНН 7707083893\r\nКПП 773601001", ("7707083893", "773601001")),
        ("7707\t083\t893", ("7707083893", "")),
        ("7707 083 893/7736 01 001", ("7707083893", "773601001")),
        ("7707083893 773601001", ("7707083893", "773601001")),
        ("500100732 259", ("500100732259", "")),
        ("ИНН 500100732259 КПП -", ("500100732259", "")),
        ("ИНН/КПП 500100732259/0", ("500100732259", "")),
        ("500100732259 КПП нет", ("500100732259", "")),
        ("773601001/7707083893", ("7707083893", "773601001")),
        ("КПП 773601001 ИНН 7707083893", ("7707083893", "773601001")),
        ("/773601001", ("", "773601001")),
        ("КПП 773601001", ("", "773601001")),
        ("7707083893/77360100", ("7707083893", "77360100")),
        ("7707083893/7736АВ001", ("7707083893", "7736AB001")),
        ("7707083893 ОГРН 1027700132195", ("7707083893ОГРН1027700132195", "")),
        ("7707083893/773601001/044525225", ("7707083893/773601001/044525225", "")),
    ],
)
def test_the_inn_and_kpp_of_a_company_are_parted(pasted: str, pair: tuple[str, str]) -> None:
    assert inn_and_kpp(pasted) == pair


@pytest.mark.parametrize(
    ("pasted", "bare"),
    [
        ("/773601001", "773601001"),
        ("7736 АВ 001", "7736AB001"),
        ("0", ""),
        ("-", ""),
        ("000000000", ""),
        ("7736", "7736"),
    ],
)
def test_a_kpp_is_in_latin_letters_and_nothing_where_there_is_none(pasted: str, bare: str) -> None:
    assert bare_kpp(pasted) == bare


@pytest.mark.parametrize(
    ("number", "english", "russian"),
    [
        ("77070838", "An INN has 10 or 12 digits; here are 8.", "В ИНН 10 или 12 цифр, а здесь 8."),
        ("77O7083893", "An INN has 10 or 12 digits; among them stands “O”.", "В ИНН 10 или 12 цифр, а здесь есть «O»."),
        (
            "7707083894",
            "This INN does not exist: its check digits are wrong.",
            "Такого ИНН не бывает: не сходятся контрольные цифры.",
        ),
    ],
)
def test_the_sentence_about_an_inn_says_what_was_seen(number: str, english: str, russian: str) -> None:
    fault = inn_fault(number)

    assert fault is not None
    assert (fault.in_language("en"), fault.in_language("ru")) == (english, russian)
    assert inn_fault("7707083893") is None
    assert inn_fault("7707083893", (12,)) is not None


@pytest.mark.parametrize(
    ("kpp", "seen"),
    [("7736", "here are 4."), ("7736Д1001", "among them stands “Д”."), ("77A601001", "stand otherwise: 77A601001.")],
)
def test_the_sentence_about_a_kpp_says_what_was_seen(kpp: str, seen: str) -> None:
    fault = kpp_fault(kpp)

    assert fault is not None
    assert fault.in_language("en").endswith(seen)
    assert kpp_fault("7736AB001") is None


def test_the_number_that_banks_write_for_no_inn_is_none() -> None:
    assert not is_inn("0" * 10)
    assert not is_inn("0" * 12)
    assert is_inn("7707083893")
    assert is_kpp("7736AB001")
    assert not is_kpp("7736ab001")
