"""A reader of a warning ends these mails by the link in it, as a mail program does, and has them again."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select

from devtools.mailsink import MailSink
from host_stub.persistence import Account, Notice, Reseller, UserKind
from tests.support.charging_world import ChargingWorld
from tests.support.web import Visitor, a_customer, a_user, an_app, store_of
from tests.worker.test_low_balance import PLUGIN, Warned

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
BUTTON = {"wanted": "again"}


class Mailed(Warned):
    """The world of warnings with its panel. panel: signs links with the keys that the worker made them with."""

    def __init__(self, world: ChargingWorld, sink: MailSink) -> None:
        super().__init__(world, sink)
        url = world.store.engine.url.render_as_string(hide_password=False)
        self.panel: Flask = an_app(url, world.store.clock, registry=self.registry, keys=self.keys)
        self.registry.attach(world.store)

    def cross(self) -> None:
        """Rise above the level and fall below it again."""
        self.world.credit("1000.00")
        self.run()
        self.world.credit("-900.00")
        self.run()

    def link(self) -> str:
        """Return where the newest letter says that such mails are ended."""
        address = urlsplit(self.sink.letters.all()[-1].headers["List-Unsubscribe"].strip("<>"))
        return address.path

    def notices(self) -> int:
        with self.world.store.read() as session:
            return session.scalars(select(func.count()).select_from(Notice)).one()

    def customer(self) -> Visitor:
        with self.world.store.write() as session:
            account = session.get_one(Account, self.world.account_id)
            user = a_customer(session, account, "anna@romashka.example")
        return Visitor(self.panel, user.id)

    def manager(self) -> Visitor:
        with self.world.store.write() as session:
            reseller = session.get_one(Reseller, self.world.reseller_id)
            user = a_user(session, reseller, UserKind.MANAGER, "olga@hosting.example")
        return Visitor(self.panel, user.id)


@pytest.fixture
def mailed(world: ChargingWorld) -> Iterator[Mailed]:
    with MailSink() as sink:
        scene = Mailed(world, sink)
        yield scene
        store_of(scene.panel).close()


def test_every_warning_says_where_such_mails_are_ended(mailed: Mailed) -> None:
    mailed.cross()

    (letter,) = mailed.sink.letters.all()
    address = letter.headers["List-Unsubscribe"].strip("<>")
    assert f"Не присылать такие письма:\n{address}" in letter.text
    assert f'href="{address}"' in letter.html
    assert letter.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_opening_the_link_ends_nothing_because_scanners_do_it_too(mailed: Mailed) -> None:
    mailed.cross()

    page = mailed.panel.test_client().get(mailed.link())
    mailed.cross()

    assert page.status_code == 200
    assert "Больше не присылать письма о низком балансе клиента" in page.text
    assert mailed.warnings() == 2


def test_one_click_of_a_mail_program_ends_the_mails_and_not_the_warnings(mailed: Mailed) -> None:
    mailed.cross()

    answer = mailed.panel.test_client().post(mailed.link(), data=ONE_CLICK)
    mailed.cross()

    assert answer.status_code in (200, 303)
    assert (mailed.warnings(), mailed.notices()) == (1, 2)


def test_pressing_twice_is_pressing_once_and_the_same_link_brings_them_back(mailed: Mailed) -> None:
    mailed.cross()
    link, visitor = mailed.link(), mailed.panel.test_client()

    for _press in range(2):
        visitor.post(link, data=ONE_CLICK)
    ended = visitor.get(link).text
    visitor.post(link, data=BUTTON)
    mailed.cross()

    assert "отключены" in ended
    assert mailed.warnings() == 2


def test_a_link_that_was_changed_opens_nothing(mailed: Mailed) -> None:
    mailed.cross()
    link = mailed.link()
    spoiled = link[:-1] + ("a" if link[-1] != "a" else "b")

    assert mailed.panel.test_client().post(spoiled, data=ONE_CLICK).status_code == 404
    mailed.cross()
    assert mailed.warnings() == 2


def test_a_customer_sees_the_warnings_and_turns_the_mails_off_in_the_panel(mailed: Mailed) -> None:
    mailed.cross()
    anna, page = mailed.customer(), f"/plugin/{PLUGIN}/accounts/{mailed.world.account_id}/warnings"

    before = anna.get(page).text
    answer = anna.post(page, {"wanted": "stop"})
    after = anna.get(page).text
    mailed.cross()

    assert "Баланс опустился ниже порога" in before
    assert answer.status_code == 303
    assert "видны только в панели" in after
    assert mailed.warnings() == 1


def test_a_manager_sees_who_was_warned_and_who_wants_no_mail(mailed: Mailed) -> None:
    mailed.cross()
    mailed.panel.test_client().post(mailed.link(), data=ONE_CLICK)
    mailed.cross()

    page = mailed.manager().get(f"/plugin/{PLUGIN}/reseller/warnings").text

    assert page.count("Баланс опустился ниже порога") == 2
    assert page.count("отключено клиентом") == 1
    assert page.index("отключено клиентом") < page.index("отправлено")
