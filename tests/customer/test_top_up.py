"""«Top up balance»: what people type, and one payment however often the button is pressed."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from host_stub.persistence import AccessLevel, Account, Payment, PluginActivation, Reseller, User
from tests.customer.seed import Room
from tests.support.web import Visitor

BAD = {
    "19.99": "Минимальная сумма платежа: 20",
    "1000000.01": "Максимальная сумма платежа: 1 000 000",
    "0": "больше нуля",
    "-5": "больше нуля",
    "+5": "цифрами",
    "1e9": "цифрами",
    "NaN": "цифрами",
    "5000.001": "двух знаков",
    "5,000": "можно понять по-разному",
    "５０００": "цифрами",
    "пять": "цифрами",
    "": "Укажите сумму",
}


def payments_of(room: Room) -> list[Payment]:
    with room.store.read() as session:
        return list(session.scalars(select(Payment).order_by(Payment.id)))


def once_of(page: str) -> str:
    found = re.search(r'name="once"[^>]* value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_the_form_says_the_least_sum_in_the_letters_words(owner: Visitor, room: Room) -> None:
    page = plain(owner.get(room.path("/top-up")).text)

    assert "<h1>Пополнение баланса</h1>" in page
    assert re.search(r"Сумма\s*<span class=\"required\"[^>]*>\*</span>", page)
    assert '<span class="suffix">руб.</span>' in page
    assert "Минимальная сумма платежа: 20 руб." in page
    assert re.search(r'<button class="button primary" type="submit">Пополнить баланс</button>', page)


def test_whoever_has_no_method_reads_it_before_a_sum_is_typed(owner: Visitor, room: Room) -> None:
    before = owner.get(room.path("/top-up")).text
    room.method("cash_desk")
    offered = owner.get(room.path("/top-up")).text
    with room.store.write() as session:
        session.execute(update(PluginActivation).values(enabled=False))

    assert "для вас нет доступных способов оплаты" in before
    assert "для вас нет доступных способов оплаты" not in offered
    assert "для вас нет доступных способов оплаты" in owner.get(room.path("/top-up")).text


@pytest.mark.parametrize("text", ["5000", "5 000,00 руб.", "5\u00a0000", "5000-00", "5\u200b000"])
def test_a_sum_is_understood_as_people_type_it(owner: Visitor, room: Room, text: str) -> None:
    answer = owner.post(room.path("/top-up"), {"amount": text, "purpose": "За хостинг"})

    (payment,) = payments_of(room)
    assert (answer.status_code, answer.location) == (303, room.path(f"/payments/{payment.id}"))
    assert (payment.amount_minor, payment.purpose, payment.status) == (5000_00, "За хостинг", "waiting_for_payment")


@pytest.mark.parametrize("text", BAD)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_bad_sum_is_explained_beside_the_field_and_stores_nothing(
    owner: Visitor, room: Room, text: str, language: str
) -> None:
    with room.store.write() as session:
        session.execute(update(User).values(language=language))

    answer = owner.post(room.path("/top-up"), {"amount": text, "purpose": "мои слова"})

    page = plain(answer.text)
    message = re.search(r'<p class="error" id="amount-error">([^<]+)</p>', page)
    assert answer.status_code == 422
    assert message is not None
    assert (BAD[text] in message[1]) is (language == "ru")
    assert bool(re.search("[а-яё]", message[1], re.IGNORECASE)) is (language == "ru")
    assert f'value="{text}"' in page
    assert 'value="мои слова"' in page
    assert payments_of(room) == []


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize(("text", "meant"), [("50.000", ["50000.00", "50.00"]), ("50,000", ["50000.00", "50.00"])])
def test_thousands_or_decimals_are_asked_about_and_one_click_answers(
    owner: Visitor, room: Room, text: str, meant: list[str], language: str
) -> None:
    with room.store.write() as session:
        session.execute(update(User).values(language=language))

    asked = owner.post(room.path("/top-up"), {"amount": text})

    assert asked.status_code == 422
    assert f'value="{text}"' in asked.text
    assert re.findall(r'type="radio" name="amount_meant" value="([^"]+)"', asked.text) == meant
    assert ("50\u00a0000,00\u00a0руб." if language == "ru" else "RUB\u00a050,000.00") in asked.text
    assert payments_of(room) == []

    for chosen in meant:
        assert owner.post(room.path("/top-up"), {"amount": text, "amount_meant": chosen}).status_code == 303
    assert [payment.amount_minor for payment in payments_of(room)] == [50_000_00, 50_00]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_another_currency_than_the_resellers_is_refused_in_words(owner: Visitor, room: Room, language: str) -> None:
    with room.store.write() as session:
        session.execute(update(User).values(language=language))

    answer = owner.post(room.path("/top-up"), {"amount": "$5000"})

    assert answer.status_code == 422
    assert ("Укажите сумму в руб." if language == "ru" else "Enter the sum in RUB.") in answer.text
    assert payments_of(room) == []


def test_the_greatest_sum_reads_the_same_in_english(owner: Visitor, room: Room) -> None:
    with room.store.write() as session:
        session.execute(update(User).values(language="en"))

    page = plain(owner.post(room.path("/top-up"), {"amount": "1,000,000.01"}).text)

    assert "Maximum payment: RUB 1,000,000</p>" in page


def test_two_amounts_are_refused(owner: Visitor, room: Room) -> None:
    answer = owner.post(room.path("/top-up"), {"amount": ["100", "5000"]})

    assert answer.status_code == 422
    assert 'id="amount-error"' in answer.text
    assert payments_of(room) == []


def test_a_missing_amount_is_refused(owner: Visitor, room: Room) -> None:
    answer = owner.post(room.path("/top-up"), {"purpose": "x"})

    assert answer.status_code == 422
    assert payments_of(room) == []


def test_the_limits_are_the_resellers(owner: Visitor, room: Room) -> None:
    with room.store.write() as session:
        reseller = session.get_one(Reseller, room.reseller_id)
        reseller.min_top_up_minor, reseller.max_top_up_minor = 100_00, 300_50

    below, above = (plain(owner.post(room.path("/top-up"), {"amount": a}).text) for a in ("99.99", "300.51"))

    assert "Минимальная сумма платежа: 100 руб.</p>" in below
    assert "Максимальная сумма платежа: 300,50 руб.</p>" in above
    assert owner.post(room.path("/top-up"), {"amount": "300.50"}).status_code == 303


def test_a_purpose_of_201_characters_is_refused_and_kept(owner: Visitor, room: Room) -> None:
    answer = owner.post(room.path("/top-up"), {"amount": "100", "purpose": "я" * 201})

    assert answer.status_code == 422
    assert "я" * 201 in answer.text
    assert payments_of(room) == []
    assert owner.post(room.path("/top-up"), {"amount": "100", "purpose": "я" * 200}).status_code == 303


def test_the_address_fills_the_sum_in(owner: Visitor, room: Room) -> None:
    assert 'value="1\u00a0240,50"' in owner.get(room.path("/top-up?amount=1240.50")).text
    assert 'value="&lt;b&gt;"' in owner.get(room.path("/top-up?amount=<b>")).text


def test_a_form_sent_twice_makes_one_payment(owner: Visitor, room: Room) -> None:
    once = once_of(owner.get(room.path("/top-up")).text)

    first, second = (owner.post(room.path("/top-up"), {"amount": "500", "once": once}) for _ in range(2))

    assert first.location == second.location
    assert len(payments_of(room)) == 1


def test_two_forms_make_two_payments(owner: Visitor, room: Room) -> None:
    for _ in range(2):
        once = once_of(owner.get(room.path("/top-up")).text)
        owner.post(room.path("/top-up"), {"amount": "500", "once": once})

    assert len(payments_of(room)) == 2


def test_a_sum_changed_after_back_makes_another_payment(owner: Visitor, room: Room) -> None:
    once = once_of(owner.get(room.path("/top-up")).text)

    for amount in ("500", "600", "600"):
        owner.post(room.path("/top-up"), {"amount": amount, "once": once})

    assert [payment.amount_minor for payment in payments_of(room)] == [500_00, 600_00]


def test_a_form_sent_again_after_its_payment_was_cancelled_makes_a_new_one(owner: Visitor, room: Room) -> None:
    once = once_of(owner.get(room.path("/top-up")).text)
    first = owner.post(room.path("/top-up"), {"amount": "500", "once": once}).location
    owner.post(f"{first}/cancel")

    again = [owner.post(room.path("/top-up"), {"amount": "500", "once": once}).location for _ in range(2)]

    assert again[0] == again[1] != first
    assert [payment.status for payment in payments_of(room)] == ["cancelled", "waiting_for_payment"]


def test_a_form_sent_eight_times_at_once_makes_one_payment(any_room: Room) -> None:
    once = once_of(Visitor(any_room.app, any_room.users["owner"]).get(any_room.path("/top-up")).text)

    def press(_number: int) -> str | None:
        visitor = Visitor(any_room.app, any_room.users["owner"])
        return visitor.post(any_room.path("/top-up"), {"amount": "500", "once": once}).location

    with ThreadPoolExecutor(8) as pool:
        addresses = set(pool.map(press, range(8)))

    with any_room.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 1
    assert len(addresses) == 1


def test_a_blocked_account_is_offered_the_sum_that_it_needs(owner: Visitor, room: Room) -> None:
    room.service("VPS", "350.00")
    with room.store.write() as session:
        account = session.get_one(Account, room.account_id)
        account.on_hold_since = room.clock.now()
        account.threshold_minor = 340_00

    page = owner.get(room.path("/top-up")).text

    assert 'value="340,00"' in page
    assert "Пополните баланс на 340,00\u00a0руб." in page


def test_who_sees_only_services_may_not_top_up(room: Room) -> None:
    user = Visitor(room.app, room.users[AccessLevel.USER])

    assert user.get(room.path("/top-up")).status_code == 403
    assert user.post(room.path("/top-up"), {"amount": "500"}).status_code == 403
    assert payments_of(room) == []
