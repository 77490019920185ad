"""The gateway simulator over real HTTP: its protocol, its pages, its bad days."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
import requests
from billhook_kit.cli import main
from billhook_kit.simulator import Delivery, Simulator, Status
from billhook_kit.simulator.faults import Faults, WrongFault
from billhook_kit.simulator.protocol import LARGEST_BODY
from billhook_kit.simulator.server import preferred

SECRET = "a-secret-for-tests-only"
DOCS = Path(__file__).parents[2] / "docs/simulator.md"
SIGNED = ("shop", "order", "amount", "currency", "id", "status", "test", "paid_at")


class Shop:
    """A shop's notification address. answers: statuses to give one after the other; 200 when they are used up."""

    def __init__(self) -> None:
        self.received: list[dict[str, str]] = []
        self.answers: list[int] = []
        self.together: threading.Barrier | None = None
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                shop.received.append(dict(parse_qsl(body, keep_blank_values=True)))
                if shop.together is not None:
                    shop.together.wait(10)
                self.send_response(shop.answers.pop(0) if shop.answers else 200)
                self.end_headers()
                self.wfile.write(b"received")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def open(self) -> Iterator[Shop]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop().open() as opened:
        yield opened


@pytest.fixture
def gateway() -> Iterator[Simulator]:
    with Simulator(secret=SECRET, pauses=(0.01, 0.01)) as running:
        yield running


def hmac_of(content: bytes) -> str:
    return hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()


def signature(fields: dict[str, str]) -> str:
    return hmac_of("\n".join(f"{name}={fields[name]}" for name in SIGNED).encode())


def wish(seller: Shop | None = None, /, **changes: object) -> dict[str, object]:
    return {
        "shop": "shop-1",
        "order": "2563977",
        "amount": "5000.00",
        "currency": "RUB",
        "notify_url": f"{seller.url if seller else 'https://panel.example'}/notify",
        "success_url": "https://panel.example/success?token=7-abc",
        "failure_url": "https://panel.example/failure?token=7-abc",
        "description": "Хостинг",
        **changes,
    }


def start(gateway: Simulator, wanted: dict[str, object], key: str | None = None) -> requests.Response:
    body = json.dumps(wanted).encode()
    return post_start(gateway, body, hmac_of(body), key)


def post_start(gateway: Simulator, body: bytes, sign: str | None, key: str | None = None) -> requests.Response:
    headers = {"X-Signature": sign, "Idempotency-Key": key}
    return requests.post(
        f"{gateway.url}/api/payments",
        data=body,
        headers={k: v for k, v in headers.items() if v is not None},
        timeout=20,
    )


def status(gateway: Simulator, order: str = "2563977", shop: str = "shop-1") -> requests.Response:
    target = f"/api/payments/{quote(order, safe='')}?shop={quote(shop, safe='')}"
    return requests.get(gateway.url + target, headers={"X-Signature": hmac_of(target.encode())}, timeout=20)


def press(gateway: Simulator, payment_id: str, button: str, **headers: str) -> requests.Response:
    return requests.post(
        f"{gateway.url}/pay/{payment_id}", data={"do": button}, headers=headers, timeout=20, allow_redirects=False
    )


def test_a_start_answers_with_an_id_and_the_payer_s_page(gateway: Simulator) -> None:
    answer = start(gateway, wish())

    assert answer.status_code == 201
    assert answer.json()["url"] == f"{gateway.url}/pay/{answer.json()['id']}"
    assert requests.get(answer.json()["url"], timeout=20).status_code == 200


@pytest.mark.parametrize("sign", [None, "", "0" * 64, "ы"])
def test_a_start_without_the_right_signature_is_refused(gateway: Simulator, sign: str | None) -> None:
    body = json.dumps(wish()).encode()

    answer = post_start(gateway, body, sign.encode("utf-8").decode("latin-1") if sign else sign)

    assert (answer.status_code, answer.json()["error"]) == (401, "bad_signature")
    assert gateway.payments == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "5000"),
        ("amount", "5000.001"),
        ("amount", "-1.00"),
        ("amount", "0.00"),
        ("amount", 5000),
        ("amount", None),
        ("amount", "1e3"),
        ("currency", "rub"),
        ("currency", "XYZ"),
        ("shop", ""),
        ("order", "a\nb"),
        ("order", "a" * 65),
        ("order", "\ud800"),
        ("description", "x" * 251),
        ("notify_url", "ftp://panel.example/"),
        ("notify_url", "/notify"),
        ("success_url", "https://a.example;script-src/"),
        ("success_url", "javascript:alert(1)"),
        ("failure_url", "https://panel.example:99999/"),
        ("test", "1"),
    ],
)
def test_a_bad_value_is_named(gateway: Simulator, field: str, value: object) -> None:
    answer = start(gateway, wish(**{field: value}))

    assert (answer.status_code, answer.json()["error"], answer.json()["field"]) == (422, "bad_value", field)
    assert answer.json()["message"].startswith(field)
    assert gateway.payments == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"shop": "a", "shop": "b"}', b"\xff", b"[" * 50_000])
def test_what_is_no_json_object_is_malformed(gateway: Simulator, body: bytes) -> None:
    answer = post_start(gateway, body, hmac_of(body))

    assert (answer.status_code, answer.json()["error"]) == (400, "malformed")


def test_a_body_that_is_too_large_is_refused(gateway: Simulator) -> None:
    body = b" " * (LARGEST_BODY + 1)

    answer = post_start(gateway, body, hmac_of(body))

    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


def test_the_same_key_gives_the_same_payment_and_another_sum_is_refused(gateway: Simulator) -> None:
    first, again = start(gateway, wish(), "key-1"), start(gateway, wish(description="Другими словами"), "key-1")
    other = start(gateway, wish(amount="1.00"), "key-1")

    assert first.json() == again.json()
    assert (other.status_code, other.json()["error"]) == (409, "key_used")
    assert len(gateway.payments) == 1


def test_the_same_key_after_a_refusal_begins_anew(gateway: Simulator) -> None:
    first = start(gateway, wish(), "key-1").json()
    gateway.decline("2563977")

    second = start(gateway, wish(), "key-1").json()

    assert first["id"] != second["id"]
    assert start(gateway, wish(), "key-1").json() == second


def test_without_a_key_every_start_is_a_payment_of_its_own(gateway: Simulator) -> None:
    assert start(gateway, wish()).json()["id"] != start(gateway, wish()).json()["id"]


def test_paying_posts_a_signed_form_and_then_sends_the_browser_back(gateway: Simulator, shop: Shop) -> None:
    payment_id = start(gateway, wish(shop)).json()["id"]

    answer = press(gateway, payment_id, "pay")

    assert (answer.status_code, answer.headers["Location"]) == (303, "https://panel.example/success?token=7-abc")
    (received,) = shop.received
    assert received.pop("sign") == signature(received)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", received.pop("paid_at"))
    assert received == {
        "shop": "shop-1",
        "order": "2563977",
        "amount": "5000.00",
        "currency": "RUB",
        "id": payment_id,
        "status": "paid",
        "test": "0",
    }
    assert gateway.notifications[0].state is Delivery.DELIVERED


def test_paying_twice_tells_once(gateway: Simulator, shop: Shop) -> None:
    payment_id = start(gateway, wish(shop)).json()["id"]

    answers = [press(gateway, payment_id, button) for button in ("pay", "pay", "decline")]

    assert {answer.headers["Location"] for answer in answers} == {"https://panel.example/success?token=7-abc"}
    assert len(shop.received) == 1


def test_declining_tells_nobody_and_leads_to_the_other_address(gateway: Simulator, shop: Shop) -> None:
    payment_id = start(gateway, wish(shop)).json()["id"]

    answer = press(gateway, payment_id, "decline")

    assert answer.headers["Location"] == "https://panel.example/failure?token=7-abc"
    assert press(gateway, payment_id, "pay").headers["Location"] == "https://panel.example/failure?token=7-abc"
    assert (shop.received, gateway.payments[0].status) == ([], Status.FAILED)


def test_a_button_pressed_on_another_site_does_nothing(gateway: Simulator) -> None:
    payment_id = start(gateway, wish()).json()["id"]

    answer = press(gateway, payment_id, "pay", Origin="https://evil.example")

    assert (answer.status_code, gateway.payments[0].status) == (403, Status.NEW)
    assert press(gateway, payment_id, "pay", Origin=gateway.url).status_code == 303


def test_the_status_repeats_the_notification_byte_for_byte(gateway: Simulator, shop: Shop) -> None:
    start(gateway, wish(shop, order="A/7 ю"))
    before = status(gateway, "A/7 ю").json()
    gateway.pay("A/7 ю")

    after = status(gateway, "A/7 ю").json()

    assert (before["status"], before["paid_at"]) == ("new", "")
    assert before.pop("sign") == signature(before)
    assert after == shop.received[0]


def test_a_paid_payment_is_told_of_before_a_younger_one(gateway: Simulator) -> None:
    first, second = (start(gateway, wish()).json()["id"] for _number in range(2))
    youngest = status(gateway).json()["id"]
    press(gateway, first, "pay")
    start(gateway, wish())

    assert (youngest, status(gateway).json()["id"]) == (second, first)


@pytest.mark.parametrize(("order", "shop"), [("2563978", "shop-1"), ("2563977", "shop-2")])
def test_an_order_that_nobody_started_is_unknown(gateway: Simulator, order: str, shop: str) -> None:
    start(gateway, wish())

    answer = status(gateway, order, shop)

    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_order")


def test_a_status_query_needs_a_signature_over_its_own_target(gateway: Simulator) -> None:
    start(gateway, wish())
    sign = hmac_of(b"/api/payments/1?shop=shop-1")

    answer = requests.get(f"{gateway.url}/api/payments/2563977?shop=shop-1", headers={"X-Signature": sign}, timeout=20)

    assert answer.status_code == 401


def test_a_notification_is_repeated_until_it_is_received(gateway: Simulator, shop: Shop) -> None:
    shop.answers = [500, 302]
    start(gateway, wish(shop))

    gateway.pay("2563977")

    assert [answer.status for answer in gateway.notifications[0].answers] == [500, 302, 200]
    assert shop.received[0] == shop.received[1] == shop.received[2]


def test_the_repetitions_have_an_end(gateway: Simulator, shop: Shop) -> None:
    shop.answers = [503] * 9
    start(gateway, wish(shop))

    gateway.pay("2563977")

    assert len(shop.received) == 3
    assert gateway.notifications[0].state is Delivery.GIVEN_UP


def test_a_shop_that_does_not_listen_is_told_about_later(gateway: Simulator) -> None:
    start(gateway, wish(notify_url="http://127.0.0.1:9/notify"))

    gateway.pay("2563977")

    (sent,) = gateway.notifications
    assert ([answer.status for answer in sent.answers], sent.state) == ([0, 0, 0], Delivery.GIVEN_UP)


@pytest.mark.parametrize("url", ["https://panel.example/notify", "http://10.0.0.1/", "http://localhost.example/"])
def test_nothing_is_sent_to_another_machine(gateway: Simulator, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billhook_kit.simulator.delivery._post", lambda _sent: pytest.fail("it was posted"))
    start(gateway, wish(notify_url=url))

    gateway.pay("2563977")

    (sent,) = gateway.notifications
    assert (sent.answers, sent.state) == ([], Delivery.NOT_SENT)
    assert sent.fields["sign"] == signature(dict(sent.fields))


def test_copies_come_one_after_the_other(gateway: Simulator, shop: Shop) -> None:
    gateway.faults.copies = 3
    start(gateway, wish(shop))

    gateway.pay("2563977")

    assert len(shop.received) == 3
    assert shop.received[0] == shop.received[1] == shop.received[2]


def test_copies_in_parallel_meet_at_the_shop(gateway: Simulator, shop: Shop) -> None:
    shop.together = threading.Barrier(3)
    gateway.change_faults({"copies": 3, "parallel": True})
    start(gateway, wish(shop))

    gateway.pay("2563977", patience=20)

    assert not shop.together.broken
    assert [sent.state for sent in gateway.notifications] == [Delivery.DELIVERED] * 3


@pytest.mark.parametrize(
    ("fault", "field", "value"),
    [
        ("wrong_amount", "amount", "5001.00"),
        ("wrong_currency", "currency", "USD"),
        ("wrong_shop", "shop", "not-shop-1"),
    ],
)
def test_what_does_not_fit_is_well_signed(gateway: Simulator, shop: Shop, fault: str, field: str, value: str) -> None:
    gateway.change_faults({fault: True})
    start(gateway, wish(shop))

    gateway.pay("2563977")

    (received,) = shop.received
    assert received[field] == value
    assert received.pop("sign") == signature(received)
    told = status(gateway).json()
    assert {name for name in SIGNED if told[name] != received[name]} == {field}


def test_a_wrong_signature_is_wrong_and_nothing_else_is(gateway: Simulator, shop: Shop) -> None:
    gateway.faults.wrong_signature = True
    start(gateway, wish(shop))

    gateway.pay("2563977")

    (received,) = shop.received
    assert received.pop("sign") != signature(received)
    assert {**received, "sign": ""} == {**status(gateway).json(), "sign": ""}


def test_a_late_notification_comes_after_the_browser(gateway: Simulator, shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr("billhook_kit.simulator.app.PAYER_WAITS_SECONDS", 0.05)
    gateway.faults.late_seconds = 0.5
    payment_id = start(gateway, wish(shop)).json()["id"]

    answer = press(gateway, payment_id, "pay")

    assert (answer.status_code, shop.received) == (303, [])
    assert eventually(lambda: len(shop.received) == 1)


def test_reordered_notifications_come_youngest_first(gateway: Simulator, shop: Shop) -> None:
    gateway.faults.reorder = True
    for order in ("1", "2"):
        start(gateway, wish(shop, order=order))

    gateway.pay("1")
    before = list(shop.received)
    gateway.pay("2")

    assert before == []
    assert [each["order"] for each in shop.received] == ["2", "1"]


def test_what_waits_for_a_later_payment_goes_out_when_the_fault_is_turned_off(gateway: Simulator, shop: Shop) -> None:
    gateway.change_faults({"reorder": True})
    start(gateway, wish(shop))
    gateway.pay("2563977")

    gateway.change_faults({"reset": True})

    assert eventually(lambda: len(shop.received) == 1)


def test_a_start_that_is_cut_off_is_carried_out(gateway: Simulator) -> None:
    gateway.faults.cut_starts = 1

    with pytest.raises(requests.ConnectionError):
        start(gateway, wish(), "key-1")

    assert status(gateway).json()["status"] == "new"
    assert start(gateway, wish(), "key-1").json()["id"] == gateway.payments[0].id


def test_errors_are_counted_down_and_do_nothing(gateway: Simulator) -> None:
    gateway.faults.errors = 2

    answers = [start(gateway, wish()).status_code, status(gateway).status_code, status(gateway).status_code]

    assert answers == [500, 500, 404]
    assert gateway.payments == []


def test_slow_answers_come(gateway: Simulator) -> None:
    gateway.faults.slow_seconds = 0.3

    assert start(gateway, wish()).elapsed.total_seconds() >= 0.3


def test_an_unknown_status_is_unknown_for_so_many_queries(gateway: Simulator) -> None:
    start(gateway, wish())
    gateway.faults.unknown_statuses = 2

    told = [status(gateway).json() for _number in range(3)]

    assert [each["status"] for each in told] == ["unknown", "unknown", "new"]
    assert told[0] == {"status": "unknown"}


def test_faults_are_set_and_told_over_http(gateway: Simulator) -> None:
    answer = requests.post(f"{gateway.url}/faults", json={"copies": 2, "late_seconds": 0.5}, timeout=20)

    assert answer.json() == requests.get(f"{gateway.url}/faults", timeout=20).json() == gateway.faults.told()
    assert (gateway.faults.copies, gateway.faults.late_seconds) == (2, 0.5)


@pytest.mark.parametrize(
    "given",
    [
        {"copis": 2},
        {"copies": 0},
        {"copies": 2.5},
        {"copies": True},
        {"parallel": 1},
        {"late_seconds": 601},
        {"slow_seconds": float("nan")},
        {"reset": 1},
        {"copies": 2, "errors": -1},
    ],
)
def test_a_wrong_fault_changes_nothing(given: dict[str, object]) -> None:
    faults = Faults()

    with pytest.raises(WrongFault, match=f"^{list(given)[-1]}:"):
        faults.change(given)

    assert faults == Faults()


def test_a_wrong_fault_is_refused_over_http(gateway: Simulator) -> None:
    answers = [
        requests.post(f"{gateway.url}/faults", data=body, timeout=20) for body in ('{"copis": 2}', "[]", "copies", "")
    ]

    assert [answer.status_code for answer in answers] == [422] * 4
    assert "copis" in answers[0].json()["message"]


def test_the_form_of_the_control_page_sets_everything_it_shows(gateway: Simulator) -> None:
    page = requests.get(gateway.url, timeout=20).text
    shown = dict(re.findall(r'<input type="number" name="(\w+)" value="([^"]*)"', page))
    switches = re.findall(r'<input type="checkbox" name="(\w+)"', page)
    filled = {**shown, "copies": "4", "slow_seconds": "0.5", "do": "set"}

    requests.post(f"{gateway.url}/faults", data={**filled, "wrong_shop": "1"}, timeout=20)

    assert {*shown, *switches} == set(gateway.faults.told())
    assert gateway.faults.told() == {**Faults().told(), "copies": 4, "slow_seconds": 0.5, "wrong_shop": True}
    requests.post(f"{gateway.url}/faults", data={**filled, "do": "reset"}, timeout=20)
    assert gateway.faults == Faults()


def test_the_control_page_shows_what_was_sent_and_what_came_back(gateway: Simulator, shop: Shop) -> None:
    shop.answers = [500]
    start(gateway, wish(shop, order="<b>7</b>", test=True))
    gateway.pay("<b>7</b>")

    page = requests.get(gateway.url, headers={"Accept-Language": "en"}, timeout=20).text

    assert "&lt;b&gt;7&lt;/b&gt;" in page
    assert "<b>7</b>" not in page
    assert "paid, test" in page
    assert re.search(r"500 after \d\.\d s: received.*200 after", page, flags=re.S)
    assert SECRET not in page


def test_a_notification_is_repeated_by_hand_byte_for_byte(gateway: Simulator, shop: Shop) -> None:
    payment_id = start(gateway, wish(shop)).json()["id"]
    gateway.pay("2563977")

    requests.post(f"{gateway.url}/payments/{payment_id}/notify", timeout=20)
    gateway.notify_again("2563977")

    assert shop.received[0] == shop.received[1] == shop.received[2]


@pytest.mark.parametrize(
    ("accepted", "word"), [("en-US,en;q=0.9", "Decline"), ("ru", "Отказаться"), ("", "Отказаться")]
)
def test_the_payer_s_page_speaks_his_language_and_needs_no_script(gateway: Simulator, accepted: str, word: str) -> None:
    url = start(gateway, wish(test=True)).json()["url"]

    answer = requests.get(url, headers={"Accept-Language": accepted}, timeout=20)

    assert word in answer.text
    assert "<script" not in answer.text
    assert "Хостинг" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "form-action 'self' https://panel.example;" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("header", "language"),
    [("de,en;q=0.5,ru;q=0.7", "ru"), ("en;q=x,ru;q=0.1", "ru"), ("fr", "ru"), ("EN-gb", "en"), ("en,ru", "en")],
)
def test_the_best_liked_language_is_chosen(header: str, language: str) -> None:
    assert preferred(header) == language


@pytest.mark.parametrize("path", ["/pay/sim-0000000000000000", "/pay/x", "/nothing", "/style.css/x"])
def test_a_page_that_is_not_there_says_so(gateway: Simulator, path: str) -> None:
    assert requests.get(gateway.url + path, timeout=20).status_code == 404


def test_paying_what_nobody_started_is_a_lookup_error(gateway: Simulator) -> None:
    with pytest.raises(LookupError, match="'7'"):
        gateway.pay("7")
    with pytest.raises(LookupError, match="'7'"):
        gateway.notify_again("7")


def test_it_listens_on_this_machine_alone_and_ends_with_its_block() -> None:
    with Simulator() as gateway:
        url = gateway.url
        assert url.startswith("http://127.0.0.1:")
        assert requests.get(f"{url}/healthz", timeout=20).text == "ok"

    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=20)


def test_the_end_does_not_wait_for_repetitions(shop: Shop) -> None:
    shop.answers = [500]
    with Simulator(secret=SECRET, pauses=(600,)) as gateway:
        start(gateway, wish(shop))
        gateway.pay("2563977", patience=0.2)

    assert gateway.notifications[0].state is Delivery.GIVEN_UP


def test_the_docs_sign_as_the_gateway_does(gateway: Simulator, shop: Shop) -> None:
    _first, _second = blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), flags=re.S)
    place: dict[str, Any] = {}
    exec(compile(blocks[0], "simulator.md", "exec"), place)
    exec(compile(blocks[1], "simulator.md", "exec"), {})
    start(gateway, wish(shop))
    gateway.pay("2563977")

    assert place["signature"](shop.received[0], SECRET) == shop.received[0]["sign"]


def test_the_docs_name_every_fault_and_no_other() -> None:
    table = DOCS.read_text("utf-8").partition("## Bad days")[2].partition("## In tests")[0]

    assert set(re.findall(r"^\| `(\w+)`", table, flags=re.M)) == set(Faults().told())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    command = [sys.executable, "-c", "import sys; from billhook_kit.cli import main; sys.exit(main())"]
    process = subprocess.Popen([*command, "simulator", "--secret", SECRET], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        assert process.stdout.readline() == f"Secret: {SECRET}\n"
        assert requests.get(f"{url}/faults", timeout=20).status_code == 200
        process.send_signal(number)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("port", ["taken", "65536"])
def test_a_port_that_cannot_be_had_is_named(gateway: Simulator, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = gateway.url.rpartition(":")[2] if port == "taken" else port

    assert main(["simulator", "--port", wanted]) == 2
    assert f"port {wanted}:" in capsys.readouterr().err


def eventually(happens: Callable[[], bool], seconds: float = 10) -> bool:
    pause = threading.Event()
    for _number in range(int(seconds / 0.02)):
        if happens():
            return True
        pause.wait(0.02)
    return False
