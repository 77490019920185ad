"""A real Chromium, driven by playwright: the system's own, or one that playwright has installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Playwright, sync_playwright

from devtools.system_packages import CHROMIUM_NAMES

PROGRAM_VARIABLE = "BILLHOOK_TEST_CHROMIUM"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


class NoBrowser(Exception):
    """There is no Chromium to test with; the text says why."""


def chromium_program(playwright: Playwright) -> str:
    """Return the Chromium to start. Raises NoBrowser."""
    named = os.environ.get(PROGRAM_VARIABLE)
    candidates = [named] if named else [*CHROMIUM_NAMES, playwright.chromium.executable_path]
    for candidate in candidates:
        found = shutil.which(candidate)
        if found:
            return found
    raise NoBrowser(f"no Chromium: none of {', '.join(candidates)} is installed (apt-get install chromium)")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a running browser. Raises NoBrowser."""
    with sync_playwright() as playwright:
        program = chromium_program(playwright)
        try:
            browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        except Error as error:
            raise NoBrowser(f"{program} does not start: {error.message}") from error
        with browser:
            yield browser


class PageFaults:
    """What a page complains about while a test uses it: script errors, and what its content security policy refused."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        self._page = page
        page.on("pageerror", self._note)
        page.on("console", self._heed)

    def leave(self) -> None:
        """Stop listening."""
        self._page.remove_listener("pageerror", self._note)
        self._page.remove_listener("console", self._heed)

    def _note(self, error: Error) -> None:
        self.found.append(f"script error: {error}")

    def _heed(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.found.append(message.text)
