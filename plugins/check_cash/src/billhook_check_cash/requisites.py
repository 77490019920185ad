"""The seller as a bank's papers name it, and what keeps a payment QR from being made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from billhook import Catalogue, Finding, LazyText, SellerView, Severity

from billhook_check_cash import qr

_ = Catalogue("billhook_check_cash")


@dataclass(frozen=True, slots=True)
class Requisites:
    """Where the money goes: requisites and bank account of the scheme `ru`. Numbers are bare."""

    name: str
    short_name: str
    inn: str
    kpp: str
    account: str
    bank_name: str
    bic: str
    corr_account: str
    address: str
    phone: str
    director_title: str
    director: str
    accountant: str

    @property
    def is_sole_proprietor(self) -> bool:
        return len(self.inn) == 12

    def qr_values(self) -> dict[str, str]:
        """Return what stands in every payment QR of this seller."""
        return {
            "Name": self.name,
            "PersonalAcc": self.account,
            "BankName": self.bank_name,
            "BIC": self.bic,
            "CorrespAcc": self.corr_account,
            "PayeeINN": self.inn,
            "KPP": self.kpp,
        }


def requisites_of(seller: SellerView) -> Requisites:
    return Requisites(**{each.name: seller.text(each.name) for each in fields(Requisites)})


def find_in_seller(seller: SellerView) -> list[Finding]:
    """Return what a QR lacks, or one OK. Nothing about what is not entered yet: the host says that."""
    if not seller.is_complete:
        return []
    return [*_qr(requisites_of(seller))] or [Finding(Severity.OK, _("A payment QR can be made of the requisites."))]


def _warning(text: LazyText, remedy: LazyText) -> Finding:
    return Finding(Severity.WARNING, text, remedy)


def _qr(seller: Requisites) -> Iterator[Finding]:
    try:
        qr.build_payload(seller.qr_values(), short_name=seller.short_name)
    except qr.MandatoryBlockTooLong as error:
        yield _warning(
            _("Payee, bank and accounts do not fit into the payment QR: {size} bytes of 300.", size=error.size),
            _("Bills come without it until a shorter name for the QR stands in the requisites."),
        )
    except qr.QrError:
        yield _warning(
            _("A payment QR cannot be built from these requisites."),
            _("Remove unusual signs from the names."),
        )
    if len(seller.bank_name) > qr.MAX_LENGTH["BankName"]:
        yield _warning(
            _("In the payment QR the bank's name is cut to 45 characters."),
            _("Nothing to do: the BIC names the bank."),
        )
