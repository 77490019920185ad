"""`/metrics`: what a monitor reads after the faulty plugin did its worst, and that nobody else reads anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from billhook import Setting, hookimpl
from billhook.host.places import COLLECTORS, PLACES
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError
from sqlalchemy import delete, select, update
from sqlalchemy import event as engine_event
from sqlalchemy.exc import OperationalError

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Account, Outbox, Payment, Period, Reseller, Store, User, UserKind, open_store
from host_stub.plugins.breaker import FAILURES
from host_stub.plugins.containment import OF_PERSON, THREADS
from host_stub.plugins.registry import Registry
from host_stub.plugins.reporting import Reporter
from host_stub.plugins.tally import BOUNDS, Tally
from host_stub.services.books.proof import Result, nightly
from host_stub.services.queues import heartbeat, measures, outbox
from tests.platform import faulty
from tests.platform.test_faults import DEADLINE, DRIVES, Scene, look, notify
from tests.support.charging_world import ChargingWorld
from tests.support.web import Visitor, a_config, a_user, an_app, store_of

TOKEN = "a-token-that-nobody-guesses"
BEARER = {"Authorization": f"Bearer {TOKEN}"}

INSTALL = Path(__file__).parents[2] / "docs/install.md"

Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def body(app: Flask) -> str:
    answer = app.test_client().get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    return answer.text


def figures(app: Flask) -> Figures:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(body(app))
        for sample in family.samples
    }


def figure(app: Flask, name: str, **labels: str) -> float | None:
    return figures(app).get((name, frozenset(labels.items())))


@pytest.fixture
def scene(sqlite_url: str) -> Iterator[Scene]:
    built = Scene(sqlite_url, metrics_token=TOKEN)
    built.fresh()
    yield built
    built.let_go()
    built.store.close()


@pytest.fixture
def reporter(scene: Scene) -> Reporter:
    return Reporter(scene.store, scene.registry, "web")


def of_plugin(scene: Scene, reporter: Reporter, place: str) -> dict[str, float]:
    """Return what a scrape says of a place of the faulty plugin."""
    reporter.report()
    where = {"process": "web", "plugin": "faulty", "place": place}
    found = figures(scene.app)
    names = ("calls", "failures", "overruns", "refused")
    return {name: found[f"billhook_plugin_{name}_total", frozenset(where.items())] for name in names}


@pytest.mark.parametrize("place", ["verify", "start", "billhook_balance_changed"])
def test_calls_that_raise_or_answer_rubbish_are_counted_as_failures(
    scene: Scene, reporter: Reporter, place: str
) -> None:
    for fault in ("raise", "rubbish"):
        faulty.FAULTS[place] = fault
        DRIVES[place](scene)
    faulty.FAULTS.clear()
    DRIVES[place](scene)

    counted = of_plugin(scene, reporter, place)

    assert counted["calls"] >= 3
    assert (counted["failures"], counted["overruns"], counted["refused"]) == (2, 0, 0)


def test_a_call_that_hangs_is_an_overrun_above_its_deadline_and_its_thread_is_stuck(
    scene: Scene, reporter: Reporter
) -> None:
    faulty.FAULTS["verify"] = "hang"
    assert notify(scene) == "503"

    counted = of_plugin(scene, reporter, "verify")
    found = figures(scene.app)

    assert (counted["calls"], counted["failures"], counted["overruns"]) == (1, 1, 1)
    where = {"process": "web", "plugin": "faulty"}
    assert found["billhook_plugin_stuck_threads", frozenset(where.items())] == 1
    bounds = [bound for bound in BOUNDS if bound >= 0.5]
    at_verify = {**where, "place": "verify"}
    below = [
        found["billhook_plugin_call_seconds_bucket", frozenset({**at_verify, "le": str(bound)}.items())]
        for bound in bounds
    ]
    assert below[0] == 0
    assert below[-1] == 1
    assert found["billhook_plugin_call_seconds_sum", frozenset(at_verify.items())] >= DEADLINE


def breakers(app: Flask, side: str, state: str) -> float | None:
    return figure(app, "billhook_plugin_breaker", process="web", plugin="faulty", side=side, state=state)


def test_a_breaker_that_opens_shows_and_what_it_turns_away_is_counted(scene: Scene, reporter: Reporter) -> None:
    def in_state(state: str) -> float | None:
        reporter.report()
        return breakers(scene.app, "pages", state)

    assert (in_state("closed"), in_state("open")) == (1, 0)
    faulty.FAULTS["page"] = "raise"
    for _ in range(FAILURES + 2):
        assert look(scene) == "sentence"

    assert of_plugin(scene, reporter, "page") == {"calls": 5, "failures": 5, "overruns": 0, "refused": 2}
    assert (in_state("closed"), in_state("open")) == (0, 1)
    assert (breakers(scene.app, "own", "closed"), breakers(scene.app, "public", "closed")) == (1, 1)


def test_when_all_threads_of_a_sender_hang_the_breaker_shows_open(scene: Scene, reporter: Reporter) -> None:
    faulty.FAULTS["verify"] = "hang"
    for _ in range(THREADS + 1):
        assert notify(scene) == "503"

    assert of_plugin(scene, reporter, "verify")["refused"] == THREADS + 1 - OF_PERSON
    assert (breakers(scene.app, "public", "open"), breakers(scene.app, "own", "closed")) == (1, 1)
    assert figure(scene.app, "billhook_plugin_stuck_threads", process="web", plugin="faulty") == OF_PERSON


def test_messages_of_gateways_are_counted_by_verdict(scene: Scene, reporter: Reporter) -> None:
    def messages(verdict: str) -> float | None:
        return figure(
            scene.app, "billhook_gateway_messages_total", plugin="faulty", kind="notification", verdict=verdict
        )

    assert notify(scene) == "200"
    assert notify(scene) == "200"
    forged = scene.client.post(f"/plugin/faulty/method/{scene.method_id}/notify", data={"signed": "no"})
    assert forged.status_code == 403
    reporter.report()

    assert (messages("accepted"), messages("duplicate"), messages("bad_signature")) == (1, 1, 1)


def test_a_plugin_that_could_not_be_loaded_shows_beside_those_that_were(scene: Scene, reporter: Reporter) -> None:
    scene.registry.broken["sick"] = "import failed"
    reporter.report()

    assert figure(scene.app, "billhook_plugin_loaded", process="web", plugin="sick") == 0
    assert figure(scene.app, "billhook_plugin_loaded", process="web", plugin="faulty") == 1


def test_collectors_at_load_are_counted() -> None:
    @hookimpl
    def billhook_settings() -> list[Setting]:
        raise RuntimeError("no settings today")

    registry = Registry.of({"faulty": faulty, "sick": SimpleNamespace(billhook_settings=billhook_settings)})

    loaded = registry.guard("faulty").tallies.places["billhook_payment_providers"]
    assert (loaded.calls, loaded.failures) == (1, 0)
    broken = registry.guard("sick").tallies.places["billhook_settings"]
    assert (broken.calls, broken.failures) == (1, 1)
    assert registry.broken == {"sick": "RuntimeError: no settings today"}


# Several processes.


@pytest.fixture
def panel(database_url: str, clock: FixedClock) -> Iterator[Flask]:
    built = an_app(database_url, clock, registry=Registry.of({"faulty": faulty}), metrics_token=TOKEN)
    yield built
    store_of(built).close()


def another(panel: Flask, kind: str) -> tuple[Registry, Reporter]:
    """Return what a further process has."""
    registry = Registry.of({"faulty": faulty})
    registry.attach(store_of(panel))
    return registry, Reporter(store_of(panel), registry, kind)


def total(app: Flask, process: str) -> float | None:
    return figure(app, "billhook_plugin_calls_total", process=process, plugin="faulty", place="query")


def test_one_scrape_sees_what_all_processes_counted(panel: Flask) -> None:
    processes = [another(panel, kind) for kind in ("web", "web", "worker")]
    for number, (registry, reporter) in enumerate(processes, start=1):
        for _ in range(number):
            registry.call("faulty", "query", lambda: faulty.AttemptState.OPEN)
        reporter.report()
        reporter.report()  # nothing new: nothing is added twice

    assert (total(panel, "web"), total(panel, "worker")) == (3, 3)
    assert figure(panel, "billhook_processes", process="web") == 2
    assert figure(panel, "billhook_processes", process="worker") == 1


def test_a_process_that_ended_leaves_its_counts_and_takes_its_state_with_it(panel: Flask) -> None:
    registry, reporter = another(panel, "worker")
    with reporter:
        registry.call("faulty", "query", lambda: faulty.AttemptState.OPEN)

    assert total(panel, "worker") == 1
    assert figure(panel, "billhook_processes", process="worker") == 0
    assert figure(panel, "billhook_plugin_loaded", process="worker", plugin="faulty") is None


def test_a_process_that_was_killed_is_not_seen_any_more_after_a_while_and_is_forgotten_later(
    panel: Flask, clock: FixedClock
) -> None:
    registry, killed = another(panel, "worker")
    registry.call("faulty", "query", lambda: faulty.AttemptState.OPEN)
    killed.report()
    _registry, living = another(panel, "web")
    clock.advance(seconds=measures.SILENCE.seconds + 1)
    living.report()

    assert figure(panel, "billhook_processes", process="worker") == 0
    assert figure(panel, "billhook_processes", process="web") == 1
    assert total(panel, "worker") == 1

    clock.advance(hours=2)
    living.report()
    with store_of(panel).read() as session:
        assert [row.kind for row in session.scalars(select(measures.ProcessReport))] == ["web"]


def test_what_a_database_that_was_away_did_not_hear_is_told_with_the_next_report(
    panel: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, reporter = another(panel, "web")
    registry.call("faulty", "query", lambda: faulty.AttemptState.OPEN)

    def down(*_arguments: object) -> None:
        raise OperationalError("insert", {}, Exception("away"))

    with monkeypatch.context() as away:
        away.setattr(measures, "report", down)
        with pytest.raises(OperationalError):
            reporter.report()
    reporter.report()

    assert total(panel, "web") == 1


# Who may read.


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer \N{LATIN SMALL LETTER E WITH ACUTE}"},
        {"X-Token": TOKEN},
    ],
)
def test_without_the_token_nothing_is_there(sqlite_url: str, headers: dict[str, str]) -> None:
    client = an_app(sqlite_url, metrics_token=TOKEN).test_client()
    answer, nothing = client.get("/metrics", headers=headers), client.get("/no-such-page")

    assert answer.status_code == 404
    assert answer.data.replace(answer.headers["X-Request-Id"].encode(), b"") == nothing.data.replace(
        nothing.headers["X-Request-Id"].encode(), b""
    )


@pytest.mark.parametrize("headers", [BEARER, {"Authorization": "Bearer "}, {}])
def test_unless_a_token_is_configured_nothing_is_there(sqlite_url: str, headers: dict[str, str]) -> None:
    assert an_app(sqlite_url).test_client().get("/metrics", headers=headers).status_code == 404


def test_a_session_is_no_token(sqlite_url: str) -> None:
    app = an_app(sqlite_url, metrics_token=TOKEN)
    with store_of(app).write() as session:
        root = session.scalars(select(Reseller).order_by(Reseller.id)).first()
        root = root or Reseller(name="Operator", created_at=store_of(app).now())
        session.add(root)
        session.flush()
        operator = a_user(session, root, UserKind.MANAGER, "root@example.com").id

    assert Visitor(app, operator).get("/metrics").status_code == 404


def test_the_answer_sets_no_cookie_and_is_kept_by_nobody(sqlite_url: str) -> None:
    answer = an_app(sqlite_url, metrics_token=TOKEN).test_client().get("/metrics", headers=BEARER)

    assert answer.content_type.startswith("text/plain; version=")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("token", ["short", "пароль-из-шестнадцати", "sixteen and a gap"])
def test_a_token_that_is_guessed_or_cannot_be_sent_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_config("sqlite://", metrics_token=token)

    assert token not in str(refused.value)
    assert TOKEN not in repr(a_config("sqlite://", metrics_token=TOKEN))


# What may stand in a label.


#: Disks are places, too.
DISKS = {"database", "backups", "temporary files"}


def anew(scene: Scene) -> None:
    """Let the next drive find nothing of the one before."""
    scene.fresh()
    with scene.store.write() as session:
        session.execute(delete(Outbox))


def test_labels_are_words_of_ours_and_names_of_plugins_and_no_use_makes_more_of_them(
    scene: Scene, reporter: Reporter
) -> None:
    for number in range(300):
        with pytest.raises(KeyError):
            scene.registry.call("faulty", f"place {number}", lambda: 1 // 0)
    for drive in DRIVES.values():
        anew(scene)
        drive(scene)
    reporter.report()

    allowed = {
        "process": {"web", "worker"},
        "plugin": {"faulty", "healthy"},
        "place": {*PLACES, *COLLECTORS, *DISKS},
        "side": {"own", "pages", "public"},
        "state": {"closed", "open", "probing"},
        "kind": {"notification", "question", "hint"},
        "verdict": {"accepted", "duplicate", "parked", "refused", "bad_signature", "malformed", "asked", "dropped"},
        "receiver": {"mail", "provisioning", "plugin"},
        "le": {*map(str, BOUNDS), "+Inf"},
    }
    used = {label for _name, labels in figures(scene.app) for label in labels}
    assert [label for label in used if label[1] not in allowed[label[0]]] == []
    assert scene.registry.guard("faulty").tallies.places.keys() <= PLACES.keys() | COLLECTORS
    per_place = len(BOUNDS) + 1 + 2 + 4
    assert len(figures(scene.app)) <= 2 * 2 * (len(PLACES) + len(COLLECTORS)) * per_place + 100


def test_counts_of_a_plugin_that_is_gone_are_not_shown(scene: Scene) -> None:
    registry = Registry.of({"gone": faulty})
    counted = Registry.of({"faulty": faulty})
    registry._guards["gone"] = counted.guard("faulty")
    Reporter(scene.store, registry, "web").report()
    assert 'plugin="gone"' in body(scene.app)

    scene.clock.advance(seconds=measures.SILENCE.seconds + 1)
    Reporter(scene.store, scene.registry, "web").report()

    assert 'plugin="gone"' not in body(scene.app)


def test_no_name_number_address_or_secret_of_anybody_is_shown(scene: Scene, reporter: Reporter) -> None:
    for place, drive in DRIVES.items():
        anew(scene)
        faulty.FAULTS[place] = "raise"
        drive(scene)
    reporter.report()
    with scene.store.read() as session:
        words = {reseller.name for reseller in session.scalars(select(Reseller))}
        words |= {account.name for account in session.scalars(select(Account))}
        words |= {payment.number for payment in session.scalars(select(Payment))}
        words |= {user.email for user in session.scalars(select(User))}
    words |= {TOKEN, scene.app.extensions["billhook"].config.base_url, "http", "a fault"}

    shown = body(scene.app)

    assert [word for word in words if word and word in shown] == []


# How far behind the panel is.


@pytest.fixture
def store(database_url: str, clock: FixedClock) -> Iterator[Store]:
    opened = open_store(database_url, clock)
    yield opened
    opened.close()


@pytest.fixture
def world(store: Store, clock: FixedClock) -> ChargingWorld:
    return ChargingWorld(store, clock)


@pytest.fixture
def app(world: ChargingWorld, database_url: str, clock: FixedClock) -> Iterator[Flask]:
    built = an_app(database_url, clock, metrics_token=TOKEN)
    yield built
    store_of(built).close()


def tell(world: ChargingWorld, receiver: str, lane: str) -> None:
    with world.store.write() as session:
        outbox.enqueue(session, receiver, lane, "kind", {}, reseller_id=world.reseller_id)


def test_what_waits_and_what_was_given_up_is_counted_by_kind_of_receiver(world: ChargingWorld, app: Flask) -> None:
    for number, receiver in enumerate(["mail", "mail", "provisioning", "plugin:shop", "plugin:till", "plugin:till"]):
        tell(world, receiver, f"lane:{number}")
    with world.store.write() as session:
        session.execute(update(Outbox).where(Outbox.receiver == "plugin:shop").values(dead_at=world.store.now()))
        session.execute(update(Outbox).where(Outbox.id == 1).values(dead_at=world.store.now()))
    world.clock.advance(minutes=7)

    def by_receiver(name: str) -> dict[str, float]:
        return {dict(labels)["receiver"]: value for (found, labels), value in figures(app).items() if found == name}

    assert by_receiver("billhook_outbox_undelivered") == {"mail": 1, "provisioning": 1, "plugin": 2}
    assert by_receiver("billhook_outbox_dead") == {"mail": 1, "provisioning": 0, "plugin": 1}
    assert figure(app, "billhook_outbox_oldest_seconds") == 7 * 60


def test_no_more_rows_than_a_bound_are_counted(
    world: ChargingWorld, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measures, "MOST", 5)
    for number in range(9):
        tell(world, "mail", f"lane:{number}")

    assert figure(app, "billhook_outbox_undelivered", receiver="mail") == 6


def test_an_empty_outbox_has_no_age(app: Flask) -> None:
    assert figure(app, "billhook_outbox_oldest_seconds") == 0


def test_the_heartbeat_s_age_is_that_of_the_liveliest_worker_and_is_missing_without_one(
    world: ChargingWorld, app: Flask
) -> None:
    assert figure(app, "billhook_worker_heartbeat_seconds") is None
    heartbeat.beat(world.store, "first", world.store.now())
    world.clock.advance(seconds=40)
    heartbeat.beat(world.store, "second", world.store.now())
    world.clock.advance(seconds=20)

    assert figure(app, "billhook_worker_heartbeat_seconds") == 20


def test_charging_lags_by_the_longest_due_period(world: ChargingWorld, app: Flask) -> None:
    world.credit("1000.00")
    world.running(Period.HOUR, "720.00")
    assert figure(app, "billhook_charging_lag_seconds") == 0
    world.clock.advance(hours=1, minutes=3)

    assert figure(app, "billhook_charging_lag_seconds") == 3 * 60
    world.run()
    assert figure(app, "billhook_charging_lag_seconds") == 0


def test_a_scrape_asks_the_same_few_questions_however_much_there_is(world: ChargingWorld, app: Flask) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    def questions() -> int:
        asked.clear()
        body(app)
        return sum(statement.lstrip().upper().startswith("SELECT") for statement in asked)

    engine_event.listen(store_of(app).engine, "before_cursor_execute", note)
    before = questions()
    for number in range(20):
        tell(world, "mail", f"lane:{number}")

    assert before == questions() <= 13


def test_durations_fall_between_their_bounds() -> None:
    tally = Tally()
    for seconds in (0.0, 0.001, 0.0011, 2.0, 2.01, 31.0):
        tally.count(seconds)

    assert tally.calls == 6
    assert tally.durations[0] == 2  # a bound belongs to what is below it, as Prometheus has it
    assert tally.durations[1] == 1
    assert tally.durations[BOUNDS.index(2.0)] == 1
    assert tally.durations[BOUNDS.index(5.0)] == 1
    assert tally.durations[-1] == 1
    assert timedelta(seconds=tally.seconds) > timedelta(seconds=35)


def test_the_page_on_installing_lists_every_figure(app: Flask) -> None:
    Reporter(store_of(app), Registry.of({"faulty": faulty}), "web").report()
    heartbeat.beat(store_of(app), "worker", store_of(app).now())
    nightly.keep(store_of(app), [Result("balances")], store_of(app).now())
    written = {family.name for family in text_string_to_metric_families(body(app))}

    rows = re.findall(r"^\| (`billhook_[^|]+) \|", INSTALL.read_text("utf-8"), flags=re.M)
    listed = {name.removesuffix("_total") for row in rows for name in re.findall(r"billhook_\w+", row)}

    assert listed == written


def test_the_last_proof_and_the_free_space_of_the_disks_are_figures(scene: Scene) -> None:
    assert figure(scene.app, "billhook_proof_age_seconds") is None
    result = Result("balances", rows=3)
    result.add("account 1: balance 7, entries 0")
    nightly.keep(scene.store, [result, Result("sums", rows=3)], scene.store.now())

    assert figure(scene.app, "billhook_proof_findings", check="balances") == 1
    assert figure(scene.app, "billhook_proof_findings", check="sums") == 0
    assert figure(scene.app, "billhook_proof_age_seconds") == 0
    assert figure(scene.app, "billhook_disk_free_bytes", place="database") > 0
