"""Pages in the panel's rooms and public links."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from billhook.pages import Link, Page

from billhook_kit.bench import Bench
from billhook_kit.kit import Failed, Need, check
from billhook_kit.rooms import Opened, Visit
from billhook_kit.source import PluginSource
from billhook_kit.views import samples

LANGUAGES: Final = ("ru", "en")
_TAG: Final = "<x-typed>"
_SHOWN: Final = (200, 303)
#: What people and scripts post into a field.
_RUBBISH: Final = ("", " ", "-1", "0", samples()["letters"][0], "9" * 30, "1.5", "x" * 5000, "'\"<&>", "2026-13-45")
_NAME: Final = re.compile(r"<(?:input|select|textarea|button)\b[^>]*?\sname=[\"']([^\"'{]+)[\"']", re.IGNORECASE)
#: Fields that a host adds to a form.
_OF_THE_HOST: Final = frozenset({"csrf_token", "language", "next"})


@check(
    "looking",
    "Looking changes nothing",
    Need.VIEWS,
    remedy="Return effects only if request.is_post: browsers and scanners of mail repeat a GET at will.",
)
def looking_changes_nothing(bench: Bench) -> None:
    """No page and no link asks for effects when it is opened by GET."""
    for page in bench.plugin.pages:
        if bench.host.open_page(page.room, page.name, Visit(query=query_of(bench, page))).status == 503:
            _fail_for_effects(bench, f"page {page.name}")
    for link in bench.plugin.links:
        if bench.host.open_link(address_of(bench, link)).status == 503:
            _fail_for_effects(bench, f"link {link.name}")


def _fail_for_effects(bench: Bench, what: str) -> None:
    if any("a GET asked for effects" in failure for failure in bench.host.failures()):
        raise Failed(f"{what} asks for effects when it is only looked at")


@check(
    "room_pages",
    "Its pages in the rooms render and escape",
    Need.PAGES,
    Need.LOOKING,
    remedy="Render with what the context and the host give, and without `|safe` on what people type. For a page that "
    "shows nothing without a query, give one in `queries` of tests/billhook_gateway.py.",
)
def room_pages_render_and_escape(bench: Bench) -> None:
    """Every page in a room renders in both languages with no missing name and no missing file, and what is typed into
    its fields and its query is escaped."""
    for page in bench.plugin.pages:
        query = query_of(bench, page)
        for language in LANGUAGES:
            opened = bench.host.open_page(page.room, page.name, Visit(query=query, language=language))
            if opened.status not in _SHOWN:
                raise Failed(f"page {page.name} in the {page.room} room is answered {opened.status}{bench.why()}")
        typed = dict.fromkeys(fields_of(bench, opened), f'{_TAG} & "typed"')
        for visit in (Visit(query={**query, **typed}), Visit("POST", typed, query)):
            if _TAG in bench.host.open_page(page.room, page.name, visit).text:
                raise Failed(f"what was typed stands in page {page.name} as markup")


@check(
    "posted",
    "Whatever is posted to its pages is answered",
    Need.PAGES,
    Need.LOOKING,
    remedy="Read fields with request.fields.one and optional, raise MalformedField or NotThere for what nobody can "
    "mean, and show a form again (refused=True) for what a person can correct.",
)
def whatever_is_posted_is_answered(bench: Bench) -> None:
    """A page to which nothing is posted, or rubbish, or a field twice, is answered by the plugin (a page, 303, 400,
    404, 422), never as its failure."""
    for page in bench.plugin.pages:
        query = query_of(bench, page)
        names = fields_of(bench, bench.host.open_page(page.room, page.name, Visit(query=query)))
        for fields in posts(names):
            opened = bench.host.open_page(page.room, page.name, Visit("POST", fields, query))
            if opened.status == 503:
                raise Failed(f"page {page.name} fails when {_shown(fields)} is posted{bench.why()}")


def posts(names: list[str]) -> list[list[tuple[str, str]]]:
    """Return what is posted to a form with these fields: nothing, the same rubbish in each, each twice."""
    rubbish = [[(name, text) for name in names] for text in _RUBBISH]
    return [[], *rubbish, [(name, "1") for name in (*names, *names)]]


@check(
    "links",
    "Its links say what they did",
    Need.LINKS,
    Need.LOOKING,
    remedy="Answer whoever holds a link with a page, also when there is nothing left to do: they have no other way to "
    "learn it. Say in `subjects` of tests/billhook_gateway.py what your links are made for.",
)
def links_say_what_they_did(bench: Bench) -> None:
    """Every link shows a page in both languages by GET, acts by a POST without fields, and answers a second one with a
    page as well: nothing is refused silently. What is typed into its fields is escaped."""
    for link in bench.plugin.links:
        address = address_of(bench, link)
        for language in LANGUAGES:
            opened = bench.host.open_link(address, Visit(language=language))
            _expect_words(bench, link, "opened", opened)
        for when in ("posted", "posted again"):
            _expect_words(bench, link, when, bench.host.open_link(address, Visit("POST")))
        typed = dict.fromkeys(fields_of(bench, opened), _TAG)
        if _TAG in bench.host.open_link(address, Visit("POST", typed)).text:
            raise Failed(f"what was typed stands in the page of link {link.name} as markup")


def _expect_words(bench: Bench, link: Link, when: str, opened: Opened) -> None:
    if opened.status not in (*_SHOWN, 422):
        raise Failed(f"link {link.name}, {when}, is answered {opened.status}: its holder learns nothing{bench.why()}")


def query_of(bench: Bench, page: Page) -> dict[str, str]:
    """Return the query with which the author's page has something to show."""
    adapter = bench.subject.adapter
    return dict(adapter.queries.get(page.name, {})) if adapter else {}


def address_of(bench: Bench, link: Link) -> str:
    """Return an address that opens a link, for the author's subject or the private person's account."""
    adapter = bench.subject.adapter
    subject = adapter.subjects.get(link.name) if adapter else None
    return bench.host.link(link.name, subject or str(bench.host.account().id))


def fields_of(bench: Bench, opened: Opened) -> list[str]:
    """Return the names of fields that the page has or the plugin's code asks for."""
    found = [*_NAME.findall(opened.text), *_asked_for(bench.subject.source)]
    return [name for name in dict.fromkeys(found) if name not in _OF_THE_HOST]


def _asked_for(source: PluginSource) -> Iterator[str]:
    for path in source.python_files():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                first = node.args[0]
                reads = node.func.attr in ("one", "optional", "all")
                if reads and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def _shown(fields: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name}={value[:12]!a}" for name, value in fields) or "nothing"
