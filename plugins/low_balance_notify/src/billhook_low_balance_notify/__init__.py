"""Warnings about a low balance for Billhook: one mail per crossing, and one before a charge that will not fit."""

from __future__ import annotations

from billhook import (
    BalanceThresholdCrossed,
    BalanceWatch,
    ChargeUncovered,
    ChargeWatch,
    Effect,
    LazyText,
    Link,
    Page,
    Reader,
    Setting,
    hookimpl,
)

from billhook_low_balance_notify import history, settings, silence, warnings


@hookimpl
def billhook_plugin_title() -> LazyText:
    return settings.TITLE


@hookimpl
def billhook_settings() -> list[Setting]:
    return [settings.THRESHOLD, settings.RECIPIENTS, settings.DAYS_BEFORE]


@hookimpl
def billhook_watches() -> list[BalanceWatch | ChargeWatch]:
    return [
        BalanceWatch("low_balance", setting=settings.THRESHOLD.key),
        ChargeWatch("charge_ahead", setting=settings.DAYS_BEFORE.key),
    ]


@hookimpl
def billhook_pages() -> list[Page]:
    return list(history.PAGES)


@hookimpl
def billhook_links() -> list[Link]:
    return [silence.LINK]


@hookimpl
def billhook_balance_threshold_crossed(event: BalanceThresholdCrossed, reader: Reader) -> list[Effect]:
    return warnings.low_balance(event, reader)


@hookimpl
def billhook_charge_uncovered(event: ChargeUncovered, reader: Reader) -> list[Effect]:
    return warnings.charge_ahead(event, reader)
