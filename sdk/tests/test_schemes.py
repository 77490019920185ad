"""Requisites and taxes of Russian sellers: what is understood, what is refused, and in which words."""

from __future__ import annotations

from datetime import date

import pytest
from billhook import Finding, Money, Severity
from billhook.host.schemes import SCHEMES, Regime, scheme_for
from billhook.host.schemes.control_keys import account_fits_bic, corr_account_fits_bic
from billhook.i18n import use_language
from billhook.requisites import is_inn, is_kpp
from billhook_kit.views import make_seller, samples
from hypothesis import given
from hypothesis import strategies as st
from stdnum.ru import inn as stdnum_inn

RU = SCHEMES["ru"]


def test_the_bank_of_russias_own_examples_hold() -> None:
    assert account_fits_bic("40602810700000000025", "049805746")
    assert corr_account_fits_bic("30101810800000000746", "049805746")


def test_each_single_wrong_digit_of_an_account_is_noticed() -> None:
    right, bic = "40602810700000000025", "049805746"
    wrong = [
        right[:place] + digit + right[place + 1 :]
        for place in range(20)
        for digit in "0123456789"
        if digit != right[place] and not (place == 0 and digit == "0")
    ]

    assert not any(account_fits_bic(each, bic) for each in wrong)


def test_the_rule_is_chosen_by_the_field_and_not_by_what_passes() -> None:
    """About one account in ten carries a key that is right by the other field's rule."""
    candidates = [f"40702810{middle:09d}225" for middle in range(200)]
    by_other_rule = [a for a in candidates if corr_account_fits_bic(a, "044525225")]

    assert by_other_rule
    assert not all(account_fits_bic(a, "044525225") for a in by_other_rule)
    assert not account_fits_bic("30101810800000000746", "049805746")


def test_correspondent_accounts_without_the_old_zeros_are_accepted() -> None:
    assert corr_account_fits_bic("30101810145250000974", "044525974")
    assert corr_account_fits_bic("30101810745374525104", "044525104")


def test_a_correspondent_account_of_another_bank_is_refused() -> None:
    assert not corr_account_fits_bic("30101810400000000225", "044525974")


def test_treasury_accounts_carry_no_key() -> None:
    assert account_fits_bic("03100643000000011200", "014525988")


@pytest.mark.parametrize(
    ("inn", "verdict"),
    [
        ("7707083893", True),
        ("7707083894", False),
        ("500100732259", True),
        ("500100732258", False),
        ("0000000000", False),
        ("000000000000", False),
        ("77070838931", False),
        ("７707083893", False),
        ("", False),
    ],
)
def test_an_inn_is_known_by_its_check_digits(inn: str, verdict: bool) -> None:
    assert is_inn(inn) is verdict


@pytest.mark.parametrize(
    ("kpp", "verdict"), [("770701001", True), ("7707AB001", True), ("7707ab001", False), ("77", False)]
)
def test_a_kpp_is_known_by_its_shape(kpp: str, verdict: bool) -> None:
    assert is_kpp(kpp) is verdict


@given(st.integers(0, 10**12 - 1), st.sampled_from([10, 12]))
def test_control_digits_agree_with_another_implementation(number: int, length: int) -> None:
    inn = f"{number % 10**length:0{length}d}"
    for last in range(10):
        tried = inn[:-1] + str(last)
        assert is_inn(tried) == (stdnum_inn.is_valid(tried) and bool(tried.strip("0")))


def requisites(**changes: str) -> tuple[dict[str, str], list[Finding]]:
    return RU.read_requisites({**samples()["seller"], **changes})


def account(**changes: str) -> tuple[dict[str, str], list[Finding]]:
    return RU.read_account({**samples()["bank"], **changes})


STATE_BODY = {
    "bic": "044371902",
    "corr_account": "40102810245370000096",
    "account": "03214643000000018300",
}


def test_fitting_requisites_are_kept_as_they_are() -> None:
    assert requisites() == (dict(samples()["seller"]), [])
    assert account() == (dict(samples()["bank"]), [])


def test_the_treasury_account_of_a_state_body_is_in_roubles() -> None:
    assert account(**STATE_BODY)[1] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account": "03214810000000018300"}, "account"),
        ({"corr_account": "40102810245370000097"}, "corr_account"),
        ({"bic": "044381902"}, "corr_account"),
        ({"bic": "044525225", "corr_account": "30101810400000000225"}, "corr_account"),
    ],
)
def test_a_slip_in_a_state_bodys_account_is_noticed(changes: dict[str, str], field: str) -> None:
    assert [found.setting for found in account(**STATE_BODY | changes)[1]] == [field]


def test_an_ordinary_account_at_the_treasurys_correspondent_account_is_noticed() -> None:
    found = account(bic="044371902", corr_account="40102810245370000096")[1]

    assert "corr_account" in {each.setting for each in found}


def test_what_people_paste_round_the_numbers_is_taken_off() -> None:
    seller, faults = requisites(inn="ИНН/КПП 7707083893/770701001", kpp="", name=" ООО   «Хостинг» ")
    bank, wrong = account(
        bic="БИК: 044525225", account="р/с № 40702–810–9-3800-0012345", corr_account="к/с 30101.810.4.0000.0000225"
    )

    assert (faults, wrong) == ([], [])
    assert (seller["inn"], seller["kpp"], seller["name"]) == ("7707083893", "770701001", "ООО «Хостинг»")
    assert bank == dict(samples()["bank"])


def test_blanks_of_any_kind_inside_numbers_are_understood() -> None:
    assert requisites(inn=" 7707083893\u202f")[1] == []
    assert account(account="40702 810 9\u00a03800 0012345", bic="044-525-225")[1] == []


def test_a_kpp_behind_the_inn_that_contradicts_the_field_is_refused_in_words() -> None:
    _values, faults = requisites(inn="7707083893/773601001", kpp="770701001")

    assert [found.setting for found in faults] == ["kpp"]
    with use_language("ru"):
        assert "773601001" in str(faults[0].text)
        assert "770701001" in str(faults[0].text)


def test_the_same_kpp_in_both_fields_is_no_contradiction() -> None:
    assert requisites(inn="7707083893/770701001", kpp="КПП 770701001")[1] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"inn": "7707083894"}, "inn"),
        ({"inn": "0000000000"}, "inn"),
        ({"inn": ""}, "inn"),
        ({"kpp": ""}, "kpp"),
        ({"inn": "500100732259"}, "kpp"),
        ({"name": " "}, "name"),
    ],
)
def test_a_slip_in_the_requisites_names_the_field(changes: dict[str, str], field: str) -> None:
    found = requisites(**changes)[1]

    assert [each.setting for each in found if each.severity is Severity.ERROR] == [field]
    assert all(str(each.text) and str(each.remedy) for each in found)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account": "40702810938000012346"}, "account"),
        ({"account": "4070281093800001234"}, "account"),
        ({"account": "40702840938000012345"}, "account"),
        ({"bic": "044525226"}, "corr_account"),
        ({"bic": "04452522"}, "bic"),
        ({"corr_account": "30101810400000000226"}, "corr_account"),
        ({"corr_account": ""}, "corr_account"),
        ({"bank_name": " "}, "bank_name"),
    ],
)
def test_a_slip_in_a_bank_account_names_the_field(changes: dict[str, str], field: str) -> None:
    found = account(**changes)[1]

    assert field in {each.setting for each in found if each.severity is Severity.ERROR}
    assert all(str(each.text) and str(each.remedy) for each in found)


def test_a_sole_proprietor_has_an_inn_of_12_digits_and_no_kpp() -> None:
    assert requisites(inn="500100732259", kpp="")[1] == []


def test_a_private_persons_account_is_only_warned_of() -> None:
    base = "4081781{}38000012345"
    number = next(a for a in (base.format(f"0{key}") for key in range(10)) if account_fits_bic(a, "044525225"))

    assert {found.severity for found in account(account=number)[1]} == {Severity.WARNING}


@pytest.mark.parametrize(("language", "word"), [("ru", "Счет"), ("en", "account")])
def test_faults_speak_both_languages(language: str, word: str) -> None:
    found = account(account="40702810938000012346")[1]

    with use_language(language):
        assert word in str(found[0].text)


@pytest.mark.parametrize(
    ("vat", "day", "rate"),
    [
        ("general", date(2018, 12, 31), 18),
        ("general", date(2019, 1, 1), 20),
        ("general", date(2025, 12, 31), 20),
        ("general", date(2026, 1, 1), 22),
        ("general", date(2030, 6, 1), 22),
        ("usn5", date(2025, 1, 1), 5),
        ("usn7", date(2026, 1, 1), 7),
        ("none", date(2026, 1, 1), None),
    ],
)
def test_the_rate_is_that_of_the_day(vat: str, day: date, rate: int | None) -> None:
    assert RU.rate_on(vat, day) == rate


def test_a_seller_is_taxed_by_the_regime_and_the_rate_of_the_day() -> None:
    seller = make_seller(Regime(date(2026, 7, 1), "usn_income", "usn5"), Regime(date(2025, 3, 1), "general", "general"))

    assert [(each.since, each.rate) for each in seller.taxes] == [
        (date(2025, 3, 1), 20),
        (date(2026, 1, 1), 22),
        (date(2026, 7, 1), 5),
    ]
    assert seller.tax_on(date(2025, 2, 28)) is None
    assert seller.tax_on(date(2026, 6, 30)).calculated == "22/122"
    assert seller.tax_on(date(2026, 7, 1)).calculated == "5/105"


@pytest.mark.parametrize(
    ("gross", "vat", "day", "amount"),
    [
        ("5000.00", "general", date(2026, 11, 13), "901.64"),
        ("5000.00", "general", date(2025, 11, 13), "833.33"),
        ("5000.00", "usn7", date(2026, 11, 13), "327.10"),
        ("5000.00", "usn5", date(2026, 11, 13), "238.10"),
        ("2563977.21", "general", date(2026, 11, 13), "462356.55"),
        ("2563977.21", "general", date(2020, 11, 13), "427329.54"),
        ("0.01", "general", date(2026, 11, 13), "0.00"),
        ("5000.00", "none", date(2026, 11, 13), "0.00"),
    ],
)
def test_the_tax_inside_a_gross_sum_is_rounded_half_up(gross: str, vat: str, day: date, amount: str) -> None:
    tax = make_seller(Regime(date(2019, 1, 1), "any", vat)).tax_on(day)

    assert tax is not None
    assert tax.inside(Money.of(gross, "RUB")) == Money.of(amount, "RUB")


@pytest.mark.parametrize(
    ("regime", "field"),
    [
        (Regime(date(2026, 1, 1), "general", "general"), None),
        (Regime(date(2026, 1, 1), "general", "none"), None),
        (Regime(date(2026, 1, 1), "usn_income", "usn5"), None),
        (Regime(date(2026, 1, 1), "patent", "general"), "vat"),
        (Regime(date(2026, 1, 1), "self_employed", "usn5"), "vat"),
        (Regime(date(2026, 1, 1), "general", "usn7"), "vat"),
        (Regime(date(2024, 12, 31), "usn_income", "usn5"), "vat"),
        (Regime(date(2026, 1, 1), "general", "12"), "vat"),
        (Regime(date(2026, 1, 1), "envd", "none"), "regime"),
        (Regime(date(2003, 12, 31), "general", "general"), "since"),
    ],
)
def test_a_regime_is_refused_at_the_field_that_is_wrong(regime: Regime, field: str | None) -> None:
    fault = RU.tax_fault(regime)

    assert (fault and fault.setting) == field


def test_every_regime_allows_some_vat_and_every_word_has_a_label() -> None:
    for regime, label in RU.regimes:
        assert str(label)
        assert any(RU.tax_fault(Regime(date(2026, 1, 1), regime, vat)) is None for vat, _label in RU.vats)


def test_without_a_regime_there_are_no_periods() -> None:
    assert RU.periods([]) == ()


def test_a_scheme_is_found_by_the_currency() -> None:
    assert scheme_for("RUB") is RU
    assert scheme_for("KZT") is None
