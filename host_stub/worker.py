"""The worker: charges what is due, delivers what was told, expires payments, looks ahead.

Any number may run at once, and each may be killed anywhere: what it did is committed, what it had claimed comes free
when the lease is over. Each job has threads of its own, so that a mail server that hangs delays no charge.

Whatever waits here waits by the steady clock: a wall clock that is set, forth or back, delays nothing. What is done by
date waits for a clock that is believed (`services.charges.clock_guard`).
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import FrameType
from typing import Final

import structlog

from host_stub.adapters.keys import KeyRing
from host_stub.adapters.provisioning import Provisioner, Webhook
from host_stub.adapters.smtp import Mailer, Security, Server, SmtpMailer
from host_stub.config import Config
from host_stub.persistence import Store
from host_stub.plugins import status_queries
from host_stub.plugins.delivery import PluginReceiver, listeners
from host_stub.plugins.desk import Keys
from host_stub.plugins.registry import Registry
from host_stub.progress import Progress
from host_stub.services.books.proof import nightly
from host_stub.services.charges import charge_watches, charging, watch_levels
from host_stub.services.charges.clock_guard import ClockGuard
from host_stub.services.money_in import payments, questions
from host_stub.services.people import ageing
from host_stub.services.people.password_resets import ResetReceiver
from host_stub.services.queues import claims, deliveries, heartbeat, outbox
from host_stub.services.queues.claims import Turns
from host_stub.services.queues.deliveries import Receiver
from host_stub.services.queues.heartbeat import Told
from host_stub.services.queues.provisioning import ProvisioningReceiver
from host_stub.services.reading import forecasts
from host_stub.services.telling.mail_sending import MailReceiver
from host_stub.services.tenants import closing

IDLE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 30.0
BEAT_SECONDS: Final = 10.0
#: A job of which no step ended well for so long, beyond its own pause, is stuck, and the worker says so.
STUCK_AFTER_SECONDS: Final = 600.0
STOP_SECONDS: Final = 30.0
#: Silent addresses that a heartbeat names.
SHOWN: Final = 20

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something done over and over. step: returns how much it did. every: the least time between two steps.

    threads: how many do it at once.
    """

    name: str
    step: Callable[[], int]
    every: timedelta = timedelta()
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Outside:
    """What a worker reaches the outside world with. sender: the address that mails come from."""

    mailer: Mailer
    sender: str
    provisioner: Provisioner
    keys: Keys

    @classmethod
    def of(cls, config: Config, keys: KeyRing) -> Outside:
        """Return the real adapters as configured."""
        return cls(SmtpMailer(mail_server(config)), config.smtp_from, Webhook(), keys)


def mail_server(config: Config) -> Server:
    """Return the mail server as configured."""
    return Server(
        host=config.smtp_host,
        port=config.smtp_port,
        sender=config.smtp_from,
        security=_security(config),
        user=config.smtp_user,
        password=config.smtp_password.get_secret_value(),
    )


def _security(config: Config) -> Security:
    if config.smtp_tls:
        return Security.TLS
    return Security.STARTTLS if config.smtp_starttls else Security.NONE


class Worker:
    """Runs the jobs until it is told to stop. name: unique among running workers.

    hung: the plugins whose threads all hang; it stopped because of them and wants to be started again.
    """

    def __init__(self, store: Store, registry: Registry, outside: Outside, name: str = "") -> None:
        self.name = name or f"{socket.gethostname()}:{os.getpid()}"
        self._store = store
        self._registry = registry
        self.hung: list[str] = []
        self._started_at = store.now()
        self._stop = threading.Event()
        self.progress = Progress(store.ticks)
        self.clock = ClockGuard(store)
        self._mail = MailReceiver(store, outside.mailer, outside.sender, self.clock.believes)
        self._provisioning = ProvisioningReceiver(store, outside.provisioner, outside.keys)
        self._held_hour: datetime | None = None
        self.jobs = self._all_jobs(registry, outside)

    def _all_jobs(self, registry: Registry, outside: Outside) -> Sequence[Job]:
        store = self._store
        plugins = PluginReceiver(store, registry, outside.keys)
        asking = Turns(store.clock)

        return (
            Job("charging", self._by_date(self._charge)),
            Job("closings", lambda: closing.follow(store), every=timedelta(seconds=5)),
            Job("expiry", self._by_date(lambda: payments.expire_due(store)), every=timedelta(seconds=30)),
            Job("looking ahead", self._by_date(lambda: charge_watches.look_ahead(store)), every=timedelta(minutes=5)),
            Job("forecast", self._by_date(lambda: forecasts.keep(store)), every=timedelta(minutes=5)),
            Job("waits", self._reread, every=timedelta(seconds=10)),
            Job("sign-ins", lambda: ageing.reread(store), every=timedelta(minutes=1)),
            Job("old sign-ins", self._by_date(lambda: ageing.sweep(store)), every=timedelta(hours=1)),
            Job(
                "status queries",
                lambda: status_queries.ask_due(store, registry, outside.keys, asking),
                every=timedelta(seconds=30),
            ),
            Job("proof", self._by_date(lambda: nightly.step(store)), every=timedelta(minutes=1)),
            Job("sweeping", lambda: deliveries.sweep(store), every=timedelta(minutes=10)),
            Job("watch levels", lambda: watch_levels.take_over(store), every=timedelta(minutes=10)),
            *(self._delivering(outbox.PLUGIN + name, plugins, threads=3, batch=5) for name in listeners(registry)),
            # One at a time: nobody's order waits behind an address that takes its time.
            self._delivering(outbox.PROVISIONING, self._provisioning, threads=6, batch=1),
            self._delivering(outbox.MAIL, self._mail, threads=3, batch=1),
            self._delivering(outbox.RESETS, ResetReceiver(store, self.clock.believes)),
        )

    def _by_date(self, step: Callable[[], int]) -> Callable[[], int]:
        return lambda: step() if self.clock.believes() else 0

    def _reread(self) -> int:
        """Let nothing wait for a clock that was ahead and has been set back. It is no work: nothing follows from it."""
        claims.reread(self._store)
        questions.reread(self._store)
        return 0

    def _delivering(
        self, receiver_name: str, receiver: Receiver, *, threads: int = 1, batch: int = deliveries.BATCH
    ) -> Job:
        turns = Turns(self._store.clock)

        def step() -> int:
            return deliveries.work(self._store, self.name, receiver_name, receiver, limit=batch, turns=turns)

        return Job(receiver_name, step, threads=threads)

    def _charge(self) -> int:
        hour = self._store.now().replace(minute=0, second=0, microsecond=0)
        let_go = 0
        if hour != self._held_hour:  # prices of stopped hours change with the hour
            let_go = charging.reconsider_holds(self._store)
            self._held_hour = hour
        return let_go + charging.run_due(self._store)

    def run_once(self, *, rounds: int = 100) -> int:
        """Do everything that is due now, in this thread; return how much that was. For tests and the demo."""
        heartbeat.beat(self._store, self.name, self._started_at, self._registry.found, told=self._told())
        total = 0
        for _round in range(rounds):
            done = sum(job.step() for job in self.jobs)
            if not done:
                break
            total += done
        return total

    def run(self) -> None:
        """Work until SIGTERM or SIGINT (in the main thread) or `stop`. What is under way is brought to its end."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._on_signal)
            signal.signal(signal.SIGINT, self._on_signal)
        threads = [self._thread(job, f"{job.name} {n}") for job in self.jobs for n in range(job.threads)]
        _logger.info("worker_started", worker=self.name)
        for thread in threads:
            thread.start()
        while not self._stop.is_set():
            self._beat()
            self._heed_hung_plugins()
            self._stop.wait(BEAT_SECONDS)
        self._wind_up(threads)

    def _thread(self, job: Job, name: str) -> threading.Thread:
        self.progress.expect(name, job.name, STUCK_AFTER_SECONDS + job.every.total_seconds())
        return threading.Thread(target=self._loop, args=(job, name), name=name, daemon=True)

    def _heed_hung_plugins(self) -> None:
        """Stop when no thread of a plugin comes back: only a new process has threads for it again."""
        self.hung = [name for name in self._registry.plugins if self._registry.guard(name).hangs]
        if self.hung:
            _logger.error("plugins_hang", plugins=self.hung)
            self.stop()

    def stop(self) -> None:
        """Ask the worker to end; may be called from any thread."""
        self._stop.set()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stop()

    def _wind_up(self, threads: Sequence[threading.Thread]) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        stuck = [thread.name for thread in threads if thread.is_alive()]
        try:
            heartbeat.leave(self._store, self.name)
        except Exception as error:  # noqa: BLE001  a database that is down must not keep the worker from ending
            _logger.warning("farewell_failed", error=str(error))
        _logger.info("worker_stopped", worker=self.name, stuck=stuck)

    def _loop(self, job: Job, thread_name: str) -> None:
        pause = 0.0
        failures = 0
        next_at = self._store.ticks()
        while not self._stop.wait(pause):
            if self._store.ticks() < next_at:
                pause = IDLE_SECONDS
                continue
            try:
                done = job.step()
            except Exception as error:
                # The database may be away; the job goes on when it is back.
                failures += 1
                pause = min(IDLE_SECONDS * 2 ** min(failures, 10), LONGEST_PAUSE_SECONDS)
                self.progress.ended(thread_name, f"{type(error).__name__}: {error}".splitlines()[0][:200])
                _logger.exception("job_failed", job=job.name, failures=failures)
                continue
            failures = 0
            self.progress.ended(thread_name)
            next_at = self._store.ticks() + job.every.total_seconds()
            pause = 0.0 if done else IDLE_SECONDS

    def _told(self) -> Told:
        """Return how the worker does."""
        return Told(
            jobs=self.progress.states(),
            clock=self.clock.belief.value,
            ahead_seconds=int(self.clock.beyond.total_seconds()),
            mail=self._mail.trouble[:500],
            silent=self._provisioning.silent[:SHOWN],
        )

    def _beat(self) -> None:
        told = self._told()
        if told.stuck:
            _logger.error("jobs_stuck", jobs=[job.name for job in told.stuck])
        try:
            heartbeat.beat(self._store, self.name, self._started_at, self._registry.found, told=told)
        except Exception as error:  # noqa: BLE001  the operator sees the silence
            _logger.warning("heartbeat_failed", error=str(error))
