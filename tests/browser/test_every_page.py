"""Every page in both languages: none scrolls sideways, each begins soon on a phone, axe finds nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from host_stub.adapters.clock import FixedClock
from tests.browser.every_page import (
    LANGUAGES,
    Place,
    inaccessible,
    looking,
    places,
    site,
    stretch,
    too_far_down,
    too_wide,
)
from tests.security.scene import Scene
from tests.support.web import store_of

pytestmark = pytest.mark.browser

#: The widest pages of each room, for every run; all of them are walked in the long one.
WIDEST = {
    "customer.payment",
    "customer.payments",
    "reseller.account",
    "reseller.payments",
    "reseller.templates",
    "operator.deliveries",
    "operator.resellers",
}


@pytest.fixture
def scene(sqlite_url: str, clock: FixedClock) -> Iterator[Scene]:
    scene = Scene(sqlite_url, clock)
    stretch(scene)
    yield scene
    store_of(scene.app).close()


Look = Callable[[Page], list[str]]


def faults(browser: Browser, scene: Scene, chosen: list[Place], *looks: Look) -> list[str]:
    """Look at pages in both languages and return what is wrong with them."""
    found: list[str] = []
    with site(scene.app) as base:
        for role in dict.fromkeys(place.role for place in chosen):
            for language in LANGUAGES:
                with looking(browser, scene, base, role, language) as page:
                    for place in (place for place in chosen if place.role == role):
                        page.goto(base + place.path)
                        found += [f"{place.endpoint} ({language}): {fault}" for look in looks for fault in look(page)]
    return found


def test_the_widest_pages_scroll_nowhere_sideways_and_begin_soon_on_a_phone(browser: Browser, scene: Scene) -> None:
    chosen = list(places(scene, WIDEST))

    assert {place.endpoint for place in chosen} == WIDEST
    assert faults(browser, scene, chosen, too_wide, too_far_down) == []


@pytest.mark.long
def test_no_page_scrolls_sideways_at_any_width_and_each_begins_soon_on_a_phone(browser: Browser, scene: Scene) -> None:
    chosen = list(places(scene))

    assert len(chosen) > 60
    assert faults(browser, scene, chosen, too_wide, too_far_down) == []


@pytest.mark.long
def test_axe_finds_nothing_on_any_page(browser: Browser, scene: Scene) -> None:
    assert faults(browser, scene, list(places(scene)), inaccessible) == []
