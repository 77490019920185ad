"""FakeHost answers pages and links as the panel does: the same statuses, ways, messages and effects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from billhook import Access, GoTo, HostPage, MalformedField, Notify, NotThere, Room, Show
from billhook_kit import FakeHost, Host, Opened, Visit, installed_host
from billhook_kit.source import of_object

from tests.platform import notes
from tests.platform.test_pages import WRONG

Both = tuple[Host, Host]


@pytest.fixture(scope="module")
def hosts() -> Iterator[Both]:
    with installed_host()(of_object("notes", notes), "RUB") as panel:
        yield FakeHost(notes, "notes"), panel


@pytest.fixture(autouse=True)
def _honest(hosts: Both) -> Iterator[None]:
    notes.ANSWERS.clear()
    hosts[1]._store.clock.advance(minutes=5)  # type: ignore[attr-defined]  the panel pauses what fails too often
    yield
    notes.ANSWERS.clear()


def same(hosts: Both, ask: Callable[[Host], Opened]) -> Opened:
    """Ask both hosts; they must agree in everything that a plugin's author sees. Returns what FakeHost gave."""
    fake, real = map(ask, hosts)
    assert (fake.status, fake.message) == (real.status, real.message)
    assert [type(each) for each in fake.effects] == [type(each) for each in real.effects]
    assert [each.key for each in fake.effects if isinstance(each, Notify)] == [
        each.key for each in real.effects if isinstance(each, Notify)
    ]
    assert bool(fake.location) == bool(real.location)
    assert fake.location.rpartition("/")[2] == real.location.rpartition("/")[2] or fake.location == "/"
    return fake


PAGES = {
    "shows": (Room.CUSTOMER, "news", Visit(), 200),
    "leads on with effects and a message": (Room.CUSTOMER, "news", Visit("POST", {"text": "a"}), 303),
    "refuses": (Room.CUSTOMER, "news", Visit("POST", {"text": " "}), 422),
    "misses a field": (Room.CUSTOMER, "news", Visit("POST"), 400),
    "hears a field twice": (Room.CUSTOMER, "news", Visit("POST", [("text", "a"), ("text", "b")]), 400),
    "is not for this level": (Room.CUSTOMER, "news", Visit(rights=frozenset({Access.SERVICES})), 403),
    "is for every level": (Room.CUSTOMER, "tips", Visit(rights=frozenset({Access.SERVICES})), 200),
    "does not exist": (Room.CUSTOMER, "unheard_of", Visit(), 404),
    "stands in another room": (Room.RESELLER, "news", Visit(), 404),
    "speaks of nobody": (Room.RESELLER, "board", Visit("POST", {"account_id": "999999"}), 404),
    "shows all resellers": (Room.OPERATOR, "overview", Visit(language="en"), 200),
}


@pytest.mark.parametrize("case", PAGES)
def test_both_hosts_answer_a_page_alike(hosts: Both, case: str) -> None:
    room, name, visit, status = PAGES[case]

    assert same(hosts, lambda host: host.open_page(room, name, visit)).status == status


ANSWERS: dict[str, Callable[[Any], Any]] = {
    **WRONG,
    "says that it is not there": lambda request: (_ for _ in ()).throw(NotThere("gone")),
    "cannot read a field": lambda request: (_ for _ in ()).throw(MalformedField("a", "odd")),
    "leads home": lambda request: GoTo(HostPage.HOME),
    "leads to another page of its own": lambda request: GoTo("old_news", {"a": "b"}),
    "shows after a post": lambda request: Show("notes/plain.html", {"heading": "A"}),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_both_hosts_take_and_refuse_the_same_answers(hosts: Both, answer: str) -> None:
    if answer == "leaves the process":
        pytest.skip("FakeHost runs in the author's own process")
    notes.ANSWERS["news"] = ANSWERS[answer]

    opened = same(hosts, lambda host: host.open_page(Room.CUSTOMER, "news", Visit("POST", {"text": "a"})))

    assert (opened.status == 503) is (answer in WRONG)


def test_both_hosts_refuse_effects_by_get_and_in_the_operator_s_room(hosts: Both) -> None:
    notes.ANSWERS["news"] = notes.ANSWERS["overview"] = lambda request: Show(
        "notes/plain.html", {"heading": "A"}, effects=[notes.told(hosts[0].account().id, "a")]
    )

    assert same(hosts, lambda host: host.open_page(Room.CUSTOMER, "news")).status == 503
    assert same(hosts, lambda host: host.open_page(Room.OPERATOR, "overview", Visit("POST"))).status == 503


def test_both_hosts_open_links_alike(hosts: Both) -> None:
    def link(host: Host) -> str:
        return host.link("stop", str(host.account().id))

    shown = same(hosts, lambda host: host.open_link(link(host)))
    acted = same(hosts, lambda host: host.open_link(link(host), Visit("POST")))

    assert (shown.status, len(shown.effects), acted.status, len(acted.effects)) == (200, 0, 200, 1)
    for spoil in (lambda text: text[:-1], lambda text: text.replace("/stop/", "/go/"), lambda text: text + "0"):
        assert same(hosts, lambda host, spoil=spoil: host.open_link(spoil(link(host)))).status == 404
    for name, subject in (("go", "1"), ("stop", ""), ("stop", "a" * 201)):
        for host in hosts:
            with pytest.raises((LookupError, ValueError)):
                host.link(name, subject)
