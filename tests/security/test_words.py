"""No raw key, code or word of another language reaches a reader: every page of the matrix, in both languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from host_stub.domain.actors import SYSTEM, Actor
from host_stub.persistence import Outbox, PaymentMethod, PluginFailure, Worker
from host_stub.persistence.store import now
from host_stub.services.telling import journal
from host_stub.web.sentences import SENTENCES
from tests.browser.every_page import places
from tests.security.scene import KEY, PLUGIN, WATCHER, Scene
from tests.support.web import store_of

#: What the test's own plugins, people and rows are called.
OURS = (
    "ПАО СБЕРБАНК",
    "Cash desk",
    "Desk",
    "Bill",
    "Paper",
    "Warner",
    "Notes",
    "Notes board",
    "Board",
    "News",
    "Overview",
    "Billhook",
    "Old news",
    "All boards",
)
RAW = re.compile(r"(?<![\w@./=-])[a-z]+(?:_[a-z0-9]+)+(?![\w@/.-])")
LATIN = re.compile(r"[A-Za-z][a-z]+(?:[ ,]+[a-z]+)+")
ZONE = re.compile(r"\b(?:Europe|Asia)/[A-Z]\w+")


class Shown(HTMLParser):
    """The texts that a page shows; code, editors and what nobody sees are left out."""

    HIDDEN = ("script", "style", "code", "pre", "textarea", "title")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words = dict(attrs)
        self.texts += [words[name] or "" for name in ("placeholder", "aria-label", "title") if words.get(name)]
        if tag in self.HIDDEN or words.get("lang"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside or self._inside == ["html"]:
            self.texts.append(data.strip())


def fill(scene: Scene) -> None:
    """Add what the scene has none of: lines of every act, a failure, a worker, facts that were given up."""
    ids = scene.a.ids
    told = {
        "plugin": PLUGIN,
        "fields": [KEY, "name", "level", "timezone"],
        "method": "Касса",
        "account_id": ids["account_id"],
        "reason": "Причина",
        "level": "owner",
        "document": "receipt",
    }
    with store_of(scene.app).write() as session:
        at = now(session)
        manager = Actor("manager", "Ольга", scene.people["manager"])
        for action in SENTENCES:
            for kind, row_id in (("reseller", "reseller_id"), ("payment", "payment_id"), ("account", "account_id")):
                who = SYSTEM if action.startswith(("account.hold", "payment.life")) else manager
                journal.log(session, kind, ids[row_id], action, reseller_id=ids["reseller_id"], by=who, **told)
        common = {"reseller_id": ids["reseller_id"], "payload": {}, "created_at": at, "dead_at": at}
        for receiver, kind in (
            ("mail", "send"),
            ("provisioning", "apply_desired_state"),
            (f"plugin:{WATCHER}", "billhook_balance_changed"),
            (f"plugin:{WATCHER}", "billhook_charge_uncovered"),
        ):
            session.add(Outbox(**common, receiver=receiver, lane=f"{receiver}:x", kind=kind))
        session.add(Worker(name="worker-1", started_at=at, beat_at=at))
        for method in session.query(PaymentMethod):
            method.name = "Касса"
        session.add(PluginFailure(plugin=PLUGIN, place="start", error="", count=1, first_at=at, last_at=at))


def strange(text: str, language: str) -> list[str]:
    """Return what does not belong into a text for a reader of the language."""
    if "host_stub " in text:
        return []  # what is typed on a command line is named as it is typed
    foreign = LATIN.findall(text) if language == "ru" else re.findall("[А-Яа-яё]+ [А-Яа-яё]+", text)
    return RAW.findall(text) + ZONE.findall(text) + [word for word in foreign if word not in OURS]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_page_shows_a_raw_key_or_a_word_of_another_language(scene: Scene, language: str) -> None:
    fill(scene)
    for role in ("owner", "manager", "operator", "anonymous"):
        scene.visitor(role).post("/language", {"language": language})
    found, pages = [], 0
    for place in places(scene):
        pages += 1
        page = scene.visitor(place.role).get(place.path, headers={"Accept-Language": language})
        for text in Shown(page.text).texts:
            found += [f"{place.endpoint}: {text[:60]!r} ({word})" for word in strange(text, language)]

    assert pages > 60
    assert not found, "\n".join(found)
