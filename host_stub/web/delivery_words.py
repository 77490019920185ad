"""What waits in the outbox, in words: to whom, and what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billhook import Catalogue, LazyText

from host_stub.services.queues import outbox
from host_stub.web.panel import panel

_ = Catalogue("host_stub")

_RECEIVERS: Final[Mapping[str, LazyText]] = {outbox.MAIL: _("Mail"), outbox.PROVISIONING: _("Service management")}
#: kind of an outbox row → what it carries
KINDS: Final[Mapping[str, LazyText]] = {
    "send": _("a mail"),
    "apply_desired_state": _("switching of a service"),
    "billhook_balance_changed": _("the balance changed"),
    "billhook_balance_threshold_crossed": _("the balance crossed a level"),
    "billhook_charge_uncovered": _("a charge is not covered"),
    "billhook_subscription_stopped": _("a subscription was stopped"),
    "billhook_subscription_resumed": _("a subscription was resumed"),
}


def receiver_name(receiver: str) -> LazyText | str:
    """Return who is to get it: the mail, the services, or a plugin by its title; a vanished one by its name."""
    name = receiver.removeprefix(outbox.PLUGIN)
    plugin = panel().registry.plugins.get(name) if receiver != name else None
    return plugin.title if plugin else _RECEIVERS.get(receiver, name)


def kind_name(kind: str) -> LazyText | str:
    return KINDS.get(kind, _("an event for a plugin"))
