"""The how-to pages: what they show runs, and the tests that they show pass."""

from __future__ import annotations

import importlib
import inspect
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from billhook_kit import GatewayUnderTest, ProviderUnderTest
from billhook_kit.bench import Subject
from billhook_kit.fake_host import open_fake
from billhook_kit.kit import Kit, Outcome, all_checks
from billhook_kit.source import find_plugin

from host_stub.plugin_cli import plugin
from tests.support.walkthrough import CannotFollow, Follower, Run, steps

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/howto").glob("*.md"))
NAME = "billhook_my_plugin"
BASES = (GatewayUnderTest, ProviderUnderTest)


def is_a_walk(page: Path) -> bool:
    """Say whether a page tells its reader to write files and run commands."""
    return "```console\n" in page.read_text("utf-8")


CODE = [page for page in PAGES if "```python\n" in page.read_text("utf-8") and not is_a_walk(page)]
WALKS = [page for page in PAGES if is_a_walk(page)]


@contextmanager
def written(page: Path, folder: Path) -> Iterator[ModuleType]:
    """Write a page's Python into one package, the plugin that the page writes, and import it."""
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), flags=re.M | re.S)
    assert blocks, "a page without code proves nothing"
    package = folder / NAME
    package.mkdir()
    (package / "__init__.py").write_text("\n\n".join(blocks), "utf-8")
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(NAME)
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop(NAME, None)


def calls(test: Callable[..., None]) -> Iterator[dict[str, Any]]:
    """Yield the arguments of each run of a test, as pytest would take them from `parametrize`."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    choices = [[(mark.args[0], value) for value in mark.args[1]] for mark in marks]
    yield from (dict(chosen) for chosen in itertools.product(*choices))


@pytest.mark.parametrize("page", CODE, ids=lambda page: page.stem)
def test_the_tests_that_a_page_shows_pass(page: Path, tmp_path: Path) -> None:
    with written(page, tmp_path) as module:
        tests = [value for name, value in vars(module).items() if name.startswith("test_")]
        for test in tests:
            for arguments in calls(test):
                assert set(inspect.signature(test).parameters) == set(arguments)
                test(**arguments)
        shown = [
            kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, ProviderUnderTest)
        ]

    assert tests or any(kind not in BASES for kind in shown), "a page whose code nobody tries proves nothing"


@pytest.mark.parametrize("page", CODE, ids=lambda page: page.stem)
def test_a_gateway_that_a_page_shows_passes_the_kit(page: Path, tmp_path: Path) -> None:
    with written(page, tmp_path) as module:
        gateways = [
            kind
            for kind in vars(module).values()
            if isinstance(kind, type) and issubclass(kind, ProviderUnderTest) and kind not in BASES
        ]
        if not gateways:
            return
        kit = Kit(Subject(find_plugin(NAME), gateways[0]()), open_fake)
        found = {result.check.id: result for result in map(kit.run, all_checks())}

    failed = {each.check.id: each.what for each in found.values() if each.outcome is Outcome.FAILED}
    # The plugin and its tests stand on one page, and are written into one file here.
    assert "it uses billhook_kit." in failed.pop("only_the_contract")
    assert failed == {}
    proved = found["honest" if issubclass(gateways[0], GatewayUnderTest) else "hints"]
    assert proved.outcome is Outcome.OK


@pytest.mark.parametrize("page", WALKS, ids=lambda page: page.stem)
def test_a_page_of_steps_can_be_followed(page: Path, tmp_path: Path) -> None:
    follower = Follower(tmp_path, tmp_path, Path(sys.executable).parent)
    done = list(steps(page.read_text("utf-8")))
    for step in done:
        follower.follow(step)

    assert any(isinstance(step, Run) and "billhook check" in step.command for step in done)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_is_found_from_the_overview_and_says_one_thing(page: Path) -> None:
    text = page.read_text("utf-8")

    assert f"](howto/{page.name})" in (ROOT / "docs/plugin-author.md").read_text("utf-8")
    assert len(re.findall(r"^# ", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)) == 1
    assert len(text.split()) < 1000


def test_a_page_without_code_names_commands_that_exist() -> None:
    pages = [page for page in PAGES if page not in (*CODE, *WALKS)]
    named = {
        (page.stem, verb) for page in pages for verb in re.findall(r"host_stub plugin (\w+)", page.read_text("utf-8"))
    }

    assert [page.stem for page in pages] == ["install-upgrade-remove"]
    assert {verb for _page, verb in named} == set(plugin.commands)


def test_a_page_whose_steps_do_not_work_is_found(tmp_path: Path) -> None:
    (step,) = steps("```console\n$ billhook check .\nall is well\n```\n")

    with pytest.raises(CannotFollow):
        Follower(tmp_path, tmp_path, Path(sys.executable).parent).follow(step)
