"""What the worker did in the demo's past: plugins heard their events, and every mail was taken by its server."""

from __future__ import annotations

from datetime import date
from email.message import Message

from host_stub.demo.stage import ZONE, Stage
from host_stub.plugins.delivery import PluginReceiver, listeners
from host_stub.plugins.desk import Keys
from host_stub.plugins.registry import Registry
from host_stub.services.charges import charge_watches
from host_stub.services.queues import deliveries, outbox
from host_stub.services.queues.deliveries import Receiver
from host_stub.services.telling.mail_sending import MailReceiver

WORKER = "demo"


class EveryMailArrives:
    """A mail server of the past: what it took has long been read and deleted."""

    def send(self, message: Message, recipient: str) -> None:
        """Take it."""


class Post:
    """Delivers what a stage has told, but leaves the provisioning to the real worker: services still have to run."""

    def __init__(self, stage: Stage, registry: Registry, keys: Keys, sender: str) -> None:
        self._stage = stage
        plugins = PluginReceiver(stage, registry, keys)
        self._receivers: tuple[tuple[str, Receiver], ...] = (
            *((outbox.PLUGIN + name, plugins) for name in listeners(registry)),
            (outbox.MAIL, MailReceiver(stage, EveryMailArrives(), sender)),
        )
        self._looked_ahead: date | None = None

    def deliver(self) -> None:
        """Deliver everything that is ready, and look ahead once a day."""
        today = self._stage.now().astimezone(ZONE).date()
        if today != self._looked_ahead:
            charge_watches.look_ahead(self._stage)
            self._looked_ahead = today
        for name, receiver in self._receivers:
            while deliveries.work(self._stage, WORKER, name, receiver):
                pass
