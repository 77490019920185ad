"""Lists by keyset, and the small decisions behind the forms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from billhook import AccountType
from billhook.i18n import use_language
from billhook.requisites import is_inn
from sqlalchemy import select

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Account, Store, open_store
from host_stub.persistence.listings import Cursor, Listing, contains, list_page
from host_stub.web.reseller.account_forms import tax_number_doubts
from tests.support.world import a_reseller, an_account


@pytest.fixture
def store(database_url: str, clock: FixedClock) -> Iterator[Store]:
    store = open_store(database_url, clock)
    with store.write() as session:
        reseller = a_reseller(session)
        for number in range(1, 8):
            an_account(session, reseller, name=f"Клиент {number}%")
    yield store
    store.close()


def page(store: Store, *, oldest_first: bool = False, **cursor: int) -> Listing[Account]:
    with store.read() as session:
        return list_page(session, select(Account), Account.id, Cursor(**cursor), limit=3, oldest_first=oldest_first)


def ids(listing: Listing[Account]) -> list[int]:
    return [row.id for row in listing.rows]


def test_pages_go_from_the_newest_to_the_oldest_and_back(store: Store) -> None:
    first = page(store)
    second = page(store, before=first.older or 0)
    last = page(store, before=second.older or 0)

    assert [ids(each) for each in (first, second, last)] == [[7, 6, 5], [4, 3, 2], [1]]
    assert (first.newer, last.older) == (None, None)
    assert ids(page(store, after=second.newer or 0)) == [7, 6, 5]
    assert first.counted == "7"


def test_a_list_may_begin_with_the_oldest(store: Store) -> None:
    first = page(store, oldest_first=True)
    second = page(store, oldest_first=True, after=first.newer or 0)

    assert [ids(first), ids(second)] == [[1, 2, 3], [4, 5, 6]]
    assert first.older is None
    assert ids(page(store, oldest_first=True, before=second.older or 0)) == [1, 2, 3]


def test_a_page_behind_the_end_is_empty(store: Store) -> None:
    assert ids(page(store, before=1)) == []
    assert ids(page(store, after=99)) == []


@pytest.mark.parametrize(
    ("text", "found"), [("клиент 3", 1), ("КЛИЕНТ", 7), ("3%", 1), ("%", 7), ("_", 0), ("«»", 0), ("", 7)]
)
def test_a_search_takes_signs_literally_and_letters_in_any_case(store: Store, text: str, found: int) -> None:
    with store.read() as session:
        rows = session.scalars(select(Account).where(contains(text, Account.folded))).all()

    assert len(rows) == found


@pytest.mark.parametrize(("inn", "right"), [("7707083893", True), ("500100732259", True), ("7707083894", False)])
def test_the_control_digits_of_an_inn_are_checked(inn: str, right: bool) -> None:
    assert is_inn(inn) is right


@pytest.mark.parametrize("inn", ["", "77070838931", "770708389٣", "７７０７０８３８９３"])
def test_what_is_no_inn_is_not_valid(inn: str) -> None:
    assert not is_inn(inn)


@pytest.mark.parametrize(
    ("kind", "inn", "kpp", "expected"),
    [
        (AccountType.COMPANY, "7707083893", "770701001", []),
        (AccountType.COMPANY, "", "", []),
        (AccountType.COMPANY, "500100732259", "", ["The INN of a company has 10 digits; here are 12."]),
        (AccountType.PERSON, "7707083893", "", ["The INN of a person has 12 digits; here are 10."]),
        (
            AccountType.COMPANY,
            "7707083894",
            "7707",
            [
                "This INN does not exist: its check digits are wrong.",
                "A KPP has 9 characters: 4 digits, 2 digits or Latin capitals, 3 digits; here are 4.",
            ],
        ),
        (AccountType.SOLE_PROPRIETOR, "500100732259", "770701001", ["Only companies have a KPP."]),
    ],
)
def test_doubts_depend_on_who_it_is(kind: AccountType, inn: str, kpp: str, expected: list[str]) -> None:
    with use_language("en"):
        assert [str(each) for each in tax_number_doubts(kind, inn, kpp)] == expected
