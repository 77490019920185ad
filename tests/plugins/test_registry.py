"""What the registry takes in, what it refuses and says why, and how it calls a plugin."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import jinja2
import pytest
from billhook import (
    BadSignature,
    BalanceWatch,
    ChargeWatch,
    Instructions,
    Level,
    NotSupported,
    PaymentProvider,
    Setting,
    SettingKind,
    hookimpl,
)
from sqlalchemy import select

from host_stub.domain.listening import WatchSpec
from host_stub.persistence import PluginFailure, open_store
from host_stub.plugins import discovery
from host_stub.plugins.errors import BrokenPlugin, PluginFailed, UnknownPlugin
from host_stub.plugins.registry import Registry


def a_provider(name: str = "desk", **more: Any) -> type[PaymentProvider]:
    body = {"name": name, "title": name, "starts": (Instructions,), **more}
    return type("Desk", (PaymentProvider,), {**body, "start": lambda self, request: None})


def a_module(**hooks: Any) -> ModuleType:
    """A plugin whose hooks answer what is given: a value, or a function that is called."""
    made = {}
    for hook, answer in hooks.items():
        made[f"billhook_{hook}"] = hookimpl(answer if callable(answer) else lambda answer=answer: answer)
    module = ModuleType("desk_under_test")
    vars(module).update({name: _plain(function) for name, function in made.items()})
    return module


def _plain(function: Any) -> Any:
    # pluggy reads the arguments of a lambda with defaults as hook arguments.
    if function.__defaults__:
        (answer,) = function.__defaults__
        return hookimpl(lambda: answer)
    return function


def why(module: object, name: str = "desk") -> str:
    registry = Registry.of({name: module})
    assert registry.plugins == {}
    return registry.broken[name]


LEVEL = Setting("level", SettingKind.MONEY, "Level", level=Level.ACCOUNT)
DAYS = Setting("days", SettingKind.NUMBER, "Days", level=Level.RESELLER, default=3)


def test_the_installed_plugins_load():
    registry = Registry.discover()

    assert registry.broken == {}
    assert {"check_cash", "low_balance_notify", "paymaster"} <= set(registry.plugins)
    assert registry.provider("paymaster").name == "paymaster"


def test_a_plugin_says_its_title_provider_settings_and_watches():
    module = a_module(
        plugin_title="Desk",
        payment_providers=[a_provider()],
        settings=[LEVEL, DAYS],
        watches=[BalanceWatch("low", "level"), ChargeWatch("soon", "days")],
        balance_changed=lambda event, reader: [],
    )
    registry = Registry.of({"desk": module})
    plugin = registry.plugins["desk"]

    assert registry.broken == {}
    assert (plugin.title, plugin.provider.name, plugin.settings) == ("Desk", "desk", (LEVEL, DAYS))
    assert registry.listening().hooks == {"billhook_balance_changed": ("desk",)}
    assert registry.listening().watches == (
        WatchSpec("desk", "low", "balance", "level", None),
        WatchSpec("desk", "soon", "charge", "days", 3, ("reseller",)),
    )


def test_collectors_are_called_once():
    calls = []

    def providers():
        calls.append(1)
        return [a_provider()]

    registry = Registry.of({"desk": a_module(payment_providers=providers)})
    first, second = registry.provider("desk"), registry.provider("desk")

    assert first is second
    assert registry.listening() == registry.listening()
    assert calls == [1]


def test_plugins_stand_in_the_order_of_their_names_whoever_was_installed_first():
    registry = Registry.of({"zebra": a_module(), "ant": a_module(), "mole": a_module()})

    assert list(registry.plugins) == ["ant", "mole", "zebra"]


def test_two_registries_know_nothing_of_each_other():
    one, other = Registry.of({"desk": a_module()}), Registry.of({})

    assert "desk" in one.plugins
    assert other.plugins == {}


@pytest.mark.parametrize("name", ["Desk", "9desk", "de-sk", "", "стол", "desk\n", "_desk", "de/sk"])
def test_a_name_that_cannot_stand_in_addresses_and_tables_is_refused(name):
    assert "identifier" in why(a_module(), name)


@pytest.mark.parametrize("name", ["customer", "layouts", "billhook", "arrival", "order", "charge", "plugin"])
def test_a_name_of_the_host_s_own_is_refused(name):
    assert "taken by the host" in why(a_module(), name)


@pytest.mark.parametrize("option", ["tryfirst", "trylast", "optionalhook"])
def test_a_plugin_that_pushes_to_the_front_is_refused(option):
    module = SimpleNamespace(billhook_plugin_title=hookimpl(**{option: True})(lambda: "x"))

    assert option in why(module)


@pytest.mark.parametrize("option", ["wrapper", "hookwrapper"])
def test_a_plugin_that_wraps_others_is_refused(option):
    def wrap():
        yield

    assert option in why(SimpleNamespace(billhook_plugin_title=hookimpl(**{option: True})(wrap)))


def test_an_unknown_hook_is_refused_by_its_name():
    assert "billhook_plugin_tilte" in why(SimpleNamespace(billhook_plugin_tilte=hookimpl(lambda: "x")))


def test_an_unknown_argument_of_a_hook_is_refused():
    assert "evnt" in why(a_module(balance_changed=lambda evnt: []))


def test_a_hook_without_its_marker_is_refused_instead_of_silently_never_called():
    assert "@hookimpl" in why(SimpleNamespace(billhook_plugin_title=lambda: "x"))


@pytest.mark.parametrize(
    ("hooks", "words"),
    [
        ({"payment_providers": [a_provider("other")]}, "calls itself 'other'"),
        ({"payment_providers": [a_provider(), a_provider()]}, "several providers"),
        ({"payment_providers": [a_provider()()]}, "no PaymentProvider class"),
        ({"payment_providers": [object]}, "no PaymentProvider class"),
        ({"payment_providers": [a_provider(settings=(LEVEL,))]}, "not at METHOD level"),
        ({"settings": [Setting("x", SettingKind.TEXT, "X")]}, "at METHOD level"),
        ({"settings": [DAYS, DAYS]}, "two settings"),
        ({"settings": [Setting("a b", SettingKind.TEXT, "X", level=Level.RESELLER)]}, "identifier"),
        ({"settings": ["level"]}, "no Setting"),
        ({"settings": [DAYS], "watches": [BalanceWatch("low", "days")]}, "money at account level"),
        ({"watches": [ChargeWatch("soon", "days")]}, "number at reseller level"),
        ({"settings": [LEVEL], "watches": [BalanceWatch("w", "level"), BalanceWatch("w", "level")]}, "two watches"),
    ],
)
def test_what_does_not_fit_the_contract_is_refused_with_the_reason(hooks, words):
    assert words in why(a_module(**hooks))


def test_a_plugin_that_raises_at_load_is_left_out_and_the_others_go_on():
    def broken():
        raise ZeroDivisionError("at load")

    def leaves():
        sys.exit(3)

    registry = Registry.of(
        {
            "ant": a_module(plugin_title=broken, balance_changed=lambda event, reader: []),
            "bee": a_module(payment_providers=leaves),
            "cow": a_module(balance_changed=lambda event, reader: []),
        }
    )

    assert list(registry.plugins) == ["cow"]
    assert registry.broken["ant"] == "ZeroDivisionError: at load"
    assert "SystemExit" in registry.broken["bee"]
    assert registry.listening().hooks == {"billhook_balance_changed": ("cow",)}


def test_of_two_plugins_with_one_name_neither_is_believed():
    one, other = a_module(payment_providers=[a_provider()]), a_module(payment_providers=[a_provider()])
    registry = Registry([discovery.Candidate("desk", module) for module in (one, other, one)])

    assert registry.plugins == {}
    assert "two distributions" in registry.broken["desk"]


def test_a_plugin_that_cannot_be_imported_is_reported(monkeypatch):
    point = EntryPoint("desk", "no_such_module_anywhere", discovery.GROUP)
    monkeypatch.setattr(discovery, "entry_points", lambda group: [point])

    registry = Registry.discover()

    assert "no_such_module_anywhere" in registry.broken["desk"]


def test_a_missing_provider_and_a_broken_one_are_told_apart():
    registry = Registry.of({"bad": SimpleNamespace(billhook_plugin_title=lambda: "x"), "ant": a_module()})

    with pytest.raises(BrokenPlugin):
        registry.provider("bad")
    for name in ("ant", "nobody"):
        with pytest.raises(UnknownPlugin):
            registry.provider(name)


def test_a_plugin_s_failures_are_counted_where_the_operator_sees_them(database_url, clock):
    store = open_store(database_url, clock)
    registry = Registry.of({"desk": a_module(), "bad": SimpleNamespace(billhook_plugin_title=lambda: "x")})
    registry.attach(store)

    def start(amount: int) -> None:
        raise KeyError(f"no {amount}")

    for amount in (1, 2):
        with pytest.raises(PluginFailed, match="start failed: KeyError"):
            registry.call("desk", "start", start, amount)
        clock.advance(minutes=1)

    with store.read() as session:
        rows = {(row.plugin, row.place): row for row in session.scalars(select(PluginFailure))}
        assert set(rows) == {("bad", "load"), ("desk", "start")}
        found = rows["desk", "start"]
        assert (found.count, found.error) == (2, "KeyError: 'no 2'")
        assert (found.last_at - found.first_at).total_seconds() == 60
    store.close()


def test_a_failure_is_contained_even_when_the_database_is_down(tmp_path, clock):
    store = open_store(f"sqlite:///{tmp_path}/no/such/folder.db", clock)
    registry = Registry.of({"desk": a_module()})
    registry.attach(store)

    with pytest.raises(PluginFailed):
        registry.call("desk", "start", lambda: 1 // 0)
    store.close()


@pytest.mark.parametrize("error", [BadSignature("x"), NotSupported("x")])
def test_what_the_contract_lets_a_plugin_say_is_no_failure(error):
    def verify():
        raise error

    with pytest.raises(type(error)):
        Registry.of({"desk": a_module()}).call("desk", "verify", verify)


def test_a_hook_is_called_with_the_arguments_that_it_asks_for():
    registry = Registry.of({"desk": a_module(balance_changed=lambda reader: [reader])})

    hook = registry.implementation("desk", "billhook_balance_changed")

    assert hook(event=1, reader=2) == [2]
    assert registry.implementation("desk", "billhook_subscription_stopped") is None
    assert registry.implementation("nobody", "billhook_balance_changed") is None


def a_package(folder: Path, name: str, files: dict[str, str]) -> ModuleType:
    package = folder / name
    for path, content in {"__init__.py": "", **files}.items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text(content)
    return __import__(name)


def test_templates_of_a_plugin_stand_under_its_own_name_alone(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    good = a_package(tmp_path, "billhook_test_good", {"templates/good/page.html": "good"})
    stray = a_package(tmp_path, "billhook_test_stray", {"templates/receipt.html": "stray", "templates/bad/x.html": ""})
    registry = Registry.of({"good": good, "bad": stray})
    environment = jinja2.Environment(loader=registry.loader(), autoescape=True)

    assert environment.get_template("good/page.html").render() == "good"
    assert "receipt.html has no prefix" in registry.broken["bad"]
    for path in ("good/../../../x.html", "page.html", "bad/x.html", "good/"):
        with pytest.raises(jinja2.TemplateNotFound):
            environment.get_template(path)
