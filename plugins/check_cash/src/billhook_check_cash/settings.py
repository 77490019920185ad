"""The settings of a bank transfer, as data for the host's form."""

from __future__ import annotations

from billhook import Catalogue, LazyText, Level, Setting, SettingKind

from billhook_check_cash import russian
from billhook_check_cash.papers import stock_template
from billhook_check_cash.vat import Regime

_ = Catalogue("billhook_check_cash")

_PAYEE = _("Payee")
_BANK = _("Bank account")
_SIGNATURES = _("Signatures")
_BILL = _("Bill")
_TEMPLATES = _("PDF templates (in Liquid format)")
_TEMPLATE_HELP = _(
    "HTML and CSS with placeholders such as payment.total or payment.purpose in double braces. "
    "Empty means the stock template."
)
#: Room for a number with all that people paste round it: «ИНН/КПП 7707083893 / 773601001».
_PASTED = 80


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
    _text("payee_name", _("Payee's name"), _PAYEE, 160, required=True, help=_("As the bank knows it.")),
    _text(
        "payee_short_name",
        _("Short name for the payment QR"),
        _PAYEE,
        100,
        help=_("Only needed where the full name is too long for the QR code; the check of the settings says so."),
    ),
    _text(
        "inn", _("INN"), _PAYEE, _PASTED, required=True, help=_("10 digits for a company, 12 for a sole proprietor.")
    ),
    _text("kpp", _("KPP"), _PAYEE, _PASTED, help=_("Companies only.")),
    _text("address", _("Address"), _PAYEE, 300),
    _text("phone", _("Phone"), _PAYEE, 60),
    _text("account", _("Account number"), _BANK, _PASTED, required=True, help=_("20 digits.")),
    _text("bank_name", _("Bank"), _BANK, 160, required=True),
    _text("bic", _("BIC"), _BANK, _PASTED, required=True, help=_("9 digits.")),
    _text("corr_account", _("Correspondent account"), _BANK, _PASTED, help=_("20 digits.")),
    _text("director_title", _("Head's position"), _SIGNATURES, 60, default=russian.HEAD),
    _text("director", _("Head, or the sole proprietor"), _SIGNATURES, 80, help=_("Surname and initials.")),
    _text("accountant", _("Accountant"), _SIGNATURES, 80, help=_("Surname and initials.")),
    Setting(
        "vat_regime",
        SettingKind.CHOICE,
        _("VAT"),
        _("The rate is taken by the date on which the bill is issued."),
        required=True,
        default=Regime.GENERAL.value,
        choices=(
            (Regime.GENERAL.value, _("General rate (22 % since 2026)")),
            (Regime.USN5.value, _("Simplified system, 5 %")),
            (Regime.USN7.value, _("Simplified system, 7 %")),
            (Regime.NONE.value, _("No VAT")),
        ),
        group=_BILL,
    ),
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
