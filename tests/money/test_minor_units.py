"""Currencies whose minor unit is another than a hundredth: refused at the door, exact behind it.

The panel sells in none of them. Nothing but the list says so: with a currency on it, money moves in whole minor units.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from billhook import Money, formats
from billhook.i18n import use_language
from billhook.money import MINOR_DIGITS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_stub.adapters.clock import FixedClock
from host_stub.domain.amounts import LARGEST_MINOR, AmountProblem, UnreadableAmount, read_amount
from host_stub.domain.resellers import ResellerDraft
from host_stub.persistence import Account, Payment, Period, Reseller, Scope, Store, open_store
from host_stub.services.charges import plans, subscriptions
from host_stub.services.charges.plans import PlanTerms
from host_stub.services.money_in import approvals, payments
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.payments import TopUp
from host_stub.services.tenants import resellers
from host_stub.services.tenants.resellers import UnknownCurrency
from host_stub.web.customer.words import short_money
from host_stub.web.fields import amount_words
from tests.support.proving import doubts
from tests.support.world import CUSTOMER, MANAGER, a_reseller, an_account

DIGITS = {"JPY": 0, "KWD": 3}


@pytest.fixture
def sold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the currencies on the list."""
    for currency, digits in DIGITS.items():
        monkeypatch.setitem(MINOR_DIGITS, currency, digits)


@pytest.fixture
def store(sqlite_url: str, clock: FixedClock) -> Iterator[Store]:
    opened = open_store(sqlite_url, clock)
    yield opened
    opened.close()


@pytest.mark.parametrize("currency", [*DIGITS, "XXX", "", "rub"])
def test_no_reseller_is_made_in_a_currency_that_is_not_on_the_list(store: Store, currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        resellers.create(store, ResellerDraft("ИП Новый"), currency=currency, by=MANAGER)

    with store.read() as session:
        assert session.query(Reseller).count() == 0


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("JPY", "5000", 5000),
        ("JPY", "5,000", 5000),
        ("JPY", "5.000", 5000),
        ("JPY", "¥5 000", 5000),
        ("JPY", "500.00", 500),
        ("KWD", "5.000", 5000),
        ("KWD", "5,000", 5000),
        ("KWD", "5.5", 5500),
        ("KWD", "1,000.500", 1_000_500),
        ("KWD", "1 000,500 KWD", 1_000_500),
        ("KWD", "5000-500", 5_000_500),
    ],
)
def test_three_digits_are_read_by_what_the_currency_has(sold: None, currency: str, text: str, minor: int) -> None:
    assert read_amount(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("currency", "text", "said"),
    [("JPY", "500.50", "нет дробной части"), ("KWD", "5.0005", "трех знаков"), ("RUB", "5000.005", "двух знаков")],
)
def test_more_decimals_than_the_currency_has_are_refused_in_its_words(
    sold: None, currency: str, text: str, said: str
) -> None:
    with pytest.raises(UnreadableAmount) as refused:
        read_amount(text, currency)

    assert refused.value.problem is AmountProblem.TOO_PRECISE
    with use_language("ru"):
        assert said in str(amount_words(refused.value.problem, currency))


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("currency", ["RUB", *DIGITS])
@given(minor=st.integers(1, LARGEST_MINOR))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_page_shows_in_such_a_currency_is_read_as_it_was(
    sold: None, currency: str, language: str, minor: int
) -> None:
    with use_language(language):
        shown = [formats.money(Money(minor, currency)), formats.figures(Money(minor, currency))]

    assert [read_amount(text, currency) for text in shown] == [Money(minor, currency)] * 2


@pytest.mark.parametrize(
    ("currency", "minor", "russian", "english"),
    [
        ("RUB", 500_000, "5 000 руб.", "RUB 5,000"),
        ("RUB", 100_000_000, "1 000 000 руб.", "RUB 1,000,000"),
        ("RUB", 500_050, "5 000,50 руб.", "RUB 5,000.50"),
        ("JPY", 5000, "5 000 JPY", "JPY 5,000"),
        ("KWD", 5_000_000, "5 000 KWD", "KWD 5,000"),
        ("KWD", 5_000_500, "5 000,500 KWD", "KWD 5,000.500"),
    ],
)
def test_a_sum_in_running_text_loses_its_decimals_and_no_thousands(
    sold: None, currency: str, minor: int, russian: str, english: str
) -> None:
    shown = {}
    for language in ("ru", "en"):
        with use_language(language):
            shown[language] = short_money(Money(minor, currency)).replace("\u00a0", " ")

    assert shown == {"ru": russian, "en": english}


@pytest.mark.parametrize(("currency", "typed", "hour"), [("JPY", "744", 1), ("KWD", "7.440", 10)])
def test_money_goes_its_whole_way_in_whole_minor_units(
    sold: None, store: Store, clock: FixedClock, currency: str, typed: str, hour: int
) -> None:
    """Top-up, approval and the first charge of an hourly plan, in a month of 720 hours."""
    with store.write() as session:
        reseller = a_reseller(session, currency=currency)
        reseller_id, account_id = reseller.id, an_account(session, reseller).id
    scope, price = Scope.reseller(reseller_id), read_amount(typed, currency)
    amount = price * 10

    payment_id = payments.start_top_up(store, scope, TopUp(account_id, amount), by=CUSTOMER)
    approvals.approve_payment(store, scope, payment_id, BankOrder(amount, "1", clock.now().date()), by=MANAGER)
    plan_id = plans.create(store, scope, reseller_id, PlanTerms("VPS", Period.HOUR, price), by=MANAGER)
    made = subscriptions.create(store, scope, account_id, plan_id, by=MANAGER)
    subscriptions.activate(store, scope, made, by=MANAGER)

    with store.read() as session:
        assert session.get_one(Payment, payment_id).amount_minor == amount.minor
        assert session.get_one(Account, account_id).balance_minor == amount.minor - hour
        assert doubts(session) == []
