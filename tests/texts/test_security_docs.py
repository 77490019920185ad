"""`docs/security.md` names tests for each promise, and its figures are those of the code."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from host_stub.adapters.render import Renderer
from host_stub.adapters.render.limits import MEGABYTE, Limits
from host_stub.adapters.render.turns import PERSON_WAITING
from host_stub.config import Config
from host_stub.services.people import guesses, limits, password_resets, passwords
from host_stub.services.people.limits import Limit
from host_stub.services.tenants import pictures
from host_stub.web import browsers, plugin_routes, serving
from tests.support.named_tests import ROOT, missing, named_in_comments, without_comments

PAGE = (ROOT / "docs/security.md").read_text("utf-8")
#: Sections in which nothing is said that a test could see broken.
NO_PROMISES = ("To report a hole", "Limits that the operator must set")
_ROW = re.compile(r"^ *\|")


def sections() -> dict[str, str]:
    return dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.DOTALL | re.MULTILINE))


def promises(section: str) -> Iterator[str]:
    """Yield the bullets, table rows and paragraphs of a section with their comments, but for what leads to a list."""
    for block in re.split(r"\n\s*\n|\n(?=- )", section.strip()):
        rows = [line for line in block.splitlines() if _ROW.match(line)]
        if rows:
            yield from rows[2:]  # the heads and the rule below them
        elif not re.search(r":\s*\Z", without_comments(block)) or block.lstrip().startswith("- "):
            yield block


def walked() -> list[str]:
    return [each for title, section in sections().items() if title not in NO_PROMISES for each in promises(section)]


def test_the_walk_meets_bullets_rows_and_paragraphs() -> None:
    """It would also pass on a page that it cannot read."""
    kinds = [each.strip()[0] for each in walked()]

    assert set(NO_PROMISES) < set(sections())
    assert kinds.count("-") >= 45
    assert kinds.count("|") >= 20
    assert len(walked()) - kinds.count("-") - kinds.count("|") >= 10


@pytest.mark.parametrize("promise", walked(), ids=lambda promise: without_comments(promise).strip()[:50])
def test_every_promise_names_tests_that_exist(promise: str) -> None:
    assert named_in_comments(promise)
    assert missing(named_in_comments(promise)) == []


def in_words(window: timedelta) -> str:
    minutes = int(window.total_seconds()) // 60
    return "1 hour" if minutes == 60 else f"{minutes} minutes"


def test_every_limit_of_the_code_stands_on_the_page() -> None:
    """In the order of the page."""
    listed = [guesses.STRANGER, guesses.ADDRESS, guesses.EVERYWHERE, guesses.KNOWN_BROWSER, guesses.PRESENT]
    listed += [limits.CAPABILITY_ADDRESS, limits.LINK_ADDRESS, password_resets.PER_LOGIN, password_resets.PER_ADDRESS]
    known = [v for module in (guesses, limits, password_resets) for v in vars(module).values() if isinstance(v, Limit)]

    rows = re.findall(r"^ *\| .+? \| (\d+) \| (\d+ \w+) \|$", without_comments(PAGE), flags=re.MULTILINE)

    assert rows == [(str(limit.most), in_words(limit.window)) for limit in listed]
    assert set(known) == set(listed)


def test_the_figures_of_the_page_are_those_of_the_code() -> None:
    drawn, config = Limits(), Config()
    children = inspect.signature(Renderer).parameters["children"].default
    said = " ".join(without_comments(PAGE).split())

    assert (children, PERSON_WAITING) == (2, 2)  # «at most two documents», «at most two wait»
    assert (config.session_idle, config.session_lifetime) == (timedelta(hours=1), timedelta(hours=12))
    assert (config.reset_lifetime, config.invitation_lifetime) == (timedelta(hours=1), timedelta(days=7))
    for words in (
        f"{passwords.SHORTEST} to {passwords.LONGEST} characters, none of the {len(passwords.common()):,} commonest",
        f"a signed cookie of its own for {browsers._KEPT.days} days",
        f"most {pictures.MAX_BYTES // 1024} KB and {pictures.MAX_PIXELS} pixels a side",
        f"({config.max_request_bytes // MEGABYTE} MB by default; "
        f"messages of gateways {plugin_routes.LARGEST_BODY // 1024} KB)",
        f"a body has {serving.BODY_SECONDS:.0f} s",
        f"{drawn.template_bytes // 1024} KB, {drawn.html_bytes // MEGABYTE} MB, {drawn.pdf_bytes // MEGABYTE} MB, "
        f"{drawn.pages} pages",
        f"{drawn.cpu_seconds} s, {drawn.wall_seconds:.0f} s, then killed",
        f"{drawn.memory_bytes // MEGABYTE} MB of address space",
    ):
        assert words in said
