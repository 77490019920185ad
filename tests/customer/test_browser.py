"""The customer's room in a real browser: what only a browser can say about policies, forms and Back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from billhook import PostForm
from sqlalchemy import func, select
from werkzeug.serving import make_server

from host_stub.persistence import Payment
from tests.customer.fakes import GATEWAY, Gateway
from tests.customer.seed import Room
from tests.support.web import Visitor

pytestmark = pytest.mark.browser


@contextmanager
def site(app: Any) -> Iterator[str]:
    """Serve a WSGI application. Yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def ok(start: Any, body: bytes) -> list[bytes]:
    start("200 OK", [("Content-Type", "text/html")])
    return [body]


def moved(start: Any, where: str) -> list[bytes]:
    start("303 See Other", [("Location", where)])
    return [b""]


@pytest.fixture
def base(room: Room) -> Iterator[str]:
    with site(room.app) as address:
        yield address.replace("127.0.0.1", "localhost")


@pytest.fixture
def page(browser_page: Any, base: str, room: Room) -> Any:
    """A page signed in as the owner; the gateway answers with its name."""
    cookie = Visitor(room.app, room.users["owner"]).client.get_cookie("billhook")
    assert cookie is not None
    browser_page.context.add_cookies([{"name": "billhook", "value": cookie.value, "url": base}])
    browser_page.route(
        f"{GATEWAY}/**", lambda route: route.fulfill(body="<h1>the gateway</h1>", content_type="text/html")
    )
    return browser_page


def test_a_customer_tops_up_and_reaches_the_gateway_by_form(page: Any, base: str, room: Room) -> None:
    room.method("card_gateway", name="Шлюз")
    page.goto(base + room.path("/payments"))

    page.get_by_role("link", name="Баланс 0,00").click()
    page.get_by_label("Сумма").fill("5 000,00")
    page.get_by_role("button", name="Пополнить баланс").click()
    page.get_by_role("button", name="Шлюз").click()
    page.wait_for_url(f"{GATEWAY}/init")

    assert page.inner_text("h1") == "the gateway"


def test_the_content_policy_lets_a_redirect_through(page: Any, base: str, room: Room) -> None:
    room.method("elsewhere", name="Туда")
    page.goto(base + room.path(f"/payments/{room.payment('5000')}"))

    page.get_by_role("button", name="Туда").click()
    page.wait_for_url(f"{GATEWAY}/pay/*")

    assert page.inner_text("h1") == "the gateway"


def test_a_gateway_may_answer_the_form_by_leading_to_another_site(
    page: Any, base: str, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.method("card_gateway", name="Шлюз")

    with (
        site(lambda _environ, start: ok(start, b"<h1>another site</h1>")) as checkout,
        site(lambda _environ, start: moved(start, f"{checkout}/checkout")) as gateway,
    ):
        monkeypatch.setattr(Gateway, "start", lambda *_args: PostForm(f"{gateway}/init", [("number", "1")]))
        page.goto(base + room.path(f"/payments/{room.payment('5000')}"))
        page.get_by_role("button", name="Шлюз").click()
        page.wait_for_url(f"{checkout}/checkout")

    assert page.inner_text("h1") == "another site"


def test_back_from_the_instructions_leads_to_the_choice_and_another_method(page: Any, base: str, room: Room) -> None:
    room.method("cash_desk", name="Касса")
    room.method("card_gateway", name="Шлюз")
    page.goto(base + room.path(f"/payments/{room.payment('5000')}"))

    page.get_by_role("button", name="Касса").click()
    page.wait_for_url("**/methods/*")
    page.reload()
    page.go_back()
    page.get_by_role("button", name="Шлюз").click()
    page.wait_for_url(f"{GATEWAY}/init")

    assert page.inner_text("h1") == "the gateway"


def test_a_double_click_makes_one_payment(page: Any, base: str, room: Room) -> None:
    page.goto(base + room.path("/top-up"))
    page.get_by_label("Сумма").fill("500")

    page.get_by_role("button", name="Пополнить баланс").dblclick()
    page.wait_for_url("**/payments/*")

    with room.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 1


def test_the_page_changes_by_itself_when_the_money_arrives(page: Any, base: str, room: Room) -> None:
    payment = room.payment("5000")
    page.goto(base + room.path(f"/payments/{payment}?returned=1"))
    room.approve(payment, "5000.00")

    page.get_by_text("завершен").first.wait_for(timeout=15_000)

    assert page.locator("[data-refresh-seconds]").count() == 0


def test_nothing_is_wider_than_a_phone(page: Any, base: str, room: Room) -> None:
    room.service("Очень длинное название подписки на виртуальный сервер", "12345.67")
    room.method(
        "cash_desk", name="Касса", description="<p>https://hosting.example/a/very/long/address/without/a/break</p>"
    )
    room.approve(room.payment("1000000"), "1000000.00")
    payment = room.payment("999999.99", purpose="оченьдлинноеслово" * 11)
    page.set_viewport_size({"width": 360, "height": 740})

    wide = {}
    for path in ("/payments", f"/payments/{payment}", "/top-up", "/operations", "/subscriptions", "/settings"):
        page.goto(base + room.path(path))
        wide[path] = page.evaluate("document.documentElement.scrollWidth")

    assert wide == dict.fromkeys(wide, 360)
