"""Forgotten and changed passwords, invitations, password rules."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from host_stub.domain.actors import SYSTEM
from host_stub.persistence import LoginToken, Mail, Reseller, Scope, User, UserKind
from host_stub.services.people import passwords, signin, users
from host_stub.services.people.users import Invitations, NewUser
from tests.auth.conftest import password_hash, send_resets, without_token
from tests.support.web import BASE_URL, PASSWORD, Visitor

NEW = "другой пароль 7"
BAD = ["", "kr7 ab", "x" * 129, "password", "Password1", "QWERTY123", "12345678", "aaaaaaaaaa", "owner@example.com"]


def path_of(link: str) -> str:
    assert link.startswith(BASE_URL + "/")
    return link.removeprefix(BASE_URL)


def forgotten(visitor: Visitor, mail, email: str = "owner@example.com") -> str:
    visitor.post("/forgotten-password", {"email": email})
    return path_of(mail(email)[-1])


def test_a_forgotten_password_is_set_anew_by_the_link_in_the_mail(app, visitor, mail):
    link = forgotten(visitor, mail)

    shown = visitor.get(link)
    answer = visitor.post(link, {"password": NEW, "again": NEW})

    assert shown.status_code == 200
    assert "owner@example.com" in shown.text
    assert answer.status_code == 303
    assert visitor.get("/").headers["Location"].startswith("/accounts")
    assert Visitor(app).sign_in("owner@example.com", NEW).status_code == 303
    assert Visitor(app).sign_in("owner@example.com", PASSWORD).status_code == 422


def test_the_answer_is_the_same_whether_or_not_the_address_exists(visitor, store):
    known = visitor.post("/forgotten-password", {"email": "owner@example.com"})
    unknown = visitor.post("/forgotten-password", {"email": "nobody@example.com"})

    assert without_token(known.text) == without_token(unknown.text)
    assert known.status_code == unknown.status_code == 200
    assert send_resets(store) == 2
    with store.read() as session:
        assert session.scalars(select(func.count()).select_from(Mail)).one() == 1


def test_a_link_works_once(app, visitor, mail, store, people):
    link = forgotten(visitor, mail)
    visitor.post(link, {"password": NEW, "again": NEW})
    before = password_hash(store, people.owner)

    again = Visitor(app)

    assert again.get(link).status_code == 404
    assert again.post(link, {"password": "третий пароль", "again": "третий пароль"}).status_code == 404
    assert password_hash(store, people.owner) == before


def test_a_link_expires(visitor, mail, clock):
    link = forgotten(visitor, mail)

    clock.advance(minutes=61)

    assert visitor.get(link).status_code == 404
    assert visitor.post(link, {"password": NEW, "again": NEW}).status_code == 404


def test_looking_at_a_link_does_not_use_it_up(visitor, mail):
    """Mail scanners open links."""
    link = forgotten(visitor, mail)
    visitor.get(link)
    visitor.get(link)

    assert visitor.post(link, {"password": NEW, "again": NEW}).status_code == 303


def test_a_newer_link_replaces_the_older_one(visitor, mail):
    old = forgotten(visitor, mail)
    new = forgotten(visitor, mail)

    assert old != new
    assert visitor.get(old).status_code == 404
    assert visitor.get(new).status_code == 200


def test_a_reset_link_is_no_invitation_and_the_other_way_round(visitor, mail):
    token = forgotten(visitor, mail).rpartition("/")[2]

    assert visitor.get(f"/invitation/{token}").status_code == 404


def test_a_reset_ends_every_session(app, visitor, mail):
    elsewhere = Visitor(app)
    elsewhere.sign_in("owner@example.com")
    link = forgotten(visitor, mail)

    visitor.post(link, {"password": NEW, "again": NEW})

    assert elsewhere.get("/").headers["Location"].startswith("/sign-in")


def test_a_link_of_a_switched_off_user_is_dead(visitor, mail, store, people):
    link = forgotten(visitor, mail)
    with store.write() as session:
        users.set_active(session, session.get_one(User, people.owner), False, by=SYSTEM)

    assert visitor.get(link).status_code == 404


def test_links_are_built_from_the_configured_address_whatever_the_request_says(app, visitor, mail):
    token = visitor.csrf()
    cookie = f"billhook={visitor.client.get_cookie('billhook').value}"
    anyone = app.test_client(use_cookies=False)

    for name in ("Host", "X-Forwarded-Host", "Forwarded"):
        data = {"email": "owner@example.com", "csrf_token": token}
        anyone.post("/forgotten-password", data=data, headers={"Cookie": cookie, name: "host=evil.example"})

    assert len(mail("owner@example.com")) == 3
    assert all(link.startswith(BASE_URL + "/reset-password/") for link in mail("owner@example.com"))


def test_the_token_in_the_database_is_a_hash(visitor, mail, store):
    token = forgotten(visitor, mail).rpartition("/")[2]

    with store.read() as session:
        assert session.scalars(select(LoginToken.token_hash)).all() == [signin.token_hash(token)]


def test_a_person_is_not_flooded_with_mails(visitor, mail):
    for _ in range(5):
        assert visitor.post("/forgotten-password", {"email": "owner@example.com"}).status_code == 200

    assert len(mail("owner@example.com")) == 3


def test_an_address_that_asks_for_many_links_waits(visitor):
    statuses = [
        visitor.post("/forgotten-password", {"email": f"{number}@example.com"}).status_code for number in range(21)
    ]

    assert statuses == [200] * 20 + [429]


def test_an_address_that_guesses_links_waits(visitor):
    statuses = [visitor.get(f"/reset-password/{number:043d}").status_code for number in range(31)]

    assert statuses == [404] * 30 + [429]


def test_a_page_with_a_token_in_its_address_goes_nowhere(visitor, mail):
    headers = visitor.get(forgotten(visitor, mail)).headers

    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "noindex" in headers["X-Robots-Tag"]


def test_an_invitation_lets_a_new_manager_set_his_password(app, store, people, mail):
    with store.write() as session:
        users.add_manager(
            session,
            people.reseller,
            NewUser("New@Example.com", "Новый"),
            by=SYSTEM,
            invitations=Invitations(BASE_URL),
        )
    visitor, link = Visitor(app), path_of(mail("new@example.com")[0])

    shown = visitor.get(link)
    answer = visitor.post(link, {"password": NEW, "again": NEW})

    assert "Новый" in shown.text
    assert answer.status_code == 303
    assert Visitor(app).sign_in("new@example.com", NEW).status_code == 303
    assert Visitor(app).get(link).status_code == 404


def test_an_invitation_lasts_a_week(app, store, people, mail, clock):
    with store.write() as session:
        users.add_manager(
            session, people.reseller, NewUser("n@example.com", "N"), by=SYSTEM, invitations=Invitations(BASE_URL)
        )
    link = path_of(mail("n@example.com")[0])

    clock.advance(days=6, hours=23)
    assert Visitor(app).get(link).status_code == 200
    clock.advance(hours=2)
    assert Visitor(app).get(link).status_code == 404


def test_an_address_exists_once_in_the_whole_installation(store, people):
    with store.write() as session:
        other = Reseller(name="Другой", created_at=store.now())
        session.add(other)
        session.flush()
        other_id = other.id

    for email in ("owner@example.com", "OWNER@example.com "):
        with pytest.raises(users.EmailTaken), store.write() as session:
            users.add_manager(session, other_id, NewUser(email, ""), by=SYSTEM, invitations=Invitations(BASE_URL))


def test_what_is_no_address_is_refused(store, people):
    for email in ("", "a", "a@", "@b", "a b@c", "a@b\r\nBcc: x@y", "a@b,c@d", "<a@b>", "я@b", "a@b@c"):
        with pytest.raises(users.InvalidEmail), store.write() as session:
            users.add_manager(
                session, people.reseller, NewUser(email, ""), by=SYSTEM, invitations=Invitations(BASE_URL)
            )


def test_a_password_is_changed_with_the_present_one_and_other_browsers_are_out(app, visitor):
    elsewhere = Visitor(app)
    elsewhere.sign_in("owner@example.com")
    visitor.sign_in("owner@example.com")

    answer = visitor.post("/profile/password", {"old": PASSWORD, "password": NEW, "again": NEW})

    assert answer.status_code == 303
    assert visitor.get("/").headers["Location"].startswith("/accounts")
    assert elsewhere.get("/").headers["Location"].startswith("/sign-in")
    assert Visitor(app).sign_in("owner@example.com", NEW).status_code == 303


def test_a_change_makes_links_on_their_way_worthless(app, visitor, mail):
    link = forgotten(visitor, mail)
    visitor.sign_in("owner@example.com")

    visitor.post("/profile/password", {"old": PASSWORD, "password": NEW, "again": NEW})

    assert Visitor(app).get(link).status_code == 404


def test_a_wrong_present_password_changes_nothing_and_counts(visitor, store, people):
    visitor.sign_in("owner@example.com")
    before = password_hash(store, people.owner)

    statuses = [
        visitor.post("/profile/password", {"old": "no", "password": NEW, "again": NEW}).status_code for _ in range(11)
    ]

    assert statuses == [422] * 10 + [429]
    assert password_hash(store, people.owner) == before


@pytest.mark.parametrize("page", ["reset", "change"])
def test_what_cannot_be_a_password_is_refused_beside_the_field(visitor, mail, store, people, page):
    if page == "reset":
        path, data = forgotten(visitor, mail), {}
    else:
        visitor.sign_in("owner@example.com")
        path, data = "/profile/password", {"old": PASSWORD}
    before = password_hash(store, people.owner)

    for password in BAD:
        answer = visitor.post(path, {**data, "password": password, "again": password})

        assert answer.status_code == 422, password
        assert 'id="password-error"' in answer.text, password
    assert password_hash(store, people.owner) == before


@pytest.mark.parametrize("password", [bad for bad in BAD if bad])
def test_the_commonest_the_short_and_the_endless_are_no_passwords(password):
    with pytest.raises(passwords.WeakPassword):
        passwords.check(password, about=("owner@example.com",))


@pytest.mark.parametrize(
    "password", ["hugx piq", "x" * 127 + "y", "   spaces   ", "пароль из слов", "🐎🔋📎✅🐎🔋📎✅"]
)
def test_any_other_text_of_8_to_128_characters_is_a_password(password):
    passwords.check(password)

    assert passwords.matches(password, passwords.hashed(password))


def test_the_two_passwords_must_agree(visitor, mail):
    answer = visitor.post(forgotten(visitor, mail), {"password": NEW, "again": NEW + "x"})

    assert answer.status_code == 422
    assert 'id="again-error"' in answer.text


def test_an_account_keeps_an_owner_who_can_sign_in(store, people):
    with pytest.raises(users.LastOwner):
        users.change_level(store, Scope.everything(), people.account, people.owner, None, by=SYSTEM)


def test_the_set_up_makes_one_root_reseller_however_often_it_runs(store):
    with store.write() as session:
        users.create_operator(session, NewUser("one@example.com", "One"), company="ООО «Оператор»")
        users.create_operator(session, NewUser("two@example.com", "Two"))

    with store.read() as session:
        assert session.scalars(select(Reseller.name).where(Reseller.is_operator)).all() == ["ООО «Оператор»"]
        assert session.scalars(select(User.kind)).all() == [UserKind.MANAGER] * 2


def test_passwords_are_kept_with_argon2id_at_its_recommended_cost(monkeypatch):
    monkeypatch.undo()

    assert passwords.hashed("any password").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
