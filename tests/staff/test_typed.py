"""What managers and the operator type and paste. What the readers understand: tests/texts/test_typed_docs.py."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from host_stub.persistence import Account, Arrival, Plan, Reseller
from tests.staff.conftest import Staff
from tests.staff.test_accounts_room import COMPANY, a_plan, made_account
from tests.staff.test_methods_room import save
from tests.staff.test_payments_room import ORDER
from tests.staff.test_settings_room import a_form
from tests.support.web import Visitor

#: Today is 13.11.2020; a form that is asked about, its field, and what else it has to hold.
ASKED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "approval": ("/reseller/payments/{payment}/approve", "received", ORDER),
    "correction": ("/reseller/accounts/{account}/corrections", "amount", {"reason": "скидка"}),
    "threshold": ("/reseller/accounts/{account}/threshold", "threshold", {}),
    "price": ("/reseller/plans/new", "price", {"name": "VPS", "period": "month"}),
    "top-up": ("/reseller/payments/new?account={account}", "amount", {"method_id": "0"}),
    "limits": ("/reseller/settings", "max_top_up", dict(a_form().items())),
}


def outcome(staff: Staff, form: str) -> int:
    """Return the sum in minor units that a form of `ASKED` left behind."""
    with staff.store.read() as session:
        account = session.get_one(Account, staff.account_id)
        match form:
            case "threshold":
                return account.threshold_minor
            case "price":
                return session.scalars(select(Plan.price_minor)).one_or_none() or 0
            case "limits":
                return session.get_one(Reseller, staff.reseller_id).max_top_up_minor
            case "top-up":
                from host_stub.persistence import Payment

                return session.scalars(select(Payment.amount_minor)).one_or_none() or 0
            case _:
                return account.balance_minor


@pytest.mark.parametrize("form", ASKED)
def test_three_digits_behind_one_point_are_asked_about_and_taken_as_chosen(
    staff: Staff, olga: Visitor, form: str
) -> None:
    address, field, values = ASKED[form]
    url = address.format(payment=staff.payment("50000.00") if "{payment}" in address else 0, account=staff.account_id)
    before = outcome(staff, form)

    asked = olga.post(url, values | {field: "50.000"})

    assert asked.status_code == 422
    assert 'value="50.000"' in asked.text, "what was entered is kept"
    choices = re.findall(rf'<input type="radio" name="{field}_meant" value="([0-9.]+)">', asked.text)
    assert choices == ["50000.00", "50.00"]
    assert outcome(staff, form) == before

    taken = olga.post(url, values | {field: "50.000", f"{field}_meant": "50000.00"})

    assert taken.status_code == 303
    assert outcome(staff, form) == 50000_00


def test_a_choice_of_another_text_does_not_count(staff: Staff, olga: Visitor) -> None:
    url = f"/reseller/accounts/{staff.account_id}/corrections"

    answer = olga.post(url, {"amount": "60.000", "amount_meant": "50000.00", "reason": "x"})

    assert answer.status_code == 422
    assert staff.balance() == 0


def test_a_chosen_sum_stands_in_the_form_when_something_else_is_wrong(staff: Staff, olga: Visitor) -> None:
    url = f"/reseller/accounts/{staff.account_id}/corrections"

    answer = olga.post(url, {"amount": "50.000", "amount_meant": "50.00", "reason": ""})

    assert answer.status_code == 422
    assert 'value="50,00"' in answer.text
    assert "amount_meant" not in answer.text


@pytest.mark.parametrize("day", ["14.11.2020", "31.12.2027", "01.12.2099", "01.01.1900", "31.02.2020"])
def test_an_order_of_a_day_to_come_of_long_ago_or_of_no_calendar_is_refused(
    staff: Staff, olga: Visitor, day: str
) -> None:
    payment_id = staff.payment()

    answer = olga.post(f"/reseller/payments/{payment_id}/approve", ORDER | {"order_date": day})

    assert answer.status_code == 422
    assert 'id="order_date-error"' in answer.text
    assert f'value="{day}"' in answer.text
    assert "order_date_meant" not in answer.text
    assert staff.balance() == 0


def test_today_ends_at_the_resellers_midnight(staff: Staff) -> None:
    with staff.store.write() as session:
        session.get_one(Reseller, staff.reseller_id).timezone = "Asia/Kamchatka"
    payment_id = staff.payment()
    # 12:00 in Moscow is 21:00 in Kamchatka; three hours and a half later it is the 14th there.
    staff.clock.advance(hours=3, minutes=30)

    staff.visitor("olga").post(f"/reseller/payments/{payment_id}/approve", ORDER | {"order_date": "14.11.20"})

    assert staff.status(payment_id) == "completed"


def test_an_order_older_than_its_payment_is_asked_about_once(staff: Staff, olga: Visitor) -> None:
    payment_id = staff.payment()
    order = ORDER | {"order_date": "12.11.20"}

    asked = olga.post(f"/reseller/payments/{payment_id}/approve", order)

    assert asked.status_code == 422
    assert "Платеж создан позже, 13.11.2020" in asked.text
    assert 'name="order_date_meant" value="2020-11-12"' in asked.text
    assert staff.balance() == 0

    olga.post(f"/reseller/payments/{payment_id}/approve", order | {"order_date_meant": "2020-11-12"})

    with staff.store.read() as session:
        assert session.scalars(select(Arrival.order_date)).one() == date(2020, 11, 12)


def test_a_date_and_a_sum_that_were_asked_about_survive_the_question_about_the_order(
    staff: Staff, olga: Visitor
) -> None:
    order = ORDER | {"order_date": "12.11", "order_date_meant": "2020-11-12"}
    first, second = staff.payment(), staff.payment()
    olga.post(f"/reseller/payments/{first}/approve", order | {"received": "50.000", "received_meant": "50.00"})

    warned = olga.post(f"/reseller/payments/{second}/approve", order | {"received": "50,00"})
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', warned.text))
    olga.post(f"/reseller/payments/{second}/approve", hidden)

    assert warned.status_code == 409
    assert staff.status(second) == "completed"
    assert staff.balance() == 100_00


def test_an_order_is_read_without_the_labels_of_its_number_and_inn(staff: Staff, olga: Visitor) -> None:
    payment_id = staff.payment()
    order = ORDER | {"order_number": "п/п № 147", "payer_inn": "ИНН/КПП 7707083893/773601001", "received": "5 000-00"}

    olga.post(f"/reseller/payments/{payment_id}/approve", order)

    with staff.store.read() as session:
        kept = session.scalars(select(Arrival)).one()
    assert (kept.order_number, kept.payer_inn, kept.amount_minor) == ("147", "7707083893", 5000_00)


def test_a_pasted_pair_of_inn_and_kpp_fills_both_fields(staff: Staff, olga: Visitor) -> None:
    row = made_account(staff, olga, inn="ИНН/КПП: 7707083893 / 773601001", kpp="")

    assert (row.inn, row.kpp) == ("7707083893", "773601001")


@pytest.mark.parametrize("pasted", ["7707083893\t773601001", "773601001/7707083893", "7707 083 893/7736 01 001"])
@pytest.mark.parametrize("field", ["inn", "kpp"])
def test_a_pair_fills_both_fields_whichever_it_is_pasted_into(
    staff: Staff, olga: Visitor, field: str, pasted: str
) -> None:
    row = made_account(staff, olga, **({"inn": "", "kpp": ""} | {field: pasted}))

    assert (row.inn, row.kpp) == ("7707083893", "773601001")


def test_a_pair_pasted_as_the_kpp_does_not_replace_another_inn(staff: Staff, olga: Visitor) -> None:
    pair = {"inn": "500100732259", "kpp": "7707083893/773601001"}
    answer = olga.post("/reseller/accounts/new", COMPANY | pair)

    assert answer.status_code == 422
    assert "Перед КПП стоит другой ИНН: 7707083893." in answer.text


JUDGED = [
    ("770708389", "В ИНН {of} цифр, а здесь 9."),
    ("77O7083893", "В ИНН {of} цифр, а здесь есть «O»."),
    ("7707083894", "Такого ИНН не бывает: не сходятся контрольные цифры."),
]


@pytest.mark.parametrize(("inn", "said"), JUDGED)
def test_payers_and_customers_are_judged_in_the_same_words(staff: Staff, olga: Visitor, inn: str, said: str) -> None:
    payer = olga.post(f"/reseller/payments/{staff.payment()}/approve", ORDER | {"payer_inn": inn})
    customer = olga.get(olga.post("/reseller/accounts/new", COMPANY | {"inn": inn}).location)

    assert said.format(of="10 или 12") in payer.text
    assert said.format(of="организации 10") in customer.text


def test_what_is_too_long_for_any_inn_is_refused_in_words(olga: Visitor) -> None:
    answer = olga.post("/reseller/accounts/new", COMPANY | {"inn": "7707083893 ОГРН 1027700132195"})

    assert answer.status_code == 422
    assert "В ИНН 10 или 12 цифр, а здесь есть «ОГРН»." in answer.text


def test_a_pasted_pair_does_not_replace_another_kpp(staff: Staff, olga: Visitor) -> None:
    answer = olga.post("/reseller/accounts/new", COMPANY | {"inn": "7707083893/773601001", "kpp": "770701001"})

    assert answer.status_code == 422
    assert "За ИНН стоит другой КПП: 773601001." in answer.text


@pytest.mark.parametrize("field", ["inn", "kpp", "payer_inn", "order_number"])
def test_no_browser_cuts_what_is_pasted_with_a_label(staff: Staff, olga: Visitor, field: str) -> None:
    pages = olga.get("/reseller/accounts/new").text + olga.get(f"/reseller/payments/{staff.payment()}").text
    control = re.search(rf'<input[^>]* name="{field}"[^>]*>', pages)

    assert control is not None
    limit = re.search(r'maxlength="(\d+)"', control[0])
    assert limit is None or int(limit[1]) >= 40


#: Fields for names: the form, what else it has to hold, and where the name is kept.
UNSEEN = ["\u200b", "\u2060", "\u00ad", "\u3164", "\u2800", "\u0301", "\u034f"]
NAMED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "account": ("/reseller/accounts/new", "name", COMPANY),
    "user": ("/reseller/accounts/{account}/users", "name", {"email": "a@example.com", "level": "owner"}),
    "manager": ("/reseller/staff", "name", {"email": "m@example.com"}),
    "plan": ("/reseller/plans/new", "name", {"period": "month", "price": "300"}),
    "reseller": ("/reseller/settings", "name", dict(a_form().items())),
    "reason": ("/reseller/accounts/{account}/corrections", "reason", {"amount": "5"}),
}  # fmt: skip


@pytest.mark.parametrize("form", NAMED)
def test_a_name_has_a_sign_to_see(staff: Staff, olga: Visitor, form: str) -> None:
    address, field, values = NAMED[form]
    url = address.format(account=staff.account_id)

    answers = [olga.post(url, values | {field: unseen * 2}) for unseen in UNSEEN]

    assert [answer.status_code for answer in answers] == [422] * len(UNSEEN)
    assert all(f'id="{field}-error"' in answer.text for answer in answers)


def test_signs_that_turn_or_hide_letters_go_from_names_and_notes(staff: Staff, olga: Visitor) -> None:
    typed = {
        "name": "ООО\u00a0\u202eРо\u00adмаш\u200bка",
        "city": "И\u0306ошкар\u2066",
        "attributes": "ключ\u200b=зна\u202eк\x07",
    }

    made = made_account(staff, olga, **typed)

    assert (made.name, made.city, made.custom_attributes) == ("ООО Ромашка", "Йошкар", {"ключ": "знак"})


def test_a_subscription_is_not_renamed_to_nothing(staff: Staff, olga: Visitor) -> None:
    from host_stub.persistence import Subscription

    form = {"plan_id": str(a_plan(olga)), "name": "\u200b\u2060"}
    made = olga.post(f"/reseller/subscriptions/new?account={staff.account_id}", form).location
    subscription_id = int(made.rpartition("/")[2])
    assert staff.row(Subscription, subscription_id).name == "VPS", "as if it had been left empty"

    olga.post(f"{made}/name", {"name": "\u3164"})
    assert staff.row(Subscription, subscription_id).name == "VPS"

    olga.post(f"{made}/name", {"name": "Мой\u202e VPS"})
    assert staff.row(Subscription, subscription_id).name == "Мой VPS"


@pytest.mark.parametrize("currency", ["JPY", "KWD", "XXX", ""])
def test_a_reseller_in_a_currency_that_the_panel_does_not_sell_in_is_refused_in_words(
    staff: Staff, currency: str
) -> None:
    with staff.store.read() as session:
        before = len(session.scalars(select(Reseller)).all())

    answer = save(staff.visitor("operator"), "/admin/resellers/new", a_form(name="ИП Новый", currency=currency))

    assert answer.status_code == 422
    assert 'id="currency-error"' in answer.text
    with staff.store.read() as session:
        assert len(session.scalars(select(Reseller)).all()) == before
