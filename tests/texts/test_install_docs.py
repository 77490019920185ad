"""`docs/install.md` agrees with the settings and the command line."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

import click
import pytest
from billhook_kit.cli import VERBS
from billhook_kit.commands.simulator import SECRET_VARIABLE
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from host_stub.cli import cli
from host_stub.config import Config
from tests.support.web import an_app, store_of

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


def logged_as(path: str) -> str:
    """Return what nginx, set up as the page shows, logs instead of a path: the first pattern that fits wins."""
    block = re.search(r"^map \$uri \$billhook_uri \{\n(.*?)^\}", INSTALL.read_text("utf-8"), flags=re.M | re.S)
    assert block is not None
    for pattern, shown in re.findall(r"^\s*~(\S+)\s+(\S+);", block[1], flags=re.M):
        found = re.search(pattern.replace("(?<", "(?P<"), path)
        if found:
            # `$1` and `$of` of nginx are `\g<1>` and `\g<of>` here.
            return found.expand(re.sub(r"\$(\w+)", r"\\g<\1>", shown))
    return path


def test_nginx_logs_no_secret_of_an_address(sqlite_url: str) -> None:
    app = an_app(sqlite_url)
    store_of(app).close()
    adapter = app.url_map.bind("localhost")
    with_tokens = [rule for rule in app.url_map.iter_rules() if "token" in rule.arguments]
    paths = [
        adapter.build(rule.endpoint, {**dict.fromkeys(rule.arguments, "stop"), "token": "secret.0123"}, method="GET")
        for rule in with_tokens
    ]
    log = re.search(r"^log_format billhook (.*?);", INSTALL.read_text("utf-8"), flags=re.M | re.S)

    assert {path.split("/")[1] for path in paths} == {"invitation", "reset-password", "plugin"}
    assert [logged_as(path) for path in paths if "secret" in logged_as(path)] == []
    assert logged_as("/plugin/notes/link/stop/secret.0123") == "/plugin/notes/link/stop/-"
    assert logged_as("/invitation/secret") == "/invitation/-"
    assert logged_as("/accounts/1/payments") == "/accounts/1/payments"
    # Neither a query nor an address as it came, nor where somebody came from.
    assert log is not None
    variables = set(re.findall(r"\$(\w+)", log[1]))
    assert variables & {"uri", "request", "request_uri", "args", "query_string", "http_referer", "is_args"} == set()


def commands_named(page: Path) -> list[tuple[str, list[str], list[str]]]:
    """Return the panel's commands on a page, in shell blocks and backticks: verb, the word after it, options."""
    text = page.read_text("utf-8")
    lines = re.findall(r"host_stub ([a-z][a-z-]+)([^\n`|]*)", text, flags=re.M)
    return [(verb, re.findall(r"\A ([a-z-]+)", rest), re.findall(r"--[a-z-]+", rest)) for verb, rest in lines]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    unknown = []
    for verb, words, options in commands_named(page):
        command = cli.commands.get(verb)
        if isinstance(command, click.Group) and words:
            command = command.commands.get(words[0])
        if command is None:
            unknown.append(" ".join((verb, *words[:1])))
            continue
        known = {name for option in command.params if isinstance(option, click.Option) for name in option.opts}
        unknown += [f"{verb} {option}" for option in options if option not in known]

    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_authors_command_is_not_named_for_the_panel_s(page: Path) -> None:
    """`billhook` in an environment is the kit's command; the panel's has one name, also as the root's script."""
    named = re.findall(r"(?:^\s*(?:\$ )?|`)billhook ([a-z][a-z-]+)", page.read_text("utf-8"), flags=re.M)

    assert [verb for verb in named if verb not in VERBS] == []


def test_the_root_s_script_is_named_as_the_command_that_it_runs() -> None:
    text = INSTALL.read_text("utf-8")

    assert "`/usr/local/sbin/host_stub`" in text
    assert "/usr/local/sbin/billhook" not in text


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
