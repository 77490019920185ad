"""A large panel against a small one: charging, and the pages that people open all day. Seconds are printed beside."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Account, Reseller, Store, UserKind
from host_stub.plugins.registry import Registry
from host_stub.services.charges import charging
from host_stub.services.reading import forecasts
from tests.benchmarks.ratios import TABLE, Ratio
from tests.conftest import DATABASES, LETTER_DAY
from tests.support.crowd import Crowd, Size
from tests.support.databases import Databases
from tests.support.web import Visitor, a_customer, a_user, an_app, store_of

#: Both fill a page of each list.
SMALL, BIG = Size(1_000, 20_000, trail=2_000), Size(100_000, 1_000_000, trail=100_000)
CHARGED, ROUNDS = 100, 6
#: Room for what is counted up to a limit that the small one does not reach, and for figures of a few milliseconds.
PAGES = {
    "staff home": ("manager", "/reseller/"),
    "payments": ("manager", "/reseller/payments"),
    "payments, far back": ("manager", "/reseller/payments?before=1500"),
    "payments to approve": ("manager", "/reseller/payments?status=to_approve"),
    "customers": ("manager", "/reseller/accounts"),
    "customers who will stop": ("manager", "/reseller/accounts?status=stopping"),
    "subscriptions": ("manager", "/reseller/subscriptions"),
    "charges": ("manager", "/reseller/charges"),
    "mails": ("manager", "/reseller/mails"),
    "journal": ("manager", "/reseller/journal"),
    "operator's home": ("operator", "/admin/"),
    "customer's payments": ("customer", "/accounts/2/payments"),
    "search of a number": ("manager", "/reseller/payments?q=P1500"),
    "search of a customer": ("manager", "/reseller/accounts?q=Клиент 777"),
    "search in vain": ("manager", "/reseller/payments?q=нигде"),
}

pytestmark = pytest.mark.bench


@dataclass(slots=True)
class Panel:
    """A panel of a size, with somebody of each kind. seconds: what it took to fill it."""

    app: Flask
    store: Store
    people: dict[str, int]
    seconds: float

    def visitor(self, who: str) -> Visitor:
        return Visitor(self.app, self.people[who])


def a_panel(url: str, size: Size) -> Panel:
    app = an_app(url, FixedClock(LETTER_DAY), registry=Registry.discover())
    store, began = store_of(app), time.perf_counter()
    crowd = Crowd(store, size)
    seconds = time.perf_counter() - began
    with store.write() as session:
        reseller, root = (session.get_one(Reseller, each) for each in (crowd.reseller_id, crowd.operator_id))
        account = session.scalars(select(Account).where(Account.id == 2)).one()
        people = {
            "manager": a_user(session, reseller, UserKind.MANAGER, "manager@example.com").id,
            "operator": a_user(session, root, UserKind.MANAGER, "operator@example.com").id,
            "customer": a_customer(session, account, "customer@example.com").id,
        }
    forecasts.keep(store)
    return Panel(app, store, people, seconds)


@pytest.fixture(scope="module", params=DATABASES)
def panels(request: pytest.FixtureRequest) -> Iterator[tuple[str, Panel, Panel]]:
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    urls = [databases.migrated(), databases.migrated()]
    small, big = a_panel(urls[0], SMALL), a_panel(urls[1], BIG)
    print(f"\n{request.param}: {BIG.accounts} customers, {BIG.payments} payments written in {big.seconds:.0f} s")
    yield request.param, small, big
    for panel, url in zip((small, big), urls, strict=True):
        panel.store.close()
        databases.discard(url)


def compared(name: str, where: str, big: Callable[[], object], small: Callable[[], object]) -> Ratio:
    """Measure both in turn: the best of each, since whatever else runs only adds."""
    times: list[tuple[float, float]] = []
    for _round in range(ROUNDS):
        times.append((seconds(big), seconds(small)))
    high, low = (min(side) for side in zip(*times[1:], strict=True))
    median = statistics.median(side for side, _ in times)
    result = Ratio(name, where, high * 1000, low * 1000, high / low)
    TABLE.append(result)
    print(f"{name}, {where}: {high * 1000:.1f} ms (median {median * 1000:.1f}) against {low * 1000:.1f}")
    return result


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def test_charging_an_account_costs_the_same_in_a_large_panel(panels: tuple[str, Panel, Panel]) -> None:
    where, small, big = panels

    def charge(panel: Panel) -> Callable[[], object]:
        def run() -> None:
            assert charging.run_due(panel.store, limit=CHARGED) == CHARGED

        return run

    result = compared(f"{CHARGED} charges: 100,000 due / 1,000 due", where, charge(big), charge(small))
    print(f"{where}: {CHARGED / result.subject_ms * 1000:.0f} charges a second with 100,000 due")

    assert result.ratio <= 1.3


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_the_same_in_a_large_panel(panels: tuple[str, Panel, Panel], name: str) -> None:
    where, small, big = panels
    who, path = PAGES[name]

    def visit(panel: Panel) -> Callable[[], object]:
        visitor = panel.visitor(who)

        def get() -> None:
            assert visitor.get(path).status_code == 200

        return get

    result = compared(f"{name}: large / small panel", where, visit(big), visit(small))

    # A search compares up to a fixed number of rows, which the small panel does not have.
    if "search" in name:
        assert result.ratio <= 10
    else:
        assert result.ratio <= 1.5
