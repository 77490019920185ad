"""Screenshots of the customer's room to look through: `python -m tests.customer.gallery FOLDER [page …]`."""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser
from sqlalchemy import select, update
from werkzeug.serving import make_server

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.render import Renderer
from host_stub.persistence import Account, Notice, Period, Reseller, User
from host_stub.persistence.store import now
from host_stub.plugins.registry import Registry
from host_stub.services.books import corrections
from host_stub.services.charges import charging
from host_stub.services.money_in import payments
from tests.customer.seed import Room
from tests.support.browser import chromium
from tests.support.databases import upgrade
from tests.support.web import Visitor, an_app
from tests.support.world import CUSTOMER, MANAGER, a_method, rub, says

WIDTHS = (360, 1280)
BANK = {
    "name": "ООО «АктивХост»",
    "account": "40702810400000000225",
    "bank_name": "ПАО «Банк»",
}


def a_life(room: Room) -> dict[str, str]:
    """Fill the room and return the pages to look at, by name."""
    with room.store.write() as session:
        reseller = session.get_one(Reseller, room.reseller_id)
        says(session, reseller.id, **BANK)
        bank = a_method(session, reseller, "check_cash", name="Банковский перевод").id
        a_method(
            session,
            reseller,
            "paymaster",
            name="PayMaster",
            description="<p>Банковская карта, СБП, электронные кошельки. Зачисляется <b>сразу</b>.</p>",
            position=1,
        )
        a_method(session, reseller, "low_balance_notify", active=False)
    for name, price, period in (("VPS-1", "744.00", Period.HOUR), ("Резервное копирование", "90.00", Period.DAY)):
        room.service(name, price, period)
    paid = room.payment("500.00", purpose="VPS за ноябрь")
    room.approve(paid, "400.00")
    cancelled = room.payment("700.00")
    payments.cancel(room.store, room.scope, cancelled, by=CUSTOMER)
    for _hour in range(120):
        room.clock.advance(hours=1)
        charging.run_due(room.store)
    corrections.correct(
        room.store,
        room.scope,
        room.account_id,
        rub("5.00"),
        reason="Компенсация за сбой 14.11",
        once_token="1",
        by=MANAGER,
    )
    expired = room.payment("1240.50")
    room.clock.advance(days=31)
    payments.expire_due(room.store)
    room.service("Почта", "300.00", Period.MONTH)
    waiting = room.payment("5000.00")
    with room.store.write() as session:
        account = session.scalars(select(Account).where(Account.id == room.account_id)).one()
        session.add(
            Notice(
                reseller_id=account.reseller_id,
                account_id=account.id,
                category="low_balance",
                title="Баланс ниже 100 руб.",
                text="Пополните баланс, чтобы услуги не остановились.",
                once_key="gallery",
                created_at=now(session),
            )
        )
    person = room.payment("5000.00", account_id=room.person_id)
    a = room.path()
    return {
        "payments": f"{a}/payments",
        "no-such-payments": f"{a}/payments?q=999",
        "top-up": f"{a}/top-up",
        "waiting": f"{a}/payments/{waiting}",
        "returned": f"{a}/payments/{waiting}?returned=1",
        "person": f"/accounts/{room.person_id}/payments/{person}",
        "expired": f"{a}/payments/{expired}",
        "completed": f"{a}/payments/{paid}",
        "cancelled": f"{a}/payments/{cancelled}",
        "instructions": f"POST {a}/payments/{waiting}/pay {bank}",
        "operations": f"{a}/operations",
        "subscriptions": f"{a}/subscriptions",
        "settings": f"{a}/settings",
        "bad-amount": f"BAD {a}/top-up",
        "empty": f"/accounts/{room.neighbour_id}/payments",
    }


def shoot(browser: Browser, base: str, folder: Path, room: Room, pages: Mapping[str, str]) -> None:
    cookies = {who: _cookie(room, who) for who in ("owner", "person", "neighbour")}
    for width in WIDTHS:
        for scheme, language in (("light", "ru"), ("dark", "en")):
            _speak(room, language)
            for name, address in pages.items():
                who = "person" if name == "person" else "neighbour" if name == "empty" else "owner"
                context = browser.new_context(viewport={"width": width, "height": 720}, color_scheme=scheme)  # type: ignore[arg-type]
                context.add_cookies([{"name": "billhook", "value": cookies[who], "url": base}])
                page = context.new_page()
                if address.startswith("POST"):
                    _post, path, method = address.split()
                    page.goto(base + path.removesuffix("/pay"))
                    page.click(f"form:has(input[name=method_id][value='{method}']) button")
                elif address.startswith("BAD"):
                    page.goto(base + address.split()[1])
                    page.fill("input[name=amount]", "5,000")
                    page.fill("input[name=purpose]", "За хостинг")
                    page.click(".form button[type=submit]")
                else:
                    page.goto(base + address)
                if name == "payments" and width == 1280 and scheme == "light":
                    page.click("summary.status >> nth=0")
                page.wait_for_load_state("networkidle")
                page.evaluate("document.fonts.ready")
                found = page.evaluate("document.documentElement.scrollWidth")
                if found > width:
                    print("too wide:", name, width, found)
                page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                context.close()


def main(folder: Path, names: tuple[str, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    clock = FixedClock(datetime(2026, 11, 13, 9, 0, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as place, Renderer() as renderer:
        url = f"sqlite:///{place}/gallery.db"
        upgrade(url)
        app = an_app(url, clock, registry=Registry.discover(), renderer=renderer)
        room = Room(app, clock)
        pages = a_life(room)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with chromium() as browser:
            base = f"http://localhost:{server.server_port}"
            shoot(browser, base, folder, room, {n: pages[n] for n in names or pages})
        server.shutdown()
        room.store.close()


def _cookie(room: Room, who: str) -> str:
    found = Visitor(room.app, room.users[who]).client.get_cookie("billhook")
    assert found is not None
    return found.value


def _speak(room: Room, language: str) -> None:
    with room.store.write() as session:
        session.execute(update(User).values(language=language))


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]))
