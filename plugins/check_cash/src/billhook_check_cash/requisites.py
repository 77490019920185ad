"""The seller's requisites: what they are, and what the doctor finds in them before they are printed on bills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from billhook import Catalogue, Finding, LazyText, MethodView, Severity
from billhook.requisites import bare_kpp, bare_number, inn_and_kpp, inn_fault, kpp_fault, seen_instead

from billhook_check_cash import qr
from billhook_check_cash.control_keys import (
    account_fits_bic,
    corr_account_fits_bic,
    is_digits,
    is_single_treasury_account,
    is_treasury_account,
)

_ = Catalogue("billhook_check_cash")

ROUBLES_IN_ACCOUNTS = "810"
#: Treasury accounts carry the rouble's number of ISO 4217 in the same place.
ROUBLES_IN_TREASURY_ACCOUNTS = "643"
PERSONAL_ACCOUNTS = ("40817", "42301")


@dataclass(frozen=True, slots=True)
class Requisites:
    """Where the money goes. Numbers are bare: without grouping and labels; texts as typed, blanks collapsed."""

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

    def plain(self) -> dict[str, str]:
        return asdict(self)

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


def requisites_of(method: MethodView) -> Requisites:
    """Read the settings as people paste them: a KPP may stand behind the INN, as in `7707083893/773601001`."""
    inn, kpp = inn_and_kpp(method.text("inn"))

    def number(key: str) -> str:
        return bare_number(method.text(key))

    def words(key: str) -> str:
        return " ".join(method.text(key).split())

    return Requisites(
        name=words("payee_name"),
        short_name=words("payee_short_name"),
        inn=inn,
        kpp=bare_kpp(method.text("kpp")) or kpp,
        account=number("account"),
        bank_name=words("bank_name"),
        bic=number("bic"),
        corr_account=number("corr_account"),
        address=words("address"),
        phone=words("phone"),
        director_title=words("director_title"),
        director=words("director"),
        accountant=words("accountant"),
    )


def find_in_requisites(seller: Requisites) -> list[Finding]:
    """Return errors and warnings, or one OK; an ERROR blocks saving, since a wrong digit sends money elsewhere."""
    found = [*_missing(seller), *_tax_numbers(seller), *_accounts(seller)]
    if not found:
        found = [*_qr(seller)]
    if not any(finding.severity is Severity.ERROR for finding in found):
        found.append(Finding(Severity.OK, _("The requisites agree with each other: account, BIC, INN, KPP.")))
    return found


def _error(setting: str, text: LazyText, remedy: LazyText) -> Finding:
    return Finding(Severity.ERROR, text, remedy, setting)


def _warning(setting: str, text: LazyText, remedy: LazyText) -> Finding:
    return Finding(Severity.WARNING, text, remedy, setting)


def _missing(seller: Requisites) -> Iterator[Finding]:
    if not seller.name:
        yield _error("payee_name", _("The payee's name is missing."), _("Enter it as the bank knows it."))
    if not seller.bank_name:
        yield _error("bank_name", _("The bank's name is missing."), _("Copy it from the bank's letter of requisites."))


def _tax_numbers(seller: Requisites) -> Iterator[Finding]:
    wrong_inn, wrong_kpp = inn_fault(seller.inn), kpp_fault(seller.kpp)
    if wrong_inn is not None:
        yield _error(
            "inn",
            wrong_inn,
            _("10 digits for a company, 12 for a sole proprietor; compare it with the certificate digit by digit."),
        )
    elif seller.is_sole_proprietor and seller.kpp:
        yield _error("kpp", _("A sole proprietor has no KPP."), _("Leave the field empty, or check the INN."))
    elif not seller.is_sole_proprietor and wrong_kpp is not None:
        yield _error("kpp", wrong_kpp, _("Copy it from the tax registration certificate."))


def _accounts(seller: Requisites) -> Iterator[Finding]:
    bic_is_readable = is_digits(seller.bic, 9)
    if not bic_is_readable:
        yield _error(
            "bic", seen_instead(seller.bic, _("A BIC has 9 digits")), _("Copy it from the bank's letter of requisites.")
        )
    yield from _account(seller, bic_is_readable)
    yield from _corr_account(seller, bic_is_readable)


def _account(seller: Requisites, bic_is_readable: bool) -> Iterator[Finding]:
    if not is_digits(seller.account, 20):
        yield _error(
            "account",
            seen_instead(seller.account, _("An account number has 20 digits")),
            _("Copy it from the bank's letter of requisites."),
        )
        return
    if bic_is_readable and not account_fits_bic(seller.account, seller.bic):
        yield _error(
            "account",
            _("The account does not belong to a bank with this BIC: its control key is wrong."),
            _("Compare account and BIC with the bank's letter digit by digit; one of them has a slip."),
        )
    roubles = ROUBLES_IN_TREASURY_ACCOUNTS if is_treasury_account(seller.account) else ROUBLES_IN_ACCOUNTS
    if seller.account[5:8] != roubles:
        yield _error(
            "account",
            _(
                "This is not an account in roubles: digits 6 to 8 are {seen}, not {roubles}.",
                seen=seller.account[5:8],
                roubles=roubles,
            ),
            _("Bills are in roubles; enter the rouble account."),
        )
    if seller.account.startswith(PERSONAL_ACCOUNTS):
        yield _warning(
            "account",
            _("This is a private person's account."),
            _("Banks refuse business payments to such accounts; enter the business account."),
        )


def _corr_account(seller: Requisites, bic_is_readable: bool) -> Iterator[Finding]:
    if not seller.corr_account and bic_is_readable and seller.bic.endswith(("000", "001", "002")):
        return  # The Bank of Russia's own offices have none.
    if not is_digits(seller.corr_account, 20):
        yield _error(
            "corr_account",
            seen_instead(seller.corr_account, _("A correspondent account has 20 digits")),
            _("Copy it from the bank's letter of requisites."),
        )
    elif bic_is_readable and not corr_account_fits_bic(seller.corr_account, seller.bic):
        yield _error(
            "corr_account",
            _("The correspondent account does not belong to the bank with this BIC."),
            _("Compare both with the bank's letter digit by digit; the last three digits of both are the same."),
        )
    elif is_treasury_account(seller.account) != is_single_treasury_account(seller.corr_account):
        yield _error(
            "corr_account",
            _("A treasury account begins with 0, and its correspondent account with 40102: only one of them does."),
            _("Copy both from the same letter of requisites."),
        )


def _qr(seller: Requisites) -> Iterator[Finding]:
    try:
        qr.build_payload(seller.qr_values(), short_name=seller.short_name)
    except qr.MandatoryBlockTooLong as error:
        yield _error(
            "payee_short_name",
            _("Payee, bank and accounts do not fit into the payment QR: {size} bytes of 300.", size=error.size),
            _("Enter a shorter name for the QR, for example without the legal form written out."),
        )
    except qr.QrError:
        yield _error(
            "payee_name",
            _("A payment QR cannot be built from these requisites."),
            _("Remove unusual signs from the names."),
        )
    if len(seller.bank_name) > qr.MAX_LENGTH["BankName"]:
        yield _warning(
            "bank_name",
            _("In the payment QR the bank's name is cut to 45 characters."),
            _("Nothing to do: the BIC names the bank."),
        )
