"""Nobody of a closed reseller comes in: neither by password, nor by an old session, nor by a link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from host_stub.domain.actors import SYSTEM
from host_stub.persistence import LoginToken, Mail, Store, User, WebSession
from host_stub.services.people import signin
from host_stub.services.tenants import closing
from tests.auth.conftest import HASH, People
from tests.support.web import PASSWORD, Visitor

SENTENCE = {
    "ru": "Вход сейчас закрыт. Обратитесь к тому, кто оказывает вам услуги.",
    "en": "Sign-in is closed for now. Please ask whoever provides your services.",
}


def close(store: Store, people: People) -> None:
    closing.close(store, people.reseller, reason="долги", by=SYSTEM)


def count(store: Store, kind: type) -> int:
    with store.read() as session:
        return int(session.execute(select(func.count()).select_from(kind)).scalar_one())


@pytest.mark.parametrize("email", ["owner@example.com", "manager@example.com"])
def test_who_knows_the_password_is_told_that_sign_in_is_closed_and_nobody_else_is(
    app: Flask, store: Store, people: People, email: str
) -> None:
    close(store, people)

    right, wrong = Visitor(app).sign_in(email), Visitor(app).sign_in(email, "something else")

    assert right.status_code == wrong.status_code == 422
    assert SENTENCE["ru"] in right.text
    assert SENTENCE["ru"] not in wrong.text
    assert count(store, WebSession) == 0
    closing.reopen(store, people.reseller, reason="x", by=SYSTEM)
    assert Visitor(app).sign_in(email).status_code == 303


def test_knocking_in_vain_with_the_right_password_uses_up_no_tries(app: Flask, store: Store, people: People) -> None:
    close(store, people)

    answers = [Visitor(app).sign_in("owner@example.com") for _ in range(15)]

    assert all(SENTENCE["ru"] in answer.text for answer in answers)


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("who", ["owner", "manager"])
def test_an_old_session_ends_at_its_next_request_with_a_sentence(
    app: Flask, store: Store, people: People, who: str, language: str
) -> None:
    visitor = Visitor(app, getattr(people, who))
    visitor.post("/language", {"language": language})
    assert visitor.get("/", follow_redirects=True).status_code == 200
    close(store, people)

    answer = visitor.get("/", follow_redirects=True)

    assert answer.request.path == "/sign-in"
    assert SENTENCE[language] in answer.text
    assert count(store, WebSession) == 0
    assert SENTENCE[language] not in visitor.get("/sign-in").text


def test_a_session_from_before_the_closing_does_not_come_back_with_the_reopening(
    app: Flask, store: Store, people: People
) -> None:
    slept_through_it = Visitor(app, people.owner)
    close(store, people)
    closing.reopen(store, people.reseller, reason="x", by=SYSTEM)

    assert slept_through_it.get("/").headers["Location"].startswith("/sign-in")


def test_a_form_that_was_open_is_not_carried_out(app: Flask, store: Store, people: People) -> None:
    visitor = Visitor(app, people.owner)
    close(store, people)

    answer = visitor.post(
        "/profile/password", {"old": PASSWORD, "password": "новый пароль 1", "again": "новый пароль 1"}
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    with store.read() as session:
        assert session.get_one(User, people.owner).password_hash == HASH


def test_who_comes_to_the_sign_in_page_with_an_old_session_reads_why_he_is_out(
    app: Flask, store: Store, people: People
) -> None:
    visitor = Visitor(app, people.manager)
    close(store, people)

    assert SENTENCE["ru"] in visitor.get("/sign-in").text


@pytest.mark.parametrize("purpose", list(signin.Purpose))
def test_a_link_says_that_sign_in_is_closed_and_works_once_the_reseller_is_open_again(
    app: Flask, store: Store, people: People, purpose: signin.Purpose
) -> None:
    with store.write() as session:
        user = session.get_one(User, people.owner)
        link = signin.issue_link(session, user, purpose, base_url="", lifetime=timedelta(days=1))
    close(store, people)
    word = {"password": "кошка спит на печи", "again": "кошка спит на печи"}

    shown, sent = Visitor(app).get(link, follow_redirects=True), Visitor(app).post(link, word, follow_redirects=True)

    for answer in (shown, sent):
        assert answer.request.path == "/sign-in"
        assert SENTENCE["ru"] in answer.text
    with store.read() as session:
        assert session.get_one(User, people.owner).password_hash == HASH
        assert session.scalars(select(LoginToken.used_at)).one() is None
    closing.reopen(store, people.reseller, reason="x", by=SYSTEM)
    assert Visitor(app).post(link, word).headers["Location"] == "/"


def test_a_forgotten_password_is_answered_as_always_and_no_mail_leaves(
    app: Flask, store: Store, people: People
) -> None:
    close(store, people)

    answer = Visitor(app).post("/forgotten-password", {"email": "owner@example.com"})

    assert answer.status_code == 200
    assert (count(store, Mail), count(store, LoginToken)) == (0, 0)


def test_the_operator_signs_in_and_keeps_his_session(app: Flask, store: Store, people: People) -> None:
    visitor = Visitor(app, people.operator)
    close(store, people)

    assert visitor.get("/admin/").status_code == 200
    assert Visitor(app).sign_in("op@example.com").status_code == 303
