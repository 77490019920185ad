"""The kit answers with findings: whatever a plugin or its author's adapter does, no traceback."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from billhook_kit.bench import Subject
from billhook_kit.cli import main
from billhook_kit.fake_host import open_fake
from billhook_kit.kit import Kit, Outcome, all_checks
from billhook_kit.source import find_plugin

MUTANTS = Path(__file__).parent / "mutants"
honest: Any = find_plugin(str(MUTANTS / "honest_gateway.py")).module
CHECKS = {check.id: check for check in all_checks()}


def test_a_provider_that_no_rule_foresaw_is_a_finding_of_every_check_that_looks_at_it() -> None:
    subject = honest.subject("mutant_host_tables")
    subject.plugin = dataclasses.replace(subject.plugin, provider=SimpleNamespace(settings=None))
    kit = Kit(subject, open_fake)

    found = {result.check.id: result for result in kit.run_all()}

    assert found["load"].outcome is Outcome.OK
    assert found["settings"].outcome is Outcome.FAILED
    assert found["settings"].remedy


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
    file.write_text(f"from billhook_kit import ProviderUnderTest\n\n{content}\n", "utf-8")

    code = main(["check", str(MUTANTS / "mutant_replay.py"), "--gateway", str(file)])

    assert code == 2
    assert "adapter.py" in capsys.readouterr().err


@pytest.mark.parametrize("mutant", ["mutant_load", "mutant_load__kind", "mutant_load__merchant"])
def test_a_plugin_that_does_not_load_fails_that_check_and_the_others_say_so(
    mutant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["check", str(MUTANTS / f"{mutant}.py")])

    report = capsys.readouterr().out
    assert code == 1
    assert "failed  load" in report
    assert "skipped the plugin did not load" in report


@pytest.mark.parametrize(
    ("file", "line", "found"),
    [
        (
            "pages.py",
            "from host_stub.services import payments",
            "billhook_reaching/pages.py:1: it uses host_stub.services",
        ),
        ("pages.py", "import host_stub as panel", "it uses host_stub,"),
        ("pages.py", "import importlib\nx = importlib.import_module('host_stub.web')", ":2: it uses host_stub.web,"),
        ("pages.py", "x = __import__('host_stub')", "it uses host_stub,"),
        ("pages.py", "from importlib import import_module\nx = import_module(name='host_stub')", "it uses host_stub,"),
        ("pages.py", "import sys\nx = sys.modules['host_stub.app']", "it uses host_stub.app,"),
        ("pages.py", "from billhook_kit.views import make_payment", "it uses billhook_kit.views.make_payment,"),
        ("pages.py", "import billhook_kit", "it uses billhook_kit,"),
        ("pages.py", "import billhook\nx = billhook.http._hidden", "_hidden is no part of the contract"),
        ("pages.py", "from billhook.i18n import _here", "_here is no part of the contract"),
        ("pages.py", "import host_stubborn, billhook\nx = billhook.__doc__, 'host_stub.app'", ""),
        ("pages.py", "from billhook_reaching._parts import _one\nfrom . import _two", ""),
        ("tests/test_pages.py", "from billhook_kit import FakeHost", ""),
        ("billhook_gateway.py", "from billhook_kit import GatewayUnderTest", ""),
    ],
)
def test_a_file_that_uses_more_than_the_contract_is_named(
    file: str, line: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "billhook_reaching"
    (package / file).parent.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / file).write_text(f"{line}\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "billhook_reaching", raising=False)

    result = Kit(Subject(find_plugin(str(package))), open_fake).run(CHECKS["only_the_contract"])
    sys.modules.pop("billhook_reaching", None)

    assert result.outcome is (Outcome.FAILED if found else Outcome.OK)
    assert found in result.what
    assert result.remedy or not found
