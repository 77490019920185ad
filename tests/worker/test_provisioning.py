"""The outside world follows the desired state, over a real signed webhook."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask, redirect, request

from devtools.pages import BackgroundServer, make_app
from devtools.service_page import ServicePage
from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.adapters.provisioning import ANSWER_SECONDS, CONNECT_SECONDS, Webhook, sign
from host_stub.persistence import Period, Reseller, Store, open_store
from host_stub.services.charges import subscriptions
from host_stub.services.queues import deliveries
from host_stub.services.queues.provisioning import ProvisioningReceiver
from tests.support.charging_world import ChargingWorld
from tests.support.world import MANAGER

SECRET = "a secret of the reseller"


@pytest.fixture
def store(sqlite_url: str, clock: FixedClock) -> Iterator[Store]:
    """On SQLite alone: the dialogue does not depend on the database, and what does is proved elsewhere on both."""
    opened = open_store(sqlite_url, clock, base_url="https://panel.example")
    yield opened
    opened.close()


@pytest.fixture
def page() -> Iterator[ServicePage]:
    with ServicePage(SECRET) as running:
        yield running


def recording(bodies: list[bytes], headers: list[str] | None = None) -> Serving:
    app = make_app()

    @app.post("/")
    def take() -> str:
        bodies.append(request.get_data())
        if headers is not None:
            headers.append(request.headers["X-Billhook-Signature"])
        return "ok"

    return Serving(app)


class Serving:
    """An endpoint for the time of a `with` block."""

    def __init__(self, app: Flask) -> None:
        self._server = BackgroundServer(app, 0)

    def __enter__(self) -> BackgroundServer:
        self._server.start()
        return self._server

    def __exit__(self, *_error: object) -> None:
        self._server.stop()


class Outside:
    """The world, with a provisioning endpoint and a subscription that is active."""

    def __init__(self, world: ChargingWorld) -> None:
        self.world = world
        self.keys = new_keys()
        self.receiver = ProvisioningReceiver(world.store, Webhook(1, 1), self.keys)
        world.credit("10.00")
        self.subscription_id = world.running(Period.DAY, "10.00", "Сайт")

    def at(self, url: str, secret: str | None = SECRET) -> Outside:
        with self.world.store.write() as session:
            reseller = session.get_one(Reseller, self.world.reseller_id)
            reseller.provisioning_url = url
            reseller.provisioning_secret = self.keys.encrypt(secret) if secret else None
        return self

    def stop(self) -> None:
        self.world.clock.advance(days=1)
        self.world.run()

    def deliver(self) -> int:
        total = 0
        while done := deliveries.work(self.world.store, "worker", "provisioning", self.receiver):
            total += done
        return total

    def state(self) -> tuple[int, int, str]:
        row = self.world.subscription(self.subscription_id)
        return row.desired_version, row.confirmed_version, row.provisioning_error


@pytest.fixture
def outside(world: ChargingWorld) -> Outside:
    return Outside(world)


def test_the_service_goes_off_and_on_and_away_with_the_subscription(outside: Outside, page: ServicePage) -> None:
    outside.at(page.webhook_url)
    seen = []

    def look() -> None:
        outside.deliver()
        service = page.services.find(outside.subscription_id)
        seen.append(service.desired if service else None)

    look()
    outside.stop()
    look()
    outside.world.credit("10.00")
    look()
    subscriptions.delete(outside.world.store, outside.world.scope, outside.subscription_id, by=MANAGER)
    look()

    assert seen == ["running", "stopped", "running", "deleted"]
    assert outside.state() == (4, 4, "")


def test_a_late_stop_cannot_undo_a_resume(outside: Outside, page: ServicePage) -> None:
    outside.at(page.webhook_url)
    outside.stop()
    outside.world.credit("10.00")

    outside.deliver()

    service = page.services.find(outside.subscription_id)
    assert service is not None
    assert (service.desired, service.version) == ("running", 3)


def test_what_is_desired_already_is_not_sent_again(outside: Outside) -> None:
    bodies: list[bytes] = []
    with recording(bodies) as server:
        outside.at(server.url)
        outside.stop()
        outside.world.credit("10.00")
        outside.deliver()

    assert len(bodies) == 1


def test_without_an_endpoint_there_is_nothing_to_do(outside: Outside) -> None:
    assert outside.deliver() == 1
    assert outside.world.facts("provisioning") == []
    assert outside.state() == (1, 0, "")


def test_a_failure_is_shown_retried_and_forgotten_when_it_works(outside: Outside, page: ServicePage) -> None:
    outside.at(page.webhook_url)
    page.services.failures_left = 2

    outside.deliver()
    failed = outside.state()
    outside.world.clock.advance(seconds=10)
    outside.deliver()
    outside.world.clock.advance(seconds=20)
    outside.deliver()

    assert failed == (1, 0, "HTTP 503")
    assert outside.state() == (1, 1, "")
    story = outside.world.logged("subscription", outside.subscription_id)
    assert story.count("subscription.provisioning_failed") == 1


def test_a_wrong_secret_is_a_failure(outside: Outside, page: ServicePage) -> None:
    outside.at(page.webhook_url, secret="another one")

    outside.deliver()

    assert outside.state()[2] == "HTTP 403"
    assert page.services.find(outside.subscription_id) is None


def test_an_endpoint_without_a_secret_is_told_nothing(outside: Outside, page: ServicePage) -> None:
    outside.at(page.webhook_url, secret=None)

    outside.deliver()

    assert "secret" in outside.state()[2]


def test_a_secret_of_lost_keys_is_a_failure_that_is_shown(outside: Outside, page: ServicePage) -> None:
    outside.at(page.webhook_url)
    outside.receiver = ProvisioningReceiver(outside.world.store, Webhook(1, 1), new_keys())

    outside.deliver()

    assert "does not open" in outside.state()[2]


def test_a_redirect_is_not_followed(outside: Outside, page: ServicePage) -> None:
    app = make_app()
    app.add_url_rule("/", view_func=lambda: redirect(page.webhook_url, 307), methods=["POST"])
    with Serving(app) as server:
        outside.at(server.url)
        outside.deliver()

    assert outside.state()[2] == "HTTP 307"
    assert page.services.find(outside.subscription_id) is None


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "not an address"])
def test_only_web_addresses_are_called(outside: Outside, url: str) -> None:
    outside.at(url)

    outside.deliver()

    assert outside.state()[2] == "the address is neither http nor https"


def test_an_endpoint_that_does_not_answer_costs_a_moment_and_is_shown(outside: Outside) -> None:
    release = threading.Event()
    app = make_app()
    app.add_url_rule("/", view_func=lambda: str(release.wait(5)), methods=["POST"])
    outside.receiver = ProvisioningReceiver(outside.world.store, Webhook(0.2, 0.2), outside.keys)
    with Serving(app) as server:
        outside.at(server.url)
        outside.deliver()
        release.set()

    assert outside.state()[2] == "no answer in time"


def test_after_thirty_failures_the_order_is_dead_and_a_later_one_still_goes(
    outside: Outside, page: ServicePage
) -> None:
    outside.at(page.webhook_url)
    page.services.failures_left = 30

    for _try in range(30):
        outside.deliver()
        outside.world.clock.advance(minutes=30)
    with outside.world.store.read() as session:
        dead = len(deliveries.dead_letters(session))
    outside.world.run()
    outside.deliver()

    assert dead == 1
    service = page.services.find(outside.subscription_id)
    assert service is not None
    assert service.desired == "stopped"


def test_the_body_is_signed_over_its_raw_bytes(outside: Outside) -> None:
    bodies: list[bytes] = []
    headers: list[str] = []
    with recording(bodies, headers) as server:
        outside.at(server.url)
        outside.deliver()

    assert bodies == [
        f'{{"reseller":{outside.world.reseller_id},"subscription":{outside.subscription_id},'
        '"desired":"running","version":1,"name":"Сайт"}'.encode()
    ]
    assert headers == [sign(bodies[0], SECRET)]


def test_a_call_keeps_within_the_lease() -> None:
    assert timedelta(seconds=CONNECT_SECONDS + ANSWER_SECONDS) < deliveries.LEAST_TIME
