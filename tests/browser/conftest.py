"""A running demo, and people who look at it through a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import PageFaults
from tests.support.demo import Demo, running_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo") / "state") as running:
        yield running


@contextmanager
def visiting(browser: Browser, demo: Demo, role: str, **more: object) -> Iterator[Page]:
    """Give a page on which somebody has signed in, in a session of their own.

    role: a name of the demo's logins. more: for the browser's context, such as `viewport`.
    Fails at the end when a script failed or the content security policy refused something.
    """
    given = {"locale": "ru-RU", "timezone_id": "Europe/Moscow", "viewport": {"width": 1280, "height": 900}, **more}
    with browser.new_context(**given) as context:  # type: ignore[arg-type]
        page = context.new_page()
        faults = PageFaults(page)
        page.goto(demo.panel)
        page.locator("input[name=email]").fill(demo.logins[role]["email"])
        page.locator("input[name=password]").fill(demo.logins[role]["password"])
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        yield page
    assert not faults.found, "\n".join(faults.found)
