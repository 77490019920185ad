"""The provider and its capabilities: what a host reads without calling anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from billhook.capabilities import CAPABILITIES, Capability, IssuesDocuments
from billhook.documents import DocumentKind
from billhook.errors import PluginError
from billhook.host.declared.problems import ADDRESS_PART, Problem, Problems, brief, members, refuse, twice
from billhook.host.declared.settings import check_keys_once, check_settings
from billhook.host.declared.texts import text_problems
from billhook.host.schemes import SCHEMES
from billhook.money import MINOR_DIGITS
from billhook.provider import PaymentProvider, Start
from billhook.settings import Level, SettingKind
from billhook.views import AccountType

#: Kinds whose value can be compared with a merchant as signed.
_OF_MERCHANTS: Final = (SettingKind.TEXT, SettingKind.CHOICE, SettingKind.NUMBER)
#: What is read from the class; a host holds an instance.
_AS_DECLARED: Final = (
    *(
        "name",
        "title",
        "starts",
        "settings",
        "currencies",
        "account_types",
        "requisites",
        "merchant_setting",
        "test_mode_setting",
        "asks",
        "sums",
        "key_lives",
    ),
    *(each.data for each in CAPABILITIES if each.data),
)
_STARTS: Final = get_args(Start)
#: What a payer can be asked.
_ASKED: Final = (SettingKind.TEXT, SettingKind.SECRET, SettingKind.CHOICE, SettingKind.NUMBER, SettingKind.SWITCH)


def provider_of(plugin: str, classes: list[Any]) -> PaymentProvider | None:
    """Make the provider of a plugin, if it has one. Raises PluginError."""
    if not classes:
        return None
    refuse(plugin, _class_problems(plugin, classes))
    (kind,) = classes
    check_settings(plugin, kind.settings)
    refuse(plugin, members(kind.asks, "asks of its provider", "Setting values"))
    check_settings(plugin, kind.asks)
    check_keys_once(plugin, kind.asks)
    refuse(plugin, _asked_problems(kind))
    refuse(plugin, _level_problems(kind))
    refuse(plugin, provider_problems(kind, {each.key: each.kind for each in kind.settings}))
    return _made(plugin, kind)


def _made(plugin: str, kind: type[PaymentProvider]) -> PaymentProvider:
    try:
        provider = kind()
    except Exception as error:
        why = f"its provider can't be made: {type(error).__name__}: {error}"
        raise PluginError(
            plugin,
            why,
            "Write every method that its classes ask for, and let __init__ take no arguments and raise nothing.",
        ) from error
    for attribute in _AS_DECLARED:
        if getattr(provider, attribute, None) is not getattr(kind, attribute, None):
            raise PluginError(plugin, f"its provider changes its {attribute} when it is made", "Set it in the class.")
    return provider


def _class_problems(plugin: str, classes: list[Any]) -> Problems:
    if len(classes) > 1:
        yield Problem("it has several providers", "Return one, or make several plugins.")
    (kind,) = classes
    if not (isinstance(kind, type) and issubclass(kind, PaymentProvider)):
        yield Problem(f"{brief(kind)} is no PaymentProvider class", "Return the class, not an instance.")
    if getattr(kind, "name", None) != plugin:
        yield Problem(f"its provider calls itself {brief(getattr(kind, 'name', None))}", f'Set name = "{plugin}".')
    yield from text_problems(getattr(kind, "title", None), "the title of its provider")
    yield from members(kind.settings, "the settings of its provider", "Setting values")


def _level_problems(kind: type[PaymentProvider]) -> Problems:
    for setting in kind.settings:
        if setting.level is not Level.METHOD:
            why = f"setting {setting.key} of the provider is not at METHOD level"
            yield Problem(why, "Declare it in billhook_settings.")


def _asked_problems(kind: type[PaymentProvider]) -> Problems:
    for setting in kind.asks:
        if setting.kind not in _ASKED:
            known = ", ".join(f"SettingKind.{each.name}" for each in _ASKED)
            yield Problem(
                f"asks holds {setting.key} of the kind {setting.kind}, which no payer is asked", f"Use {known}."
            )
        if setting.inherits_from is not None or setting.level is not Level.METHOD:
            yield Problem(f"asks holds {setting.key} with a level", "Leave level and inherits_from out.")


def provider_problems(kind: type[PaymentProvider], settings: Mapping[str, SettingKind]) -> Problems:
    """Judge what a provider's class says. settings: its own, by key."""
    yield from _starts(kind)
    for capability in CAPABILITIES:
        if issubclass(kind, capability.kind):
            yield from _data(kind, capability)
        else:
            yield from _stray(kind, capability)
    yield from _addresses(kind)
    if issubclass(kind, IssuesDocuments):
        yield from _documents(kind)
    yield from _buyers(kind)
    yield from _seller(kind)
    yield from _named_settings(kind, settings)


def _starts(kind: type[PaymentProvider]) -> Problems:
    known = ", ".join(each.__name__ for each in _STARTS)
    remedy = f"Set starts = (Redirect,) or what else start answers: {known}."
    starts = getattr(kind, "starts", None)
    if not isinstance(starts, tuple) or not starts:
        yield Problem(f"starts of its provider is {brief(starts)}, which says nothing of what start answers", remedy)
        return
    for each in starts:
        if each not in _STARTS:
            yield Problem(f"starts holds {brief(each)}, which is nothing that start may answer", remedy)


def _data(kind: type[PaymentProvider], capability: Capability) -> Problems:
    """Say what is missing of a capability that a provider has."""
    if not capability.data:
        return
    value = getattr(kind, capability.data, None)
    if not isinstance(value, tuple) or not value:
        name = capability.kind.__name__
        yield Problem(
            f"its provider is a {name} and its {capability.data} is {brief(value)}",
            f"Set {capability.data} in the class, a tuple with at least one, or do not inherit {name}.",
        )


def _stray(kind: type[PaymentProvider], capability: Capability) -> Problems:
    """Say what a provider has of a capability that it does not inherit: nobody would ever ask for it."""
    methods = {name for name in vars(capability.kind) if not name.startswith("_")}
    found = sorted(name for name in {*methods, capability.data} if name and hasattr(kind, name))
    if found:
        name = capability.kind.__name__
        yield Problem(f"its provider has {', '.join(found)} and is no {name}", f"Its class must inherit {name}, too.")


def _addresses(kind: type[PaymentProvider]) -> Problems:
    names: list[Any] = [
        name
        for each in CAPABILITIES
        if each.addresses and issubclass(kind, each.kind)
        for name in getattr(kind, each.data)
    ]
    yield from _address_parts("callback address", "callback addresses", names)


def _documents(able: type[IssuesDocuments]) -> Problems:
    for document in able.documents:
        if not isinstance(document, DocumentKind):
            yield Problem(f"documents holds {brief(document)}", "Use DocumentKind(name, label).")
        yield from text_problems(document.label, f"the label of document {brief(document.name)}")
    yield from _address_parts("document", "documents", [document.name for document in able.documents])


def _address_parts(what: str, several: str, names: list[Any]) -> Problems:
    for name in names:
        if not isinstance(name, str) or not ADDRESS_PART.match(name):
            yield Problem(f"{what} {brief(name)} can't stand in an address", "Use letters a-z, digits, _ and -.")
    if twice(names) is not None:
        yield Problem(f"two {several} have one name, {twice(names)}", "Rename one of them.")


def _buyers(able: type[PaymentProvider]) -> Problems:
    yield from members(able.currencies, "currencies", "letters of currencies")
    for currency in able.currencies:
        if not isinstance(currency, str) or currency not in MINOR_DIGITS:
            yield Problem(
                f"currency {brief(currency)} is unknown to billhook.Money", f"Known: {', '.join(MINOR_DIGITS)}."
            )
    yield from members(able.account_types, "account_types", "AccountType values")
    if not able.account_types:
        yield Problem(
            "account_types is empty: nobody could be offered the method", "Name one, or leave it out for all."
        )
    for kind in able.account_types:
        if not isinstance(kind, AccountType):
            known = ", ".join(f"AccountType.{each.name}" for each in AccountType)
            yield Problem(f"account type {brief(kind)} is no AccountType", f"Use {known}.")


def _seller(able: type[PaymentProvider]) -> Problems:
    yield from members(able.requisites, "requisites", "names of schemes")
    for scheme in able.requisites:
        if not isinstance(scheme, str) or scheme not in SCHEMES:
            known = ", ".join(SCHEMES)
            yield Problem(f"requisites names {brief(scheme)}, which is no scheme that is known", f"Known: {known}.")


def _named_settings(able: type[PaymentProvider], settings: Mapping[str, SettingKind]) -> Problems:
    merchant, test = able.merchant_setting, able.test_mode_setting
    if merchant != "" and _kind_of(merchant, settings) not in _OF_MERCHANTS:
        yield Problem(
            f"merchant_setting is {brief(merchant)}, which is no text setting of the provider",
            "Name the key of a TEXT, CHOICE or NUMBER setting of the provider, or leave it out.",
        )
    if test != "" and _kind_of(test, settings) is not SettingKind.SWITCH:
        yield Problem(
            f"test_mode_setting is {brief(test)}, which is no SWITCH setting of the provider",
            "Name the key of a SWITCH setting of the provider, or leave it out.",
        )


def _kind_of(key: object, settings: Mapping[str, SettingKind]) -> SettingKind | None:
    return settings.get(key) if isinstance(key, str) else None
