"""Who did something, in words: people by their names, the system by what it was at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billhook import Catalogue, LazyText

from host_stub.domain.actors import Actor

_ = Catalogue("host_stub")

SYSTEM: Final = _("System")

#: action, or its beginning up to the full stop → what the system was at when it did it by itself
_WORK: Final[Mapping[str, LazyText]] = {
    "account.hold_entered": _("System: charging"),
    "account.hold_left": _("System: charging"),
    "account.charging_failed": _("System: charging"),
    "subscription": _("System: charging"),
    "subscription.stopped_by_closing": _("System: closing of the reseller"),
    "subscription.provisioning_failed": _("System: switching of services"),
    "payment.lifetime_over": _("System: payment lifetime"),
    "payment": _("System: questions to the payment system"),
    "account.nobody_to_write_to": _("System: mail"),
    "account.mail_refused": _("System: mail"),
    "method.template_failed": _("System: documents"),
}


def who(actor: str, for_customer: bool = False, action: str = "") -> LazyText | str:
    """Return who did it, for people. action: of the log, says what the system was at.

    for_customer: managers are not named, and the system is left out.
    """
    done_by = Actor.parse(actor)
    if done_by.kind == "system":
        return "" if for_customer else _WORK.get(action) or _WORK.get(action.partition(".")[0]) or SYSTEM
    if for_customer and done_by.kind in ("manager", "operator"):
        return _("manager")
    return done_by.name
