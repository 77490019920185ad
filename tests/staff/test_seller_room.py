"""The reseller's page of requisites and taxes, over HTTP."""

from __future__ import annotations

from datetime import date

import pytest
from billhook_kit.views import samples
from sqlalchemy import select

from host_stub.persistence import SellerAccount, SellerRegime, SellerRequisites
from tests.staff.conftest import Staff
from tests.support.web import Visitor

PAGE = "/reseller/seller"
OTHER = {**samples()["bank"], "account": "40702810400000000225", "bank_name": "ПАО «Банк»"}


@pytest.fixture
def olga(staff: Staff) -> Visitor:
    return staff.visitor("olga")


def requisites(**changes: str) -> dict[str, str]:
    return {**samples()["seller"], **changes}


def kept(staff: Staff) -> dict[str, str]:
    with staff.store.read(staff.scope) as session:
        found: dict[str, str] = session.scalars(select(SellerRequisites)).one().values
        return found


def accounts(staff: Staff) -> list[tuple[str, bool, bool]]:
    with staff.store.read(staff.scope) as session:
        rows = session.scalars(select(SellerAccount).order_by(SellerAccount.id))
        return [(row.values["account"], row.is_default, row.closed_at is not None) for row in rows]


def regimes(staff: Staff) -> list[tuple[date, str, str]]:
    with staff.store.read(staff.scope) as session:
        rows = session.scalars(select(SellerRegime).order_by(SellerRegime.valid_from))
        return [(row.valid_from, row.regime, row.vat) for row in rows]


def test_requisites_are_kept_bare_as_people_paste_them(staff: Staff, olga: Visitor) -> None:
    answer = olga.post(f"{PAGE}/requisites", requisites(inn="ИНН/КПП 7707083893/770701001", kpp="", name="ООО «Новое»"))

    assert answer.status_code == 303
    assert (kept(staff)["inn"], kept(staff)["kpp"], kept(staff)["name"]) == ("7707083893", "770701001", "ООО «Новое»")
    assert staff.logged("reseller") == ["seller.requisites_changed"]
    assert "Изменены реквизиты: Наименование получателя" in olga.get(PAGE).text


def test_a_kpp_that_contradicts_the_one_behind_the_inn_is_refused_at_its_field(staff: Staff, olga: Visitor) -> None:
    answer = olga.post(f"{PAGE}/requisites", requisites(inn="7707083893/773601001", kpp="770701001"))

    assert answer.status_code == 422
    assert 'id="kpp-error"' in answer.text
    assert "После ИНН указан другой КПП: 773601001, а здесь 770701001." in answer.text
    assert 'value="7707083893/773601001"' in answer.text, "what was entered is kept"
    assert staff.logged("reseller") == []


def test_a_second_account_can_become_the_default_and_the_first_be_given_up(staff: Staff, olga: Visitor) -> None:
    first = accounts(staff)[0][0]
    refused = olga.post(f"{PAGE}/accounts/1/close", {}, follow_redirects=True)
    added = olga.post(f"{PAGE}/accounts/new", {**OTHER, "default": "y"})
    closed = olga.post(f"{PAGE}/accounts/1/close", {})

    assert "сначала сделайте основным другой" in refused.text
    assert (added.status_code, closed.status_code) == (303, 303)
    assert accounts(staff) == [(first, False, True), (OTHER["account"], True, False)]
    assert olga.get(f"{PAGE}/accounts/1").status_code == 404
    assert staff.logged("reseller") == ["seller.account_added", "seller.account_default", "seller.account_closed"]


def test_a_wrong_digit_of_an_account_is_said_at_the_field(olga: Visitor) -> None:
    answer = olga.post(f"{PAGE}/accounts/new", {**OTHER, "account": "40702810400000000226"})

    assert answer.status_code == 422
    assert 'id="account-error"' in answer.text
    assert "не сходится контрольный ключ" in answer.text


def test_the_same_account_twice_is_refused(olga: Visitor) -> None:
    answer = olga.post(f"{PAGE}/accounts/new", dict(samples()["bank"]))

    assert answer.status_code == 422
    assert "уже есть в списке" in answer.text


def test_a_regime_may_begin_in_mid_year_and_be_taken_back(staff: Staff, olga: Visitor) -> None:
    begun = olga.post(f"{PAGE}/regimes", {"since": "01.07.2026", "regime": "usn_income", "vat": "usn5"})
    page = olga.get(PAGE).text
    known = regimes(staff)
    removed = olga.post(f"{PAGE}/regimes/remove", {"since": "2026-07-01"})

    assert (begun.status_code, removed.status_code) == (303, 303)
    assert known[-1] == (date(2026, 7, 1), "usn_income", "usn5")
    assert "Налоги с 01.07.2026: Упрощенная, доходы, НДС: 5 %." in page
    assert len(regimes(staff)) == 1
    assert staff.logged("reseller") == ["seller.regime_begun", "seller.regime_removed"]


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"since": "", "regime": "general", "vat": "none"}, "since", "13.11.2020"),
        ({"since": "01.01.2019", "regime": "usn_income", "vat": "none"}, "since", "уже начинается режим"),
        ({"since": "01.01.2021", "regime": "general", "vat": "general"}, "since", "и так действует, с 01.01.2019"),
        ({"since": "01.01.2018", "regime": "general", "vat": "general"}, "since", "начинается 01.01.2019"),
        ({"since": "31.12.2003", "regime": "general", "vat": "none"}, "since", "известны с 01.01.2004"),
        ({"since": "01.01.2026", "regime": "patent", "vat": "general"}, "vat", "нет НДС по такой ставке"),
        ({"since": "31.12.2024", "regime": "usn_income", "vat": "usn5"}, "vat", "только с 01.01.2025"),
        ({"since": "01.01.2026", "regime": "general", "vat": "12"}, "vat", "Выберите"),
    ],
)
def test_a_regime_that_cannot_be_is_refused_at_the_field(
    staff: Staff, olga: Visitor, form: dict[str, str], field: str, words: str
) -> None:
    answer = olga.post(f"{PAGE}/regimes", form)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert words in answer.text
    assert len(regimes(staff)) == 1


def test_a_method_chooses_one_of_the_accounts(staff: Staff, olga: Visitor) -> None:
    olga.post(f"{PAGE}/accounts/new", OTHER)
    page = f"/reseller/methods/{staff.bank_id}"

    form = {"name": "Счет", "active": "y", "position": "1", "account_types": "company", "bank_account": "3"}
    form |= {f"setting_{key}": value for key, value in staff.method(staff.bank_id).settings.items()}
    saved = olga.post(page, form)

    assert saved.status_code == 303, saved.text
    assert '<option selected value="3">' in olga.get(page).text
    assert "Счет</span>" in olga.get(PAGE).text
    olga.post(f"{PAGE}/accounts/3/close", {})
    assert '<option selected value="">' in olga.get(page).text


def test_what_is_missing_of_the_seller_is_said_on_the_methods_page_with_a_link(staff: Staff, olga: Visitor) -> None:
    with staff.store.write() as session:
        for row in session.scalars(select(SellerRegime)):
            session.delete(row)

    page = olga.get(f"/reseller/methods/{staff.bank_id}").text

    assert "О продавце не указано: система налогообложения." in page
    assert f'href="{PAGE}"' in page
    assert "счета выставить нельзя" in olga.get(PAGE).text or "Пока не указаны" in olga.get(PAGE).text


def test_another_resellers_manager_sees_and_changes_nothing_of_it(staff: Staff) -> None:
    other = staff.visitor("other")

    assert other.post(f"{PAGE}/requisites", requisites(name="ООО «Чужое»")).status_code == 303
    assert other.get(f"{PAGE}/accounts/1").status_code == 404
    assert kept(staff)["name"] == samples()["seller"]["name"]


def test_a_seller_in_another_currency_reads_that_no_requisites_are_known(staff: Staff, olga: Visitor) -> None:
    with staff.store.write() as session:
        from host_stub.persistence import Reseller

        session.get_one(Reseller, staff.reseller_id).currency = "KZT"

    assert "реквизиты неизвестны" in olga.get(PAGE).text
    assert olga.post(f"{PAGE}/requisites", requisites()).status_code == 404
