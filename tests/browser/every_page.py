"""Every page of the matrix in a real browser, filled with words and sums as nasty as people's."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select, update
from werkzeug.serving import make_server

from host_stub.persistence import (
    Account,
    Mail,
    Outbox,
    Payment,
    PaymentMethod,
    Plan,
    PluginFailure,
    Reseller,
    Subscription,
    User,
    Worker,
)
from host_stub.persistence.store import now
from tests.security.matrix import MATRIX, Outcome
from tests.security.scene import Scene
from tests.security.test_matrix import address
from tests.support.web import store_of
from tests.support.world import a_parked_arrival

WIDTHS: Final = (320, 360, 768, 1024, 1152, 1440, 1920)
LANGUAGES: Final = ("ru", "en")
#: Sixty letters without a place to break, the longest mail address that people have, a sum of eleven digits.
NAME: Final = "ООО«" + "Достопримечательность" * 3
MAIL: Final = "bukhgalteriya.otdel-raschetov@ochen-dlinnoe-nazvanie-kompanii.example.org"
MINOR: Final = 99_999_999_999_99

#: By whom a page is looked at: the first of these who may open it.
VIEWERS: Final = ("owner", "manager", "operator")


@dataclass(frozen=True)
class Place:
    """A page: who looks, what it is called in the matrix, where it is."""

    role: str
    endpoint: str
    path: str


def stretch(scene: Scene) -> None:
    """Give everything that has a name or a sum the longest ones."""
    with store_of(scene.app).write() as session:
        at = now(session)
        for kind in (Account, Plan, Subscription, PaymentMethod):
            session.execute(update(kind).values(name=NAME))
        session.execute(update(Account).values(email=MAIL, street=NAME))
        session.execute(update(Reseller).values(brand_name="Хостинг «Северная Звезда»", support_email=MAIL))
        session.execute(update(User).values(name=NAME))
        session.execute(
            update(User).where(User.email.like("owner%")).values(email=User.email + "." + MAIL.split("@")[1])
        )
        session.execute(update(Payment).values(amount_minor=MINOR, purpose=NAME, comment=NAME))
        session.execute(update(Plan).values(price_minor=MINOR))
        method = session.scalars(select(PaymentMethod).limit(1)).one()
        a_parked_arrival(session, method, amount_minor=MINOR, key="9" * 44, reference=NAME)
        session.execute(update(Mail).values(recipient=MAIL, subject=NAME, text=NAME, last_error=NAME))
        session.execute(update(Outbox).values(last_error="ConnectionRefusedError: " + "x" * 80))
        session.add(Worker(name="w" * 60, started_at=at, beat_at=at))
        failure = PluginFailure(plugin="cash_desk", place="p" * 40, error="E" * 120, count=12, first_at=at, last_at=at)
        session.add(failure)


def places(scene: Scene, among: Collection[str] = MATRIX) -> Iterator[Place]:
    """Yield every page of the matrix, or those among some endpoints, once, as somebody sees it who may."""
    for rule in scene.app.url_map.iter_rules():
        route = MATRIX.get(rule.endpoint)
        if route is None or rule.endpoint not in among or "GET" not in (rule.methods or ()):
            continue
        role = next((role for role in VIEWERS if route.expected[role] is Outcome.ALLOWED), None)
        path = address(scene, rule, route)
        if role is None or route.expected["anonymous"] is Outcome.ALLOWED:
            role = "anonymous"
        answer = scene.visitor(role).get(path)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            yield Place(role, rule.endpoint, path)
        answer.close()


@contextmanager
def site(app: Any) -> Iterator[str]:
    """Serve an application. Yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def looking(browser: Browser, scene: Scene, base: str, role: str, language: str) -> Iterator[Page]:
    """Give a page on which somebody of the matrix is signed in and reads a language."""
    scene.visitor(role).post("/language", {"language": language})
    cookie = scene.visitor(role).client.get_cookie("billhook")
    with browser.new_context(locale=language, timezone_id="Europe/Moscow", reduced_motion="reduce") as context:
        _sign_in(context, base, cookie.value if cookie and role != "anonymous" else "")
        yield context.new_page()


def _sign_in(context: BrowserContext, base: str, cookie: str) -> None:
    if cookie:
        context.add_cookies([{"name": "billhook", "value": cookie, "url": base}])


def inaccessible(page: Page) -> list[str]:
    """Return what axe finds on a page at the width of a desk, with the element that it finds it at."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate(_axe())
    found: list[str] = page.evaluate(_FINDINGS)
    return found


@cache
def _axe() -> str:
    return (Path(__file__).parent / "axe/axe.min.js").read_text("utf-8")


#: Rules of WCAG 2.2 AA and of what axe calls best practice, but for headings inside what people paste.
_FINDINGS: Final = """async () => {
  const found = await axe.run({ exclude: [["iframe"]] }, { resultTypes: ["violations"] });
  return found.violations.map(rule => `${rule.id} at ${rule.nodes.slice(0, 2).map(node => node.target).join(", ")}`);
}"""


def too_far_down(page: Page) -> list[str]:
    """Return where on a phone a page's own content begins late, or a row of a list of staff is too high."""
    page.set_viewport_size({"width": 360, "height": 740})
    found: list[str] = page.evaluate(_PHONE)
    return found


_PHONE: Final = """() => {
  const faults = [], seen = element => element.getBoundingClientRect().height > 0;
  const heads = [...document.querySelectorAll("main > *")].filter(element =>
    seen(element) && !element.matches(".tabs, .crumbs, .alert"));
  const alerts = [...document.querySelectorAll("main > .alert")].reduce((sum, box) => sum + box.offsetHeight + 16, 0);
  const top = (heads[0]?.getBoundingClientRect().top ?? 0) - alerts;
  if (top > 200) faults.push(`content begins at ${Math.round(top)} px`);
  const bar = document.querySelector(".top .bar");
  if (bar && bar.offsetHeight > 64) faults.push(`the header is ${bar.offsetHeight} px high`);
  for (const row of document.querySelectorAll(".staff tbody tr:has(td:not(.actions) a)"))
    if (row.offsetHeight > 77) faults.push(`a row is ${row.offsetHeight} px high: ${row.innerText.slice(0, 40)}`);
  const tabs = [...document.querySelectorAll(".sections, .tabs")].filter(seen);
  if (document.body.matches(".customer") && tabs.length > 1) faults.push("two rows of tabs");
  return faults;
}"""


def too_wide(page: Page) -> list[str]:
    """Return at which widths a page scrolls sideways, and what makes it; it is loaded once and resized."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        over = page.evaluate(_OVER)
        if over:
            found.append(f"{width} px: {over}")
    return found


_OVER: Final = """() => {
  const window_ = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= window_) return "";
  const culprits = [...document.querySelectorAll("body *")].filter(element =>
    element.getBoundingClientRect().right > window_ + 0.5 && !element.closest(".table-box, .sections, .tabs, dialog"));
  const named = element => `${element.tagName}.${element.className}: ${element.innerText?.slice(0, 30)}`;
  return culprits.slice(-2).map(named).join(" | ")
    || `${document.documentElement.scrollWidth} px`;
}"""
