"""The hooks: questions that every plugin may answer, and events. Prefix `billhook_`.

Collectors run once at load and are cached. Events are delivered by workers after commit, at least once, each plugin on
its own, in order per account. Never use `tryfirst`, `trylast` or wrappers: the host refuses a plugin that does.
"""

from __future__ import annotations

import pluggy

from billhook.events import (
    BalanceChanged,
    BalanceThresholdCrossed,
    BalanceWatch,
    ChargeUncovered,
    ChargeWatch,
    Effect,
    Reader,
    SubscriptionResumed,
    SubscriptionStopped,
)
from billhook.pages import Link, Page
from billhook.provider import PaymentProvider
from billhook.settings import Setting, Text
from billhook.versions import ApiRange

PROJECT = "billhook"

hookspec = pluggy.HookspecMarker(PROJECT)  # marks what stands here
hookimpl = pluggy.HookimplMarker(PROJECT)  # marks a plugin's implementation; takes no options


@hookspec
def billhook_plugin_title() -> Text:
    """Return the plugin's name for people.

    Collector: called once per process at load, outside any transaction; an exception stops the plugin's loading.
    """
    raise NotImplementedError


@hookspec
def billhook_api_version() -> ApiRange:
    """Return the versions of the contract that the plugin works with; without an answer, this major version.

    Collector: called once per process at load, before every other hook, outside any transaction. A plugin whose range
    does not hold `billhook.API_VERSION` is not loaded: the operator sees which one it wants. An exception stops its
    loading, too.
    """
    raise NotImplementedError


@hookspec
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    """Return the providers of this plugin; today at most one, whose `name` is the entry point's name.

    Collector: called once per process at load, outside any transaction; an exception stops the plugin's loading.
    """
    raise NotImplementedError


@hookspec
def billhook_settings() -> list[Setting]:
    """Return settings at OPERATOR, RESELLER and ACCOUNT level. Settings of a method stand on the provider.

    Keys are unique over both. A handler reads the value that holds with `Reader.setting`, wherever it was set.

    Collector: called once per process at load, outside any transaction; an exception stops the plugin's loading.
    """
    raise NotImplementedError


@hookspec
def billhook_watches() -> list[BalanceWatch | ChargeWatch]:
    """Return what the host shall watch on the plugin's behalf.

    Collector: called once per process at load, outside any transaction; an exception stops the plugin's loading.
    """
    raise NotImplementedError


@hookspec
def billhook_pages() -> list[Page]:
    """Return the plugin's pages in the rooms of customers, resellers and the operator.

    Collector: called once per process at load, outside any transaction; an exception stops the plugin's loading. The
    views are called later, by the web server, each time that somebody opens or posts the page: outside any
    transaction, with a deadline. An exception of a view is recorded, and the visitor reads that the page does not work.
    """
    raise NotImplementedError


@hookspec
def billhook_links() -> list[Link]:
    """Return the plugin's public links, which open without signing in.

    Collector: called once per process at load, outside any transaction; an exception stops the plugin's loading. The
    views are called like those of `billhook_pages`, after the host has checked the capability in the address.
    """
    raise NotImplementedError


@hookspec
def billhook_balance_threshold_crossed(event: BalanceThresholdCrossed, reader: Reader) -> list[Effect]:
    """React to a watched balance that fell below its level.

    Called by a worker, outside any request and any write transaction, at least once per crossing of a watch of this
    plugin. An exception is logged and the call repeated later for this plugin alone; after several it is
    dead-lettered and shown. Returns effects for the host to write.
    """
    raise NotImplementedError


@hookspec
def billhook_charge_uncovered(event: ChargeUncovered, reader: Reader) -> list[Effect]:
    """React to a coming charge that the balance will not cover. Called like `billhook_balance_threshold_crossed`."""
    raise NotImplementedError


@hookspec
def billhook_balance_changed(event: BalanceChanged, reader: Reader) -> list[Effect]:
    """React to a committed single movement of an account's balance: credit, correction, reversal.

    Called by a worker, outside any request and any write transaction, at least once per movement and in order per
    account; bulk charges emit threshold crossings only. An exception is logged and the call repeated later for this
    plugin alone. Returns effects for the host to write.
    """
    raise NotImplementedError


@hookspec
def billhook_subscription_stopped(event: SubscriptionStopped, reader: Reader) -> list[Effect]:
    """React to a stopped subscription. Called like `billhook_balance_changed`."""
    raise NotImplementedError


@hookspec
def billhook_subscription_resumed(event: SubscriptionResumed, reader: Reader) -> list[Effect]:
    """React to a resumed subscription. Called like `billhook_balance_changed`."""
    raise NotImplementedError
