"""The worker as a process: it does everything, ends when asked, and may be killed anywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from devtools.mail_modes import Mode
from devtools.mailsink import MailSink
from devtools.service_page import ServicePage
from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import create_key_file, load_key_file, new_keys
from host_stub.adapters.provisioning import Webhook
from host_stub.adapters.smtp import Server, SmtpMailer
from host_stub.persistence import Account, Lane, Payment, Period, Reseller, Store, Subscription, open_store
from host_stub.persistence import Worker as WorkerRow
from host_stub.plugins.registry import Registry
from host_stub.services.charges import charging_failures
from host_stub.services.queues import deliveries, heartbeat
from host_stub.services.telling import mails
from host_stub.worker import Job, Outside, Worker
from tests.support.charging_world import ChargingWorld

SENDER = "billing@panel.example"
SECONDS = 30


def until(true: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Wait for something that happens soon; fails the test if it does not."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def a_worker(world: ChargingWorld, smtp_port: int = 1, name: str = "worker") -> Worker:
    mailer = SmtpMailer(Server("127.0.0.1", smtp_port, SENDER, timeout_seconds=2))
    return Worker(world.store, Registry.of({}), Outside(mailer, SENDER, Webhook(1, 1), new_keys()), name)


def rows(store: Store) -> list[WorkerRow]:
    with store.read() as session:
        return list(session.scalars(select(WorkerRow)))


def test_one_round_does_everything_that_is_due(world: ChargingWorld) -> None:
    world.credit("30.00")
    made = world.running(Period.DAY, "10.00")
    payment_id = world.a_payment()
    world.clock.advance(days=31)
    with MailSink() as sink:
        a_worker(world, sink.smtp_port).run_once()

        assert [letter.subject for letter in sink.letters.all()] == ["Услуги приостановлены: пополните баланс"]
    with world.store.read() as session:
        assert session.get_one(Payment, payment_id).status == "expired"
        assert session.get_one(Subscription, made).status == "stopped"
    assert world.facts("provisioning") == []
    assert [row.name for row in rows(world.store)] == ["worker"]


def test_a_worker_beats_while_it_runs_and_says_good_bye(world: ChargingWorld) -> None:
    worker = a_worker(world)
    thread = threading.Thread(target=worker.run)
    thread.start()
    until(lambda: len(rows(world.store)) == 1)

    worker.stop()
    thread.join(SECONDS)

    assert not thread.is_alive()
    assert rows(world.store) == []


def test_a_job_that_breaks_is_tried_again_and_disturbs_no_other(world: ChargingWorld) -> None:
    worker = a_worker(world)
    broken, sound = threading.Event(), threading.Event()
    tries = 0

    def break_twice() -> int:
        nonlocal tries
        tries += 1
        if tries < 2:
            raise RuntimeError("the database is away")
        broken.set()
        return 0

    def note() -> int:
        sound.set()
        return 0

    worker.jobs = [Job("breaks", break_twice), Job("sound", note)]
    thread = threading.Thread(target=worker.run)
    thread.start()
    happened = broken.wait(SECONDS) and sound.wait(SECONDS)
    worker.stop()
    thread.join(SECONDS)

    assert happened


def test_a_mail_server_that_hangs_delays_no_charge(world: ChargingWorld) -> None:
    world.credit("100.00")
    made = world.running(Period.DAY, "10.00")
    with MailSink() as sink:
        sink.behaviour.set(Mode.HANG)
        with world.store.write() as session:
            account = session.get_one(Account, world.account_id)
            mails.queue_to_account(session, account, mails.Letter("x", "y", "S", ["T"]))
        worker = a_worker(world, sink.smtp_port)
        thread = threading.Thread(target=worker.run)
        thread.start()
        until(lambda: lane(world.store, "mail") is not None)
        world.clock.advance(days=1)
        until(lambda: len(world.charges(made)) == 2)
        worker.stop()
        sink.behaviour.set(Mode.ACCEPT)
        thread.join(SECONDS)


def test_workers_that_were_not_heard_for_a_week_are_forgotten(world: ChargingWorld) -> None:
    heartbeat.beat(world.store, "old", world.store.now())
    world.clock.advance(days=8)

    heartbeat.beat(world.store, "new", world.store.now())

    assert [row.name for row in rows(world.store)] == ["new"]


def lane(store: Store, receiver: str) -> str | None:
    """Return who holds the lease of the receiver's only lane."""
    with store.read() as session:
        return session.scalars(select(Lane.worker).where(Lane.receiver == receiver, Lane.worker != "")).first()


class Installation:
    """A database, a key file and the addresses of the outside world, as a real worker process finds them.

    What the test makes in it was made five hours ago, so that the worker finds missed hours.
    """

    def __init__(self, url: str, folder: Path, sink: MailSink, page: ServicePage) -> None:
        key_file = folder / "keys.json"
        create_key_file(key_file)
        self.environment = {
            **os.environ,
            "BILLHOOK_DATABASE_URL": url,
            "BILLHOOK_KEY_FILE": str(key_file),
            "BILLHOOK_BASE_URL": "https://panel.example",
            "BILLHOOK_INTERNAL_NETWORKS": "127.0.0.0/8",
            "BILLHOOK_SMTP_HOST": sink.smtp_host,
            "BILLHOOK_SMTP_PORT": str(sink.smtp_port),
            "BILLHOOK_SMTP_FROM": SENDER,
        }
        past = FixedClock(datetime.now(UTC) - timedelta(hours=5))
        self.store = open_store(url, past, base_url="https://panel.example")
        self.world = ChargingWorld(self.store, past)
        keys = load_key_file(key_file, demo=False)
        with self.store.write() as session:
            reseller = session.get_one(Reseller, self.world.reseller_id)
            reseller.provisioning_url = page.webhook_url
            reseller.provisioning_secret = keys.encrypt("secret")

    def worker(self) -> subprocess.Popen[bytes]:
        program = "from host_stub.cli import main; main()"
        return subprocess.Popen([sys.executable, "-c", program, "worker"], env=self.environment)

    def let_leases_run_out(self) -> None:
        """Move every lease into the past, as time would."""
        with self.store.write() as session:
            for row in session.scalars(select(Lane)):
                row.ready_at = datetime.now(UTC) - timedelta(seconds=1)


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with MailSink() as running:
        yield running


@pytest.fixture
def page() -> Iterator[ServicePage]:
    with ServicePage("secret") as running:
        yield running


@pytest.fixture
def installation(database_url: str, tmp_path: Path, sink: MailSink, page: ServicePage) -> Iterator[Installation]:
    built = Installation(database_url, tmp_path, sink, page)
    yield built
    built.store.close()


def test_a_real_worker_ends_cleanly_at_sigterm(installation: Installation) -> None:
    process = installation.worker()
    try:
        until(lambda: len(rows(installation.store)) == 1)
        process.send_signal(signal.SIGTERM)
        status = process.wait(SECONDS)
    finally:
        process.kill()
        process.wait()

    assert status == 0
    assert rows(installation.store) == []


def test_a_worker_that_was_killed_in_the_middle_loses_nothing(
    installation: Installation, sink: MailSink, page: ServicePage
) -> None:
    world = installation.world
    sink.behaviour.set(Mode.HANG)
    world.credit("1000.00")
    made = world.running(Period.HOUR, "720.00", "Сайт")
    with installation.store.write() as session:
        account = session.get_one(Account, world.account_id)
        mails.queue_to_account(session, account, mails.Letter("x", "y", "Письмо", ["T"]))
    first = installation.worker()
    try:
        until(lambda: lane(installation.store, "mail") is not None)
    finally:
        first.kill()
        first.wait()

    sink.behaviour.set(Mode.ACCEPT)
    installation.let_leases_run_out()
    second = installation.worker()
    try:
        until(lambda: len(sink.letters.all()) == 1)
        until(lambda: len(world.charges(made)) >= 6)
        until(lambda: world.subscription(made).confirmed_version == 1)
        second.terminate()
        assert second.wait(SECONDS) == 0
    finally:
        second.kill()
        second.wait()

    assert [letter.subject for letter in sink.letters.all()] == ["Письмо"]
    charges = world.charges(made)
    assert all(earlier.period_end == later.period_start for earlier, later in pairwise(charges))
    with installation.store.read() as session:
        assert charging_failures.failing(session) == []
        assert deliveries.failing(session) == []
