"""No page costs more because there is more of everything: rows looked at are counted, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Account, Reseller, UserKind, listings
from host_stub.plugins.registry import Registry
from host_stub.services.reading import forecasts, searching
from tests.conftest import DATABASES, LETTER_DAY
from tests.support.crowd import Crowd, Size
from tests.support.databases import Databases
from tests.support.effort import Effort
from tests.support.web import Visitor, a_customer, a_user, an_app, store_of

#: Larger by far than what a page may look at.
SIZE = Size(accounts=5_000, payments=40_000)
#: A page counts to 1000 at most, and looks the neighbours of each row up.
MOST_ROWS = 6_000

pytestmark = pytest.mark.long


class Panel:
    """A big reseller's manager, the operator, and the customer who has been there longest."""

    def __init__(self, url: str, clock: FixedClock) -> None:
        self.app = an_app(url, clock, registry=Registry.discover())
        self.store = store_of(self.app)
        self.crowd = Crowd(self.store, SIZE)
        with self.store.write() as session:
            reseller = session.get_one(Reseller, self.crowd.reseller_id)
            account = session.scalars(select(Account).order_by(Account.id).limit(1)).one()
            self.account_id = account.id
            root = session.get_one(Reseller, self.crowd.operator_id)
            self.people = {
                "manager": a_user(session, reseller, UserKind.MANAGER, "manager@example.com").id,
                "operator": a_user(session, root, UserKind.MANAGER, "operator@example.com").id,
                "customer": a_customer(session, account, "customer@example.com").id,
            }
        forecasts.keep(self.store)
        self.effort = Effort(self.store)

    def rows(self, who: str, path: str) -> int:
        visitor = Visitor(self.app, self.people[who])
        visitor.get("/")
        statuses: list[int] = []
        count = self.effort.of(lambda: statuses.append(visitor.get(path).status_code))
        return count if statuses == [200] else 10**9

    def too_costly(self, pages: list[tuple[str, str]]) -> dict[str, int]:
        counted = {path: self.rows(who, path) for who, path in pages}
        print("\n".join(f"{count:8} {path}" for path, count in counted.items()))
        return {path: count for path, count in counted.items() if count > MOST_ROWS}


@pytest.fixture(scope="module", params=DATABASES)
def panel(request: pytest.FixtureRequest) -> Iterator[Panel]:
    """Read only, so one for all tests: filling it takes longer than they do."""
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    url = databases.migrated()
    made = Panel(url, FixedClock(LETTER_DAY))
    yield made
    made.store.close()
    databases.discard(url)


def staff_pages(panel: Panel) -> list[tuple[str, str]]:
    account = f"/reseller/accounts/{panel.account_id}"
    statuses = {
        "payments": ["to_approve", "waiting_for_payment", "completed", "expired", "cancelled"],
        "accounts": ["company", "sole_proprietor", "on_hold", "in_debt", "stopping", "not_charged", "unreachable"],
        "subscriptions": ["active", "stopped", "failing"],
        "arrivals": ["all", "credited", "closed"],
        "mails": ["sent", "refused"],
        "journal": ["payment", "account"],
    }
    plain = ["", "payments", "accounts", "subscriptions", "plans", "charges", "arrivals", "mails", "journal"]
    plain += ["notifications", "deliveries", "payments?before=20000", "subscriptions/new", "methods", "staff"]
    return [
        *(("manager", f"/reseller/{name}") for name in plain),
        *(("manager", f"/reseller/{name}?status={each}") for name, known in statuses.items() for each in known),
        *(("manager", f"{account}{tab}") for tab in ("", "/payments", "/operations", "/subscriptions", "/log")),
    ]


def test_no_page_of_the_staff_looks_at_more_rows_because_there_are_more(panel: Panel) -> None:
    operator = ["", "resellers", "arrivals", "deliveries"]

    costly = panel.too_costly(staff_pages(panel) + [("operator", f"/admin/{name}") for name in operator])

    assert costly == {}


def test_no_list_of_a_customer_looks_at_more_rows_because_there_are_more(panel: Panel) -> None:
    room = f"/accounts/{panel.account_id}"
    pages = ["payments", "payments?status=completed", "payments?status=cancelled", "operations", "subscriptions"]

    assert panel.too_costly([("customer", f"{room}/{page}") for page in pages]) == {}


def test_a_search_looks_through_so_many_rows_and_offers_to_go_on(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "LOOKED_THROUGH", 500)
    monkeypatch.setattr(searching, "ACCOUNTS_LOOKED_THROUGH", 500)
    lists = ["payments", "accounts", "subscriptions", "charges", "journal", "mails", "arrivals", "subscriptions/new"]
    words = ["нигде", "клиент", "77123456", "1 234,50"]

    costly = panel.too_costly(
        [("manager", f"/reseller/{name}?q={text}") for name in lists for text in words]
        + [("manager", "/reseller/payments?status=to_approve&q=нигде")]
        + [("customer", f"/accounts/{panel.account_id}/payments?q=нигде")]
    )

    assert costly == {}
