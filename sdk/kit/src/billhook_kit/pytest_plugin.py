"""The kit as tests: `pytest --billhook <plugin>` adds one test per check.

Imports nothing of the kit before it is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from billhook_kit.kit import Check, Kit


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("billhook", "conformance of payment plugins")
    group.addoption("--billhook", action="append", default=[], metavar="PLUGIN", help="check a plugin: name or folder")
    group.addoption("--billhook-host", action="store_true", help="run the checks on the installed host")
    group.addoption("--billhook-gateway", default="", metavar="FILE", help="the author's GatewayUnderTest")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "billhook: a check of the conformance kit")


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    for plugin in config.getoption("--billhook"):
        items.extend(_collected(session, config, plugin))


def _collected(session: pytest.Session, config: pytest.Config, plugin: str) -> list[pytest.Item]:
    from billhook.errors import BillhookError

    from billhook_kit.kit import all_checks
    from billhook_kit.session import kit_for

    try:
        kit = kit_for(
            plugin,
            on_host=config.getoption("--billhook-host"),
            gateway=config.getoption("--billhook-gateway"),
        )
    except BillhookError as error:
        raise pytest.UsageError(str(error)) from error
    name = f"billhook[{kit.subject.source.name}]"
    return [KitItem.from_parent(session, name=f"{name}::{each.id}", kit=kit, check=each) for each in all_checks()]


class KitItem(pytest.Item):
    """One check."""

    def __init__(self, *, kit: Kit, check: Check, **more: Any) -> None:
        super().__init__(**more)
        self.kit = kit
        self.check = check
        self.add_marker("billhook")

    def runtest(self) -> None:
        from billhook_kit.kit import Outcome
        from billhook_kit.report import failure

        result = self.kit.run(self.check)
        if result.outcome is Outcome.SKIPPED:
            pytest.skip(result.what)
        if result.outcome is Outcome.FAILED:
            pytest.fail(failure(result), pytrace=False)

    def reportinfo(self) -> tuple[Any, None, str]:
        return self.path, None, f"{self.name}: {self.check.title}"
