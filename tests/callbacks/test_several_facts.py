"""A message may say several things, and things that are no news: each is judged, the gateway hears one answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from billhook import Answer, Fact, Ignored, Judged, MethodView, RawRequest
from sqlalchemy import select
from structlog.testing import capture_logs

from host_stub.persistence import Arrival
from tests.platform.faulty import Faulty
from tests.platform.test_faults import Scene, notify
from tests.support.world import rub

PARSE = Faulty.parse


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    built = Scene(database_url)
    built.fresh()
    yield built
    built.let_go()
    built.store.close()


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[Judged]:
    """What `acknowledge` was told, in order."""
    told: list[Judged] = []

    def acknowledge(_provider: Faulty, judged: Judged) -> Answer:
        told.append(judged)
        return Answer(b"OK")

    monkeypatch.setattr(Faulty, "acknowledge", acknowledge)
    return told


def no_news(_provider: Faulty, _request: RawRequest, _method: MethodView) -> Sequence[Fact]:
    return [Ignored("refund")]


def between_two_that_are_no_news(provider: Faulty, request: RawRequest, method: MethodView) -> Sequence[Fact]:
    return [Ignored("authorised"), *PARSE(provider, request, method), Ignored("fee")]


def events(scene: Scene) -> list[str]:
    with scene.store.read() as session:
        return list(session.scalars(select(Arrival.state)))


def test_what_is_no_news_is_answered_with_success_logged_and_not_kept(
    scene: Scene, answered: list[Judged], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Faulty, "parse", no_news)

    with capture_logs() as logged:
        assert notify(scene) == "200"

    assert [(judged.verdict, judged.reason) for judged in answered] == [("noted", None)]
    assert [line["reason"] for line in logged if line["event"] == "message ignored"] == ["refund"]
    assert (events(scene), scene.world.balance()) == ([], rub("0.00"))


def test_every_fact_of_a_message_is_judged_and_the_gravest_verdict_answers(
    scene: Scene, answered: list[Judged], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Faulty, "parse", between_two_that_are_no_news)

    assert (notify(scene), notify(scene)) == ("200", "200")

    verdicts = [[ruling.verdict for ruling in judged.rulings] for judged in answered]
    assert verdicts == [["noted", "accepted", "noted"], ["noted", "duplicate", "noted"]]
    assert [judged.verdict for judged in answered] == ["accepted", "duplicate"]
    assert (events(scene), scene.world.balance()) == (["credited"], rub("5000.00"))
