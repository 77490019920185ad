"""What anybody may send to a plugin's public addresses, and that its payments go on whatever that does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from billhook import BadSignature, MalformedNotification, Show
from billhook.errors import CallbackError
from billhook.host import answers

from host_stub.adapters.clock import FixedClock
from host_stub.domain import whose
from host_stub.domain.whose import Whose
from host_stub.persistence import Account, UserKind
from host_stub.plugins.breaker import FAILURES, PAUSE, BreakerState
from host_stub.plugins.containment import OF_PERSON, OF_RESELLER, THREADS
from host_stub.plugins.errors import PluginPaused
from host_stub.plugins.guard import CallFailed, Guard
from tests.platform import faulty
from tests.platform.test_faults import DRIVES, Healthy, Scene, look, notify
from tests.support.web import Visitor, a_customer, a_user
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


def test_messages_over_which_all_public_threads_hang_leave_its_payments_going(scene: Scene) -> None:
    faulty.FAULTS["verify"] = "hang"
    for _ in range(THREADS + 1):
        assert notify(scene) == "503"

    assert works(scene) == WORKING
    assert notify(scene) == "503"
    guard = scene.registry.guard("faulty")
    assert (guard.own.state, guard.public.state) == (BreakerState.CLOSED, BreakerState.OPEN)


@pytest.mark.parametrize(
    ("place", "fault"), [("page", "raise"), ("page", "hang"), ("page_template", "raise"), ("link", "hang")]
)
def test_pages_and_links_that_fail_pause_neither_payments_nor_messages(scene: Scene, place: str, fault: str) -> None:
    faulty.FAULTS[place] = fault
    for _ in range(FAILURES * 2):
        assert DRIVES[place](scene) == "sentence"

    faulty.FAULTS.clear()
    assert notify(scene) == "200"
    scene.payment_id = scene.world.a_payment()
    beside = ("availability", "start", "template", "document", "query", "billhook_balance_changed")
    assert {each: DRIVES[each](scene) for each in beside} == {each: WORKING[each] for each in beside}
    guard = scene.registry.guard("faulty")
    assert (guard.own.state, guard.public.state) == (BreakerState.CLOSED, BreakerState.CLOSED)


def test_a_page_that_one_visitor_makes_fail_is_paused_for_them_alone(scene: Scene) -> None:
    path = f"/plugin/faulty/accounts/{scene.world.account_id}/look"
    with scene.store.write() as session:
        account = session.get_one(Account, scene.world.account_id)
        colleague = a_customer(session, account, "colleague@romashka.example").id
    faulty.FAULTS["page"] = "raise"
    heard = [scene.customer.get(path).status_code for _ in range(FAILURES * 5)]
    faulty.FAULTS.clear()

    assert set(heard) == {503}
    assert scene.customer.get(path).status_code == 503
    assert Visitor(scene.app, colleague).get(path).status_code == 200
    for shown in told_to_the_operator(scene):
        assert "Страницы модуля faulty сейчас не показываются части посетителей: ООО «Хостинг»." in shown
        assert "Панель сейчас не обращается к модулю faulty" not in shown


@pytest.mark.parametrize("error", [BadSignature("x"), MalformedNotification("f", "x"), CallbackError("x")])
def test_a_return_that_a_plugin_does_not_believe_is_no_error_of_the_panel(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, error: CallbackError
) -> None:
    def returned(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(Healthy, "returned", returned)
    answer = scene.client.get(f"/plugin/healthy/method/{scene.healthy_id}/back")

    assert answer.status_code == (503 if type(error) is CallbackError else 200)
    assert scene.failures() == ({"returned": "CallbackError: x"} if type(error) is CallbackError else {})


def test_payments_that_fail_do_not_turn_gateways_away(scene: Scene) -> None:
    faulty.FAULTS["page"] = "raise"
    for _ in range(FAILURES):
        assert look(scene) == "sentence"
    assert scene.registry.guard("faulty").pages.state is BreakerState.OPEN

    assert notify(scene) == "200"


def told_to_the_operator(scene: Scene) -> list[str]:
    operator = Visitor(scene.app)
    with scene.store.write() as session:
        root = a_reseller(session, "Оператор", is_operator=True)
        operator_id = a_user(session, root, UserKind.MANAGER, "root@example.com").id
    operator.enter(operator_id)
    return [unescape(operator.get(page).text) for page in ("/admin/", "/admin/plugins")]


def test_the_operator_reads_which_side_is_turned_away_and_for_whom(scene: Scene) -> None:
    faulty.FAULTS["verify"] = "hang"
    for _ in range(THREADS):
        notify(scene)

    for shown in told_to_the_operator(scene):
        assert "Сообщения для модуля faulty от части отправителей сейчас не принимаются: ООО «Хостинг»." in shown
        assert "Панель сейчас не обращается к модулю faulty" not in shown


@pytest.fixture
def guard(clock: FixedClock) -> Iterator[Guard]:
    """The guard of a plugin with short deadlines; `LET_GO` of the faulty plugin ends what hangs."""
    faulty.LET_GO.clear()
    yield Guard("desk", clock.ticks, dict.fromkeys(("start", "page", "verify", "billhook_balance_changed"), 0.1))
    faulty.LET_GO.set()


FIRST, SECOND = Whose(1, "user 1"), Whose(2, "user 9")


def call(guard: Guard, place: str, by: Whose, function: Callable[[], Any] = lambda: None) -> str:
    """Return what became of a call on somebody's behalf."""
    whose.begin(by)
    try:
        guard.call(place, function)
    except PluginPaused:
        return "paused"
    except CallFailed:
        return "failed"
    except answers.Rubbish:
        return "rubbish"
    finally:
        whose.begin(Whose())
    return "answered"


def fail() -> None:
    raise RuntimeError


def hang() -> None:
    faulty.LET_GO.wait(20)


@pytest.mark.parametrize("place", ["start", "page", "verify", "billhook_balance_changed"])
def test_what_hangs_for_one_reseller_keeps_nobody_else_waiting(guard: Guard, place: str) -> None:
    people = [Whose(1, f"user {number}") for number in range(THREADS)]
    for person in people:
        call(guard, place, person, hang)

    assert guard.stuck == OF_RESELLER
    assert call(guard, place, Whose(1, "user 99")) == "paused"
    assert call(guard, place, SECOND, fail) == "failed"
    assert guard.hangs


def test_what_hangs_for_one_person_keeps_nobody_else_of_the_reseller_waiting(guard: Guard) -> None:
    for _ in range(THREADS):
        call(guard, "start", FIRST, hang)

    assert guard.stuck == OF_PERSON
    assert call(guard, "start", FIRST, fail) == "paused"
    assert call(guard, "start", Whose(1, "user 2"), fail) == "failed"
    assert call(guard, "start", SECOND, fail) == "failed"


def test_what_one_person_makes_fail_pauses_them_and_neither_the_reseller_nor_others(guard: Guard) -> None:
    for _ in range(FAILURES * 4):
        call(guard, "start", FIRST, fail)

    assert call(guard, "start", FIRST, fail) == "paused"
    assert call(guard, "start", Whose(1, "user 2"), fail) == "failed"
    assert call(guard, "start", SECOND, fail) == "failed"


def test_what_fails_for_three_people_pauses_their_reseller_and_no_other(guard: Guard) -> None:
    for number in range(3):
        for _ in range(FAILURES):
            call(guard, "start", Whose(1, f"user {number}"), fail)

    assert call(guard, "start", Whose(1, "user 99"), fail) == "paused"
    assert call(guard, "start", SECOND, fail) == "failed"
    assert not guard.own.is_whole


def test_what_fails_for_three_resellers_pauses_the_plugin(guard: Guard) -> None:
    for number in range(3):
        for _ in range(FAILURES):
            call(guard, "start", Whose(number, "user 1"), fail)

    assert call(guard, "start", Whose(99, "user 99"), fail) == "paused"
    assert guard.own.is_whole


def test_after_the_pause_one_call_of_the_person_decides(guard: Guard, clock: FixedClock) -> None:
    for _ in range(FAILURES):
        call(guard, "page", FIRST, fail)
    clock.advance(seconds=PAUSE.seconds)

    assert call(guard, "page", FIRST, fail) == "failed"
    assert call(guard, "page", FIRST, fail) == "paused"
    clock.advance(seconds=PAUSE.seconds)
    assert call(guard, "page", FIRST, lambda: Show("desk/a.html")) == "answered"
    assert guard.pages.state is BreakerState.CLOSED


def test_breakers_of_people_who_are_gone_are_forgotten(guard: Guard, clock: FixedClock) -> None:
    for number in range(1100):
        guard.own.failed((f"reseller {number}",))
        clock.advance(seconds=1)

    assert len(guard.own._breakers) <= 1000


def test_public_calls_that_do_not_answer_in_time_are_turned_away_for_a_while(clock: FixedClock) -> None:
    guard = Guard("desk", clock.ticks)

    guard.public.overran()
    assert guard.public.state is BreakerState.CLOSED
    for _ in range(FAILURES - 1):
        guard.public.overran()

    assert guard.public.state is BreakerState.OPEN
    assert guard.own.state is BreakerState.CLOSED
