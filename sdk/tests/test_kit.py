"""The kit answers with findings: whatever a plugin or its author's adapter does, no traceback."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from billhook.cli import main
from billhook.testing.fake_host import open_fake
from billhook.testing.kit import Kit, Outcome, all_checks
from billhook.testing.source import find_plugin

MUTANTS = Path(__file__).parent / "mutants"
honest: Any = find_plugin(str(MUTANTS / "honest_gateway.py")).module
CHECKS = {check.id: check for check in all_checks()}


def test_a_provider_that_no_rule_foresaw_is_a_finding_of_every_check_that_looks_at_it() -> None:
    subject = honest.subject("mutant_host_tables")
    subject.plugin = dataclasses.replace(subject.plugin, provider=SimpleNamespace(capabilities=None))
    kit = Kit(subject, open_fake)

    found = {result.check.id: result for result in kit.run_all()}

    assert found["load"].outcome is Outcome.OK
    assert found["capabilities"].outcome is Outcome.FAILED
    assert "AttributeError" in found["capabilities"].what
    assert found["capabilities"].remedy


class Sticky(honest.Gateway):  # type: ignore[misc]
    """What it opened cannot be closed."""

    @contextmanager
    def online(self) -> Iterator[None]:
        yield
        raise RuntimeError("the stand-in did not stop")


def test_an_adapter_that_cannot_be_closed_is_a_finding() -> None:
    subject = honest.subject("mutant_host_tables")
    subject.adapter = Sticky()

    result = Kit(subject, open_fake).run(CHECKS["start"])

    assert (result.outcome, result.what) == (Outcome.FAILED, "RuntimeError: the stand-in did not stop")


@pytest.mark.parametrize(
    "content", ["import no_such_module_anywhere", "def (", "class A(ProviderUnderTest):\n    def __init__(self): 1 / 0"]
)
def test_an_adapter_that_cannot_be_read_is_said_with_exit_code_2(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "adapter.py"
    file.write_text(f"from billhook.testing import ProviderUnderTest\n\n{content}\n", "utf-8")

    code = main(["check", str(MUTANTS / "mutant_replay.py"), "--gateway", str(file)])

    assert code == 2
    assert "adapter.py" in capsys.readouterr().err


@pytest.mark.parametrize("mutant", ["mutant_load", "mutant_load__kind", "mutant_load__capabilities"])
def test_a_plugin_that_does_not_load_fails_that_check_and_the_others_say_so(
    mutant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["check", str(MUTANTS / f"{mutant}.py")])

    report = capsys.readouterr().out
    assert code == 1
    assert "failed  load" in report
    assert "skipped the plugin did not load" in report
