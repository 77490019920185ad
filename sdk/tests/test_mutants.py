"""Every check of the kit is proved by a plugin that it must fail, and that nothing else finds fault with."""

from __future__ import annotations

from pathlib import Path

import pytest
from billhook_kit.fake_host import open_fake
from billhook_kit.kit import ONLY_INSTALLED, Check, Kit, Outcome, all_checks
from billhook_kit.source import find_plugin

MUTANTS = Path(__file__).parent / "mutants"


subject = find_plugin(str(MUTANTS / "honest_gateway.py")).module.subject  # type: ignore[union-attr]


CHECKS = {check.id: check for check in all_checks()}
NAMES = sorted(path.stem for path in MUTANTS.glob("mutant_*"))


def check_of(mutant: str) -> str:
    """Return the id of the check that a mutant must fail: `mutant_<check>`, or `mutant_<check>__<variant>`."""
    return mutant.removeprefix("mutant_").partition("__")[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_mutant_fails_its_check_and_no_other(name: str) -> None:
    check, mutant = CHECKS[check_of(name)], subject(name)
    kit = Kit(mutant, open_fake)

    # A fresh process for the one check that needs it is not started for every mutant.
    wanted = [each for each in all_checks() if each.id != "offline_import" or check.id == each.id]
    failed = [result for result in map(kit.run, wanted) if result.outcome is Outcome.FAILED]

    if not ONLY_INSTALLED.isdisjoint(check.needs):
        # FakeHost can't see it; the host's own tests show that the real one does.
        assert failed == []
        return
    assert [(result.check.id, result.what) for result in failed if result.check is not check] == []
    (found,) = failed
    assert mutant.source.module is not None
    assert mutant.source.module.MESSAGE in found.what
    assert found.remedy


def test_the_honest_plugin_passes_every_check_that_applies() -> None:
    kit = Kit(subject("mutant_host_tables"), open_fake)

    skipped = {result.check.id for result in kit.run_all() if result.outcome is Outcome.SKIPPED}

    assert skipped == {
        "pages",
        "effects",
        "migrations",
        "looking",
        "room_pages",
        "posted",
        "links",
        "host_tables",
        "drawn",
        "hints",
        "parallel_database",
    }


@pytest.mark.parametrize("name", ["honest_in_roubles", "honest_public_key"])
def test_what_another_gateway_does_otherwise_is_no_fault(name: str) -> None:
    kit = Kit(subject(name), open_fake)

    found = [result for result in kit.run_all() if result.outcome is Outcome.FAILED]

    assert [(result.check.id, result.what) for result in found] == []
    assert kit.run(CHECKS["honest"]).outcome is Outcome.OK


def test_every_check_has_a_mutant() -> None:
    assert {check_of(name) for name in NAMES} == set(CHECKS)


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_a_check_says_what_it_proves_and_what_to_change(check: Check) -> None:
    assert check.title
    assert check.proves.endswith(".")
    assert check.remedy.endswith(".")
