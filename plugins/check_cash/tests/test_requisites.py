from __future__ import annotations

import pytest
from billhook import Severity
from billhook.i18n import use_language
from billhook.requisites import is_inn, is_kpp
from billhook_check_cash import qr
from billhook_check_cash.control_keys import account_fits_bic, corr_account_fits_bic
from billhook_check_cash.provider import CheckCash
from billhook_check_cash.requisites import requisites_of
from hypothesis import given
from hypothesis import strategies as st
from stdnum.ru import inn as stdnum_inn


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


def test_fitting_requisites_are_reported_as_fine(provider: CheckCash, make_method) -> None:
    assert [finding.severity for finding in provider.check_settings(make_method())] == [Severity.OK]


STATE_BODY = {
    "bic": "044371902",
    "corr_account": "40102810245370000096",
    "account": "03214643000000018300",
}


def test_the_treasury_account_of_a_state_body_is_in_roubles(provider: CheckCash, make_method) -> None:
    assert [finding.severity for finding in provider.check_settings(make_method(**STATE_BODY))] == [Severity.OK]


def test_the_qr_of_a_state_body_carries_its_accounts(make_method) -> None:
    payload = qr.build_payload(requisites_of(make_method(**STATE_BODY)).qr_values())

    assert "PersonalAcc=03214643000000018300" in payload
    assert "CorrespAcc=40102810245370000096" in payload


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"account": "03214810000000018300"}, "account"),
        ({"corr_account": "40102810245370000097"}, "corr_account"),
        ({"bic": "044381902"}, "corr_account"),
        ({"bic": "044525225", "corr_account": "30101810400000000225"}, "corr_account"),
    ],
)
def test_a_slip_in_a_state_bodys_requisites_is_noticed(
    provider: CheckCash, make_method, changes: dict[str, object], setting: str
) -> None:
    errors = [f for f in provider.check_settings(make_method(**STATE_BODY | changes)) if f.severity is Severity.ERROR]

    assert [finding.setting for finding in errors] == [setting]


def test_an_ordinary_account_at_the_treasurys_correspondent_account_is_noticed(
    provider: CheckCash, make_method
) -> None:
    method = make_method(bic="044371902", corr_account="40102810245370000096")

    errors = [finding.setting for finding in provider.check_settings(method) if finding.severity is Severity.ERROR]

    assert "corr_account" in errors


def test_what_people_paste_round_the_numbers_is_taken_off(provider: CheckCash, make_method) -> None:
    method = make_method(
        inn="ИНН/КПП 7707083893/770701001",
        kpp="",
        bic="БИК: 044525225",
        account="р/с № 40702–810–9-3800-0012345",
        corr_account="к/с 30101.810.4.0000.0000225",
    )

    seller = requisites_of(method)

    assert [finding.severity for finding in provider.check_settings(method)] == [Severity.OK]
    assert (seller.inn, seller.kpp, seller.bic) == ("7707083893", "770701001", "044525225")
    assert (seller.account, seller.corr_account) == ("40702810938000012345", "30101810400000000225")


@given(st.integers(0, 10**12 - 1), st.sampled_from([10, 12]))
def test_control_digits_agree_with_another_implementation(number: int, length: int) -> None:
    inn = f"{number % 10**length:0{length}d}"
    for last in range(10):
        tried = inn[:-1] + str(last)
        assert is_inn(tried) == (stdnum_inn.is_valid(tried) and bool(tried.strip("0")))


def test_blanks_of_any_kind_inside_numbers_are_understood(provider: CheckCash, make_method) -> None:
    method = make_method(account="40702 810 9\u00a03800 0012345", inn=" 7707083893\u202f", bic="044-525-225")

    assert [finding.severity for finding in provider.check_settings(method)] == [Severity.OK]


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"account": "40702810938000012346"}, "account"),
        ({"account": "4070281093800001234"}, "account"),
        ({"account": "40702840938000012345"}, "account"),
        ({"bic": "044525226"}, "corr_account"),
        ({"bic": "04452522"}, "bic"),
        ({"corr_account": "30101810400000000226"}, "corr_account"),
        ({"corr_account": ""}, "corr_account"),
        ({"inn": "7707083894"}, "inn"),
        ({"inn": "0000000000"}, "inn"),
        ({"kpp": ""}, "kpp"),
        ({"inn": "500100732259"}, "kpp"),
        ({"payee_name": ""}, "payee_name"),
        ({"bank_name": " "}, "bank_name"),
        ({"payee_name": "Ж" * 150}, "payee_short_name"),
    ],
)
def test_a_slip_in_the_requisites_blocks_saving_and_names_the_field(
    provider: CheckCash, make_method, changes: dict[str, object], setting: str
) -> None:
    errors = [f for f in provider.check_settings(make_method(**changes)) if f.severity is Severity.ERROR]

    assert setting in {finding.setting for finding in errors}
    assert all(str(finding.text) and str(finding.remedy) for finding in errors)


def test_a_sole_proprietor_has_an_inn_of_12_digits_and_no_kpp(provider: CheckCash, make_method) -> None:
    method = make_method(inn="500100732259", kpp="")

    assert [finding.severity for finding in provider.check_settings(method)] == [Severity.OK]


def test_a_private_persons_account_is_only_warned_of(provider: CheckCash, make_method) -> None:
    base = "4081781{}38000012345"
    account = next(a for a in (base.format(f"0{key}") for key in range(10)) if account_fits_bic(a, "044525225"))

    findings = provider.check_settings(make_method(account=account))

    assert {finding.severity for finding in findings} == {Severity.WARNING, Severity.OK}


@pytest.mark.parametrize(("language", "word"), [("ru", "Счет"), ("en", "account")])
def test_findings_speak_both_languages(provider: CheckCash, make_method, language: str, word: str) -> None:
    findings = provider.check_settings(make_method(account="40702810938000012346"))

    with use_language(language):
        assert word in str(findings[0].text)
