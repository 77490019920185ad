"""What a bank's paper must state to be paid and booked, whatever a reseller's template looks like."""

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
