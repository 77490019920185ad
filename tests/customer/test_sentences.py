"""Everything that the log can hold has words, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from billhook import PaymentStatus, Reason
from billhook.i18n import use_language

import host_stub
from host_stub.domain.amounts import AmountProblem
from host_stub.domain.errors import InvalidAmount
from host_stub.domain.payments import Cause
from host_stub.persistence import AccessLevel, LogEntry, SubscriptionStatus
from host_stub.services.books.ledger import Kind
from host_stub.services.money_in.questions import ENDS
from host_stub.web.fields import AMOUNT_PROBLEMS
from host_stub.web.sentences import LEVELS, MISFITS, SENTENCES, line
from host_stub.web.statuses import STATUSES

SERVICES = Path(host_stub.__file__).parent
#: A code of the log. What ends in an underscore is the beginning of several.
CODE = re.compile(
    r"(payment|account|subscription|plan|payment_method|method|user|event|reseller|plugin|document|delivery)\.[a-z_]*[a-z]"
)


def logged() -> Iterator[tuple[str, str]]:
    """Yield (place, code) of every text below the pages that looks like a code of the log: written, or looked for."""
    for folder in ("services", "plugins"):
        for path in (SERVICES / folder).rglob("*.py"):
            if path.parent.name == "proof":  # names of columns look like codes there
                continue
            for text in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(text, ast.Constant) and CODE.fullmatch(str(text.value)):
                    yield f"{path.name}:{text.lineno}", str(text.value)


def test_every_action_that_is_logged_has_a_sentence() -> None:
    found = list(logged())

    missing = [f"{place} {code}" for place, code in found if code not in SENTENCES]

    assert len(found) > 20, "the search finds the calls"
    assert missing == []


@pytest.mark.parametrize("state", ENDS.values())
def test_every_end_of_asking_about_an_attempt_has_a_sentence(state: str) -> None:
    assert f"payment.attempt_{state}" in SENTENCES


@pytest.mark.parametrize("cause", list(Cause))
def test_every_move_of_a_payment_has_a_sentence(cause: Cause) -> None:
    assert f"payment.{cause}" in SENTENCES


@pytest.mark.parametrize("status", [s for s in SubscriptionStatus if s != "pending"])
def test_every_status_that_a_subscription_reaches_has_a_sentence(status: SubscriptionStatus) -> None:
    codes = {"active": ("activated", "resumed"), "stopped": ("stopped",), "deleted": ("deleted",)}[status]

    assert [code for code in codes if f"subscription.{code}" not in SENTENCES] == []


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_differs_by_language_and_shows_no_braces(code: str) -> None:
    entry = LogEntry(
        object_kind="payment", object_id=1, at=datetime(2020, 11, 13, tzinfo=UTC), actor="system::x", action=code
    )
    entry.details = {}

    texts = {}
    for language in ("ru", "en"):
        with use_language(language):
            texts[language] = str(line(entry, "RUB").text)

    assert re.search("[а-яё]", texts["ru"], re.IGNORECASE)
    assert not re.search("[а-яё]", texts["en"], re.IGNORECASE)
    assert not any("{" in text for text in texts.values())


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (MISFITS, list(Reason)),
        (LEVELS, list(AccessLevel)),
        (AMOUNT_PROBLEMS, list(AmountProblem)),
        ({code: word for code, (_tone, word) in STATUSES["payment"].items()}, list(PaymentStatus)),
        ({code: word for code, (_tone, word) in STATUSES["subscription"].items()}, list(SubscriptionStatus)),
    ],
    ids=["misfits", "levels", "amounts", "payments", "subscriptions"],
)
def test_every_code_has_a_word_in_both_languages(words: dict[str, object], codes: list[str]) -> None:
    assert [code for code in codes if code not in words] == []
    for code in codes:
        with use_language("ru"):
            assert re.search("[а-яё]", str(words[code]), re.IGNORECASE), code
        with use_language("en"):
            assert not re.search("[а-яё]", str(words[code]), re.IGNORECASE), code


def test_every_refusal_of_a_sum_has_a_sentence() -> None:
    raised = set()
    for path in (SERVICES / "services").rglob("*.py"):
        raised |= set(re.findall(InvalidAmount.__name__ + r'\("([a-z_]+)"', path.read_text("utf-8")))

    assert raised
    assert [code for code in raised if code not in AMOUNT_PROBLEMS] == []


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_movement_has_a_title(kind: Kind) -> None:
    from billhook import Money

    from host_stub.services.reading.operations import Operation
    from host_stub.web.customer.words import operation_title

    nought = Money.zero("RUB")
    operation = Operation(1, datetime(2020, 11, 13, tzinfo=UTC), kind, nought, nought, "", {}, None, "system::x")

    with use_language("ru"):
        assert re.search("[а-яё]", str(operation_title(operation)), re.IGNORECASE)


def test_a_sum_in_the_middle_or_at_the_end_doubles_no_full_stop() -> None:
    entry = LogEntry(
        object_kind="account",
        object_id=1,
        at=datetime(2020, 11, 13, tzinfo=UTC),
        actor="system::x",
        action="account.corrected",
    )
    entry.details = {"amount_minor": 500, "reason": "так..."}

    with use_language("ru"):
        text = str(line(entry, "RUB").text)

    assert "руб.." not in text
    assert text.endswith("так...")
