"""What hosts read of a provider without calling it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from billhook.capabilities import CAPABILITIES, IssuesDocuments
from billhook.documents import DocumentKind
from billhook.provider import Instructions, PaymentProvider, StartRequest
from billhook.settings import SettingKind
from billhook.views import MethodView


def callbacks_of(provider: PaymentProvider | type[PaymentProvider]) -> Mapping[str, type]:
    """Return the callback addresses of a provider by name, each with the capability whose messages come there."""
    kind = provider if isinstance(provider, type) else type(provider)
    return {
        name: each.kind
        for each in CAPABILITIES
        if each.addresses and issubclass(kind, each.kind)
        for name in getattr(kind, each.data)
    }


def documents_of(provider: PaymentProvider) -> tuple[DocumentKind, ...]:
    return provider.documents if isinstance(provider, IssuesDocuments) else ()


def again(frozen: StartRequest, provider: PaymentProvider, method: MethodView, language: str) -> StartRequest:
    """Return a frozen request as it is handed over: as it was, with the present secrets of its method.

    method: as it is now. language: the reader's, in which a provider answers that shows Instructions and nothing else.
    """
    secret = {each.key for each in provider.settings if each.kind is SettingKind.SECRET}
    kept = {key: value for key, value in method.settings.items() if key in secret}
    settings = {**frozen.method.settings, **kept}
    present = replace(frozen.method, settings=settings, previous_secrets=method.previous_secrets)
    shows = provider.starts == (Instructions,)
    return replace(frozen, method=present, language=language if shows else frozen.language)


class Identity(NamedTuple):
    """As whom a method takes money, and whether in earnest."""

    merchant: str
    is_test: bool


def identity_of(provider: PaymentProvider, method: MethodView) -> Identity:
    """Return what a start freezes of the method, to be compared with whatever the gateway says later."""
    merchant, test = provider.merchant_setting, provider.test_mode_setting
    return Identity(method.text(merchant) if merchant else "", bool(test) and method.switch(test))
