"""The demo's hosting company: services follow the signed webhook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from devtools.service_page import SIGNATURE_HEADER, ServicePage, sign

SECRET = "a secret of the demo"
SECONDS = 5


@pytest.fixture
def page() -> Iterator[ServicePage]:
    with ServicePage(SECRET) as running:
        yield running


def order(page: ServicePage, desired: str, version: object = 1, secret: str = SECRET) -> requests.Response:
    body = json.dumps({"reseller": 1, "subscription": 7, "desired": desired, "version": version, "name": "VPS «2»"})
    signature = {SIGNATURE_HEADER: sign(body.encode(), secret)}
    return requests.post(page.webhook_url, body.encode(), headers=signature, timeout=SECONDS)


def visit(page: ServicePage) -> requests.Response:
    return requests.get(f"{page.url}/service/7", timeout=SECONDS)


@pytest.mark.parametrize(
    ("desired", "status", "word"),
    [("running", 200, "работает"), ("stopped", 503, "остановлена"), ("deleted", 404, "Такой услуги нет")],
)
def test_a_service_shows_what_the_panel_ordered(page: ServicePage, desired: str, status: int, word: str) -> None:
    answer = order(page, desired)

    shown = visit(page)

    assert (answer.status_code, answer.json()) == (200, {"applied": True})
    assert (shown.status_code, word in shown.text) == (status, True)


def test_an_unknown_service_is_not_found(page: ServicePage) -> None:
    assert visit(page).status_code == 404


def test_a_late_stop_does_not_undo_a_resume(page: ServicePage) -> None:
    order(page, "running", version=3)

    late, repeated = order(page, "stopped", version=2), order(page, "stopped", version=3)

    assert [late.json(), repeated.json()] == [{"applied": False}] * 2
    assert visit(page).status_code == 200


def test_an_order_with_another_secret_is_refused(page: ServicePage) -> None:
    answer = order(page, "running", secret="a guess")

    assert answer.status_code == 403
    assert visit(page).status_code == 404


def test_an_order_without_signature_is_refused(page: ServicePage) -> None:
    assert requests.post(page.webhook_url, b"{}", timeout=SECONDS).status_code == 403


@pytest.mark.parametrize(("desired", "version"), [("exploded", 1), ("running", "1"), ("running", None)])
def test_a_malformed_order_is_refused(page: ServicePage, desired: str, version: object) -> None:
    assert order(page, desired, version).status_code == 400


def test_failures_on_purpose_end_after_the_given_number(page: ServicePage) -> None:
    requests.put(f"{page.url}/api/behaviour", json={"fail": 1}, timeout=SECONDS).raise_for_status()

    assert [order(page, "running").status_code, order(page, "running").status_code] == [503, 200]


def test_services_outlive_a_restart(tmp_path: Path) -> None:
    kept = tmp_path / "services.json"
    with ServicePage(SECRET, file=kept) as first:
        order(first, "stopped", version=5)

    with ServicePage(SECRET, file=kept) as second:
        known = requests.get(f"{second.url}/api/services", timeout=SECONDS).json()

    assert known == [{"reseller": 1, "subscription": 7, "desired": "stopped", "version": 5, "name": "VPS «2»"}]
