"""Pages, links, menu entries and files of a plugin, over the running panel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from billhook import Access, GoTo, HostPage, MalformedField, NotThere, Room, Show
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import (
    AccessLevel,
    Account,
    Mail,
    Notice,
    Outbox,
    PluginFailure,
    RateLimit,
    Reseller,
    UserKind,
)
from host_stub.plugins import pages
from host_stub.plugins.registry import Registry
from host_stub.services.people import limits
from host_stub.services.tenants import resellers
from tests.conftest import LETTER_DAY
from tests.platform import notes
from tests.support.databases import Databases
from tests.support.web import BASE_URL, Visitor, a_customer, a_user, an_app, store_of
from tests.support.world import MANAGER, World, a_reseller, an_account

TAG = "<x-typed>"


class Stage:
    """Two resellers, the plugin on for the first; its account's people, its managers, and the operator."""

    def __init__(self, url: str, clock: FixedClock) -> None:
        self.clock = clock
        self.registry = Registry.of({"notes": notes})
        self.loaded = dict(self.registry.plugins)
        assert self.registry.broken == {}
        self.app = an_app(url, clock, registry=self.registry)
        self.store = store_of(self.app)
        with self.store.write() as session:
            root = a_reseller(session, "Оператор", is_operator=True)
            operator = a_user(session, root, UserKind.MANAGER, "op@example.com").id
        self.world = World(self.store)
        self.account_id = self.world.account_id
        with self.store.write() as session:
            account = session.get_one(Account, self.account_id)
            account.email = "buh@romashka.example"
            self.people = {
                level: a_customer(session, account, f"{level}@romashka.example", level).id for level in AccessLevel
            }
            reseller = session.get_one(Reseller, self.world.reseller_id)
            manager = a_user(session, reseller, UserKind.MANAGER, "olga@example.com").id
            other = a_reseller(session, "Чужой")
            self.other_id = other.id
            self.foreign_id = an_account(session, other, name="Чужой клиент").id
            self.second_id = an_account(session, reseller, name="ООО «Лютик»", email="x@lutik.example").id
            stranger = a_user(session, other, UserKind.MANAGER, "strange@example.com").id
        self.staff = {"manager": manager, "stranger": stranger, "operator": operator}

    def fresh(self) -> None:
        """Begin anew: the plugin on and honest, nothing written, old failures forgotten, everybody signed in."""
        notes.ANSWERS.clear()
        notes.SEEN.clear()
        self.registry.plugins.update(self.loaded)
        self.registry.broken.clear()
        self.clock.advance(minutes=5)
        with self.store.write() as session:
            for table in (Notice, Outbox, Mail, PluginFailure, RateLimit):
                session.execute(delete(table))
        self.switch(True)
        self.customer = Visitor(self.app, self.people[AccessLevel.OWNER])
        self.manager, self.stranger, self.operator = (
            Visitor(self.app, self.staff[who]) for who in ("manager", "stranger", "operator")
        )
        self.anybody = self.app.test_client()

    def switch(self, on: bool) -> None:
        resellers.switch_plugin(self.store, self.world.reseller_id, "notes", on=on, by=MANAGER)

    def path(self, page: str, account_id: int | None = None) -> str:
        return f"/plugin/notes/accounts/{account_id or self.account_id}/{page}"

    def notices(self) -> list[Notice]:
        with self.store.read() as session:
            return list(session.scalars(select(Notice).order_by(Notice.id)))

    def mails(self) -> list[Mail]:
        with self.store.read() as session:
            return list(session.scalars(select(Mail).order_by(Mail.id)))

    def failures(self) -> dict[str, str]:
        with self.store.read() as session:
            return {row.place: row.error for row in session.scalars(select(PluginFailure))}

    def link(self) -> str:
        """Return the path of a link to stop notes, as the customer's page shows it."""
        shown = self.customer.get(self.path("news")).text
        (found,) = re.findall(rf'href="{BASE_URL}(/plugin/notes/link/[^"]+)"', shown)
        return str(found)


@pytest.fixture(scope="module")
def _stage(sqlite_databases: Databases) -> Iterator[Stage]:
    url = sqlite_databases.migrated()
    built = Stage(url, FixedClock(LETTER_DAY))
    yield built
    built.store.close()
    sqlite_databases.discard(url)


@pytest.fixture
def stage(_stage: Stage) -> Stage:
    _stage.fresh()
    return _stage


@pytest.fixture
def on_each_database(database_url: str, clock: FixedClock) -> Iterator[Stage]:
    built = Stage(database_url, clock)
    built.fresh()
    yield built
    built.store.close()


# Pages


def test_a_page_stands_in_the_frame_of_its_room_with_its_own_words_and_files(stage: Stage) -> None:
    shown = stage.customer.get(stage.path("news")).text

    assert "<title>Новости · " in shown
    assert 'class="balance"' in shown
    assert "5 заметок" in shown
    assert "Больше не присылать" not in shown
    assert "ООО «Ромашка», " in shown
    assert "Выйти" in shown  # the host's own words, in the layout
    for name in ("notes.css", "notes.js", "billhook.css", "billhook.js"):
        assert f"{name}?v=" in shown


@pytest.mark.parametrize(("who", "path"), [("manager", "reseller/board"), ("operator", "operator/overview")])
def test_staff_pages_have_the_left_navigation(stage: Stage, who: str, path: str) -> None:
    shown = getattr(stage, who).get(f"/plugin/notes/{path}").text

    assert '<nav class="side"' in shown
    assert re.search(rf'href="/plugin/notes/{path}" aria-current="page"', shown)


def test_a_view_is_asked_with_what_it_needs_and_nothing_of_the_host(stage: Stage) -> None:
    stage.customer.post(stage.path("news") + "?a=1&a=2", {"text": "Привет", "more": ["x", "y"]})

    (asked,) = notes.SEEN
    assert (asked.room, asked.method, asked.is_post, asked.language) == (Room.CUSTOMER, "POST", True, "ru")
    assert list(asked.query) == [("a", "1"), ("a", "2")]
    assert list(asked.fields) == [("text", "Привет"), ("more", "x"), ("more", "y")]  # and no token
    assert (asked.account.id, asked.reseller.id) == (stage.account_id, stage.world.reseller_id)
    assert asked.now == stage.clock.now()
    assert all(asked.may(each) for each in Access)


def test_a_view_reads_only_while_it_runs(stage: Stage) -> None:
    kept: list[Any] = []

    def keep(request: Any) -> Show:
        kept.append(request.reader)
        return Show("notes/plain.html", {"heading": request.reader.account(stage.account_id).name})

    notes.ANSWERS["news"] = keep
    assert "ООО «Ромашка»" in stage.customer.get(stage.path("news")).text

    for late in (lambda: kept[0].account(stage.account_id), lambda: notes.SEEN[0].reader):
        with pytest.raises(LookupError, match="nothing is read any more"):
            late()


def test_the_operator_s_page_reads_reseller_by_reseller_where_the_plugin_is_on(stage: Stage) -> None:
    shown = stage.operator.get("/plugin/notes/operator/overview").text

    assert "ООО «Хостинг»" in shown
    assert "Чужой" not in shown
    (asked,) = notes.SEEN
    assert (asked.reseller, asked.account) == (None, None)
    for reach in (lambda: asked.reader, lambda: asked.reader_of(stage.other_id)):
        with pytest.raises(LookupError):
            reach()


def test_a_post_writes_its_effects_once_and_leads_on_with_a_message(on_each_database: Stage) -> None:
    stage = on_each_database

    answer = stage.customer.post(stage.path("news"), {"text": "Привет"})

    assert (answer.status_code, answer.location) == (
        303,
        stage.path("news") + "?" + "typed=%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82",
    )
    (notice,) = stage.notices()
    assert (notice.title, notice.text, notice.category) == ("Заметка", "Привет", "plugin:notes")
    assert {mail.subject for mail in stage.mails()} == {"Заметка"}
    shown = stage.customer.get(answer.location).text
    assert "Записано." in shown
    assert "Привет" in shown
    assert len(stage.notices()) == 1


def test_two_posts_are_two_occasions(stage: Stage) -> None:
    for _ in range(2):
        stage.customer.post(stage.path("news"), {"text": "Привет"})

    assert len(stage.notices()) == 2


def test_what_is_refused_is_shown_again_with_what_was_typed(stage: Stage) -> None:
    answer = stage.customer.post(stage.path("news"), {"text": "  "})

    assert answer.status_code == 422
    assert "Напишите что-нибудь." in answer.text
    assert stage.notices() == []


def test_what_was_typed_is_escaped(stage: Stage) -> None:
    assert TAG not in stage.customer.get(stage.path("news"), query_string={"typed": TAG}).text


@pytest.mark.parametrize(("data", "status"), [({}, 400), ({"text": ["a", "b"]}, 400), ({"text": "a\x00b"}, 422)])
def test_a_field_that_is_missing_or_twice_or_holds_a_nul_is_refused_and_is_no_failure(
    stage: Stage, data: dict[str, Any], status: int
) -> None:
    assert stage.customer.post(stage.path("news"), data).status_code == status
    assert stage.failures() == {}


def test_a_manager_s_page_may_tell_any_customer_of_his_reseller_and_no_other(stage: Stage) -> None:
    board = "/plugin/notes/reseller/board"

    told = stage.manager.post(board, {"account_id": stage.second_id})
    foreign = stage.manager.post(board, {"account_id": stage.foreign_id})

    assert (told.status_code, "ООО «Лютик»" in told.text) == (200, True)
    assert foreign.status_code == 404
    assert [notice.account_id for notice in stage.notices()] == [stage.second_id]
    assert stage.failures() == {}


def test_the_operator_in_a_reseller_s_name_opens_its_pages_and_is_reminded(stage: Stage) -> None:
    stage.operator.post(f"/admin/resellers/{stage.world.reseller_id}/act")

    shown = stage.operator.get("/plugin/notes/reseller/board").text

    assert "Вы работаете от имени" in shown
    assert 'href="/reseller/payments"' in shown


@pytest.mark.parametrize("who", ["customer", "manager"])
def test_a_plugin_that_is_off_has_no_pages_and_no_menu(stage: Stage, who: str) -> None:
    path, home = {
        "customer": (stage.path("news"), stage.path("")[len("/plugin/notes") :]),
        "manager": ("/plugin/notes/reseller/board", "/reseller/"),
    }[who]
    visitor = getattr(stage, who)
    assert visitor.get(path).status_code == 200
    stage.switch(False)

    assert visitor.get(path).status_code == 404
    assert visitor.post(path, {"text": "x"}).status_code == 404
    assert "/plugin/notes" not in visitor.get(home, follow_redirects=True).text
    assert stage.stranger.get("/plugin/notes/reseller/board").status_code == 404


@pytest.mark.parametrize("page", ["unheard_of", "board", "overview", "news/x", "News"])
def test_a_page_that_the_room_does_not_have_is_404(stage: Stage, page: str) -> None:
    assert stage.customer.get(stage.path(page)).status_code == 404


# What goes wrong


WRONG = {
    "raises": lambda request: 1 / 0,
    "leaves the process": lambda request: exit(3),
    "returns nothing": lambda request: None,
    "returns a text": lambda request: "<p>hello</p>",
    "shows a number": lambda request: Show(7),  # type: ignore[arg-type]
    "shows the host's template": lambda request: Show("reseller/staff.html"),
    "shows another plugin's template": lambda request: Show("check_cash/instructions.html"),
    "climbs out of its folder": lambda request: Show("notes/../reseller/staff.html"),
    "shows what is not there": lambda request: Show("notes/missing.html"),
    "leads to another site": lambda request: GoTo("https://evil.example/"),
    "leads to a path": lambda request: GoTo("/reseller/staff"),
    "leads to another room": lambda request: GoTo("board"),
    "leads with what is no text": lambda request: GoTo("news", {"a": 1}),  # type: ignore[dict-item]
    "leads with what no address can carry": lambda request: GoTo("news", {"a": "\ud800"}),
    "says what no session can keep": lambda request: GoTo("news", message="half: \ud800"),
    "leads to the host's page with fields": lambda request: GoTo(HostPage.TOP_UP, {"amount": "1"}),
    "asks for what is no effect": lambda request: Show("notes/plain.html", effects=["mail"]),  # type: ignore[list-item]
    "tells another customer": lambda request: GoTo("news", effects=[notes.told(request.account.id + 1, "x")]),
    "tells with what is no text": lambda request: GoTo("news", effects=[notes.told(request.account.id, 7)]),  # type: ignore[arg-type]
    "refuses and asks for effects": lambda request: Show(
        "notes/plain.html", {"heading": ""}, effects=[notes.told(request.account.id, "x")], refused=True
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_view_that_does_wrong_is_contained_recorded_and_told_in_a_sentence(stage: Stage, fault: str) -> None:
    notes.ANSWERS["news"] = WRONG[fault]

    answer = stage.customer.post(stage.path("news"), {"text": "x"})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "Эта страница сейчас не работает" in answer.text
    assert 'class="balance"' in answer.text  # in the room's frame
    assert "Traceback" not in answer.text
    assert len(stage.failures()) == 1
    assert stage.notices() == []
    notes.ANSWERS.clear()
    assert stage.customer.get(stage.path("news")).status_code == 200


def test_a_get_that_asks_for_effects_is_contained_and_writes_nothing(stage: Stage) -> None:
    notes.ANSWERS["news"] = lambda request: Show(
        "notes/plain.html", {"heading": "A"}, effects=[notes.told(request.account.id, "x")]
    )

    assert stage.customer.get(stage.path("news")).status_code == 503
    assert stage.notices() == []
    assert "looking changes nothing" in stage.failures()["page"]


def test_a_page_that_cannot_be_drawn_writes_nothing(stage: Stage) -> None:
    notes.ANSWERS["news"] = lambda request: Show(
        "notes/plain.html", {"heading": Broken()}, effects=[notes.told(request.account.id, "x")]
    )

    assert stage.customer.post(stage.path("news")).status_code == 503
    assert stage.notices() == []
    assert list(stage.failures()) == ["page_template"]


class Broken:
    def __html__(self) -> str:
        raise RuntimeError("no words")


def test_effects_that_the_database_does_not_take_are_recorded_and_told_in_a_sentence(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any) -> None:
        raise IntegrityError("insert", {}, Exception("UNIQUE constraint failed: notes_line.text"))

    monkeypatch.setattr(pages.writing, "write", refuse)

    answer = stage.customer.post(stage.path("news"), {"text": "x"})

    assert (answer.status_code, "не работает" in answer.text) == (503, True)
    assert "UNIQUE constraint failed" in stage.failures()["effects"]


def test_the_operator_s_room_has_no_effects(stage: Stage) -> None:
    notes.ANSWERS["overview"] = lambda request: Show(
        "notes/plain.html", {"heading": "A"}, effects=[notes.told(stage.account_id, "x")]
    )

    assert stage.operator.post("/plugin/notes/operator/overview").status_code == 503
    assert "belongs to no reseller" in stage.failures()["page"]


def test_a_view_may_say_that_something_is_not_there(stage: Stage) -> None:
    for error, status in ((NotThere("gone"), 404), (MalformedField("x", "odd"), 400)):
        notes.ANSWERS["news"] = lambda request, error=error: (_ for _ in ()).throw(error)

        assert stage.customer.get(stage.path("news")).status_code == status
    assert stage.failures() == {}


def test_a_plugin_that_failed_too_often_is_paused_and_its_pages_say_so(stage: Stage) -> None:
    notes.ANSWERS["news"] = WRONG["raises"]
    for _ in range(5):
        stage.customer.get(stage.path("news"))
    notes.ANSWERS.clear()
    notes.SEEN.clear()

    assert stage.customer.get(stage.path("tips")).status_code == 503
    assert notes.SEEN == []


@pytest.mark.parametrize(
    "where", ["accounts/{account}/news", "reseller/board", "operator/overview", "link"], ids=lambda path: path[:8]
)
def test_a_plugin_that_could_not_be_loaded_answers_503(stage: Stage, where: str) -> None:
    link = stage.link()
    stage.registry.broken["notes"] = "import failed"
    del stage.registry.plugins["notes"]
    path = link if where == "link" else f"/plugin/notes/{where.format(account=stage.account_id)}"
    who = {"a": stage.customer, "r": stage.manager, "o": stage.operator}.get(where[0], Visitor(stage.app))

    answer = who.get(path)

    assert (answer.status_code, "не работает" in answer.text) == (503, True)


def test_a_plugin_that_nobody_knows_is_404(stage: Stage) -> None:
    assert stage.operator.get("/plugin/unheard_of/operator/overview").status_code == 404
    assert stage.manager.get("/plugin/unheard_of/reseller/board").status_code == 404


# Where a page leads


@pytest.mark.parametrize(
    ("who", "page", "to", "expected"),
    [
        ("customer", "news", HostPage.HOME, "/accounts/{account}"),
        ("customer", "news", HostPage.TOP_UP, "/accounts/{account}/top-up"),
        ("customer", "news", HostPage.PAYMENTS, "/accounts/{account}/payments"),
        ("customer", "news", HostPage.SETTINGS, "/accounts/{account}/settings"),
        ("customer", "news", "old_news", "/plugin/notes/accounts/{account}/old_news"),
        ("manager", "board", HostPage.HOME, "/reseller/"),
        ("manager", "board", HostPage.PAYMENTS, "/reseller/payments"),
        ("manager", "board", HostPage.SETTINGS, "/reseller/settings"),
        ("operator", "overview", HostPage.HOME, "/admin/"),
    ],
)
def test_a_page_leads_to_pages_of_its_room(stage: Stage, who: str, page: str, to: str, expected: str) -> None:
    notes.ANSWERS[page] = lambda request: GoTo(to)
    room = {"customer": f"accounts/{stage.account_id}", "manager": "reseller", "operator": "operator"}[who]

    answer = getattr(stage, who).get(f"/plugin/notes/{room}/{page}")

    assert answer.location == expected.format(account=stage.account_id)
    assert getattr(stage, who).get(answer.location, follow_redirects=True).status_code == 200


# The menu


def test_the_menu_shows_what_the_visitor_may_open_and_where_he_is(stage: Stage) -> None:
    news, tips = stage.path("news"), stage.path("tips")
    shown = stage.customer.get(tips).text
    assert f'href="{news}">' in shown
    assert f'href="{tips}" aria-current="page">' in shown

    # A page without an entry belongs to the plugin's first one.
    assert f'href="{news}" aria-current="page">' in stage.customer.get(stage.path("old_news")).text

    stage.customer.enter(stage.people[AccessLevel.USER])
    shown = stage.customer.get(tips).text
    assert news not in shown
    assert f'href="{tips}" aria-current="page">' in shown
    assert stage.customer.get(news).status_code == 403


def test_the_menu_of_staff_has_a_group_of_plugins(stage: Stage) -> None:
    shown = stage.manager.get("/reseller/").text

    assert re.search(r'<p class="label">Модули</p>\s*<a href="/plugin/notes/reseller/board">Доска', shown)
    assert "attic" not in shown
    assert "/plugin/notes" not in stage.stranger.get("/reseller/").text
    assert 'href="/plugin/notes/operator/overview"' in stage.operator.get("/admin/").text


# Links


def test_a_link_shows_by_get_and_acts_by_post_without_a_session_or_token(on_each_database: Stage) -> None:
    stage = on_each_database
    link = stage.link()

    shown = stage.anybody.get(link)

    assert shown.status_code == 200
    assert "ООО «Хостинг» больше не будет присылать вам заметки." in shown.text
    assert stage.notices() == []
    assert "Set-Cookie" not in shown.headers

    done = stage.anybody.post(link)

    assert (done.status_code, "Заметок больше не будет." in done.text) == (200, True)
    (notice,) = stage.notices()
    assert (notice.account_id, notice.text) == (stage.account_id, "Stopped")


def test_a_link_s_address_goes_nowhere(stage: Stage) -> None:
    headers = stage.anybody.get(stage.link()).headers

    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "'unsafe" not in headers["Content-Security-Policy"]


def test_a_link_has_no_switch_of_language_that_could_not_work(stage: Stage) -> None:
    assert 'action="/language"' not in stage.anybody.get(stage.link()).text


def _spoiled(stage: Stage) -> list[str]:
    link = stage.link()
    head, _, token = link.rpartition("/")
    carried, _, mac = token.partition(".")
    flipped = mac[:-1] + ("0" if mac[-1] != "0" else "1")
    return [
        f"{head}/{carried}.{flipped}",
        f"{head}/{carried[:-2]}.{mac}",
        f"{head}/{carried}",
        f"{head}/.{mac}",
        f"{head}/{'A' * 40}.{mac}",
        f"{head}/%D0%B6.{mac}",
        link.replace("/link/stop/", "/link/start/"),
        link.replace("/plugin/notes/", "/plugin/other/"),
    ]


def test_wrong_foreign_and_expired_addresses_get_one_and_the_same_answer(stage: Stage) -> None:
    right = stage.link()
    wrong = _spoiled(stage)
    answers = {path: stage.app.test_client().get(path) for path in wrong}
    answers["posted"] = stage.app.test_client().post(wrong[0])
    stage.switch(False)
    answers["off"] = stage.app.test_client().get(right)
    stage.switch(True)
    stage.clock.advance(days=30)
    answers["expired"] = stage.app.test_client().get(right)

    assert {answer.status_code for answer in answers.values()} == {404}
    assert len({answer.data for answer in answers.values()}) == 1
    assert {answer.headers.get("Set-Cookie") for answer in answers.values()} == {None}
    assert stage.notices() == []


def test_a_link_works_until_its_last_second(stage: Stage) -> None:
    link = stage.link()

    stage.clock.advance(days=29, hours=23, minutes=59, seconds=59)

    assert stage.anybody.get(link).status_code == 200


def test_who_guesses_wrong_too_often_has_to_wait_and_others_do_not(stage: Stage) -> None:
    link, wrong = stage.link(), _spoiled(stage)[0]
    guesser, other = {"REMOTE_ADDR": "203.0.113.9"}, {"REMOTE_ADDR": "203.0.113.10"}
    for _ in range(limits.CAPABILITY_ADDRESS.most):
        assert stage.anybody.get(wrong, environ_base=guesser).status_code == 404

    assert stage.anybody.get(wrong, environ_base=guesser).status_code == 429
    assert stage.anybody.post(link, environ_base=guesser).status_code == 429
    assert stage.anybody.get(link, environ_base=other).status_code == 200
    assert stage.notices() == []


@pytest.mark.parametrize(
    "fault",
    {
        "raises": lambda request: 1 / 0,
        "answers rubbish": lambda request: {},
        "leads to a page": lambda request: GoTo("news"),
        "leads to another site": lambda request: GoTo("https://evil.example"),
        "says a message": lambda request: GoTo(HostPage.HOME, message="Saved."),
        "tells a foreign customer": lambda request: Show("notes/stop.html", effects=[notes.told(999_999, "x")]),
    }.items(),
    ids=lambda fault: fault[0],
)
def test_a_link_that_does_wrong_is_contained(stage: Stage, fault: tuple[str, Any]) -> None:
    link = stage.link()
    notes.ANSWERS["stop"] = fault[1]

    answer = stage.anybody.post(link)

    assert (answer.status_code, "не работает" in answer.text) == (503, True)
    assert list(stage.failures()) == ["link"]
    assert stage.notices() == []


@pytest.mark.parametrize(("to", "expected"), [("stop", None), (HostPage.HOME, "/")])
def test_a_link_leads_to_itself_or_home(stage: Stage, to: str, expected: str | None) -> None:
    link = stage.link()
    notes.ANSWERS["stop"] = lambda request: GoTo(to)

    assert stage.anybody.post(link).location == (expected or link)


def test_an_event_s_mail_may_carry_a_link(stage: Stage) -> None:
    from host_stub.plugins.delivery import PluginReceiver
    from host_stub.services.books.corrections import correct
    from host_stub.services.queues import deliveries
    from tests.support.world import rub

    correct(stage.store, stage.world.scope, stage.account_id, rub("1.00"), reason="test", once_token="1", by=MANAGER)
    keys = stage.app.extensions["billhook"].keys
    deliveries.work(stage.store, "worker", "plugin:notes", PluginReceiver(stage.store, stage.registry, keys))

    (notice,) = stage.notices()
    assert notice.url.startswith(f"{BASE_URL}/plugin/notes/link/stop/")
    assert stage.anybody.get(notice.url.removeprefix(BASE_URL)).status_code == 200


def test_a_link_must_be_declared_and_its_subject_short(stage: Stage) -> None:
    for name, subject in (("go", "1"), ("stop", ""), ("stop", "x" * 201), ("stop", 7)):
        notes.ANSWERS["news"] = lambda request, name=name, subject=subject: Show(
            "notes/plain.html", {"heading": request.link(name, subject)}
        )

        assert stage.customer.get(stage.path("news")).status_code == 503


def test_a_subject_may_hold_any_text(stage: Stage) -> None:
    seen: list[str] = []
    notes.ANSWERS["stop"] = lambda request: seen.append(request.subject) or Show("notes/plain.html", {"heading": "A"})
    for subject in ("7.8|9/й", "a" * 200, " ", "\U0001f4b6"):
        notes.ANSWERS["news"] = lambda request, subject=subject: Show(
            "notes/plain.html", {"heading": request.link("stop", subject)}
        )
        shown = stage.customer.get(stage.path("news")).text
        (path,) = re.findall(rf"<h1>{BASE_URL}(.+?)</h1>", shown)

        assert stage.anybody.get(path).status_code == 200
        assert seen[-1] == subject


# Files


def test_files_are_served_with_their_type_and_kept_under_the_address_with_the_version(stage: Stage) -> None:
    shown = stage.customer.get(stage.path("news")).text
    (address,) = re.findall(r'href="(/plugin/notes/static/notes.css\?v=\w+)"', shown)

    kept, asked_again = stage.anybody.get(address), stage.anybody.get(address.partition("?")[0])

    assert kept.text == ".notes-typed { font-style: italic; }\n"
    assert kept.content_type == "text/css; charset=utf-8"
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert asked_again.headers["Cache-Control"] == "no-cache"
    assert kept.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in kept.headers
    again = stage.anybody.get(address.partition("?")[0], headers={"If-None-Match": asked_again.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_what_is_no_asset_is_a_file_to_keep_and_no_page_of_ours(stage: Stage) -> None:
    page, drawing = (stage.anybody.get(f"/plugin/notes/static/{name}") for name in ("page.html", "dot.svg"))

    assert page.content_type == "application/octet-stream"
    assert page.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in drawing.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "file",
    [
        "missing.css",
        "",
        ".",
        "..",
        "../notes/notes.css",
        "../../__init__.py",
        "%2e%2e/%2e%2e/__init__.py",
        "..%2f..%2f__init__.py",
        "..%5c__init__.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "notes.css%00",
        ".hidden",
    ],
)
def test_no_address_leads_out_of_the_folder(stage: Stage, file: str) -> None:
    assert stage.anybody.get(f"/plugin/notes/static/{file}", follow_redirects=True).status_code == 404


def test_a_file_of_a_plugin_that_is_not_there_is_404(stage: Stage) -> None:
    assert stage.anybody.get("/plugin/other/static/notes.css").status_code == 404


def test_a_plugin_that_is_removed_takes_pages_menu_links_and_files_along(stage: Stage) -> None:
    without = an_app(str(stage.store.engine.url), stage.clock, registry=Registry.of({}))
    owner, manager = Visitor(without, stage.people[AccessLevel.OWNER]), Visitor(without)
    manager.enter(a_manager(stage))

    assert owner.get(stage.path("news")).status_code == 503  # it is on, and gone
    assert "/plugin/notes" not in owner.get(f"/accounts/{stage.account_id}/payments").text
    assert "/plugin/notes" not in manager.get("/reseller/").text
    assert owner.get("/plugin/notes/static/notes.css").status_code == 404
    store_of(without).close()


def a_manager(stage: Stage) -> int:
    with stage.store.write() as session:
        reseller = session.get_one(Reseller, stage.world.reseller_id)
        return a_user(session, reseller, UserKind.MANAGER, "new@example.com").id
