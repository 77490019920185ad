"""The whole panel, route by route, while reseller 1 is closed: his people are refused, everybody else is not."""

from __future__ import annotations

import pytest

from host_stub.domain.actors import SYSTEM
from host_stub.services.tenants import closing
from tests.security.conftest import Copies
from tests.security.crawl import contents
from tests.security.matrix import MATRIX, Outcome
from tests.security.scene import Scene
from tests.security.test_matrix import Ask, address, methods, outcome, rules, send
from tests.support.web import store_of

HIS = ("owner", "admin", "finance_manager", "user", "sibling", "manager")


@pytest.fixture
def closed(scene: Scene, copies: Copies) -> Scene:
    """The scene with reseller 1 closed, and everybody's sessions from before."""
    copies.fresh()
    assert closing.close(store_of(scene.app), scene.a.ids["reseller_id"], reason="test", by=SYSTEM)
    return scene


@pytest.mark.parametrize("role", HIS)
def test_who_belongs_to_a_closed_reseller_is_led_to_the_sign_in_from_everywhere_and_changes_nothing(
    closed: Scene, role: str
) -> None:
    closed.visitor(role).get("/")  # the old session ends
    before, wrong = contents(closed), []
    for rule, route in rules(closed):
        if route.expected["anonymous"] is not Outcome.SIGN_IN:
            continue  # asks for no session
        for method in methods(rule):
            ask = Ask(rule.endpoint, method, address(closed, rule, route), role)
            got = outcome(send(closed, role, ask), rule.endpoint)
            if got is not Outcome.SIGN_IN:
                wrong.append(f"{method} {ask.path}: {got}")

    assert wrong == []
    assert contents(closed) == before


@pytest.mark.parametrize("role", ["stranger", "other_manager", "operator"])
def test_who_belongs_to_another_reseller_sees_what_he_saw_before(closed: Scene, role: str) -> None:
    wrong = []
    for rule, route in rules(closed):
        if "GET" not in (rule.methods or ()) or route.expected[role] is not Outcome.ALLOWED:
            continue
        got = outcome(send(closed, role, Ask(rule.endpoint, "GET", address(closed, rule, route), role)), rule.endpoint)
        if got is not Outcome.ALLOWED:
            wrong.append(f"{rule.endpoint}: {got}")

    assert wrong == []


def test_the_operator_sees_every_page_of_the_closed_reseller_s_room_under_a_banner(closed: Scene) -> None:
    visitor = closed.visitor("operator")
    visitor.post(f"/admin/resellers/{closed.a.ids['reseller_id']}/act")
    wrong = []
    for rule, route in rules(closed):
        if not rule.endpoint.startswith("reseller.") or "GET" not in (rule.methods or ()):
            continue
        answer = visitor.get(address(closed, rule, route))
        if answer.status_code not in (200, 404) or (
            answer.status_code == 200 and answer.mimetype == "text/html" and "Этот реселлер закрыт." not in answer.text
        ):
            wrong.append(f"{rule.endpoint}: {answer.status_code}")

    assert [line for line in wrong if "preview" not in line] == []


def test_the_matrix_knows_the_forms_that_close_and_reopen() -> None:
    for endpoint in ("operator.reseller_close", "operator.reseller_reopen"):
        assert [role for role, got in MATRIX[endpoint].expected.items() if got is Outcome.ALLOWED] == ["operator"]
