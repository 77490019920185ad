"""FakeHost decides as the panel does: the same loads, the same verdicts, the same checks failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree, ignore_patterns
from types import SimpleNamespace
from typing import Any

import pytest
from billhook import (
    API_VERSION,
    ApiRange,
    BalanceChanged,
    BalanceWatch,
    Catalogue,
    ChargeWatch,
    DocumentKind,
    HearsNotifications,
    Instructions,
    IssuesDocuments,
    Level,
    Link,
    Money,
    Notify,
    Page,
    PaymentProvider,
    PluginError,
    Reader,
    Redirect,
    Room,
    Setting,
    SettingKind,
    TakesReturns,
    hookimpl,
    http,
)
from billhook.host import loading
from billhook.host.places import PLACES
from billhook_kit import pages
from billhook_kit.bench import Subject
from billhook_kit.checks.events import sample_event
from billhook_kit.fake_host import open_fake
from billhook_kit.host import Host, OpenHost, installed_host
from billhook_kit.kit import Check, Kit, Need, Outcome, all_checks
from billhook_kit.source import find_plugin, of_object

from host_stub.plugins.registry import Registry
from host_stub.web import face

MUTANTS = Path(__file__).parents[2] / "sdk/tests/mutants"
ByName = Callable[[str], Subject]


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_the_panel_finds_what_fake_host_finds(check: Check, mutant: ByName) -> None:
    subject = mutant(check.id)

    result = Kit(subject, installed_host(), has_database=True).run(check)

    assert result.outcome is Outcome.FAILED
    assert subject.source.module.MESSAGE in result.what  # type: ignore[union-attr]


def test_migrations_that_fail_are_one_finding_on_the_panel_too(mutant: ByName) -> None:
    kit = Kit(mutant("migrations__commit"), installed_host(), has_database=True)

    results = list(kit.run_all())

    assert [each.check.id for each in results if each.outcome is Outcome.FAILED] == ["migrations"]
    assert "its tables can't be made: see the check `migrations`" in {each.what for each in results}


@pytest.mark.parametrize("place", ["query", "document", "doctor", "post", "link", "read"])
def test_the_panel_finds_who_helps_himself_to_its_tables_wherever_he_is_called(place: str, mutant: ByName) -> None:
    subject = mutant(f"host_tables__{place}")
    (check,) = (each for each in all_checks() if each.id == "host_tables")

    result = Kit(subject, installed_host(), has_database=True).run(check)

    assert (result.outcome, result.what) == (Outcome.FAILED, subject.source.module.MESSAGE)  # type: ignore[union-attr]


@pytest.mark.parametrize("variant", ["name", "picture"])
def test_the_panel_finds_what_a_document_lacks(variant: str, mutant: ByName) -> None:
    subject = mutant(f"drawn__{variant}")
    (check,) = (each for each in all_checks() if each.id == "drawn")

    result = Kit(subject, installed_host(), has_database=True).run(check)

    assert (result.outcome, result.what) == (Outcome.FAILED, subject.source.module.MESSAGE)  # type: ignore[union-attr]


def test_on_each_database_the_panel_finds_a_migration_that_reads_its_tables_where_there_are_any(
    tmp_path: Path, open_on_database: OpenHost
) -> None:
    mutant, name = "mutant_migrations__reads", "mutant_reads_where_it_can"
    package = copytree(MUTANTS / mutant, tmp_path / name, ignore=ignore_patterns("__pycache__"))
    for file in package.rglob("*.py"):
        file.write_text(file.read_text().replace(mutant, name))
    migration = package / "migrations/0001_notes.py"
    migration.write_text(
        migration.read_text().replace(
            "    op.execute(", '    sa.inspect(op.get_bind()).has_table("payment_method") and op.execute('
        )
    )
    (check,) = (each for each in all_checks() if each.id == "migrations")

    in_memory = Kit(Subject(find_plugin(str(package))), open_fake).run(check)
    on_the_panel = Kit(Subject(find_plugin(str(package))), open_on_database, has_database=True).run(check)

    assert in_memory.outcome is Outcome.OK
    assert on_the_panel.outcome is Outcome.FAILED
    assert "it reads payment_method" in on_the_panel.what


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
        "starts": (Instructions,),
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


def paid_by(**attributes: object) -> tuple[str, SimpleNamespace]:
    """Return a plugin whose provider has these attributes."""
    return "shop", plugin(billhook_payment_providers=[provider("shop", **attributes)])


def able(*capabilities: type, **changes: Any) -> tuple[str, SimpleNamespace]:
    """Return a plugin whose provider has these capabilities, and the settings `shop`, `secret` and `test`.

    changes: of its class data; methods are there.
    """
    settings = (
        text("shop"),
        Setting("secret", SettingKind.SECRET, "S"),
        Setting("test", SettingKind.SWITCH, "T"),
        Setting("most", SettingKind.MONEY, "M"),
    )
    methods = {name: unasked for kind in capabilities for name in kind.__abstractmethods__}
    body = {**vars(provider("shop")), "settings": settings, **methods, **changes}
    kind = type("Able", (PaymentProvider, *capabilities), {k: v for k, v in body.items() if k not in _OF_CLASSES})
    return "shop", plugin(billhook_payment_providers=[kind])


def unasked(*_arguments: object) -> None:
    raise AssertionError("loading calls nothing")


_OF_CLASSES = ("__dict__", "__weakref__", "__abstractmethods__", "_abc_impl")


def set_by(**changes: Any) -> tuple[str, SimpleNamespace]:
    """Return a plugin whose reseller has a setting with these fields; its kind is TEXT if it is not among them."""
    return "shop", plugin(billhook_settings=[replace(text("a", Level.RESELLER), **changes)])


_ = Catalogue("billhook")
NO_PACKAGE = Catalogue("no_such_package_anywhere")("Shop")
UNFILLED = _("Shop {number}", name="x")
MANGLED = "Shop \udcff"

FAULTS = {
    "starts that are missing": paid_by(starts=None),
    "starts that are none": paid_by(starts=()),
    "starts that are made on demand": paid_by(starts=property(lambda self: (Redirect,))),
    "a provider without a title": paid_by(title=None),
    "a provider with an empty title": paid_by(title=" "),
    "a provider whose settings are no list": paid_by(settings="shop"),
    "a provider that lacks its start": (
        "shop",
        plugin(
            billhook_payment_providers=[
                type("P", (PaymentProvider,), {**vars(provider("shop")), "start": PaymentProvider.start})
            ]
        ),
    ),
    "a provider that needs arguments": paid_by(__init__=lambda self, gateway: None),
    "a provider whose making raises": paid_by(__init__=lambda self: 1 / 0),
    "a provider that makes its starts anew": paid_by(__init__=lambda self: setattr(self, "starts", (Redirect,))),
    "a start as plain text": able(starts=("redirect",)),
    "a capability without its addresses": able(HearsNotifications),
    "addresses that are no tuple": able(HearsNotifications, notifications="notify"),
    "an address that is no text": able(TakesReturns, returns=(7,)),
    "an address that can't stand in one": able(TakesReturns, returns=("no/tify",)),
    "two addresses of one name": able(HearsNotifications, TakesReturns, notifications=("a",), returns=("a",)),
    "data of a capability that it does not have": able(returns=("back",)),
    "a method of a capability that it does not have": paid_by(query=unmarked),
    "documents that are no tuple": able(IssuesDocuments, documents="receipt"),
    "a document that is none": able(IssuesDocuments, documents=("receipt",)),
    "a document's name with a space": able(IssuesDocuments, documents=(DocumentKind("the receipt", "Receipt"),)),
    "a document without a label": able(IssuesDocuments, documents=(DocumentKind("receipt", ""),)),
    "two documents of one name": able(
        IssuesDocuments, documents=(DocumentKind("receipt", "A"), DocumentKind("receipt", "B"))
    ),
    "currencies that are one text": able(currencies="RUB"),
    "a currency that is unknown": able(currencies=("RUB", "XXX")),
    "a currency that is no text": able(currencies=(["RUB"],)),
    "account types that are no list": able(account_types=None),
    "no account type at all": able(account_types=()),
    "an account type as plain text": able(account_types=("company",)),
    "a merchant setting that is not declared": able(merchant_setting="store"),
    "a merchant setting that is a secret": able(merchant_setting="secret"),
    "a merchant setting that is a switch": able(merchant_setting="test"),
    "a merchant setting that is a sum": able(merchant_setting="most"),
    "a merchant setting that is no key": able(merchant_setting=text("shop")),
    "a test mode that is not declared": able(test_mode_setting="mode"),
    "a test mode that is a text": able(test_mode_setting="shop"),
    "a test mode that is no key": able(test_mode_setting=True),
    "a setting's key that is no text": set_by(key=7),
    "a setting's kind as plain text": set_by(kind="secret"),
    "a setting's kind that is none": set_by(kind="password"),
    "a setting's level as plain text": set_by(level="reseller"),
    "a setting that inherits from plain text": set_by(inherits_from="operator"),
    "a setting without a label": set_by(label=None),
    "a setting with an empty label": set_by(label=""),
    "a setting whose help is no text": set_by(help=7),
    "a setting whose group is no text": set_by(group=None),
    "a setting whose stock is no text": set_by(stock=_("Shop")),
    "a setting that is required perhaps": set_by(required="perhaps"),
    "choices that are no list": set_by(kind=SettingKind.CHOICE, choices=5),
    "choices that are texts": set_by(kind=SettingKind.CHOICE, choices=("ab", "cd")),
    "a choice of three": set_by(kind=SettingKind.CHOICE, choices=(("a", "A", "B"),)),
    "a choice whose key is no text": set_by(kind=SettingKind.CHOICE, choices=((1, "A"),)),
    "a choice whose label is no text": set_by(kind=SettingKind.CHOICE, choices=(("a", None),)),
    "two choices of one key": set_by(kind=SettingKind.CHOICE, choices=(("a", "A"), ("a", "B"))),
    "a choice of nothing": set_by(kind=SettingKind.CHOICE),
    "a least that is a flag": set_by(minimum=True),
    "a most that is a text": set_by(maximum="9"),
    "a least above the most": set_by(minimum=9, maximum=1),
    "a validator that is no function": set_by(validator=3),
    "a default of another kind": set_by(default=3),
    "a number whose default is a flag": set_by(kind=SettingKind.NUMBER, default=True),
    "a switch whose default is a number": set_by(kind=SettingKind.SWITCH, default=1),
    "a default that is none of the choices": set_by(kind=SettingKind.CHOICE, choices=(("a", "A"),), default="b"),
    "a default beyond its limits": set_by(kind=SettingKind.NUMBER, maximum=9, default=10),
    "a default that is too long": set_by(maximum=3, default="long"),
    "a secret with a default": set_by(kind=SettingKind.SECRET, default="hunter2"),
    "a sum with a default": set_by(kind=SettingKind.MONEY, level=Level.ACCOUNT, default=Money(1, "RUB")),
    "a text of a package that is not there": set_by(label=NO_PACKAGE),
    "a label that cannot be filled": set_by(label=UNFILLED),
    "a label that is no Unicode": set_by(label=MANGLED),
    "a help that cannot be filled": set_by(help=UNFILLED),
    "a group that cannot be filled": set_by(group=UNFILLED),
    "a choice that cannot be filled": set_by(kind=SettingKind.CHOICE, choices=(("a", UNFILLED),)),
    "a document's label that cannot be filled": able(IssuesDocuments, documents=(DocumentKind("receipt", UNFILLED),)),
    "a provider's title that cannot be filled": paid_by(title=UNFILLED),
    "a title that cannot be filled": ("shop", plugin(billhook_plugin_title=UNFILLED)),
    "a page's title that cannot be filled": ("shop", plugin(billhook_pages=[page(title=UNFILLED)])),
    "a menu entry that cannot be filled": ("shop", plugin(billhook_pages=[page(menu=UNFILLED)])),
    "a message id that is no text": ("shop", plugin(billhook_plugin_title=_(7))),  # type: ignore[arg-type]
    "an empty title": ("shop", plugin(billhook_plugin_title="")),
    "a range of texts": ("shop", plugin(billhook_api_version=ApiRange("1.0", "2.0"))),  # type: ignore[arg-type]
    "a watch whose key is no text": (
        "shop",
        plugin(
            billhook_settings=[Setting("level", SettingKind.MONEY, "L", level=Level.ACCOUNT)],
            billhook_watches=[BalanceWatch(7, "level")],  # type: ignore[arg-type]
        ),
    ),
    "a watch of what is no key": ("shop", plugin(billhook_watches=[BalanceWatch("low", [])])),  # type: ignore[arg-type]
    "a name with a dash": ("a-b", plugin()),
    "a name in capitals": ("Shop", plugin()),
    "a reserved name": ("billhook", plugin()),
    "an unknown hook": ("shop", plugin(billhook_unheard_of=[])),
    "a wrapper": ("shop", SimpleNamespace(billhook_settings=hookimpl(wrapper=True)(lambda: (yield)))),
    "an order": ("shop", SimpleNamespace(billhook_settings=hookimpl(tryfirst=True)(lambda: ["a"]))),
    "a hook without marker": ("shop", SimpleNamespace(billhook_settings=unmarked)),
    "what is named like a hook without marker": ("shop", SimpleNamespace(billhook_page=unmarked)),
    "a hook under another name": ("shop", SimpleNamespace(more=hookimpl(specname="billhook_settings")(unmarked))),
    "a name of 31 characters": ("s" * 31, plugin()),
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

    assert refused.value.remedy.endswith((".", "…"))
    assert "hunter2" not in str(refused.value)

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
    for level, secret in ((Level.OPERATOR, ""), (Level.OPERATOR, "s1"), (Level.OPERATOR, "s2"), (Level.RESELLER, "s3")):
        host.inherit(level, {"token": secret})
        (told,) = host.ask(sample_event(BalanceChanged, account_id=host.account().id))
        assert isinstance(told, Notify)
        yield str(told.subject), str(told.paragraphs[0])


def test_both_hosts_offer_the_same_macros() -> None:
    """The panel's list of macros is the one that plugin authors may use."""
    source = (face.TEMPLATES / "components/macros.html").read_text("utf-8")
    offered = {line.split()[2] for line in source.splitlines() if line.startswith("{% set ")}

    assert offered == pages.MACROS


@pytest.mark.parametrize("place", ["start", "query"])
def test_a_call_to_a_gateway_ends_before_the_panel_gives_it_up(place: str) -> None:
    assert http.CONNECT_SECONDS + http.READ_SECONDS <= http.TOTAL_SECONDS < PLACES[place].seconds
