"""What the script adds, in a real browser; and that pages fit a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from tests.web_face.sample_pages import CUSTOMER, STAFF, make_app

pytestmark = pytest.mark.browser
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)


class Panel:
    """The gallery behind the strict policy, with a memory of what was posted."""

    def __init__(self, app: Flask) -> None:
        self.posted: list[str] = []
        self.state = "waiting"
        app.add_url_rule("/waiting", view_func=self.waiting)
        app.before_request(self.remember)
        app.after_request(strict)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def waiting(self) -> str:
        script = '<script src="/static/billhook.js" defer></script>'
        refresh = 'data-refresh-seconds="0.1"' if self.state == "waiting" else ""
        return f'<!doctype html><html>{script}<main {refresh} data-state="{self.state}">{self.state}</main></html>'

    def remember(self) -> str | None:
        if request.method != "POST" or request.path == "/preview":
            return None
        self.posted.append(request.path)
        return "<!doctype html><title>done</title>done"


def strict(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    return response


@pytest.fixture(scope="module")
def running() -> Iterator[Panel]:
    panel = Panel(make_app("#0b7a75"))
    threading.Thread(target=panel.server.serve_forever, daemon=True).start()
    yield panel
    panel.server.shutdown()
    panel.server.server_close()


@pytest.fixture
def panel(running: Panel) -> Panel:
    running.posted.clear()
    running.state = "waiting"
    return running


def test_a_menu_closes_on_escape_and_on_a_click_outside(browser_page: Page, panel: Panel) -> None:
    browser_page.goto(f"{panel.url}/ru/payments")
    menu = browser_page.locator("details.status-menu").first

    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    browser_page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")

    menu.locator("summary").click()
    browser_page.locator("h1").click()
    expect(menu).not_to_have_attribute("open", "")


def test_a_destructive_step_is_asked_about_first(browser_page: Page, panel: Panel) -> None:
    browser_page.goto(f"{panel.url}/ru/payment")

    browser_page.locator("main button.danger").click()
    browser_page.locator("dialog button.plain").click()
    assert panel.posted == []

    browser_page.locator("main button.danger").click()
    expect(browser_page.locator("dialog")).to_contain_text("AP-000834")
    browser_page.locator("dialog button.danger").click()
    expect(browser_page.locator("body")).to_have_text("done")
    assert panel.posted == ["/payments/1/cancel"]


def test_a_button_pressed_twice_sends_its_form_once(browser_page: Page, panel: Panel) -> None:
    browser_page.goto(f"{panel.url}/ru/top_up")

    browser_page.locator("main form button").dblclick()
    expect(browser_page.locator("body")).to_have_text("done")

    assert panel.posted == ["/top-up"]


def test_after_back_the_button_works_again(browser_page: Page, panel: Panel) -> None:
    browser_page.goto(f"{panel.url}/ru/top_up")
    browser_page.locator("main form button").click()
    expect(browser_page.locator("body")).to_have_text("done")

    browser_page.go_back()
    expect(browser_page.locator("main form button")).to_be_enabled()


def test_the_first_error_has_the_focus(browser_page: Page, panel: Panel) -> None:
    browser_page.goto(f"{panel.url}/ru/top_up")

    expect(browser_page.locator("#amount")).to_be_focused()
    expect(browser_page.locator("#amount")).to_have_value("19,99")


def test_a_copy_button_copies_the_exact_text(browser_page: Page, panel: Panel) -> None:
    browser_page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=panel.url)
    browser_page.goto(f"{panel.url}/ru/instructions")

    browser_page.locator("[data-copy='#receipt-link']").click()

    expect(browser_page.locator("[data-copy='#receipt-link']")).to_have_text("Скопировано")
    expected = browser_page.locator("#receipt-link").inner_text()
    assert browser_page.evaluate("navigator.clipboard.readText()") == expected


def test_a_preview_is_drawn_beside_the_form(browser_page: Page, panel: Panel) -> None:
    browser_page.goto(f"{panel.url}/ru/staff_template")

    browser_page.get_by_role("button", name="Показать").click()

    expect(browser_page.frame_locator("[data-preview-frame]").locator("h1")).to_have_text("AP-000834")


def test_a_waiting_page_shows_the_new_state_by_itself(browser_page: Page, panel: Panel) -> None:
    browser_page.goto(f"{panel.url}/waiting")

    panel.state = "completed"

    expect(browser_page.locator("main")).to_have_text("completed")


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_the_screen(browser_page: Page, panel: Panel, width: int) -> None:
    browser_page.set_viewport_size({"width": width, "height": 720})

    for name in (name for name in (*CUSTOMER, *STAFF) if name != "post_form"):
        browser_page.goto(f"{panel.url}/ru/{name}")
        assert browser_page.evaluate("document.documentElement.scrollWidth") <= width, name
