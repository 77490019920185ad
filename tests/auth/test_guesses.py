"""Whoever guesses passwords waits, and nobody else; what the log keeps of it."""

from __future__ import annotations

import pytest
import structlog
from flask import Response
from sqlalchemy import event

from host_stub.services.people import passwords
from host_stub.services.people.guesses import log_name
from host_stub.services.people.passwords import WeakPassword
from host_stub.web import browsers
from tests.auth.conftest import send_resets
from tests.support.web import PASSWORD, Visitor

OWNER = "owner@example.com"
NEW = "другой пароль 7"


def from_elsewhere(app, number: int) -> Visitor:
    """A visitor whose address no other has."""
    visitor = Visitor(app)
    visitor.client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
    return visitor


def test_a_strangers_wrong_passwords_keep_no_owner_out_who_comes_from_elsewhere(app, people):
    stranger, owner = from_elsewhere(app, 1), from_elsewhere(app, 2)
    for _ in range(10):
        stranger.sign_in(OWNER, "wrong guess")

    assert stranger.sign_in(OWNER, "wrong guess").status_code == 429
    assert owner.sign_in(OWNER).status_code == 303


def test_many_strangers_together_make_only_unknown_browsers_wait(app, people):
    at_home = from_elsewhere(app, 99)
    at_home.sign_in(OWNER)
    at_home.post("/sign-out")
    for number in range(5):
        stranger = from_elsewhere(app, number)
        for _ in range(10):
            stranger.sign_in(OWNER, "wrong guess")

    assert from_elsewhere(app, 50).sign_in(OWNER).status_code == 429
    assert at_home.sign_in(OWNER).status_code == 303


def test_a_neighbour_who_guesses_many_logins_stops_no_known_browser_of_the_same_address(app, people):
    colleague, guesser = from_elsewhere(app, 7), from_elsewhere(app, 7)
    colleague.sign_in(OWNER)
    colleague.post("/sign-out")
    for number in range(50):
        guesser.sign_in(f"{number}@example.com", "wrong guess")

    assert from_elsewhere(app, 7).sign_in(OWNER).status_code == 429
    assert colleague.sign_in(OWNER).status_code == 303


def test_a_known_browser_guesses_ten_times_too(app, people):
    lost_laptop = from_elsewhere(app, 1)
    lost_laptop.sign_in(OWNER)
    lost_laptop.post("/sign-out")
    answers = [lost_laptop.sign_in(OWNER, "wrong guess").status_code for _ in range(11)]

    assert answers == [422] * 10 + [429]
    assert from_elsewhere(app, 1).sign_in(OWNER).status_code == 303


def test_a_browser_is_known_for_those_who_used_it_and_nobody_else(app, people):
    browser = from_elsewhere(app, 1)
    browser.sign_in(OWNER)
    browser.post("/sign-out")
    for _ in range(10):
        browser.sign_in("manager@example.com", "wrong guess")

    assert browser.sign_in("manager@example.com").status_code == 429


def test_a_forged_cookie_makes_no_browser_known(app, people):
    known = from_elsewhere(app, 1)
    known.sign_in(OWNER)
    value = known.client.get_cookie("billhook-browser").value
    forger = from_elsewhere(app, 2)
    forger.client.set_cookie("billhook-browser", value[:-2] + ("AA" if value[-2:] != "AA" else "BB"))
    for _ in range(10):
        forger.sign_in(OWNER, "wrong guess")

    assert forger.sign_in(OWNER).status_code == 429


def test_the_cookie_of_a_known_browser_opens_nothing(app, people):
    known, other = from_elsewhere(app, 1), from_elsewhere(app, 2)
    known.sign_in(OWNER)
    other.client.set_cookie("billhook-browser", known.client.get_cookie("billhook-browser").value)

    assert other.get("/profile/password").headers["Location"].startswith("/sign-in")


def test_five_people_share_a_browser_and_the_first_is_forgotten_after_the_sixth(app):
    cookie = ""
    for user_id in range(1, 7):
        with app.test_request_context("/", headers={"Cookie": cookie}):
            browsers.remember(user_id)
            cookie = app.process_response(Response()).headers.getlist("Set-Cookie")[-1].partition(";")[0]
    with app.test_request_context("/", headers={"Cookie": cookie}):
        found = browsers.known()

    assert list(found) == [2, 3, 4, 5, 6]


def test_the_log_tells_of_each_try_whose_and_where_from_and_never_what_was_typed(app, people):
    stranger = from_elsewhere(app, 1)
    with structlog.testing.capture_logs() as lines:
        for _ in range(11):
            stranger.sign_in(OWNER, "wrong guess")
        stranger.sign_in("hunter2 in the wrong field", "x")
        from_elsewhere(app, 2).sign_in(OWNER)
    told = [line for line in lines if line["event"].startswith(("sign_in", "signed_in"))]

    assert [line["event"] for line in told] == ["sign_in_refused"] * 10 + [
        "sign_in_locked",
        "sign_in_refused",
        "signed_in",
    ]
    assert {"user": people.owner, "login": log_name(OWNER), "address": "198.51.100.1"}.items() <= told[0].items()
    assert told[-2]["user"] is None
    assert not [line for line in lines if OWNER in str(line) or "hunter2" in str(line) or "wrong guess" in str(line)]


def test_a_changed_password_gives_the_browser_a_new_session_and_ends_the_old_one(app, people):
    visitor = Visitor(app)
    visitor.sign_in(OWNER)
    stolen = visitor.client.get_cookie("billhook").value
    thief = Visitor(app)
    thief.client.set_cookie("billhook", stolen)
    assert thief.get("/profile/password").status_code == 200

    visitor.post("/profile/password", {"old": PASSWORD, "password": NEW, "again": NEW})

    assert visitor.client.get_cookie("billhook").value != stolen
    assert visitor.get("/profile/password").status_code == 200
    assert thief.get("/profile/password").headers["Location"].startswith("/sign-in")


def test_a_thief_with_a_session_guesses_the_present_password_ten_times(app, people):
    visitor = Visitor(app)
    visitor.sign_in(OWNER)
    form = {"old": "wrong guess", "password": NEW, "again": NEW}
    answers = [visitor.post("/profile/password", form).status_code for _ in range(11)]

    assert answers == [422] * 10 + [429]


def test_asking_for_a_link_does_the_same_work_whether_or_not_somebody_has_the_address(app, people, store):
    """The same statements in the same order: the time that they take tells nothing."""
    visitor, done = Visitor(app), []

    def note(_connection, _cursor, statement, *_more) -> None:
        done.append(statement)

    visitor.csrf()
    event.listen(store.engine, "before_cursor_execute", note)
    try:
        work = []
        for address in (OWNER, "nobody@example.com"):
            done.clear()
            visitor.post("/forgotten-password", {"email": address})
            work.append(list(done))
    finally:
        event.remove(store.engine, "before_cursor_execute", note)

    assert len(work[0]) > 3
    assert work[0] == work[1]
    assert send_resets(store) == 2


def test_a_request_that_waited_as_long_as_a_link_lives_is_dropped(app, people, store, mail, clock):
    Visitor(app).post("/forgotten-password", {"email": OWNER})
    clock.advance(minutes=61)

    assert mail(OWNER) == []
    assert send_resets(store) == 0


def test_the_first_three_thousand_passwords_that_the_rules_let_pass_are_refused():
    assert len(passwords.common()) >= 3000
    assert all(len(each) >= passwords.SHORTEST for each in passwords.common())


def test_a_latin_password_typed_on_russian_keys_is_no_better():
    assert "qwertyuiop" in passwords.common()
    for typed in ("йцукенгшщз", "ЙЦУКЕНГШЩЗ"):
        with pytest.raises(WeakPassword, match="common"):
            passwords.check(typed)
