"""`docs/install.md` agrees with the settings and the command line."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

import click
import pytest
from billhook.cli import VERBS
from billhook.commands.simulator import SECRET_VARIABLE
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from host_stub.cli import cli
from host_stub.config import Config

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "docs/install.md"
PAGES = sorted((*ROOT.glob("docs/*.md"), ROOT / "README.md", *ROOT.glob("plugins/*/README.md")))


def as_printed(default: object) -> str:
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, bool):
        return str(default).lower()
    if default is None:
        return ""
    if isinstance(default, tuple):
        return ",".join(default)
    if isinstance(default, Enum):
        default = default.value
    return str(default)


def test_the_table_of_settings_lists_every_setting_with_its_default() -> None:
    table = INSTALL.read_text("utf-8").split("<!-- settings -->")[1].split("<!-- /settings -->")[0]
    rows = dict(re.findall(r"^\| `BILLHOOK_(\w+)` \| (\S+) \| \S", table, flags=re.M))
    printed = {name.lower(): "" if value == "empty" else value.strip("`") for name, value in rows.items()}

    assert all(field.default is not PydanticUndefined for field in Config.model_fields.values())
    assert printed == {name: as_printed(field.default) for name, field in Config.model_fields.items()}


def commands_named(page: Path) -> list[tuple[str, list[str], list[str]]]:
    """Return the panel's commands on a page, in shell blocks and backticks: verb, the word after it, options."""
    text = page.read_text("utf-8")
    lines = re.findall(r"(?:host_stub|^\s*billhook|`billhook) ([a-z][a-z-]+)([^\n`|]*)", text, flags=re.M)
    return [(verb, re.findall(r"\A ([a-z-]+)", rest), re.findall(r"--[a-z-]+", rest)) for verb, rest in lines]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    unknown = []
    for verb, words, options in commands_named(page):
        if verb in VERBS:  # of the authors' command `billhook`, which has tests of its own
            continue
        command = cli.commands.get(verb)
        if isinstance(command, click.Group) and words:
            command = command.commands.get(words[0])
        if command is None:
            unknown.append(" ".join((verb, *words[:1])))
            continue
        known = {name for option in command.params if isinstance(option, click.Option) for name in option.opts}
        unknown += [f"{verb} {option}" for option in options if option not in known]

    assert unknown == []


def test_the_installation_page_names_all_commands() -> None:
    assert set(cli.commands) <= {verb for verb, *_more in commands_named(INSTALL)}


def test_the_operators_page_names_all_commands_about_plugins() -> None:
    named = {
        words[0] for verb, words, _options in commands_named(ROOT / "docs/operator.md") if verb == "plugin" and words
    }

    assert named == set(cli.commands["plugin"].commands)  # type: ignore[attr-defined]


def test_every_variable_that_a_page_names_exists() -> None:
    known = {f"BILLHOOK_{name.upper()}" for name in Config.model_fields} | {SECRET_VARIABLE}

    named = {name for page in PAGES for name in re.findall(r"BILLHOOK_[A-Z_]+\b", page.read_text("utf-8"))}

    assert named - known == set()
