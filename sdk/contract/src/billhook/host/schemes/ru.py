"""The requisites of Russian sellers: numbers with their control keys, bank accounts, taxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import ClassVar, Final

from billhook.host.schemes import Regime, Scheme, SchemeField, ru_taxes
from billhook.host.schemes.control_keys import (
    account_fits_bic,
    corr_account_fits_bic,
    is_digits,
    is_single_treasury_account,
    is_treasury_account,
)
from billhook.i18n import Catalogue, LazyText
from billhook.requisites import bare_kpp, bare_number, inn_and_kpp, inn_fault, kpp_fault, seen_instead
from billhook.settings import Finding, Severity, Text

_ = Catalogue("billhook")

ROUBLES_IN_ACCOUNTS: Final = "810"
#: Treasury accounts carry the rouble's number of ISO 4217 in the same place.
ROUBLES_IN_TREASURY_ACCOUNTS: Final = "643"
PERSONAL_ACCOUNTS: Final = ("40817", "42301")
#: Room for a number with all that people paste round it: «ИНН/КПП 7707083893 / 773601001».
_PASTED: Final = 80
_SIGNATURES: Final = _("Signatures")
_LETTER: Final = _("Copy it from the bank's letter of requisites.")
#: What stands on a bill until the reseller writes another word: papers are Russian by law.
HEAD: Final = "Руководитель"


class Russian(Scheme):
    """«Реквизиты»: INN and KPP, BIC and accounts, also of the treasury."""

    name: ClassVar[str] = "ru"
    currencies: ClassVar[tuple[str, ...]] = ("RUB",)
    requisites: ClassVar[tuple[SchemeField, ...]] = (
        SchemeField("name", _("Payee's name"), 160, _("As the bank knows it.")),
        SchemeField(
            "short_name",
            _("Short name for the payment QR"),
            100,
            _("Only needed where the full name is too long for the QR code; the check of a method says so."),
        ),
        SchemeField("inn", _("INN"), _PASTED, _("10 digits for a company, 12 for a sole proprietor.")),
        SchemeField("kpp", _("KPP"), _PASTED, _("Companies only.")),
        SchemeField("address", _("Address"), 300),
        SchemeField("phone", _("Phone"), 60),
        SchemeField("director_title", _("Head's position"), 60, default=HEAD, group=_SIGNATURES),
        SchemeField("director", _("Head, or the sole proprietor"), 80, _("Surname and initials."), group=_SIGNATURES),
        SchemeField("accountant", _("Accountant"), 80, _("Surname and initials."), group=_SIGNATURES),
    )
    account: ClassVar[tuple[SchemeField, ...]] = (
        SchemeField("account", _("Account number"), _PASTED, _("20 digits.")),
        SchemeField("bank_name", _("Bank"), 160),
        SchemeField("bic", _("BIC"), _PASTED, _("9 digits.")),
        SchemeField("corr_account", _("Correspondent account"), _PASTED, _("20 digits.")),
    )
    regimes: ClassVar[tuple[tuple[str, Text], ...]] = ru_taxes.REGIMES
    vats: ClassVar[tuple[tuple[str, Text], ...]] = ru_taxes.VATS
    table: ClassVar[str] = ru_taxes.TABLE

    def read_requisites(self, typed: Mapping[str, str]) -> tuple[dict[str, str], list[Finding]]:
        """A KPP may stand behind the INN, as in `7707083893/773601001`."""
        inn, behind = inn_and_kpp(typed.get("inn", ""))
        own = bare_kpp(typed.get("kpp", ""))
        values = {each.key: _words(typed, each.key) for each in self.requisites} | {"inn": inn, "kpp": own or behind}
        found = list(_named(values))
        if own and behind and own != behind:
            text = _("Behind the INN stands another KPP: {behind}, here {own}.", behind=behind, own=own)
            found.append(_error("kpp", text, _("Leave the right one in one of the two fields.")))
        return values, found

    def read_account(self, typed: Mapping[str, str]) -> tuple[dict[str, str], list[Finding]]:
        values = {each.key: bare_number(typed.get(each.key, "")) for each in self.account}
        values["bank_name"] = _words(typed, "bank_name")
        return values, list(_accounts(values))

    def account_title(self, values: Mapping[str, str]) -> str:
        return f"{values.get('bank_name', '')} …{values.get('account', '')[-4:]}"

    def tax_fault(self, regime: Regime) -> Finding | None:
        return ru_taxes.fault(regime)

    def rates(self, vat: str) -> Sequence[tuple[date, int | None]]:
        return ru_taxes.RATES[vat]


def _words(typed: Mapping[str, str], key: str) -> str:
    return " ".join(typed.get(key, "").split())


def _error(setting: str, text: Text, remedy: Text) -> Finding:
    return Finding(Severity.ERROR, text, remedy, setting)


def _named(seller: Mapping[str, str]) -> Iterator[Finding]:
    if not seller["name"]:
        yield _error("name", _("The payee's name is missing."), _("Enter it as the bank knows it."))
    wrong_inn, wrong_kpp = inn_fault(seller["inn"]), kpp_fault(seller["kpp"])
    is_sole_proprietor = len(seller["inn"]) == 12
    if wrong_inn is not None:
        yield _error(
            "inn",
            wrong_inn,
            _("10 digits for a company, 12 for a sole proprietor; compare it with the certificate digit by digit."),
        )
    elif is_sole_proprietor and seller["kpp"]:
        yield _error("kpp", _("A sole proprietor has no KPP."), _("Leave the field empty, or check the INN."))
    elif not is_sole_proprietor and wrong_kpp is not None:
        yield _error("kpp", wrong_kpp, _("Copy it from the tax registration certificate."))


def _accounts(seller: Mapping[str, str]) -> Iterator[Finding]:
    if not seller["bank_name"]:
        yield _error("bank_name", _("The bank's name is missing."), _LETTER)
    bic_is_readable = is_digits(seller["bic"], 9)
    if not bic_is_readable:
        yield _error("bic", seen_instead(seller["bic"], _("A BIC has 9 digits")), _LETTER)
    yield from _account(seller["account"], seller["bic"] if bic_is_readable else "")
    yield from _corr_account(seller, bic_is_readable)


def _account(account: str, bic: str) -> Iterator[Finding]:
    if not is_digits(account, 20):
        yield _error("account", seen_instead(account, _("An account number has 20 digits")), _LETTER)
        return
    if bic and not account_fits_bic(account, bic):
        yield _error(
            "account",
            _("The account does not belong to a bank with this BIC: its control key is wrong."),
            _("Compare account and BIC with the bank's letter digit by digit; one of them has a slip."),
        )
    roubles = ROUBLES_IN_TREASURY_ACCOUNTS if is_treasury_account(account) else ROUBLES_IN_ACCOUNTS
    if account[5:8] != roubles:
        yield _error("account", _not_roubles(account[5:8], roubles), _("Bills are in roubles; enter that account."))
    if account.startswith(PERSONAL_ACCOUNTS):
        yield Finding(
            Severity.WARNING,
            _("This is a private person's account."),
            _("Banks refuse business payments to such accounts; enter the business account."),
            "account",
        )


def _not_roubles(seen: str, roubles: str) -> LazyText:
    return _("This is not an account in roubles: digits 6 to 8 are {seen}, not {roubles}.", seen=seen, roubles=roubles)


def _corr_account(seller: Mapping[str, str], bic_is_readable: bool) -> Iterator[Finding]:
    corr_account, bic = seller["corr_account"], seller["bic"]
    if not corr_account and bic_is_readable and bic.endswith(("000", "001", "002")):
        return  # The Bank of Russia's own offices have none.
    if not is_digits(corr_account, 20):
        wanted = _("A correspondent account has 20 digits")
        yield _error("corr_account", seen_instead(corr_account, wanted), _LETTER)
    elif bic_is_readable and not corr_account_fits_bic(corr_account, bic):
        yield _error(
            "corr_account",
            _("The correspondent account does not belong to the bank with this BIC."),
            _("Compare both with the bank's letter digit by digit; the last three digits of both are the same."),
        )
    elif is_treasury_account(seller["account"]) != is_single_treasury_account(corr_account):
        yield _error(
            "corr_account",
            _("A treasury account begins with 0, and its correspondent account with 40102: only one of them does."),
            _("Copy both from the same letter of requisites."),
        )
