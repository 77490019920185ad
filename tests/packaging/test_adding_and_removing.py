"""A plugin's wheel comes and goes: with it its addresses, its payment method, its menu entry and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from billhook.host.tables import version_table
from billhook_kit.scaffold import Kind, Project, write

from tests.packaging.environments import Workshop
from tests.packaging.panel import Browser, Panel

ROOT_RESELLER = "/admin/resellers/1/plugins"


@dataclass(frozen=True)
class Plugin:
    """What a plugin adds. pages: addresses that are there with it only, each with the page on which its link stands.
    tables: without their prefix, all of them but that of the version.
    """

    name: str
    pages: Mapping[str, str]
    takes_payments: bool = True
    tables: frozenset[str] = frozenset()

    @property
    def distribution(self) -> str:
        return f"billhook_{self.name}"

    @property
    def made(self) -> set[str]:
        """The names of its tables in the database."""
        names = {f"{self.name}_{table}" for table in self.tables}
        return names | {version_table(self.name)} if names else names


def method_of(name: str) -> str:
    return f"/reseller/methods/new/{name}"


BUNDLED = (
    Plugin("check_cash", {method_of("check_cash"): "/reseller/methods/new"}),
    Plugin("paymaster", {method_of("paymaster"): "/reseller/methods/new"}),
    Plugin(
        "low_balance_notify",
        {
            "/reseller/notifications/low_balance_notify": "/reseller/notifications",
            "/plugin/low_balance_notify/reseller/warnings": "/reseller/",
        },
        takes_payments=False,
        tables=frozenset({"warning", "silence"}),
    ),
)
#: Made by `billhook new`: with pages and tables.
NEW = {
    Kind.REDIRECT: Plugin(
        "city_pay",
        {"/plugin/city_pay/reseller/notices": "/reseller/"},
        tables=frozenset({"notice"}),
    ),
    Kind.INSTRUCTIONS: Plugin(
        "city_desk",
        {"/plugin/city_desk/reseller/notices": "/reseller/"},
        tables=frozenset({"notice"}),
    ),
    Kind.NOTIFICATION: Plugin(
        "city_news",
        {"/plugin/city_news/reseller/told": "/reseller/"},
        takes_payments=False,
        tables=frozenset({"told"}),
    ),
}
ALL = (*BUNDLED, *NEW.values())


@pytest.fixture(scope="session")
def every_wheel(
    workshop: Workshop, wheels: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Path]:
    """The wheels of the workspace, and of a new plugin of each kind."""
    folder = tmp_path_factory.mktemp("new")
    found = dict(wheels)
    for kind, plugin in NEW.items():
        found |= workshop.build(write(Project(plugin.name, kind), folder), folder / "wheels")
    return found


@pytest.fixture(scope="session")
def panel(workshop: Workshop, every_wheel: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """An installation without plugins. Each test takes off what it put there."""
    folder = tmp_path_factory.mktemp("installation")
    venv = workshop.environment(folder / "venv", every_wheel["billhook"], every_wheel["billhook_host"])
    panel = Panel(venv, folder / "panel")
    panel.set_up()
    return panel


@pytest.mark.parametrize("plugin", ALL, ids=lambda plugin: plugin.name)
def test_a_plugin_adds_its_routes_methods_menu_and_tables_and_takes_them_away(
    plugin: Plugin, panel: Panel, every_wheel: Mapping[str, Path]
) -> None:
    bare = panel.tables()

    panel.venv.install(every_wheel[plugin.distribution])
    panel.command("plugin", "upgrade", plugin.name)
    with panel.served() as browser:
        browser.sign_in()
        switched = browser.post("/admin/plugins", {"plugin": plugin.name, "on": "yes"}, to=ROOT_RESELLER)
        with_it = what_stands(browser, plugin)
    made = panel.tables() - bare
    panel.command("plugin", "remove", plugin.name, "--yes")
    panel.venv.uninstall(plugin.distribution)
    with panel.served() as browser:
        browser.sign_in()
        without_it = what_stands(browser, plugin)

    assert switched[0] == 303
    there, gone = dict.fromkeys(plugin.pages, (200, True)), dict.fromkeys(plugin.pages, (404, False))
    method = 200 if plugin.takes_payments else 404
    assert with_it == {"pages": there, "method": method, "listed": True}
    assert made == plugin.made
    assert without_it == {"pages": gone, "method": 404, "listed": False}
    assert panel.tables() - bare == set()


def what_stands(browser: Browser, plugin: Plugin) -> dict[str, object]:
    """Return the status of each page and whether a link leads to it, and what else tells of the plugin."""
    menus = {page: browser.get(menu) for page, menu in plugin.pages.items()}
    assert {status for status, _text in menus.values()} == {200}
    return {
        "pages": {page: (browser.get(page)[0], f'href="{page}"' in text) for page, (_, text) in menus.items()},
        "method": browser.get(method_of(plugin.name))[0],
        "listed": f"<dd>{plugin.name}</dd>" in browser.get("/admin/plugins")[1],
    }
