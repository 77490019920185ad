"""What anybody may send to a plugin's public addresses, and that its payments go on whatever that does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from billhook import BadSignature, MalformedNotification
from billhook.errors import CallbackError

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import UserKind
from host_stub.plugins.breaker import FAILURES, BreakerState
from host_stub.plugins.containment import THREADS
from host_stub.plugins.guard import Guard
from tests.platform import faulty
from tests.platform.test_faults import DRIVES, Healthy, Scene, look, notify
from tests.support.web import Visitor, a_user
from tests.support.world import a_reseller

OWN = ("availability", "start", "template", "document", "page", "query", "billhook_balance_changed")


@pytest.fixture
def scene(sqlite_url: str) -> Iterator[Scene]:
    built = Scene(sqlite_url)
    built.fresh()
    yield built
    built.let_go()
    built.store.close()


def works(scene: Scene) -> dict[str, str]:
    """Ask for everything that strangers do not ask for."""
    faulty.FAULTS.clear()
    scene.payment_id = scene.world.a_payment()
    return {place: DRIVES[place](scene) for place in OWN}


WORKING = {
    "availability": "offered",
    "start": "led on",
    "template": "shown",
    "document": "drawn",
    "page": "shown",
    "query": "started",
    "billhook_balance_changed": "delivered",
}


@pytest.mark.parametrize("place", ["verify", "parse", "acknowledge", "link"])
def test_messages_that_a_plugin_fails_over_pause_neither_its_payments_nor_the_next_good_message(
    scene: Scene, place: str
) -> None:
    faulty.FAULTS[place] = "raise"
    for _ in range(FAILURES * 2):
        assert DRIVES[place](scene) in ("503", "sentence")

    assert scene.failures() == {place: "RuntimeError: a fault in the plugin"}
    assert works(scene) == WORKING
    scene.payment_id = scene.world.a_payment()
    assert notify(scene) == "200"


@pytest.mark.parametrize("place", ["verify", "link"])
def test_messages_over_which_all_public_threads_hang_leave_its_payments_going(scene: Scene, place: str) -> None:
    faulty.FAULTS[place] = "hang"
    for _ in range(THREADS + 1):
        assert DRIVES[place](scene) in ("503", "sentence")

    assert works(scene) == WORKING
    assert notify(scene) == "503"
    guard = scene.registry.guard("faulty")
    assert (guard.own.state, guard.public.state) == (BreakerState.CLOSED, BreakerState.OPEN)


@pytest.mark.parametrize("error", [BadSignature("x"), MalformedNotification("f", "x"), CallbackError("x")])
def test_a_return_that_a_plugin_does_not_believe_is_no_error_of_the_panel(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, error: CallbackError
) -> None:
    def parse(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(Healthy, "parse", parse)
    answer = scene.client.get(f"/plugin/healthy/method/{scene.healthy_id}/back")

    assert answer.status_code == (503 if type(error) is CallbackError else 200)
    assert scene.failures() == ({"parse": "CallbackError: x"} if type(error) is CallbackError else {})


def test_payments_that_fail_do_not_turn_gateways_away(scene: Scene) -> None:
    faulty.FAULTS["page"] = "raise"
    for _ in range(FAILURES):
        assert look(scene) == "sentence"
    assert scene.registry.guard("faulty").own.state is BreakerState.OPEN

    assert notify(scene) == "200"


def test_the_operator_reads_which_side_is_turned_away(scene: Scene) -> None:
    operator = Visitor(scene.app)
    with scene.store.write() as session:
        root = a_reseller(session, "Оператор", is_operator=True)
        operator_id = a_user(session, root, UserKind.MANAGER, "root@example.com").id
    operator.enter(operator_id)
    faulty.FAULTS["verify"] = "hang"
    for _ in range(THREADS):
        notify(scene)

    for page in ("/admin/", "/admin/plugins"):
        shown = operator.get(page).text
        assert "Сообщения и ссылки для модуля faulty сейчас не принимаются." in shown
        assert "Панель сейчас не обращается к модулю faulty." not in shown


def test_public_calls_that_do_not_answer_in_time_are_turned_away_for_a_while(clock: FixedClock) -> None:
    guard = Guard("desk", clock.now)

    guard.public.overran()
    assert guard.public.state is BreakerState.CLOSED
    for _ in range(FAILURES - 1):
        guard.public.overran()

    assert guard.public.state is BreakerState.OPEN
    assert guard.own.state is BreakerState.CLOSED
