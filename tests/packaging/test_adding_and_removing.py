"""A plugin's wheel comes and goes: with it its addresses, its payment method, its menu entry and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from billhook.scaffold import Kind, Project, write

from tests.packaging.environments import Workshop
from tests.packaging.panel import Browser, Panel

ROOT_RESELLER = "/admin/resellers/1/plugins"


@dataclass(frozen=True)
class Plugin:
    """What a plugin adds. page: an address that is there with it only. menu: where a link to that page stands."""

    name: str
    page: str
    menu: str
    takes_payments: bool = True
    tables: frozenset[str] = frozenset()

    @property
    def distribution(self) -> str:
        return f"billhook_{self.name}"


def method_of(name: str) -> str:
    return f"/reseller/methods/new/{name}"


BUNDLED = (
    Plugin("check_cash", method_of("check_cash"), "/reseller/methods/new"),
    Plugin("paymaster", method_of("paymaster"), "/reseller/methods/new"),
    Plugin(
        "low_balance_notify",
        "/reseller/notifications/low_balance_notify",
        "/reseller/notifications",
        takes_payments=False,
    ),
)
#: Made by `billhook new`: with pages and tables.
NEW = {
    Kind.REDIRECT: Plugin(
        "city_pay",
        "/plugin/city_pay/reseller/notices",
        "/reseller/",
        tables=frozenset({"city_pay_notice"}),
    ),
    Kind.INSTRUCTIONS: Plugin(
        "city_desk",
        "/plugin/city_desk/reseller/notices",
        "/reseller/",
        tables=frozenset({"city_desk_notice"}),
    ),
    Kind.NOTIFICATION: Plugin(
        "city_news",
        "/plugin/city_news/reseller/told",
        "/reseller/",
        takes_payments=False,
        tables=frozenset({"city_news_told"}),
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
    method = 200 if plugin.takes_payments else 404
    assert with_it == {"page": 200, "in menu": True, "method": method, "listed": True}
    assert plugin.tables <= made
    assert without_it == {"page": 404, "in menu": False, "method": 404, "listed": False}
    assert panel.tables() - bare == set()


def what_stands(browser: Browser, plugin: Plugin) -> dict[str, object]:
    menu_status, menu = browser.get(plugin.menu)
    assert menu_status == 200
    return {
        "page": browser.get(plugin.page)[0],
        "in menu": f'href="{plugin.page}"' in menu,
        "method": browser.get(method_of(plugin.name))[0],
        "listed": f"<dd>{plugin.name}</dd>" in browser.get("/admin/plugins")[1],
    }
