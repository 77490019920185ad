"""For authors of plugins: a host in memory, sample values, and the conformance kit.

A test of one's own needs no panel::

    from billhook_kit import FakeHost, Wish, form

    def test_a_payment_is_credited() -> None:
        host = FakeHost("cash_desk")
        method = host.method({"secret": "a-secret-for-tests-only"})
        started = host.start(host.payment(Wish(Money.of("5000.00", "RUB"))), method)
        host.deliver(method, "notify", form({…}))
        assert host.credits()

`billhook check cash_desk` runs the kit, `pytest --billhook cash_desk` runs the same checks as tests. Both find the
author's `GatewayUnderTest` in `tests/billhook_gateway.py`. Rendering pages needs Jinja2: install `billhook-kit`.
"""

from __future__ import annotations

from billhook_kit.fake_host import FakeHost, open_fake
from billhook_kit.gateway import GatewayUnderTest, Ordered, ProviderUnderTest, Report, Started, find_gateway
from billhook_kit.host import DatabaseHost, Host, HostNotFound, NotOffered, OpenHost, Wish, installed_host
from billhook_kit.judging import Credit
from billhook_kit.messages import form, json_body
from billhook_kit.reader import FakeReader
from billhook_kit.rooms import Opened, Visit
from billhook_kit.source import PluginNotFound, PluginSource, find_plugin, of_object
from billhook_kit.views import make_account, make_method, make_payment, make_reseller, make_seller

__all__ = [
    "Credit",
    "DatabaseHost",
    "FakeHost",
    "FakeReader",
    "GatewayUnderTest",
    "Host",
    "HostNotFound",
    "NotOffered",
    "OpenHost",
    "Opened",
    "Ordered",
    "PluginNotFound",
    "PluginSource",
    "ProviderUnderTest",
    "Report",
    "Started",
    "Visit",
    "Wish",
    "find_gateway",
    "find_plugin",
    "form",
    "installed_host",
    "json_body",
    "make_account",
    "make_method",
    "make_payment",
    "make_reseller",
    "make_seller",
    "of_object",
    "open_fake",
]
