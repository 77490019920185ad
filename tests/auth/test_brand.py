"""Whoever comes by a reseller's mail or document sees that reseller: name, colour, contacts; not the operator's."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Reseller, User
from host_stub.services.people import signin
from host_stub.services.people.signin import Purpose
from host_stub.services.telling import addresses
from tests.auth.conftest import People
from tests.support.web import BASE_URL, PASSWORD, Visitor, an_app, store_of

NEW = "зелёный слон бежит домой"


@pytest.fixture
def app(sqlite_url: str, clock: FixedClock):
    """Which database it is makes no difference to a brand."""
    return an_app(sqlite_url, clock)


@pytest.fixture
def people(store, app) -> People:
    people = People(store)
    with store.write() as session:
        reseller = session.get_one(Reseller, people.reseller)
        reseller.brand_name, reseller.accent, reseller.support_email = "Демохост", "#0b7a75", "help@demohost.example"
    return people


def is_branded(html: str) -> bool:
    """Say whether a page is the reseller's all over; fails if it is half one's and half the other's."""
    signs = ("Демохост" in html, "help@demohost.example" in html, "/style.css" in html, "Оператор" not in html)
    assert len(set(signs)) == 1, signs
    return signs[0]


def link(app, people: People, purpose: Purpose, lifetime: timedelta = timedelta(days=1)) -> str:
    with store_of(app).write() as session:
        user = session.get_one(User, people.owner)
        return urlsplit(signin.issue_link(session, user, purpose, base_url=BASE_URL, lifetime=lifetime)).path


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_to_a_password_and_all_that_it_leads_to_are_the_resellers(app, people: People, purpose: Purpose):
    visitor, path = Visitor(app), link(app, people, purpose)

    pages = [visitor.get(path), visitor.post(path, {"password": "short"}), visitor.get("/sign-in")]
    pages += [visitor.get("/forgotten-password"), visitor.post("/forgotten-password", {"email": "x@example.com"})]
    pages += [visitor.post("/sign-in", {"email": "x@example.com", "password": "wrong"})]

    assert [page.status_code for page in pages] == [200, 422, 200, 200, 200, 422]
    assert all(is_branded(page.text) for page in pages)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_that_is_used_up_or_too_old_is_still_the_resellers(app, people: People, purpose: Purpose, clock):
    used = link(app, people, purpose)
    Visitor(app).post(used, {"password": NEW, "again": NEW})
    of_used = Visitor(app).get(used)
    old = link(app, people, purpose, timedelta(hours=1))
    clock.advance(hours=2)

    of_old = Visitor(app).get(old)

    assert (of_used.status_code, of_old.status_code) == (404, 404)
    assert is_branded(of_used.text)
    assert is_branded(of_old.text)


@pytest.mark.parametrize("page", ["top_up", "subscriptions"])
def test_the_sign_in_behind_a_mails_link_is_the_resellers(app, people: People, page: str):
    with store_of(app).read() as session:
        address = getattr(addresses, page)(session, people.account)
    visitor = Visitor(app)

    there = visitor.get(address.removeprefix(BASE_URL))

    assert there.headers["Location"].startswith("/sign-in?next=")
    assert is_branded(visitor.get(there.headers["Location"]).text)


def test_the_account_in_an_address_tells_nobody_whose_customer_it_is(app, people: People):
    visitor = Visitor(app)

    there = visitor.get(f"/accounts/{people.account}/payments")

    assert not is_branded(visitor.get(there.headers["Location"]).text)


def test_after_signing_out_the_sign_in_is_still_ones_own(app, people: People):
    visitor = Visitor(app)
    visitor.sign_in("owner@example.com", PASSWORD)
    visitor.post("/sign-out")

    assert is_branded(visitor.get("/sign-in").text)


@pytest.mark.parametrize("named", ["999999", "0", "-1", "9" * 30, "x", "²", ""])
def test_a_brand_that_is_nobodys_is_the_operators(app, people: People, named: str):
    page = Visitor(app).get("/sign-in", query_string={"brand": named})

    assert page.status_code == 200
    assert not is_branded(page.text)


def test_a_closed_resellers_links_name_nobody(app, people: People):
    visitor, path = Visitor(app), link(app, people, Purpose.RESET)
    visitor.get(path)
    with store_of(app).write() as session:
        reseller = session.get_one(Reseller, people.reseller)
        reseller.closed_at = store_of(app).now()

    assert not is_branded(visitor.get("/sign-in").text)
    assert not is_branded(Visitor(app).get(f"/sign-in?brand={people.reseller}").text)
    assert not is_branded(visitor.get(path, follow_redirects=True).text)


def test_whoever_is_signed_in_sees_their_own_whatever_a_link_says(app, people: People):
    operator = Visitor(app, people.operator)

    page = operator.get(f"/profile/password?brand={people.reseller}")

    assert not is_branded(page.text)
