"""The template room in a real browser: where focus and words go when a preview fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.render import Renderer
from host_stub.plugins.registry import Registry
from tests.customer.test_browser import site
from tests.staff.conftest import Staff
from tests.support.web import an_app

pytestmark = pytest.mark.browser

#: Milliseconds: a document is drawn, and a child may have to be started for it.
PATIENCE = 60_000


@pytest.fixture
def room(sqlite_url: str, clock: FixedClock, browser_page: Page) -> Iterator[Page]:
    """The page of the bill's template, with one payment to look at it on."""
    with Renderer() as renderer:
        app = an_app(sqlite_url, clock, registry=Registry.discover(), renderer=renderer)
        staff = Staff(app, clock, printer=None)  # type: ignore[arg-type]
        staff.payment()
        cookie: Any = staff.visitor("olga").client.get_cookie("billhook")
        with site(app) as address:
            base = address.replace("127.0.0.1", "localhost")
            browser_page.context.add_cookies([{"name": "billhook", "value": cookie.value, "url": base}])
            browser_page.goto(f"{base}/reseller/templates/{staff.bank_id}/invoice_template")
            yield browser_page
        staff.store.close()


def show(page: Page, source: str) -> None:
    page.locator("textarea[name=source]").fill(source)
    page.locator("button[data-preview]").click()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_preview_that_fails_leads_to_its_error_and_names_it_beside_the_button(room: Page, width: int) -> None:
    room.set_viewport_size({"width": width, "height": 720})

    show(room, "<p>\n{% if x %}")

    problem = room.frame_locator("iframe[name=preview]").locator("[data-problem]")
    expect(problem).to_contain_text("строка 2: «if» не закрыт", timeout=PATIENCE)
    expect(problem).to_be_focused()
    expect(problem).to_be_in_viewport()
    expect(room.locator("[data-preview-said]")).to_contain_text("«if» не закрыт")


def test_an_earlier_preview_that_arrives_late_takes_nothing_from_who_pressed(room: Page) -> None:
    room.locator("textarea[name=source]").fill("<p>\n{% if x %}")
    room.evaluate(
        """() => {
            document.querySelector("button[data-preview]").click();
            document.querySelector("iframe[name=preview]").dispatchEvent(new Event("load"));
        }"""
    )

    problem = room.frame_locator("iframe[name=preview]").locator("[data-problem]")
    expect(problem).to_be_focused(timeout=PATIENCE)
    with pytest.raises(PlaywrightTimeout), room.expect_request("**/preview", timeout=1500):
        pass  # the press showed what typing was about to show
    expect(problem).to_be_focused()


def test_a_doubtful_paper_is_shown_below_the_words_that_say_what_it_lacks(room: Page) -> None:
    show(room, "<h1>Привет, {{ payment.foo }}</h1>")

    frame = room.frame_locator("iframe[name=preview]")
    expect(frame.locator("[data-problem]")).to_contain_text("payment.foo", timeout=PATIENCE)
    with room.expect_response(lambda answer: answer.headers.get("content-type") == "application/pdf", timeout=PATIENCE):
        room.locator("button[data-preview]").click()


def test_doubts_on_saving_get_the_focus(room: Page) -> None:
    room.locator("textarea[name=source]").fill("<h1>Привет</h1>")
    room.locator("form[data-preview-url] button.primary").click()

    doubts = room.locator("[data-errors]")
    expect(doubts).to_contain_text("Пока ничего не сохранено", timeout=PATIENCE)
    expect(doubts).to_be_focused()
