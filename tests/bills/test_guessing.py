"""Ten thousand guesses at a bill's public link, from many addresses, tell a stranger nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Document
from host_stub.plugins.registry import Registry
from host_stub.services.people import limits
from tests.support.web import an_app, store_of
from tests.support.world import World, a_reseller

GUESSES = 10_000
PAPER = b"%PDF-1.7 somebody's bill"


class Target:
    """A payment with an issued bill, on a panel whose pages have a brand, a form and a session."""

    def __init__(self, app: Flask) -> None:
        self.app, self.store = app, store_of(app)
        with self.store.write() as session:
            a_reseller(session, "Оператор", is_operator=True)
        world = World(self.store)
        payment_id = world.a_payment()
        with self.store.write() as session:
            session.add(
                Document(
                    reseller_id=world.reseller_id,
                    payment_id=payment_id,
                    method_id=world.bank_id,
                    kind="receipt",
                    issued_at=self.store.now(),
                    issued_on=self.store.now().date(),
                    file_name="bill.pdf",
                    content=PAPER,
                    sha256="0" * 64,
                    frozen={},
                    template_sha256="0" * 64,
                )
            )
        self.path = f"/plugin/check_cash/payment/{payment_id}/payment_method/{world.bank_id}/receipt"

    def guess(self, h: str, address: str) -> tuple[int, bytes, str | None]:
        """Return status, body and cookie that a stranger without a past gets."""
        answer = self.app.test_client().get(f"{self.path}?h={h}", environ_base={"REMOTE_ADDR": address})
        return answer.status_code, answer.data, answer.headers.get("Set-Cookie")


@pytest.fixture
def target(sqlite_url: str, clock: FixedClock) -> Iterator[Target]:
    opened = Target(an_app(sqlite_url, clock, registry=Registry.discover()))
    yield opened
    opened.store.close()


@pytest.mark.parametrize("guesses", [200, pytest.param(GUESSES, marks=pytest.mark.long)])
def test_every_wrong_guess_gets_one_answer_until_its_address_has_to_wait(target: Target, guesses: int) -> None:
    dice = random.Random(5)
    most = limits.CAPABILITY_ADDRESS.most
    answers: Counter[tuple[int, bytes, str | None]] = Counter()
    turned = []

    for number in range(guesses):
        place = number // (most + 10)
        answer = target.guess(f"{dice.getrandbits(128):032x}", f"198.51.{place // 256}.{place % 256}")
        answers[answer] += 1
        turned.append(answer[0] == 429)

    assert sorted({status for status, _body, _cookie in answers}) == [404, 429]
    assert len(answers) == 2, "two answers of one status differ"
    assert all(turned[number] == (number % (most + 10) >= most) for number in range(guesses))
    assert not any(PAPER in body for _status, body, _cookie in answers)
    assert {cookie for _status, _body, cookie in answers} == {None}
