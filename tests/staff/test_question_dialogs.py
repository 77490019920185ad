"""The question stands over the page where there is a script, and is a page of its own where there is none."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests.staff.conftest import Staff
from tests.support.web import Visitor

pytestmark = pytest.mark.browser


@contextmanager
def serving(staff: Staff) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, staff.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def base(staff: Staff) -> Iterator[str]:
    with serving(staff) as address:
        yield address


def sign_in(page: Page, base: str, visitor: Visitor) -> None:
    cookie = visitor.client.get_cookie("billhook")
    assert cookie is not None
    page.context.add_cookies([{"name": "billhook", "value": cookie.value, "url": base}])


def fill(page: Page, base: str, staff: Staff) -> None:
    page.goto(f"{base}/reseller/accounts/{staff.account_id}")
    page.locator("#correction").get_by_label("Сумма").fill("-5000")
    page.locator("#correction").get_by_label("Причина").fill("Возврат")
    page.locator("#correction").get_by_role("button").click()


def test_the_dialog_names_sum_customer_and_result_and_no_changes_nothing(
    browser_page: Page, base: str, staff: Staff, olga: Visitor
) -> None:
    sign_in(browser_page, base, olga)

    fill(browser_page, base, staff)
    dialog = browser_page.get_by_role(
        "dialog", name=re.compile("Списать 5.000,00.руб. с баланса клиента ООО «Ромашка»")
    )
    expect(dialog).to_contain_text(re.compile("было 0,00.руб., станет \u22125.000,00.руб."))
    dialog.get_by_role("link", name="Не сейчас").click()
    expect(dialog).to_have_count(0)
    untouched = staff.balance()
    browser_page.locator("#correction").get_by_role("button").click()
    dialog.get_by_role("button", name="Изменить баланс").click()
    expect(browser_page.get_by_text("Корректировка на")).to_be_visible()

    assert (untouched, staff.balance()) == (0, -5000_00)


def test_without_a_script_a_page_asks(browser: Browser, base: str, staff: Staff, olga: Visitor) -> None:
    with browser.new_context(locale="ru-RU", java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, base, olga)

        fill(page, base, staff)
        expect(page.get_by_text("Списать 5")).to_be_visible()
        untouched = staff.balance()
        page.locator("[data-question]").get_by_role("button", name="Изменить баланс").click()

        assert (untouched, staff.balance()) == (0, -5000_00)


def test_what_is_wrong_is_shown_on_the_page_itself(browser_page: Page, base: str, staff: Staff, olga: Visitor) -> None:
    sign_in(browser_page, base, olga)
    browser_page.goto(f"{base}/reseller/accounts/{staff.account_id}")
    browser_page.locator("#correction").get_by_label("Сумма").fill("много")
    browser_page.locator("#correction").get_by_role("button").click()

    expect(browser_page.locator("#correction .error").first).to_be_visible()
    expect(browser_page.get_by_role("dialog")).to_have_count(0)
