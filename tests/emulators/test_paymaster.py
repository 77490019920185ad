"""The PayMaster emulator: it signs as the real one, goes wrong only when asked to, and calls nobody else."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit
from urllib.request import Request, urlopen

import pytest
from billhook import BadSignature, MethodView, RawRequest
from billhook_paymaster.provider import PayMaster
from flask.testing import FlaskClient

from tests.emulators.paymaster import Gateway
from tests.emulators.paymaster.cashier import Cashier, Mode
from tests.emulators.paymaster.delivery import Allowed, Courier
from tests.emulators.paymaster.web import Site, create_app

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
VECTORS = json.loads((ROOT / "plugins/paymaster/tests/vectors.json").read_text("utf-8"))
MERCHANT, SECRET = "11112222-3333-4444-5555-666677778888", "test-secret-1"
NOW = datetime(2029, 12, 1, 9, 0, tzinfo=UTC)


class Shop:
    """A panel that only listens: remembers every message, answers as it is told."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, list[tuple[str, str]]]] = []
        self.answers: dict[str, list[tuple[int, bytes]]] = {}
        self._lock = threading.Lock()
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = shop._take(self.path, parse_qsl(body, keep_blank_values=True))
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 128

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def _take(self, path: str, fields: list[tuple[str, str]]) -> tuple[int, bytes]:
        with self._lock:
            self.messages.append((path, fields))
            planned = self.answers.get(path)
            return planned.pop(0) if planned else (200, b"YES" if path == "/confirm" else b"OK")

    def got(self, path: str) -> list[dict[str, str]]:
        return [dict(fields) for where, fields in self.messages if where == path]

    def wait_for(self, count: int, path: str = "/notify") -> None:
        until = time.monotonic() + 10
        while len(self.got(path)) < count:
            assert time.monotonic() < until, f"{len(self.got(path))} of {count} messages came"
            time.sleep(0.01)


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.server.shutdown()
    shop.server.server_close()


@pytest.fixture
def emulator() -> Callable[..., FlaskClient]:
    def make(pauses: tuple[float, ...] = (0.01, 0.01), test_site: bool = False, **site: object) -> FlaskClient:
        cashier = Cashier(Gateway(MERCHANT, SECRET), Courier(pauses, timeout=5), lambda: NOW, test_site=test_site)
        options = {"allowed": Allowed(), "name": "Shop", "return_method": "GET", **site}
        return create_app(Site(cashier, **options)).test_client()

    return make


def order(shop: Shop, **changes: str) -> dict[str, str]:
    return {
        "LMI_MERCHANT_ID": MERCHANT,
        "LMI_PAYMENT_AMOUNT": "2113.00",
        "LMI_CURRENCY": "RUB",
        "LMI_PAYMENT_NO": "INV-1001",
        "LMI_PAYMENT_DESC_BASE64": "0J7Qv9C70LDRgtCwINGB0YfRkdGC0LAgSU5WLTEwMDE=",
        "LMI_EXPIRES": "2030-01-01T00:00:00",
        "LMI_INVOICE_CONFIRMATION_URL": f"{shop.url}/confirm",
        "LMI_PAYMENT_NOTIFICATION_URL": f"{shop.url}/notify",
        "LMI_SUCCESS_URL": f"{shop.url}/success?t=token",
        "LMI_FAILURE_URL": f"{shop.url}/failure",
        **changes,
    }


def pay(client: FlaskClient, fields: dict[str, str], **asked: object) -> dict:
    return client.post("/api/pay", json={"fields": fields, "retry": False, **asked}).get_json()


def raw(fields: dict[str, str]) -> RawRequest:
    return RawRequest("POST", "application/x-www-form-urlencoded", b"", list(fields.items()), {}, "127.0.0.1")


METHOD = MethodView(1, 1, "paymaster", "", {"merchant_id": MERCHANT, "secret": SECRET, "hash_algorithm": "sha256"})


@pytest.mark.parametrize("vector", VECTORS["accept"], ids=lambda v: v["name"])
def test_the_emulator_signs_as_the_known_hashes_say(vector):
    assert Gateway(MERCHANT, vector["secret"], vector["algorithm"]).sign(vector["fields"]) == vector["hash"]


@pytest.mark.parametrize("vector", VECTORS["reject"], ids=lambda v: v["name"])
def test_the_emulator_never_makes_a_hash_known_to_be_wrong(vector):
    assert Gateway(MERCHANT, vector["secret"], vector["algorithm"]).sign(vector["fields"]) != vector["hash"]


def test_the_emulator_shares_no_code_with_the_panel_and_its_plugins():
    imported = set()
    for file in (HERE / "paymaster").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")

    ours = {name for name in imported if name.startswith("tests.")}
    assert all(name.startswith("tests.emulators.paymaster") for name in ours)
    assert not [name for name in imported if name.split(".")[0] in ("billhook", "host_stub") or "billhook_" in name]


def test_the_page_shows_seller_sum_details_methods_and_support(emulator, shop):
    page = emulator(name="Seller & Co").post("/payment/init", data=order(shop), follow_redirects=True).text

    for words in (
        "Seller &amp; Co",
        "2\u00a0113\u00a0RUB",
        "Подробнее",
        "Выберите способ оплаты",
        "Написать в техподдержку",
    ):
        assert words in page
    for title in ("Банковская карта", "СБП", "SberPay", "T-Pay", "Долями"):
        assert title in page
    assert "Это эмулятор" in page


def test_kopecks_are_shown_if_there_are_some(emulator, shop):
    page = emulator().get("/payment/init", query_string=order(shop, LMI_PAYMENT_AMOUNT="0.5"), follow_redirects=True)

    assert "0,50\u00a0RUB" in page.text


def test_a_payment_is_confirmed_notified_and_returned(emulator, shop):
    client = emulator()
    page = client.post("/payment/init", data=order(shop, own="kept"))
    answer = client.post(page.location, data={"button": "pay", "method": "SBP"})

    assert [path for path, _ in shop.messages] == ["/confirm", "/notify"]
    notification = shop.got("/notify")[0]
    assert (notification["LMI_PAYMENT_METHOD"], notification["own"]) == ("SBP", "kept")
    returned = urlsplit(answer.location)
    assert answer.status_code == 303
    assert returned.path == "/success"
    assert parse_qs(returned.query)["t"] == ["token"]
    assert parse_qs(returned.query)["LMI_SYS_PAYMENT_ID"] == [notification["LMI_SYS_PAYMENT_ID"]]


def test_the_payer_may_be_returned_by_post(emulator, shop):
    client = emulator(return_method="POST")
    page = client.post("/payment/init", data=order(shop))

    answer = client.post(page.location, data={"button": "pay"}).text

    assert f'action="{shop.url}/success?t=token"' in answer
    assert 'name="LMI_PAYMENT_NO" value="INV-1001"' in answer


def test_a_payer_who_refuses_is_returned_to_the_failure_page_and_nothing_is_sent(emulator, shop):
    client = emulator()
    page = client.post("/payment/init", data=order(shop))
    answer = client.post(page.location, data={"button": "decline"})

    assert urlsplit(answer.location).path == "/failure"
    assert "LMI_SYS_PAYMENT_ID" not in answer.location
    assert shop.messages == []


def test_a_button_pressed_twice_pays_once(emulator, shop):
    client = emulator()
    page = client.post("/payment/init", data=order(shop))
    client.post(page.location, data={"button": "pay"})
    again = client.post(page.location, data={"button": "pay"})

    assert "Счет уже оплачен" in again.text
    assert len(shop.got("/notify")) == 1


@pytest.mark.parametrize(
    "answer", [(200, b"NO"), (200, b"YES\n"), (200, b"yes"), (200, b"\xef\xbb\xbfYES"), (500, b"YES")]
)
def test_anything_but_yes_refuses_the_payment(answer, emulator, shop):
    shop.answers["/confirm"] = [answer]

    assert pay(emulator(), order(shop))["state"] == "refused"
    assert shop.got("/notify") == []


def test_the_plugin_believes_the_emulator_and_reads_both_messages(emulator, shop):
    pay(emulator(), order(shop))
    claim = PayMaster().claim(raw(shop.got("/confirm")[0]), METHOD)
    PayMaster().verify(raw(shop.got("/notify")[0]), METHOD)
    (paid,) = PayMaster().parse(raw(shop.got("/notify")[0]), METHOD)

    for event in (claim, paid):
        assert (event.reference, event.merchant, event.amount.minor) == ("INV-1001", MERCHANT, 211300)
        assert (event.amount.currency, event.is_test) == ("RUB", False)


@pytest.mark.parametrize("mode", [Mode.WRONG_SIGNATURE, Mode.NO_SIGNATURE, Mode.TAMPERED_SUM])
def test_a_forged_notification_is_not_believed_by_the_plugin(mode, emulator, shop):
    pay(emulator(), order(shop), mode=mode)

    with pytest.raises(BadSignature):
        PayMaster().verify(raw(shop.got("/notify")[0]), METHOD)


@pytest.mark.parametrize(
    ("mode", "field", "value"),
    [
        (Mode.WRONG_SUM, "LMI_PAYMENT_AMOUNT", "2113.01"),
        (Mode.WRONG_MERCHANT, "LMI_MERCHANT_ID", "00000000-0000-0000-0000-000000000000"),
        (Mode.OTHER_CURRENCY, "LMI_CURRENCY", "USD"),
        (Mode.TEST_PAYMENT, "LMI_SIM_MODE", "0"),
    ],
)
def test_a_notification_that_does_not_fit_is_well_signed(mode, field, value, emulator, shop):
    pay(emulator(), order(shop), mode=mode)
    notification = shop.got("/notify")[0]

    PayMaster().verify(raw(notification), METHOD)
    assert notification[field] == value


def test_a_test_site_makes_test_payments_and_simulates_their_end(emulator, shop):
    client = emulator(test_site=True)

    assert pay(client, order(shop))["state"] == "paid"
    assert pay(client, order(shop, LMI_SIM_MODE="1"))["state"] == "simulated_failure"
    states = [pay(client, order(shop, LMI_SIM_MODE="2"))["state"] for _ in range(10)]
    assert states.count("paid") == 8
    assert {n["LMI_PAYMENT_SYSTEM"] for n in shop.got("/notify")} == {"3"}


def test_sixty_four_identical_notifications_go_out_at_once(emulator, shop):
    result = pay(emulator(), order(shop), count=64, concurrency=64)

    assert [answer["status"] for answer in result["answers"]] == [200] * 64
    assert len(shop.got("/notify")) == 64
    assert len({tuple(sorted(n.items())) for n in shop.got("/notify")}) == 1


def test_a_delayed_notification_comes_after_the_answer(emulator, shop):
    assert pay(emulator(), order(shop), delay=0.1)["answers"] == []

    shop.wait_for(1)


def test_out_of_order_means_the_question_comes_last(emulator, shop):
    pay(emulator(), order(shop), mode="out_of_order")

    assert [path for path, _ in shop.messages] == ["/notify", "/confirm"]


def test_a_notification_can_be_held_back_and_sent_in_any_order(emulator, shop):
    client = emulator()
    held = [pay(client, order(shop, LMI_PAYMENT_NO=number), mode="no_notification") for number in ("A", "B")]
    for payment in reversed(held):
        client.post(f"/api/payments/{payment['checkout']}/notify", json={"retry": False})
    client.post(f"/api/payments/{held[0]['checkout']}/notify", json={"retry": False})

    assert [n["LMI_PAYMENT_NO"] for n in shop.got("/notify")] == ["B", "A", "A"]
    assert shop.got("/notify")[1] == shop.got("/notify")[2]


def test_paying_a_paid_number_again_is_another_payment(emulator, shop):
    client = emulator()
    first = pay(client, order(shop))
    second = client.post("/api/pay", json={"payment_no": "INV-1001"}).get_json()

    assert first["sys_payment_id"] != second["sys_payment_id"]
    assert len(client.get("/api/payments?payment_no=INV-1001").get_json()) == 2


def test_an_expired_order_is_refused_unless_lateness_is_asked_for(emulator, shop):
    late = order(shop, LMI_EXPIRES=f"{NOW - timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}")

    assert pay(emulator(), late)["state"] == "expired"
    assert pay(emulator(), late, mode="late")["state"] == "paid"


def test_a_notification_not_answered_200_is_sent_again(emulator, shop):
    shop.answers["/notify"] = [(503, b""), (301, b"")]
    pay(emulator(pauses=(0.01, 0.01, 0.01)), order(shop), retry=True)

    shop.wait_for(3)
    assert shop.got("/notify")[0] == shop.got("/notify")[2]


def test_raw_fields_are_posted_as_they_are_and_signed_on_request(emulator, shop):
    fields = [["LMI_PAYMENT_NO", "1"], ["LMI_PAYMENT_NO", "2"]]
    answer = emulator().post("/api/notify", json={"url": f"{shop.url}/notify", "fields": fields}).get_json()
    emulator().post("/api/notify", json={"url": f"{shop.url}/notify", "fields": {"a": "b"}, "sign": True})

    assert answer["status"] == 200
    assert shop.messages[0][1] == [("LMI_PAYMENT_NO", "1"), ("LMI_PAYMENT_NO", "2")]
    assert shop.got("/notify")[1]["LMI_HASH"] == Gateway(MERCHANT, SECRET).sign({})


@pytest.mark.parametrize(
    "url",
    [
        "http://panel.example/x",
        "http://127.0.0.1.panel.example/x",
        "http://10.0.0.1/x",
        "file:///etc/passwd",
        "//x",
        "http://[",
        "http://127.0.0.1@panel.example/x",
        "http://localhost.example/x",
        "javascript:alert(1)",
    ],
)
def test_the_emulator_calls_nobody_but_this_machine(url, emulator, shop):
    client = emulator()

    assert not Allowed()(url)
    assert client.post("/payment/init", data=order(shop, LMI_PAYMENT_NOTIFICATION_URL=url)).status_code == 400
    assert client.post("/api/notify", json={"url": url}).status_code == 400


def test_the_emulator_calls_an_origin_it_was_told_of():
    allowed = Allowed(["https://panel.example:8443/"])

    assert allowed("https://panel.example:8443/notify")
    assert not allowed("http://panel.example:8443/notify")
    assert not allowed("https://panel.example/notify")


@pytest.mark.parametrize(
    "changes",
    [
        {"LMI_MERCHANT_ID": "other"},
        {"LMI_MERCHANT_ID": ""},
        {"LMI_PAYMENT_DESC_BASE64": "!"},
        {"LMI_EXPIRES": "tomorrow"},
        *({"LMI_PAYMENT_AMOUNT": text} for text in ("", "0", "0.00", "-1", "1,5", "1.555", "1e3", "１")),
        *({"LMI_CURRENCY": text} for text in ("", "rub", "XYZ")),
    ],
)
def test_an_order_that_the_protocol_forbids_is_turned_away(changes, emulator, shop):
    assert emulator().post("/payment/init", data=order(shop, **changes)).status_code == 400


def test_what_the_shop_sends_is_escaped(emulator, shop):
    nasty = '"><script>alert(1)</script>'
    page = emulator().post("/payment/init", data=order(shop, LMI_PAYMENT_NO=nasty), follow_redirects=True)

    assert "<script>" not in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], str]]]:
    """Start the emulator as the program that it is; a second start takes over the first one's journal."""
    running: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], str]:
        flags = ["--port", "0", "--merchant", MERCHANT, "--retry-pauses", "0.3,0.3", "--journal", tmp_path / "journal"]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.emulators.paymaster", *map(str, flags)],
            cwd=ROOT,
            env={**os.environ, "PAYMASTER_EMULATOR_SECRET": SECRET},
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().split()[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_says_where_it_listens_and_stops_cleanly(number, program):
    process, url = program()

    with urlopen(f"{url}/healthz", timeout=5) as answer:
        assert answer.read() == b"ok"
    process.send_signal(number)
    assert process.wait(5) == 0


def test_an_undelivered_notification_survives_kill_9(program, shop):
    shop.answers["/notify"] = [(503, b"")] * 3
    process, url = program()
    asked = json.dumps({"fields": order(shop, LMI_EXPIRES="2099-01-01T00:00:00")}).encode()
    urlopen(Request(f"{url}/api/pay", asked, {"Content-Type": "application/json"}), timeout=5).close()
    process.kill()
    process.wait(5)
    before = len(shop.got("/notify"))

    program()

    shop.wait_for(before + 1)
    assert shop.got("/notify")[before] == shop.got("/notify")[0]
