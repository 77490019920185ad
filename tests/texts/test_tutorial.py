"""The tutorial, followed word by word: the plugin that it builds passes the kit in memory and on the panel."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.walkthrough import CannotFollow, Follower, Run, Write, patched, steps

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/tutorial.md").read_text("utf-8")
#: Commands that take long: they install, or open a panel.
SLOW = ("./dev sync", "billhook check . --host", "export CHECKOUT=", '"$CHECKOUT/dev" plugin')


def follow(tmp_path: Path, *, all_of_it: bool) -> Path:
    """Follow the tutorial and return the folder of the plugin."""
    reader = Follower(
        place=ROOT, home=tmp_path, path=Path(sys.executable).parent, for_servers=f"--state {tmp_path}/demo"
    )
    reader.environment["CHECKOUT"] = str(ROOT)
    for step in steps(PAGE):
        if all_of_it or not (isinstance(step, Run) and step.command.startswith(SLOW)):
            reader.follow(step)
    return tmp_path / "card_gate"


def test_the_tutorial_builds_a_plugin_that_passes_the_kit(tmp_path: Path) -> None:
    commands = [step.command for step in steps(PAGE) if isinstance(step, Run)]

    folder = follow(tmp_path, all_of_it=False)

    assert (folder / "src/billhook_card_gate/provider.py").is_file()
    assert [command for command in commands if command.startswith("billhook check .")][-2:] == [
        "billhook check .",
        "billhook check . --host",
    ]


@pytest.mark.long
def test_every_command_of_the_tutorial_works(tmp_path: Path) -> None:
    follow(tmp_path, all_of_it=True)


def test_a_change_that_does_not_fit_the_file_is_found() -> None:
    assert patched("a\nb\n", " a\n-b\n+c\n") == "a\nc\n"
    for text in ("a\n", "b\nb\n"):
        with pytest.raises(CannotFollow):
            patched(text, "-b\n+c\n")


def test_a_block_that_belongs_nowhere_is_found() -> None:
    with pytest.raises(CannotFollow):
        list(steps("Look:\n\n```python\na = 1\n```\n"))
    assert list(steps("`a.py`:\n\n```python\na = 1\n```\n")) == [Write("a.py", "a = 1\n")]


@pytest.mark.parametrize(
    ("expected", "works"), [("a\n…\nc\n", True), ("a\n", False), ("b\n…\n", False), ("a\n…b\n…\n", True)]
)
def test_what_a_command_prints_is_compared(tmp_path: Path, expected: str, works: bool) -> None:
    reader = Follower(tmp_path, tmp_path, tmp_path)
    step = Run(r"printf 'a\nabb\nc\n'", expected)
    if works:
        reader.follow(step)
        return
    with pytest.raises(CannotFollow):
        reader.follow(step)


def test_a_command_that_fails_is_found(tmp_path: Path) -> None:
    with pytest.raises(CannotFollow):
        Follower(tmp_path, tmp_path, tmp_path).follow(Run("false", ""))


def test_a_command_that_serves_is_ended_when_it_has_said_what_the_page_shows(tmp_path: Path) -> None:
    follower = Follower(tmp_path, tmp_path, Path(sys.executable).parent)

    follower.follow(Run("billhook simulator --secret 0123456789abcdef", "…\nSecret: 0123456789abcdef\n…\n"))
    with pytest.raises(CannotFollow):
        follower.follow(Run("billhook simulator --port 99999", "…\nSecret: …\n…\n"))
