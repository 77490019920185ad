"""What customer, reseller and operator may set. Who sets nothing has the value of the one above."""

from __future__ import annotations

from typing import Final

from billhook import Catalogue, Level, Setting, SettingKind

_ = Catalogue("billhook_low_balance_notify")

TITLE: Final = _("Low balance notifications")

THRESHOLD: Final = Setting(
    key="threshold",
    kind=SettingKind.MONEY,
    label=_("Warn when the balance falls below"),
    help=_(
        "One letter when the balance falls below this sum. While it goes up and down round the sum, the next one comes "
        "after three days; at once after it has been half as much again. Empty: none."
    ),
    level=Level.ACCOUNT,
)

RECIPIENTS: Final = Setting(
    key="recipients",
    kind=SettingKind.EMAILS,
    label=_("Who is warned"),
    help=_("E-mail addresses separated by commas. Empty: those who look after the money of the account."),
    level=Level.ACCOUNT,
    maximum=1000,
)

DAYS_BEFORE: Final = Setting(
    key="days_before",
    kind=SettingKind.NUMBER,
    label=_("Days before a charge that the balance does not cover"),
    help=_("How many days before a daily or monthly charge the customer is warned. 0: never."),
    level=Level.RESELLER,
    inherits_from=Level.OPERATOR,
    default=3,
    minimum=0,
    maximum=31,
)
