"""Every route × every role × own, sibling's, foreign and missing objects × every method, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.security.conftest import Copies
from tests.security.crawl import contents
from tests.security.matrix import CAPABILITIES, FORMS, FROM_OUTSIDE, LEVELS, MATRIX, ROLES, ROOMS, USERS, Outcome, Route
from tests.security.scene import MISSING, Scene, Side

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Ask:
    """One request of the walk. about: for the failure's message."""

    endpoint: str
    method: str
    path: str
    about: str


def rules(scene: Scene) -> Iterator[tuple[Rule, Route]]:
    for rule in scene.app.url_map.iter_rules():
        if rule.endpoint in MATRIX:
            yield rule, MATRIX[rule.endpoint]


def address(scene: Scene, rule: Rule, route: Route, **changed: int) -> str:
    """Return the rule's address with the objects of account A, but for what is changed."""
    values = {**_values(scene.a, rule.endpoint), **route.values, **changed}
    with scene.app.test_request_context():
        adapter = scene.app.create_url_adapter(None) or scene.app.url_map.bind("localhost")
        return str(adapter.build(rule.endpoint, {k: v for k, v in values.items() if k in rule.arguments}))


def _values(side: Side, endpoint: str) -> dict[str, int]:
    return {**side.ids, "user_id": side.users[USERS.get(endpoint, "owner")]}


def methods(rule: Rule) -> list[str]:
    """The rule's methods; Flask answers HEAD by the view of GET, and OPTIONS by itself."""
    return sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})


def send(scene: Scene, role: str, ask: Ask) -> TestResponse:
    answer = _open(scene, role, ask)
    answer.close()  # static files are streamed
    return answer


def _open(scene: Scene, role: str, ask: Ask) -> TestResponse:
    visitor = scene.visitor(role)
    if ask.method == "GET":
        return visitor.get(ask.path)
    words = {name: scene.a.ids.get(word, word) for name, word in FORMS.get(ask.endpoint, {}).items()}
    return visitor.client.open(ask.path, method=ask.method, data={"csrf_token": visitor.csrf(), **words})


def outcome(answer: TestResponse, endpoint: str) -> Outcome | int:
    if answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in"):
        return (
            Outcome.ALLOWED if endpoint.startswith("auth.") and endpoint != "auth.change_password" else Outcome.SIGN_IN
        )
    if answer.status_code in (403, 404):
        return Outcome.FORBIDDEN if answer.status_code == 403 else Outcome.NOT_FOUND
    # 400, 409 and 422 are a page's or form's own complaint about an empty form.
    return Outcome.ALLOWED if answer.status_code < 400 or answer.status_code in (400, 409, 422) else answer.status_code


def test_every_route_is_in_the_matrix(scene):
    routes = {rule.endpoint for rule in scene.app.url_map.iter_rules()}

    assert routes - set(MATRIX) - CAPABILITIES - UNWALKED == set(), "list them in tests/security/matrix.py"
    assert set(MATRIX) - routes == set(), "no such routes any more"


#: Pictures that the scene has none of; their guard is that of their room.
UNWALKED = {"assets.logo"}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_from_each_route_what_the_matrix_says(scene: Scene, copies: Copies, role: str):
    wrong = []
    copies.fresh()
    for rule, route in rules(scene):
        for method in methods(rule):
            ask = Ask(rule.endpoint, method, address(scene, rule, route), "own")
            got = outcome(send(scene, role, ask), rule.endpoint)
            if got is not route.expected[role] and (rule.endpoint, got) not in NO_PICTURE:
                wrong.append(f"{method} {ask.path} ({rule.endpoint}): {got}, expected {route.expected[role]}")
            if method != "GET" and got is Outcome.ALLOWED:
                copies.fresh()  # that a GET and a refusal change nothing is proved below

    assert not wrong, "\n".join(wrong)


#: The method of the scene has no icon: whoever may see it learns that.
NO_PICTURE = {("customer.method_icon", Outcome.NOT_FOUND), ("reseller.method_icon", Outcome.NOT_FOUND)}


def substitutions(scene: Scene, rule: Rule, route: Route, *, customer: bool) -> Iterator[dict[str, int]]:
    """The same address with one object at a time that is another's or nobody's."""
    others = [scene.c] + ([scene.b] if customer else [])
    for name in route.objects:
        for side in others:
            theirs = _values(side, rule.endpoint)[name]
            # A method belongs to the reseller, not to the account.
            if name != "method_id" or side is scene.c:
                yield {name: theirs}
        yield {name: MISSING}


@pytest.mark.parametrize("role", ["owner", "manager", "operator"])
def test_anothers_object_is_answered_like_a_missing_one_and_nothing_changes(scene: Scene, copies: Copies, role: str):
    copies.fresh()
    before, wrong = contents(scene), []
    for rule, route in rules(scene):
        if not rule.endpoint.startswith(ROOMS[role]):
            continue
        for changed in substitutions(scene, rule, route, customer=role == "owner"):
            if role == "operator" and MISSING not in changed.values() and changed.keys() != {"user_id"}:
                continue  # everybody's objects are his
            for method in methods(rule):
                ask = Ask(rule.endpoint, method, address(scene, rule, route, **changed), str(changed))
                got = outcome(send(scene, role, ask), rule.endpoint)
                if got is not Outcome.NOT_FOUND and not route.gone:
                    wrong.append(f"{method} {ask.path} with {changed}: {got}")

    assert not wrong, "\n".join(wrong)
    assert contents(scene) == before


def test_every_foreign_role_is_refused_before_anything_changes(scene: Scene, copies: Copies):
    copies.fresh()
    before = contents(scene)
    for rule, route in rules(scene):
        for role in ROLES:
            if route.expected[role] is Outcome.ALLOWED:
                continue
            for method in methods(rule):
                send(scene, role, Ask(rule.endpoint, method, address(scene, rule, route), role))

    assert contents(scene) == before


def test_the_operator_works_in_a_reseller_s_room_after_choosing_it(scene: Scene):
    visitor = scene.visitor("operator")
    ids = scene.a.ids
    outside = visitor.get(f"/reseller/payments/{ids['payment_id']}").status_code

    visitor.post(f"/admin/resellers/{ids['reseller_id']}/act")

    assert outside == 404
    assert visitor.get(f"/reseller/payments/{ids['payment_id']}").status_code == 200
    assert visitor.get(f"/reseller/payments/{scene.c.ids['payment_id']}").status_code == 404


def test_a_manager_cannot_choose_another_reseller_s_room(scene: Scene):
    visitor = scene.visitor("manager")
    with visitor.client.session_transaction() as cookie:
        cookie["reseller"] = scene.c.ids["reseller_id"]

    assert visitor.get(f"/reseller/payments/{scene.c.ids['payment_id']}").status_code == 404


def test_a_level_that_is_lowered_counts_at_once(scene: Scene):
    from host_stub.domain.actors import SYSTEM
    from host_stub.persistence import AccessLevel, Account, User
    from host_stub.services.people import users
    from tests.support.web import store_of

    path, visitor = f"/accounts/{scene.a.ids['account_id']}/payments", scene.visitor("admin")
    before = visitor.get(path).status_code
    with store_of(scene.app).write() as session:
        account, user = (
            session.get_one(Account, scene.a.ids["account_id"]),
            session.get_one(User, scene.people["admin"]),
        )
        users.set_level(session, account, user, AccessLevel.USER, by=SYSTEM)

    assert before == 200
    assert visitor.get(path).status_code == 403


def test_head_is_guarded_like_get(scene: Scene):
    for rule, route in rules(scene):
        if "GET" in (rule.methods or ()) and route.expected["anonymous"] is Outcome.SIGN_IN:
            answer = scene.visitor("anonymous").client.head(address(scene, rule, route))

            assert answer.status_code == 303, rule.rule


def test_methods_that_a_route_does_not_know_are_refused(scene: Scene, copies: Copies):
    copies.fresh()
    before = contents(scene)
    for rule, route in rules(scene):
        everywhere = {m for r in scene.app.url_map.iter_rules() if r.rule == rule.rule for m in r.methods or ()}
        for method in set(METHODS) - everywhere:
            path = address(scene, rule, route)
            answer = send(scene, "operator", Ask(rule.endpoint, method, path, method))

            # Other rules may share the path's shape (`/new` beside `/<id>`).
            assert answer.status_code in (400, 403, 404, 405), f"{method} {path}: {answer.status_code}"
    assert contents(scene) == before


def test_a_customer_without_the_right_to_money_sees_no_sum(scene: Scene):
    page = scene.visitor("user").get(f"/accounts/{scene.a.ids['account_id']}/subscriptions")

    assert page.status_code == 200
    assert "Баланс" not in page.text
    assert "/payments" not in page.text


def test_the_levels_of_the_matrix_are_those_of_the_product():
    from host_stub.persistence import AccessLevel
    from host_stub.web.access import RIGHTS, Right

    assert set(LEVELS) == {level.value for level in AccessLevel}
    assert Right.PAY in RIGHTS[AccessLevel.FINANCE_MANAGER]
    assert Right.CANCEL not in RIGHTS[AccessLevel.FINANCE_MANAGER]
    assert RIGHTS[AccessLevel.USER] == {Right.SERVICES}


def test_only_gateways_come_from_outside(scene: Scene):
    from host_stub.web.security import is_from_outside

    assert {name for name, view in scene.app.view_functions.items() if is_from_outside(view)} == FROM_OUTSIDE
