"""Screenshots of every page on one sheet: both languages, phone and desktop, a dark page per role.

    python -m tests.browser.contact_sheet [FOLDER]

runs a demo, walks it and writes `index.html` with its pictures to FOLDER, `build/contact-sheet` by default.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from billhook import PaymentStatus
from playwright.sync_api import Browser, BrowserContext, Page, StorageState
from sqlalchemy import select

from host_stub.persistence import Payment, PaymentMethod, open_store
from tests.support.browser import PageFaults, chromium
from tests.support.demo import Demo, running_demo

FOLDER: Final = Path("build/contact-sheet")
LANGUAGES: Final = ("ru", "en")
WIDTHS: Final = (1280, 360)
HEIGHTS: Final = {1280: 800, 360: 740}
CUSTOMER: Final = ("/accounts", "/plugin/low_balance_notify/accounts")
RESELLER: Final = ("/reseller", "/plugin/low_balance_notify/reseller")


@dataclass(frozen=True)
class Role:
    """Somebody who looks at pages. email: whose login, empty for nobody's.

    rooms: beginnings of the paths whose links are followed. pages: addresses that are looked at besides, by name.
    steps: what he does to see what no address shows, by name.
    """

    name: str
    email: str = ""
    rooms: tuple[str, ...] = ()
    pages: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, Callable[[Page], None]] = field(default_factory=dict)


@dataclass
class Sheet:
    """Pictures by role and page, and what was found wrong on the way."""

    folder: Path
    pictures: dict[str, dict[str, list[tuple[str, str]]]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, role: str, place: str, variant: str, picture: bytes) -> None:
        """Keep a picture. place: what the page is called. variant: such as `ru 1280`."""
        file = re.sub(r"[^a-z0-9]+", "-", f"{role} {place} {variant}".lower()).strip("-") + ".jpg"
        (self.folder / file).write_bytes(picture)
        self.pictures.setdefault(role, {}).setdefault(place, []).append((variant, file))

    def write(self) -> Path:
        """Write the page that shows them all; returns its path."""
        index = self.folder / "index.html"
        index.write_text(_html(self), "utf-8")
        return index


def draw(browser: Browser, demo: Demo, folder: Path, roles: Sequence[Role]) -> Sheet:
    """Walk the demo in each role and return the sheet, written."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.jpg"):
        old.unlink()
    sheet = Sheet(folder)
    for role in roles:
        _walk(browser, demo, sheet, role)
    sheet.write()
    return sheet


def _walk(browser: Browser, demo: Demo, sheet: Sheet, role: Role) -> None:
    session, places = _explore(browser, demo, role)
    for language in LANGUAGES:
        session = _speak(browser, demo, session, language)
        for width in WIDTHS:
            with _context(browser, language, width, session) as context:
                page, variant = context.new_page(), f"{language} {width}"
                for place, url in places.items():
                    _photograph(page, sheet, role, place, variant, partial(page.goto, url))
                for place, step in role.steps.items():
                    _photograph(page, sheet, role, place, variant, partial(step, page))
    # The users of the demo keep the language in which they were found.
    session = _speak(browser, demo, session, LANGUAGES[0])
    with _context(browser, LANGUAGES[0], WIDTHS[0], session, color_scheme="dark") as context:
        page = context.new_page()
        place, url = next(iter(places.items()))
        _photograph(page, sheet, role, place, "dark", partial(page.goto, url))


@contextmanager
def _context(
    browser: Browser, language: str, width: int, session: StorageState | None = None, **more: Any
) -> Iterator[BrowserContext]:
    locale = {"ru": "ru-RU", "en": "en-GB"}[language]
    with browser.new_context(
        locale=locale,
        timezone_id="Europe/Moscow",
        viewport={"width": width, "height": HEIGHTS[width]},
        storage_state=session,
        reduced_motion="reduce",
        **more,
    ) as context:
        yield context


def _explore(browser: Browser, demo: Demo, role: Role) -> tuple[StorageState, dict[str, str]]:
    """Sign in and follow every link; return the session and the pages by name, one of each kind."""
    with _context(browser, LANGUAGES[0], WIDTHS[0]) as context:
        page = context.new_page()
        page.goto(demo.panel)
        if role.email:
            page.locator("input[name=email]").fill(role.email)
            page.locator("input[name=password]").fill(demo.logins["person"]["password"])
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: "/sign-in" not in url)
        found: dict[str, str] = {}
        waiting = [page.url]
        while waiting and role.rooms:
            url = waiting.pop(0)
            if _kind(url) in found:
                continue
            page.goto(url)
            found[_kind(url)] = url
            links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
            waiting += [link for link in links if _is_page(link, demo, role)]
        return context.storage_state(), {**found, **role.pages}


def _kind(url: str) -> str:
    """Return the page that an address shows, whatever object it shows."""
    return re.sub(r"\d+", "N", urlsplit(url).path)


def _is_page(url: str, demo: Demo, role: Role) -> bool:
    path = urlsplit(url).path
    return url.startswith(demo.panel) and path.startswith(role.rooms) and "/documents/" not in path


def _speak(browser: Browser, demo: Demo, session: StorageState, language: str) -> StorageState:
    """Press the button of a language; it is kept with the user, or with the session of somebody without a login."""
    with _context(browser, language, WIDTHS[0], session) as context:
        page = context.new_page()
        page.goto(demo.panel)
        page.locator(f".languages button[value={language}]").first.click()
        page.locator(f"html[lang={language}]").wait_for(state="attached")
        return context.storage_state()


def _photograph(page: Page, sheet: Sheet, role: Role, place: str, variant: str, go: Callable[[], Any]) -> None:
    where = f"{role.name} {place} ({variant})"
    faults = PageFaults(page)
    answer = go()
    sheet.add(role.name, place, variant, page.screenshot(full_page=True, type="jpeg", quality=70))
    sheet.faults += [f"{where}: {fault}" for fault in faults.found]
    faults.leave()
    if answer is not None and answer.status >= 500:
        sheet.faults.append(f"{where}: status {answer.status}")
    sheet.faults += [f"{where}: {fault}" for fault in page.evaluate(_UGLY)]


#: What nobody would be proud of, as far as a script can tell.
_UGLY: Final = """() => {
  const faults = [];
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide > 0) faults.push(`${wide} px wider than the window`);
  const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
  const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
  if (twice.length) faults.push(`ids that are there twice: ${twice}`);
  for (const image of document.images)
    if (image.complete && !image.naturalWidth) faults.push(`no picture at ${image.src}`);
  const doubled = document.body.innerText.match(/.{0,30}[^.]\\.\\.(?!\\.).{0,10}/);
  if (doubled) faults.push(`two full stops: ${doubled[0]}`);
  const foreign = document.documentElement.lang === "en" ? /[а-яё]/i : /^[A-Z][a-z]+( [a-z]+)+/;
  for (const word of document.querySelectorAll("label, th, dt, legend, .help, nav.sections a, .side a, .tabs a"))
    if (foreign.test(word.innerText)) faults.push(`not translated: ${word.innerText}`);
  return faults;
}"""


def _html(sheet: Sheet) -> str:
    parts = [_HEAD]
    for role, places in sheet.pictures.items():
        parts.append(f"<h2>{escape(role)}</h2>")
        for place, pictures in places.items():
            shown = "".join(_picture(variant, file) for variant, file in pictures)
            parts.append(f"<figure><figcaption>{escape(place)}</figcaption>{shown}</figure>")
    return "\n".join(parts)


def _picture(variant: str, file: str) -> str:
    kind = variant.split()[-1]
    return f'<a href="{file}"><img class="w{kind}" src="{file}" alt="{escape(variant)}" loading="lazy"></a>'


_HEAD: Final = """<!doctype html><meta charset="utf-8"><title>Contact sheet</title><style>
body { font: 14px system-ui; margin: 16px; background: #777; color: #fff }
figure { display: inline-block; margin: 0 12px 16px 0; vertical-align: top }
img { height: 260px; object-fit: cover; object-position: top; background: #fff; margin-right: 4px }
.w1280, .wdark { width: 380px } .w360 { width: 110px }
</style><h1>Every page: Russian and English, 1280 and 360 px, one dark page per role</h1>"""


def roles_of(demo: Demo) -> list[Role]:
    """Return everybody who looks at the demo."""
    logins = {name: login["email"] for name, login in demo.logins.items()}
    invitation = demo.mail_about("vera@novikova.example", "доступ")["text"]
    link = re.search(r"http\S+/invitation/\S+", invitation)
    assert link is not None
    return [
        Role(
            "visitor",
            pages={
                "sign in": f"{demo.panel}/sign-in",
                "forgotten password": f"{demo.panel}/forgotten-password",
                "invitation": link[0],
                "no such page": f"{demo.panel}/nowhere",
            },
        ),
        Role("company", logins["company"], CUSTOMER, payments_of(demo, 1), {"refused sum": _ask_for_too_little}),
        Role("person", logins["person"], CUSTOMER, payments_of(demo, 3), {"to the gateway": partial(_leave, demo)}),
        Role("on hold", "office@topol.example", CUSTOMER),
        Role("running low", "office@vektor.example", CUSTOMER),
        Role("reseller", logins["reseller"], RESELLER),
        Role("operator", logins["operator"], ("/admin",)),
        Role(
            "around",
            pages={
                "mailbox": demo.mail,
                "letter": f"{demo.mail}/messages/1",
                "services": demo.service,
                "service": f"{demo.service}/service/1",
                "gateway": demo.emulator,
            },
        ),
    ]


def payments_of(demo: Demo, account_id: int) -> dict[str, str]:
    """Return the addresses of an account's payments in every status, and of the instructions for those that wait."""
    store = open_store(demo.database_url)
    with store.read() as session:
        rows = session.scalars(select(Payment).where(Payment.account_id == account_id).order_by(Payment.id)).all()
        bank = session.scalars(select(PaymentMethod.id).where(PaymentMethod.plugin == "check_cash")).first()
    store.close()
    pages = {}
    for row in rows:
        address = f"{demo.panel}/accounts/{account_id}/payments/{row.id}"
        pages[row.status] = address
        if row.status == PaymentStatus.WAITING_FOR_PAYMENT and row.method_id == bank:
            pages["instructions"] = f"{address}/methods/{bank}"
    return pages


def _ask_for_too_little(page: Page) -> None:
    page.get_by_role("banner").locator("a[href$='/top-up']").first.click()
    page.locator("input[name=amount]").fill("19,99")
    page.locator("main form button[type=submit]").click()
    page.locator("[aria-invalid=true]").wait_for()


def _leave(demo: Demo, page: Page) -> None:
    """See the page that sends the payer to the gateway; the way there is closed."""
    page.route(f"{demo.emulator}/**", lambda route: route.fulfill(status=204))
    page.goto(payments_of(demo, 3)[PaymentStatus.WAITING_FOR_PAYMENT])
    page.get_by_role("button", name="PayMaster").click()
    page.locator("form[data-autosubmit]").wait_for()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    with (
        tempfile.TemporaryDirectory() as place,
        running_demo(Path(place) / "state") as demo,
        chromium() as browser,
    ):
        sheet = draw(browser, demo, folder, roles_of(demo))
    print(*sheet.faults, f"Look through {folder / 'index.html'}", sep="\n")


if __name__ == "__main__":
    main()
