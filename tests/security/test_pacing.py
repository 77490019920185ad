"""How often people may do what costs others something, and what they read when it was too often."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from host_stub.persistence import Mail, Payment, RateLimit, Store
from host_stub.services.people import limits
from host_stub.services.people.limits import PACES, Pace
from host_stub.web.pacing import FORMS
from tests.security.crawl import contents
from tests.security.matrix import ROOMS
from tests.security.scene import Scene
from tests.security.test_matrix import address, rules
from tests.support.named_tests import without_comments
from tests.support.web import store_of

DOCS = Path(__file__).parents[2] / "docs/security.md"


def until_refused(pace: Pace, act: Callable[[int], TestResponse]) -> TestResponse:
    """Do it as often as the pace allows, and once more."""
    for number in range(pace.person):
        assert act(number).status_code != 429, number
    return act(pace.person)


def count(scene: Scene, kind: type) -> int:
    with store_of(scene.app).read() as session:
        return int(session.scalar(select(func.count()).select_from(kind)) or 0)


def test_a_manager_s_invitations_end_with_words_that_say_when_more_may_be_sent(scene: Scene) -> None:
    manager, before = scene.visitor("manager"), count(scene, Mail)

    def invite(number: int) -> TestResponse:
        return manager.post("/reseller/staff", {"email": f"m{number}@example.com", "name": "M", "language": "ru"})

    refused = until_refused(limits.INVITATIONS, invite)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "901")
    assert "поэтому ничего не сделано. Попробуйте снова через 16 минут." in refused.text
    assert count(scene, Mail) == before + limits.INVITATIONS.person
    assert scene.visitor("other_manager").post("/reseller/staff", {}).status_code == 422
    assert manager.get("/reseller/staff").status_code == 200
    scene.clock.advance(minutes=15)
    assert invite(99).status_code == 303


def test_payments_and_their_starts_have_a_pace_of_their_own_each(scene: Scene) -> None:
    owner, account = scene.visitor("owner"), f"/accounts/{scene.a.ids['account_id']}"
    before = count(scene, Payment)

    refused = until_refused(
        FORMS["customer.create_top_up"], lambda _: owner.post(f"{account}/top-up", {"amount": "100"})
    )

    assert refused.status_code == 429
    assert count(scene, Payment) == before + limits.TOP_UPS.person
    pay = f"{account}/payments/{scene.a.ids['payment_id']}/pay"
    assert owner.post(pay, {"method_id": scene.a.ids["method_id"]}).status_code == 303
    colleague = scene.visitor("admin").post(f"{account}/top-up", {"amount": "100"})
    assert colleague.status_code == 303


def test_each_form_that_is_counted_is_refused_when_it_was_sent_too_often(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[Pace] = []

    def used_up(_session: Session, pace: Pace, *_whose: str) -> datetime:
        counted.append(pace)
        return scene.clock.now()

    monkeypatch.setattr(limits, "keep_pace", used_up)
    for role in ("owner", "manager", "operator"):
        scene.visitor(role)
    before, refused = contents(scene), set()
    for rule, route in rules(scene):
        role = next((role for role, room in ROOMS.items() if rule.endpoint.startswith(room)), "")
        if rule.endpoint in FORMS:
            answer = scene.visitor(role).post(address(scene, rule, route))
            assert (answer.status_code, counted[-1]) == (429, FORMS[rule.endpoint]), rule.rule
            refused.add(rule.endpoint)

    assert refused == set(FORMS)
    assert contents(scene) == before


def test_uploads_are_counted_by_the_file_and_not_by_the_form(scene: Scene) -> None:
    manager = scene.visitor("manager")

    def upload(_number: int) -> TestResponse:
        return manager.post("/reseller/settings", {"logo": (io.BytesIO(b"x"), "logo.png")})

    assert until_refused(limits.UPLOADS, upload).status_code == 429
    assert manager.post("/reseller/settings", {}).status_code == 422


def test_a_reseller_s_people_together_have_a_pace_and_another_reseller_has_its_own(store: Store) -> None:
    pace = Pace("test", person=5, reseller=3)
    with store.write() as session:
        first = [limits.keep_pace(session, pace, f"user {number}", "reseller 1") for number in range(4)]
        other = limits.keep_pace(session, pace, "user 9", "reseller 2")

    assert [until is None for until in first] == [True, True, True, False]
    assert other is None


def test_who_is_refused_takes_nothing_from_the_reseller_s_share(store: Store) -> None:
    pace = Pace("test", person=1, reseller=3)
    with store.write() as session:
        for _ in range(10):
            limits.keep_pace(session, pace, "user 1", "reseller 1")

        assert limits.keep_pace(session, pace, "user 2", "reseller 1") is None


def test_what_cannot_be_counted_is_not_done(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, before = scene.visitor("owner"), count(scene, Payment)

    def away(*_arguments: object) -> None:
        raise OperationalError("count", {}, Exception("away"))

    monkeypatch.setattr(limits, "keep_pace", away)
    answer = owner.post(f"/accounts/{scene.a.ids['account_id']}/top-up", {"amount": "100"})

    assert answer.status_code == 503
    assert count(scene, Payment) == before


def test_every_form_that_is_counted_is_there_and_every_pace_stands_in_the_docs(scene: Scene) -> None:
    assert set(FORMS) <= set(scene.app.view_functions)
    assert {*FORMS.values(), limits.UPLOADS, limits.ANSWERS} == set(PACES)
    page = without_comments(DOCS.read_text("utf-8"))
    for pace in PACES:
        assert f"| {pace.name} | {pace.person} | {pace.reseller} |" in page


def test_a_form_that_somebody_may_not_open_is_not_counted_for_a_plugin(scene: Scene) -> None:
    path = f"/plugin/notes/accounts/{scene.a.ids['account_id']}/news"

    assert scene.visitor("stranger").post(path, {}).status_code == 404
    assert count(scene, RateLimit) == 0
    scene.visitor("owner").post(path, {})
    assert count(scene, RateLimit) == 2
