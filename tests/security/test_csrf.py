"""Nothing changes without a token that belongs to the session, and nothing changes by looking."""

from __future__ import annotations

import pytest

from tests.security.crawl import contents
from tests.security.matrix import CAPABILITIES, FROM_OUTSIDE, MATRIX, ROLES
from tests.security.scene import Scene
from tests.security.test_matrix import address, rules
from tests.support.web import Visitor

WRITING = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.mark.parametrize("role", ["anonymous", "owner", "manager", "operator"])
def test_every_other_method_than_get_needs_the_token(scene: Scene, role: str):
    scene.visitor(role)
    before, tried = contents(scene), 0
    for rule, route in rules(scene):
        for method in WRITING & (rule.methods or set()):
            tried += 1
            answer = scene.visitor(role).client.open(address(scene, rule, route), method=method, data={"a": "1"})

            assert answer.status_code == 400, f"{method} {rule.rule}"
    assert contents(scene) == before
    assert tried > 40


def test_every_writing_route_is_either_walked_or_comes_from_outside(scene: Scene):
    writing = {rule.endpoint for rule in scene.app.url_map.iter_rules() if WRITING & (rule.methods or set())}

    assert writing <= set(MATRIX) | CAPABILITIES
    assert FROM_OUTSIDE & writing <= CAPABILITIES


@pytest.mark.parametrize("token", ["", "x", "another's"])
def test_a_wrong_token_is_as_good_as_none(scene: Scene, token: str):
    if token == "another's":
        token = Visitor(scene.app, scene.people["stranger"]).csrf()
    path = f"/accounts/{scene.a.ids['account_id']}/payments/{scene.a.ids['payment_id']}/cancel"

    assert scene.visitor("owner").client.post(path, data={"csrf_token": token}).status_code == 400


@pytest.mark.parametrize("role", ROLES)
def test_looking_changes_nothing(scene: Scene, role: str):
    scene.visitor(role)
    before = contents(scene)
    for rule, route in rules(scene):
        if "GET" in (rule.methods or ()):
            scene.visitor(role).get(address(scene, rule, route)).close()

    assert contents(scene) == before


def test_a_gateway_s_message_sets_no_cookie(scene: Scene):
    """The payer's return is a cross-site POST without his cookie: a new one would sign him out."""
    answer = scene.app.test_client().post(
        f"/plugin/cash_desk/method/{scene.a.ids['method_id']}/return", data={"a": "1"}
    )

    assert "Set-Cookie" not in answer.headers


def test_a_form_that_was_open_while_the_session_ended_leads_to_the_sign_in(scene: Scene):
    visitor, ids = scene.visitor("owner"), scene.a.ids
    token = visitor.csrf()
    scene.clock.advance(hours=13)

    answer = visitor.client.post(
        f"/accounts/{ids['account_id']}/payments/{ids['payment_id']}/cancel", data={"csrf_token": token}
    )

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")
