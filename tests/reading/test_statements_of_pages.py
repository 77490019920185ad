"""What a page asks of the database: how many statements, in how many units, and nothing twice."""

from __future__ import annotations

import pytest

from tests.security.scene import Scene
from tests.support.statements import Asked
from tests.support.web import store_of

#: Page → at most so many statements. The first is the sign-in's, the second of a customer's page the account's.
CUSTOMER = {
    "payments": 10,
    "top-up": 9,
    "operations": 9,
    "subscriptions": 9,
    "settings": 12,
}
RESELLER = {
    "": 25,
    "payments": 9,
    "payments?status=to_approve": 9,
    "payments/new?account=1": 9,
    "accounts": 8,
    "accounts/1": 10,
    "accounts/1/payments": 11,
    "accounts/1/operations": 10,
    "accounts/1/subscriptions": 10,
    "accounts/1/users": 10,
    "accounts/1/log": 10,
    "subscriptions": 8,
    "subscriptions/1": 14,
    "plans": 9,
    "plans/1": 9,
    "charges": 9,
    "methods": 8,
    "arrivals": 8,
    "arrivals/1": 12,
    "mails": 8,
    "journal": 11,
    "seller": 14,
    "seller/accounts/1": 9,
    "seller/bills": 12,
    "staff": 8,
    "settings": 8,
}
OPERATOR = {"": 19, "resellers": 7, "resellers/1": 15, "arrivals": 6, "deliveries": 8}


def rooms(scene: Scene) -> dict[str, tuple[str, dict[str, int]]]:
    return {
        "owner": (f"/accounts/{scene.a.ids['account_id']}/", CUSTOMER),
        "manager": ("/reseller/", RESELLER),
        "operator": ("/admin/", OPERATOR),
    }


@pytest.mark.parametrize("role", ["owner", "manager", "operator"])
def test_a_page_reads_in_one_unit_and_asks_nothing_twice(scene: Scene, role: str) -> None:
    room, pages = rooms(scene)[role]
    visitor, asked = scene.visitor(role), Asked(store_of(scene.app))
    visitor.get(room)
    wrong = []

    for page, most in pages.items():
        answer = asked.of(lambda page=page: visitor.get(room + page))
        print(f"{asked.count:3} statements, {asked.units} units  {room}{page}")
        if (answer.status_code, asked.units, asked.twice) != (200, 1, []) or asked.count > most:
            wrong.append((room + page, answer.status_code, asked.count, asked.units, asked.twice))

    assert wrong == []


@pytest.mark.parametrize(
    ("role", "room", "statements", "units"), [("owner", "/accounts/1/", 24, 5), ("manager", "/reseller/", 24, 5)]
)
def test_a_payment_whose_providers_are_asked_takes_a_unit_before_and_after(
    scene: Scene, role: str, room: str, statements: int, units: int
) -> None:
    visitor, asked = scene.visitor(role), Asked(store_of(scene.app))
    visitor.get(room)

    answer = asked.of(lambda: visitor.get(f"{room}payments/{scene.a.ids['payment_id']}"))

    print(f"{asked.count:3} statements, {asked.units} units  {room}payments")
    assert answer.status_code == 200
    assert asked.count <= statements
    assert asked.units <= units
