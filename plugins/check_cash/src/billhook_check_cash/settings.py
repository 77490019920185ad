"""The settings of a bank transfer, as data for the host's form."""

from __future__ import annotations

from billhook import Catalogue, LazyText, Level, Setting, SettingKind

from billhook_check_cash import russian
from billhook_check_cash.papers import stock_template

_ = Catalogue("billhook_check_cash")

_BILL = _("Bill")
_TEMPLATES = _("PDF templates (in Liquid format)")
_TEMPLATE_HELP = _(
    "HTML and CSS with placeholders such as payment.total or payment.purpose in double braces. "
    "Empty means the stock template."
)


def _text(key: str, label: LazyText, group: LazyText, maximum: int, **more: object) -> Setting:
    return Setting(key, SettingKind.TEXT, label, group=group, maximum=maximum, **more)  # type: ignore[arg-type]


def _template(key: str, label: LazyText, stock: str) -> Setting:
    """Return a template: the operator's holds for all resellers, a reseller's for all its methods."""
    return Setting(
        key,
        SettingKind.LIQUID,
        label,
        _TEMPLATE_HELP,
        inherits_from=Level.OPERATOR,
        group=_TEMPLATES,
        stock=stock_template(stock),
    )


SETTINGS: tuple[Setting, ...] = (
    _text(
        "service_name",
        _("Line of the bill"),
        _BILL,
        200,
        default=russian.SERVICE,
        required=True,
        help=_("What is sold; the account's number is added."),
    ),
    _text("contract_basis", _("Basis"), _BILL, 200, default=russian.BASIS, help=_("Contract or public offer.")),
    _text(
        "contract_attribute",
        _("Customer's parameter with their contract"),
        _BILL,
        100,
        default="contract",
        help=_("Whoever has it gets that contract as the basis; for everybody else the basis above holds."),
    ),
    Setting(
        "offer_text",
        SettingKind.MULTILINE,
        _("Notice at the top of the bill"),
        _("For example that payment means acceptance of the offer."),
        default=russian.NOTICE,
        maximum=500,
        group=_BILL,
    ),
    _template("invoice_template", _("Bill for companies and sole proprietors"), "invoice"),
    _template("pd4_template", _("PD-4 slip for persons"), "pd4"),
)
