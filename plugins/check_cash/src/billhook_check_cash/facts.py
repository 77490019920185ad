"""What a bank's paper must state to be paid and booked, whatever a reseller's template looks like, and what it says."""

from __future__ import annotations

from billhook import Catalogue
from billhook.settings import Text

from billhook_check_cash.bill import Bill
from billhook_check_cash.russian import VAT, figures

_ = Catalogue("billhook_check_cash")


def facts_of(bill: Bill) -> dict[Text, str]:
    """Return the facts by what a manager calls them; what this seller does not have is left out.

    The sum counts by its roubles: templates write kopecks in several ways.
    """
    seller = bill.seller
    facts: dict[Text, str] = {
        _("Number"): bill.facts.number,
        _("Payee"): seller.name,
        _("INN"): seller.inn,
        _("Account number"): seller.account,
        _("Bank"): seller.bank_name,
        _("BIC"): seller.bic,
        _("Correspondent account"): seller.corr_account,
        _("Payer"): bill.payment.account.name,
        _("Sum"): figures(bill.amount).partition(",")[0],
        _("VAT"): VAT,
    }
    return {name: value for name, value in facts.items() if value}


def stated_by(bill: Bill) -> dict[Text, str]:
    """Return what the bill says of money and payee, for the staff; what this seller does not have is left out."""
    seller = bill.seller
    stated: dict[Text, str] = {
        _("Number"): bill.facts.number,
        _("Payee"): seller.name,
        _("INN"): seller.inn,
        _("KPP"): seller.kpp,
        _("Account number"): seller.account,
        _("Bank"): seller.bank_name,
        _("BIC"): seller.bic,
        _("Correspondent account"): seller.corr_account,
        _("Payer"): bill.payment.account.name,
        _("Sum"): figures(bill.amount),
        _("VAT"): f"{figures(bill.vat)} ({bill.vat_rate} %)" if bill.has_vat else "—",
        _("Purpose"): bill.purpose,
    }
    return {name: value for name, value in stated.items() if value}
