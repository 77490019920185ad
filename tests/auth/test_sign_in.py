"""Sign in, stay signed in, sign out."""

from __future__ import annotations

import threading
from datetime import timedelta
from urllib.parse import unquote

import pytest
from sqlalchemy import func, select, update

from host_stub.domain.actors import SYSTEM
from host_stub.persistence import RateLimit, User, WebSession
from host_stub.services.people import guesses, limits, passwords, signin, users
from host_stub.services.people.guesses import Source
from tests.auth.conftest import without_token
from tests.support.web import PASSWORD, Visitor


def test_a_customer_signs_in_and_comes_to_his_account(visitor, people):
    answer = visitor.sign_in("owner@example.com")

    assert answer.status_code == 303
    assert visitor.get("/", follow_redirects=True).request.path.startswith(f"/accounts/{people.account}")


def test_a_manager_comes_to_the_reseller_and_the_operator_to_his_own_room(app, people):
    for email, room in (("manager@example.com", "/reseller/"), ("op@example.com", "/admin/")):
        visitor = Visitor(app)
        visitor.sign_in(email)

        assert visitor.get("/").headers["Location"] == room


def test_case_and_space_round_the_address_do_not_matter(visitor):
    assert visitor.sign_in("  Owner@Example.COM ").status_code == 303


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(visitor):
    wrong = visitor.sign_in("owner@example.com", "something else")
    unknown = visitor.sign_in("nobody@example.com", "something else")

    assert wrong.status_code == unknown.status_code == 422
    assert without_token(wrong.text).replace("owner@", "nobody@") == without_token(unknown.text)
    assert "nobody@example.com" in unknown.text


def test_an_unknown_login_takes_the_same_work_as_a_wrong_password(store, people, monkeypatch):
    """A constant answer is not enough: hashing is what takes the time, and it is done for both."""
    done = []
    hasher = passwords._hasher()
    real = type(hasher).verify
    monkeypatch.setattr(type(hasher), "verify", lambda self, *a: done.append(1) or real(self, *a))
    lifetimes = signin.Lifetimes(timedelta(hours=1), timedelta(hours=1))

    for email in ("owner@example.com", "nobody@example.com"):
        with pytest.raises(signin.WrongCredentials):
            signin.sign_in(store, email, "something else", source=Source("127.0.0.1"), lifetimes=lifetimes)

    assert len(done) == 2


def test_what_was_typed_is_kept_but_the_password_is_not(visitor):
    answer = visitor.sign_in("owner@example.com", "my secret guess")

    assert "owner@example.com" in answer.text
    assert "my secret guess" not in answer.text


def test_an_invited_user_without_a_password_cannot_sign_in(app, store, people):
    with store.write() as session:
        session.execute(update(User).where(User.id == people.owner).values(password_hash=None))

    assert Visitor(app).sign_in("owner@example.com").status_code == 422
    assert Visitor(app).sign_in("owner@example.com", "").status_code == 422


def test_the_database_keeps_only_the_hash_of_the_token(visitor, store):
    visitor.sign_in("owner@example.com")

    with visitor.client.session_transaction() as cookie:
        token = cookie["t"]
    with store.read() as session:
        (row,) = session.scalars(select(WebSession))
    assert len(token) >= 43  # 256 bits in base64
    assert row.token_hash == signin.token_hash(token) != token


def test_signing_in_gives_a_new_token_and_drops_what_the_browser_had(visitor):
    with visitor.client.session_transaction() as cookie:
        cookie["t"], cookie["reseller"], cookie["csrf_token"] = "planted", 99, "planted"
    visitor.sign_in("owner@example.com")

    with visitor.client.session_transaction() as cookie:
        assert cookie["t"] != "planted"
        assert "reseller" not in cookie
        assert cookie.get("csrf_token") != "planted"


def test_signing_out_kills_the_cookie_even_if_somebody_copied_it(app, visitor):
    visitor.sign_in("owner@example.com")
    copied = visitor.client.get_cookie("billhook").value
    visitor.post("/sign-out")
    thief = Visitor(app)
    thief.client.set_cookie("billhook", copied)

    assert visitor.get("/").headers["Location"].startswith("/sign-in")
    assert thief.get("/").headers["Location"].startswith("/sign-in")


def test_a_session_ends_when_it_is_idle_for_too_long(visitor, clock):
    visitor.sign_in("owner@example.com")
    clock.advance(minutes=59)
    assert visitor.get("/").headers["Location"].startswith("/accounts")
    clock.advance(minutes=59)
    assert visitor.get("/").headers["Location"].startswith("/accounts")

    clock.advance(minutes=61)

    assert visitor.get("/").headers["Location"].startswith("/sign-in")


def test_a_session_ends_at_its_absolute_limit_however_busy_it_is(visitor, clock):
    visitor.sign_in("owner@example.com")
    for _ in range(24):
        clock.advance(minutes=29)
        assert visitor.get("/").headers["Location"].startswith("/accounts")

    clock.advance(minutes=29)

    assert visitor.get("/").headers["Location"].startswith("/sign-in")


def test_a_user_who_is_switched_off_is_out_at_once(visitor, store, people):
    visitor.sign_in("owner@example.com")
    with store.write() as session:
        users.set_active(session, session.get_one(User, people.owner), False, by=SYSTEM)

    assert visitor.get("/").headers["Location"].startswith("/sign-in")
    assert visitor.sign_in("owner@example.com").status_code == 422


def test_a_switched_off_user_is_out_even_if_his_session_row_survived(visitor, store, people):
    visitor.sign_in("owner@example.com")
    with store.write() as session:
        session.execute(update(User).where(User.id == people.owner).values(active=False))

    assert visitor.get("/").headers["Location"].startswith("/sign-in")


def test_after_ten_wrong_passwords_even_the_right_one_waits(visitor, clock):
    for _ in range(10):
        assert visitor.sign_in("owner@example.com", "wrong guess").status_code == 422

    refused = visitor.sign_in("owner@example.com")
    clock.advance(minutes=16)
    later = visitor.sign_in("owner@example.com")

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert later.status_code == 303


def test_an_unknown_login_is_limited_like_a_known_one(visitor):
    for _ in range(10):
        visitor.sign_in("nobody@example.com", "wrong guess")

    assert visitor.sign_in("nobody@example.com", "wrong guess").status_code == 429


def test_a_successful_sign_in_clears_the_count_of_the_login(visitor):
    for _ in range(9):
        visitor.sign_in("owner@example.com", "wrong guess")
    visitor.sign_in("owner@example.com")
    visitor.post("/sign-out")

    assert visitor.sign_in("owner@example.com", "wrong guess").status_code == 422
    assert visitor.sign_in("owner@example.com").status_code == 303


def test_one_address_cannot_try_many_logins(app, store, people):
    with store.write() as session:
        for _ in range(50):
            limits.count(session, guesses.ADDRESS, "127.0.0.1")

    assert Visitor(app).sign_in("owner@example.com").status_code == 429


def test_successful_sign_ins_do_not_use_up_an_office_s_address(visitor, store):
    for _ in range(3):
        visitor.sign_in("owner@example.com")
        visitor.post("/sign-out")

    with store.read() as session:
        assert session.scalars(select(func.coalesce(func.sum(RateLimit.count), 0))).one() == 0


def test_tries_at_the_same_time_are_all_counted(store, people):
    """Counting comes before checking: what is tried in parallel cannot slip through together."""
    barrier, refused = threading.Barrier(16), []

    def attempt() -> None:
        barrier.wait()
        with store.write() as session:
            refused.append(limits.count(session, guesses.STRANGER, "owner@example.com") is not None)

    threads = [threading.Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused.count(False) == guesses.STRANGER.most


def test_what_was_typed_as_a_login_is_not_kept_in_clear(visitor, store):
    visitor.sign_in("hunter2-typed-in-the-wrong-field", "x")

    with store.read() as session:
        assert not [key for key in session.scalars(select(RateLimit.key)) if "hunter2" in key]


EVIL = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/\r\nX: y",
    " //evil.example",
    "/\t/evil.example",
    "evil",
    "@evil",
    "http://localhost@evil.example/",
    "///evil.example",
]


def test_after_signing_in_nobody_is_sent_to_another_site(visitor):
    for evil in EVIL:
        visitor.post("/sign-out")
        data = {"email": "owner@example.com", "password": PASSWORD, "next": evil}

        assert visitor.post("/sign-in", data).headers["Location"] == "/", evil


def test_after_signing_in_one_comes_back_to_where_one_wanted_to_go(app, visitor, people):
    asked = visitor.get(f"/accounts/{people.account}?tab=1")
    back = asked.headers["Location"].partition("next=")[2]

    answer = visitor.post(
        "/sign-in", {"email": "owner@example.com", "password": PASSWORD, "next": f"/accounts/{people.account}?tab=1"}
    )

    assert asked.status_code == 303
    assert unquote(back) == f"/accounts/{people.account}?tab=1"
    assert answer.headers["Location"] == f"/accounts/{people.account}?tab=1"


def test_who_is_signed_in_already_is_not_asked_again(visitor):
    visitor.sign_in("owner@example.com")

    assert visitor.get("/sign-in?next=//evil.example").headers["Location"] == "/"


def test_the_language_is_switched_by_a_post_and_remembered_with_the_user(visitor, store, people):
    assert "Войти" in visitor.get("/sign-in").text or 'lang="ru"' in visitor.get("/sign-in").text
    visitor.post("/language", {"language": "en", "next": "/sign-in"})
    assert 'lang="en"' in visitor.get("/sign-in").text
    visitor.sign_in("owner@example.com")
    visitor.post("/language", {"language": "en", "next": "/"})

    with store.read() as session:
        assert session.get_one(User, people.owner).language == "en"
    assert visitor.post("/language", {"language": "xx"}).status_code == 400


def test_before_sign_in_the_browser_s_own_language_counts_as_far_as_we_speak_it(visitor):
    assert 'lang="en"' in visitor.get("/sign-in", headers={"Accept-Language": "de, en;q=0.5"}).text
    assert 'lang="ru"' in visitor.get("/sign-in", headers={"Accept-Language": "de"}).text
