"""The provider and its capabilities: what a host reads without calling anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from billhook.callbacks import Action, ActionKind
from billhook.errors import PluginError
from billhook.host.declared.problems import ADDRESS_PART, Problem, Problems, brief, members, refuse, twice
from billhook.host.declared.settings import check_settings
from billhook.host.declared.texts import text_problems
from billhook.money import MINOR_DIGITS
from billhook.provider import Capabilities, DocumentKind, PaymentProvider, StartKind
from billhook.settings import Level, SettingKind
from billhook.views import AccountType

#: Kinds whose value can be compared with a merchant as signed.
_OF_MERCHANTS: Final = (SettingKind.TEXT, SettingKind.CHOICE, SettingKind.NUMBER)
#: What is read from the class; a host holds an instance.
_AS_DECLARED: Final = ("name", "title", "capabilities", "settings")


def provider_of(plugin: str, classes: list[Any]) -> PaymentProvider | None:
    """Make the provider of a plugin, if it has one. Raises PluginError."""
    if not classes:
        return None
    refuse(plugin, _class_problems(plugin, classes))
    (kind,) = classes
    check_settings(plugin, kind.settings)
    refuse(plugin, _level_problems(kind))
    refuse(plugin, capability_problems(kind.capabilities, {each.key: each.kind for each in kind.settings}))
    return _made(plugin, kind)


def _made(plugin: str, kind: type[PaymentProvider]) -> PaymentProvider:
    try:
        provider = kind()
    except Exception as error:
        why = f"its provider can't be made: {type(error).__name__}: {error}"
        raise PluginError(
            plugin, why, "Override `start`, and let __init__ take no arguments and raise nothing."
        ) from error
    for attribute in _AS_DECLARED:
        if getattr(provider, attribute) is not getattr(kind, attribute):
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
    if not isinstance(getattr(kind, "capabilities", None), Capabilities):
        yield Problem("its provider has no capabilities", "Set capabilities = Capabilities(start=…) in the class.")
    yield from members(kind.settings, "the settings of its provider", "Setting values")


def _level_problems(kind: type[PaymentProvider]) -> Problems:
    for setting in kind.settings:
        if setting.level is not Level.METHOD:
            why = f"setting {setting.key} of the provider is not at METHOD level"
            yield Problem(why, "Declare it in billhook_settings.")


def capability_problems(able: Capabilities, settings: Mapping[str, SettingKind]) -> Problems:
    """Judge capabilities. settings: the provider's, by key."""
    if not isinstance(able.start, StartKind):
        known = ", ".join(f"StartKind.{kind.name}" for kind in StartKind)
        yield Problem(f"capabilities.start is {brief(able.start)}, which is no StartKind", f"Use {known}.")
    yield from _actions(able)
    yield from _documents(able)
    yield from _buyers(able)
    if not isinstance(able.status_query, bool):
        yield Problem(f"capabilities.status_query is {brief(able.status_query)}", "Use True or False.")
    yield from _named_settings(able, settings)


def _actions(able: Capabilities) -> Problems:
    yield from members(able.actions, "capabilities.actions", "Action values")
    for action in able.actions:
        if not isinstance(action, Action):
            yield Problem(f"capabilities.actions holds {brief(action)}", "Use Action(name, ActionKind.…).")
        if not isinstance(action.kind, ActionKind):
            known = ", ".join(f"ActionKind.{kind.name}" for kind in ActionKind)
            yield Problem(f"action {brief(action.name)} is of the kind {brief(action.kind)}", f"Use {known}.")
    yield from _address_parts("action", [action.name for action in able.actions])


def _documents(able: Capabilities) -> Problems:
    yield from members(able.documents, "capabilities.documents", "DocumentKind values")
    for document in able.documents:
        if not isinstance(document, DocumentKind):
            yield Problem(f"capabilities.documents holds {brief(document)}", "Use DocumentKind(name, label).")
        yield from text_problems(document.label, f"the label of document {brief(document.name)}")
    yield from _address_parts("document", [document.name for document in able.documents])


def _address_parts(what: str, names: list[Any]) -> Problems:
    for name in names:
        if not isinstance(name, str) or not ADDRESS_PART.match(name):
            yield Problem(f"{what} {brief(name)} can't stand in an address", "Use letters a-z, digits, _ and -.")
    if twice(names) is not None:
        yield Problem(f"two {what}s have one name, {twice(names)}", "Rename one of them.")


def _buyers(able: Capabilities) -> Problems:
    yield from members(able.currencies, "capabilities.currencies", "letters of currencies")
    for currency in able.currencies:
        if not isinstance(currency, str) or currency not in MINOR_DIGITS:
            yield Problem(
                f"currency {brief(currency)} is unknown to billhook.Money", f"Known: {', '.join(MINOR_DIGITS)}."
            )
    yield from members(able.account_types, "capabilities.account_types", "AccountType values")
    if not able.account_types:
        yield Problem(
            "account_types is empty: nobody could be offered the method", "Name one, or leave it out for all."
        )
    for kind in able.account_types:
        if not isinstance(kind, AccountType):
            known = ", ".join(f"AccountType.{each.name}" for each in AccountType)
            yield Problem(f"account type {brief(kind)} is no AccountType", f"Use {known}.")


def _named_settings(able: Capabilities, settings: Mapping[str, SettingKind]) -> Problems:
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
