"""Every page, looked at: `build/contact-sheet/index.html` shows them to people."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.contact_sheet import FOLDER, draw, roles_of
from tests.support.demo import PROJECT, Demo

pytestmark = [pytest.mark.browser, pytest.mark.long]


def test_every_page_fits_its_window_and_runs_without_a_fault_in_both_languages(browser: Browser, demo: Demo) -> None:
    sheet = draw(browser, demo, PROJECT / FOLDER, roles_of(demo))

    assert sheet.faults == []
    assert sum(map(len, sheet.pictures.values())) > 70
