"""FakeHost decides as the panel does: the same loads, the same verdicts, the same checks failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from billhook import (
    API_VERSION,
    ApiRange,
    BalanceChanged,
    BalanceWatch,
    Capabilities,
    ChargeWatch,
    Instructions,
    Level,
    Link,
    Notify,
    Page,
    PaymentProvider,
    PluginError,
    Reader,
    Room,
    Setting,
    SettingKind,
    StartKind,
    hookimpl,
    http,
    loading,
)
from billhook.testing import judging, pages
from billhook.testing.bench import Subject
from billhook.testing.checks.events import sample_event
from billhook.testing.fake_host import open_fake
from billhook.testing.host import Host, OpenHost, installed_host
from billhook.testing.kit import Check, Kit, Need, Outcome, all_checks
from billhook.testing.source import of_object

from host_stub.domain import payments, verdicts
from host_stub.plugins.containment import DEADLINES
from host_stub.plugins.registry import Registry
from host_stub.web import face

ByName = Callable[[str], Subject]


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_the_panel_finds_what_fake_host_finds(check: Check, mutant: ByName) -> None:
    subject = mutant(check.id)

    result = Kit(subject, installed_host(), has_database=True).run(check)

    assert result.outcome is Outcome.FAILED
    assert subject.source.module.MESSAGE in result.what  # type: ignore[union-attr]


@pytest.mark.parametrize("place", ["query", "document", "doctor", "post", "link"])
def test_the_panel_finds_who_writes_to_its_tables_wherever_he_is_called(place: str, mutant: ByName) -> None:
    subject = mutant(f"host_tables__{place}")
    (check,) = (each for each in all_checks() if each.id == "host_tables")

    result = Kit(subject, installed_host(), has_database=True).run(check)

    assert (result.outcome, result.what) == (Outcome.FAILED, subject.source.module.MESSAGE)  # type: ignore[union-attr]


@pytest.mark.parametrize("check", [c for c in all_checks() if Need.DATABASE in c.needs], ids=lambda check: check.id)
def test_what_needs_a_database_is_found_on_each_of_them(
    check: Check, mutant: ByName, open_on_database: OpenHost
) -> None:
    result = Kit(mutant(check.id), open_on_database, has_database=True).run(check)

    assert result.outcome is Outcome.FAILED


def provider(name: str, **attributes: object) -> type[PaymentProvider]:
    body = {
        "name": name,
        "title": "A",
        "capabilities": Capabilities(start=StartKind.INSTRUCTIONS),
        "start": lambda self, request: Instructions(f"{name}/a.html"),
        **attributes,
    }
    return type("Provider", (PaymentProvider,), body)


def plugin(**hooks: object) -> SimpleNamespace:
    """Return a plugin whose hooks answer with these values; callables are the hooks themselves."""
    made = {}
    for name, value in hooks.items():
        function = value if callable(value) else (lambda answer=value: lambda: answer)()
        made[name] = function if hasattr(function, "billhook_impl") or callable(value) else hookimpl(function)
    return SimpleNamespace(**made)


def text(key: str, level: Level = Level.METHOD, inherits_from: Level | None = None) -> Setting:
    return Setting(key, SettingKind.TEXT, "A", level=level, inherits_from=inherits_from)


def page(name: str = "list", **changes: Any) -> Page:
    return replace(Page(name, Room.RESELLER, "A", view=lambda request: None), **changes)  # type: ignore[arg-type, return-value]


def link(name: str = "stop", **changes: Any) -> Link:
    return replace(Link(name, lambda request: None, days=30), **changes)  # type: ignore[arg-type, return-value]


def unmarked() -> list[object]:
    return []


FAULTS = {
    "a name with a dash": ("a-b", plugin()),
    "a name in capitals": ("Shop", plugin()),
    "a reserved name": ("billhook", plugin()),
    "an unknown hook": ("shop", plugin(billhook_unheard_of=[])),
    "a wrapper": ("shop", SimpleNamespace(billhook_settings=hookimpl(wrapper=True)(lambda: (yield)))),
    "an order": ("shop", SimpleNamespace(billhook_settings=hookimpl(tryfirst=True)(unmarked))),
    "a hook without marker": ("shop", SimpleNamespace(billhook_settings=unmarked)),
    "an unknown argument": ("shop", SimpleNamespace(billhook_settings=hookimpl(lambda wish: []))),
    "an instance": ("shop", plugin(billhook_payment_providers=[provider("shop")()])),
    "no provider at all": ("shop", plugin(billhook_payment_providers=["shop"])),
    "two providers": ("shop", plugin(billhook_payment_providers=[provider("shop"), provider("shop")])),
    "a provider of another name": ("shop", plugin(billhook_payment_providers=[provider("other")])),
    "a provider's setting of another level": (
        "shop",
        plugin(billhook_payment_providers=[provider("shop", settings=(text("a", Level.ACCOUNT),))]),
    ),
    "a provider's setting of the operator alone": (
        "shop",
        plugin(billhook_payment_providers=[provider("shop", settings=(text("a", Level.OPERATOR),))]),
    ),
    "a setting that inherits from below": (
        "shop",
        plugin(billhook_settings=[text("a", Level.RESELLER, Level.ACCOUNT)]),
    ),
    "a setting that inherits from beside": (
        "shop",
        plugin(billhook_payment_providers=[provider("shop", settings=(text("a", Level.METHOD, Level.ACCOUNT),))]),
    ),
    "a level that is none": ("shop", plugin(billhook_settings=[text("a", "panel")])),  # type: ignore[arg-type]
    "a sum of the operator": (
        "shop",
        plugin(billhook_settings=[Setting("a", SettingKind.MONEY, "A", level=Level.OPERATOR)]),
    ),
    "a sum that is inherited from the operator": (
        "shop",
        plugin(
            billhook_settings=[Setting("a", SettingKind.MONEY, "A", level=Level.ACCOUNT, inherits_from=Level.OPERATOR)]
        ),
    ),
    "a template of no method": (
        "shop",
        plugin(billhook_settings=[Setting("a", SettingKind.LIQUID, "A", level=Level.RESELLER)]),
    ),
    "a key of both hook and provider": (
        "shop",
        plugin(
            billhook_settings=[text("a", Level.RESELLER)],
            billhook_payment_providers=[provider("shop", settings=(text("a"),))],
        ),
    ),
    "a setting at method level": ("shop", plugin(billhook_settings=[text("a")])),
    "a setting key with a space": ("shop", plugin(billhook_settings=[text("a b", Level.ACCOUNT)])),
    "a key twice": ("shop", plugin(billhook_settings=[text("a", Level.ACCOUNT)] * 2)),
    "what is no setting": ("shop", plugin(billhook_settings=["a"])),
    "a collector without a list": ("shop", plugin(billhook_settings="a")),
    "a watch of nothing": ("shop", plugin(billhook_watches=[BalanceWatch("low", "level")])),
    "a watch of the wrong kind": (
        "shop",
        plugin(billhook_settings=[text("days", Level.RESELLER)], billhook_watches=[ChargeWatch("ahead", "days")]),
    ),
    "what is no watch": ("shop", plugin(billhook_watches=["low"])),
    "a title that is no text": ("shop", plugin(billhook_plugin_title=7)),
    "a version of the past": ("shop", plugin(billhook_api_version=ApiRange((0, 1), (0, 9)))),
    "a version of the future": ("shop", plugin(billhook_api_version=ApiRange((API_VERSION[0] + 1, 0)))),
    "what is no version": ("shop", plugin(billhook_api_version="1.0")),
    "what is no page": ("shop", plugin(billhook_pages=["list"])),
    "a page's name with a dash": ("shop", plugin(billhook_pages=[page("price-list")])),
    "a page's name that is no text": ("shop", plugin(billhook_pages=[page(name=7)])),
    "a page in no room": ("shop", plugin(billhook_pages=[page(room="lobby")])),
    "a page for an unknown access": ("shop", plugin(billhook_pages=[page(access="everything")])),
    "a page without a title": ("shop", plugin(billhook_pages=[page(title=" ")])),
    "a page whose view is no function": ("shop", plugin(billhook_pages=[page(view="list")])),
    "a menu entry that is no text": ("shop", plugin(billhook_pages=[page(menu=7)])),
    "an empty menu entry": ("shop", plugin(billhook_pages=[page(menu="")])),
    "two pages of one name in a room": ("shop", plugin(billhook_pages=[page(), page()])),
    "pages that are no list": ("shop", plugin(billhook_pages=page())),
    "what is no link": ("shop", plugin(billhook_links=["stop"])),
    "a link's name in capitals": ("shop", plugin(billhook_links=[link("Stop")])),
    "a link whose view is no function": ("shop", plugin(billhook_links=[link(view=None)])),
    "a link that never works": ("shop", plugin(billhook_links=[link(days=0)])),
    "a link that works for ever": ("shop", plugin(billhook_links=[link(days=100_000)])),
    "a link whose days are no number": ("shop", plugin(billhook_links=[link(days="30")])),
    "two links of one name": ("shop", plugin(billhook_links=[link(), link()])),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_both_hosts_refuse_to_load_for_the_same_reason(fault: str) -> None:
    name, module = FAULTS[fault]

    with pytest.raises(PluginError) as refused:
        loading.load(name, module)

    broken = Registry.of({name: module}).broken
    assert list(broken) == [name]
    assert refused.value.why in broken[name]


def test_both_hosts_load_a_plugin_without_fault() -> None:
    module = plugin(billhook_payment_providers=[provider("shop")], billhook_plugin_title="Shop")

    assert loading.load("shop", module).title == Registry.of({"shop": module}).plugins["shop"].title == "Shop"


INHERITING = provider(
    "shop",
    settings=(
        Setting("shop", SettingKind.TEXT, "Shop", inherits_from=Level.OPERATOR),
        Setting("secret", SettingKind.SECRET, "Secret", inherits_from=Level.OPERATOR),
        Setting("days", SettingKind.NUMBER, "Days", inherits_from=Level.RESELLER, default=3),
    ),
)


def test_both_hosts_inherit_alike() -> None:
    """The same steps on each: what holds, and which secrets are still accepted."""
    source = of_object("shop", plugin(billhook_payment_providers=[INHERITING]))
    seen = []
    for open_host in (open_fake, installed_host()):
        with open_host(source, "RUB") as host:
            seen.append(list(steps_of_inheriting(host)))

    assert seen[0] == seen[1]
    assert seen[0][-1] == ({"shop": "b", "secret": "s3", "days": 5}, ("s3", "s2", "s1"))


def steps_of_inheriting(host: Host) -> Iterator[tuple[dict[str, object], tuple[str, ...]]]:
    heir, own = host.method({}), host.method({"shop": "own", "secret": "mine", "days": 0})
    for level, values in (
        (Level.OPERATOR, {"shop": "a", "secret": "s1"}),
        (Level.OPERATOR, {"secret": "s2"}),
        (Level.RESELLER, {"days": 5}),
        (Level.RESELLER, {"shop": "b", "secret": "s3"}),
    ):
        host.inherit(level, values)
        for method in (own, heir):
            view = host.present(method)
            yield dict(view.settings), view.secrets("secret")


def token(event: BalanceChanged, reader: Reader) -> list[Notify]:
    secrets = ",".join(reader.secrets("token", event.account_id))
    return [Notify(event.account_id, "read", f"{reader.setting('token')}", [secrets])]


NOTIFYING = plugin(
    billhook_balance_changed=hookimpl(token),
    billhook_settings=[
        Setting("token", SettingKind.SECRET, "Token", level=Level.RESELLER, inherits_from=Level.OPERATOR)
    ],
)


def test_both_hosts_open_a_secret_to_a_handler_alike() -> None:
    """The same steps on each: the secret that holds, and those that are still accepted."""
    seen = []
    for open_host in (open_fake, installed_host()):
        with open_host(of_object("teller", NOTIFYING), "RUB") as host:
            seen.append(list(steps_of_telling(host)))

    assert seen[0] == seen[1]
    assert seen[0] == [("", ""), ("s1", "s1"), ("s2", "s2,s1"), ("s3", "s3,s2,s1")]


def steps_of_telling(host: Host) -> Iterator[tuple[str, str]]:
    name = "billhook_balance_changed"
    for level, secret in ((Level.OPERATOR, ""), (Level.OPERATOR, "s1"), (Level.OPERATOR, "s2"), (Level.RESELLER, "s3")):
        host.inherit(level, {"token": secret})
        (told,) = host.ask(name, sample_event(name, account_id=host.account().id))
        assert isinstance(told, Notify)
        yield str(told.subject), str(told.paragraphs[0])


def test_both_hosts_offer_the_same_macros() -> None:
    """The panel's list of macros is the one that plugin authors may use."""
    source = (face.TEMPLATES / "components/macros.html").read_text("utf-8")
    offered = {line.split()[2] for line in source.splitlines() if line.startswith("{% set ")}

    assert offered == pages.MACROS


def test_both_hosts_know_the_same_misfits_and_open_states() -> None:
    assert {each.value for each in judging.Misfit} == {each.value for each in verdicts.Misfit}
    assert judging.OPEN == payments.OPEN


@pytest.mark.parametrize("place", ["start", "query"])
def test_a_call_to_a_gateway_ends_before_the_panel_gives_it_up(place: str) -> None:
    assert http.CONNECT_SECONDS + http.READ_SECONDS <= http.TOTAL_SECONDS < DEADLINES[place]
