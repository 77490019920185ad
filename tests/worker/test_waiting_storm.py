"""The worker in a storm: the clock is set by hours, the mail server does everything that it may, two addresses hang."""

from __future__ import annotations

import random

import pytest

from host_stub.adapters.smtp import Server, SmtpMailer
from host_stub.persistence import Account, Period
from host_stub.plugins.registry import Registry
from host_stub.services.telling import mails
from host_stub.worker import Outside, Worker
from tests.support.charging_world import ChargingWorld
from tests.support.scripted_smtp import HOST, Act, ScriptedSmtp, until
from tests.worker.test_fair_services import SERVICES, Town, url_of

SENDER = "billing@panel.example"
READERS = [f"reader{n}@romashka.example" for n in range(25)]
SCRIPT = {
    READERS[1]: Act.CLOSES,
    READERS[4]: Act.LATER,
    READERS[7]: Act.NEVER,
    READERS[10]: Act.SILENT,
    READERS[13]: Act.CUT_BEFORE,
    READERS[16]: Act.CUT_AFTER,
    READERS[19]: Act.LATE,
    READERS[22]: Act.FULL,
}
HANGING = [url_of(0), url_of(1)]


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_everything_ends_and_nothing_is_done_more_often_than_stated(world: ChargingWorld, seed: int) -> None:
    chance = random.Random(seed)
    world.credit("100000.00")
    hourly = world.running(Period.HOUR, "720.00")
    with ScriptedSmtp() as smtp:
        smtp.script = dict(SCRIPT)
        town = Town(world, HANGING)
        mailer = SmtpMailer(Server(HOST, smtp.port, SENDER, timeout_seconds=0.3, last_answer_seconds=100))
        worker = Worker(world.store, Registry.of({}), Outside(mailer, SENDER, town.endpoints, town.keys), "storm")
        queue(world)

        worker.run_once()
        first_round = {mail.recipient: mail.status for mail in world.mails("test")}
        smtp.late.set()
        until(lambda: world_status(world, READERS[19]) == "sent")
        began = world.store.now()
        for _turn in range(70):
            astray = chance.choice([0, 0, 0, -5, -3, 3, 9])
            world.clock.step(hours=astray)
            worker.run_once(rounds=20)
            world.clock.step(hours=-astray)
            world.clock.advance(minutes=chance.choice([20, 60, 60]))
            worker.run_once(rounds=20)
        town.endpoints.hanging.clear()
        for _half_hour in range(6):
            world.clock.advance(minutes=31)
            worker.run_once(rounds=100)

    well = [reader for reader in READERS if reader not in SCRIPT]
    assert {first_round[reader] for reader in well} == {"sent"}
    assert {world_status(world, reader) for reader in well} == {"sent"}
    assert all(smtp.taken[reader] == 1 for reader in [*well, READERS[19]])
    assert world_status(world, READERS[7]) == "refused"
    assert world_status(world, READERS[16]) == "unknown"
    assert smtp.taken[READERS[16]] == 3
    assert {world_status(world, reader) for reader in SCRIPT} <= {"sent", "refused", "unknown"}
    assert max(smtp.asked.values()) <= 40
    assert {url: town.endpoints.followed[url] for url in town.endpoints.followed} == {
        url_of(n): SERVICES for n in range(10)
    }
    assert set(town.endpoints.orders.values()) == {1}
    hours = int((world.store.now() - began).total_seconds() // 3600)
    assert hours <= len(world.charges(hourly)) <= hours + 2 + 9  # no further ahead than the clock ever was believed
    assert world.facts("provisioning") == []


def queue(world: ChargingWorld) -> None:
    with world.store.write() as session:
        account = session.get_one(Account, world.account_id)
        for reader in READERS:
            mails.queue_to_account(session, account, mails.Letter("test", reader, "Тема", ["Текст"]), [reader])


def world_status(world: ChargingWorld, reader: str) -> str:
    (status,) = [mail.status for mail in world.mails("test") if mail.recipient == reader]
    return status
