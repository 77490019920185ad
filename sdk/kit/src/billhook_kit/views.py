"""Sample values for tests: what a host would show a plugin. Names are Cyrillic, since most of them will be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from billhook import formats
from billhook.host.schemes import SCHEMES, Regime
from billhook.money import Money
from billhook.provider import PaymentProvider, StartRequest
from billhook.settings import Level, Setting, SettingKind, resolve
from billhook.status import StatusRequest
from billhook.views import (
    AccountType,
    AccountView,
    BankAccountView,
    MethodView,
    PaymentStatus,
    PaymentView,
    ResellerView,
    SellerView,
)

#: The instant at which the sample world stands still.
NOON: Final = datetime(2026, 11, 13, 9, 0, tzinfo=UTC)
PANEL: Final = "https://panel.example"

#: What a setting of a kind holds when nobody filled it in and it has no default.
_NOTHING: Final[Mapping[SettingKind, object]] = {
    SettingKind.SWITCH: False,
    SettingKind.NUMBER: None,
    SettingKind.MONEY: None,
}


@cache
def samples() -> Mapping[str, Any]:
    """Return the sample texts by name."""
    found: Mapping[str, Any] = json.loads((files("billhook_kit") / "samples.json").read_text("utf-8"))
    return found


def asked_about(request: StartRequest, at: datetime, tries: int = 0, external_reference: str = "") -> StatusRequest:
    """Return the question about a try that began at that instant; see `StatusRequest`."""
    return StatusRequest(
        payment=request.payment,
        method=request.method,
        addresses=request.addresses,
        reference=request.reference,
        reference_number=request.reference_number,
        external_reference=external_reference,
        language=request.language,
        started_at=at,
        tries=tries,
    )


def make_reseller(currency: str = "RUB", **changes: Any) -> ResellerView:
    """Return a seller. changes: fields of ResellerView."""
    return replace(
        ResellerView(
            id=1,
            name=samples()["reseller"],
            currency=currency,
            timezone="Europe/Moscow",
            site_url="https://hosting.example",
            sales_email="sales@hosting.example",
            billing_email="billing@hosting.example",
            accounting_email="accounting@hosting.example",
            support_email="support@hosting.example",
        ),
        **changes,
    )


#: How a sample seller is taxed: in general, long before any sample day.
GENERAL: Final = Regime(date(2019, 1, 1), "general", "general")


def make_seller(*regimes: Regime, account: Mapping[str, str] | None = None, **changes: str) -> SellerView:
    """Return who sells, with requisites of the scheme `ru`.

    regimes: the general one since 2019 if left out. account: changes of the bank account; changes: of the requisites.
    """
    scheme = SCHEMES["ru"]
    bank = {**samples()["bank"], **(account or {})}
    return SellerView(
        scheme=scheme.name,
        requisites={**samples()["seller"], **changes},
        account=BankAccountView(1, scheme.account_title(bank), bank),
        taxes=scheme.periods(regimes or (GENERAL,)),
    )


def make_account(
    reseller: ResellerView | None = None, kind: AccountType = AccountType.PERSON, **changes: Any
) -> AccountView:
    """Return a paying party of that type. changes: fields of AccountView."""
    reseller = reseller or make_reseller()
    nothing = Money.zero(reseller.currency)
    is_company = kind is AccountType.COMPANY
    sample = AccountView(
        id=7,
        reseller_id=reseller.id,
        type=kind,
        name=samples()["accounts"][kind.value],
        balance=nothing,
        threshold=nothing,
        on_hold=False,
        language="ru",
        inn={AccountType.COMPANY: "7736207543", AccountType.SOLE_PROPRIETOR: "500100732259"}.get(kind, ""),
        kpp="773601001" if is_company else "",
        email="payer@customer.example",
        phone="+7 903 123-45-67",
        zip="115035",
        city=samples()["city"],
        street=samples()["street"],
        building=samples()["building"],
        finance_emails=("payer@customer.example",),
    )
    return replace(sample, **changes)


def make_payment(amount: Money | None = None, account: AccountView | None = None, **changes: Any) -> PaymentView:
    """Return a payment that waits to be paid. changes: fields of PaymentView."""
    amount = amount or Money(500_000, "RUB")
    reseller = changes.pop("reseller", None) or make_reseller(amount.currency)
    sample = PaymentView(
        id=2580328,
        number="2563977",
        amount=amount,
        status=PaymentStatus.WAITING_FOR_PAYMENT,
        purpose="",
        description=samples()["description"].format(amount=formats.money(amount, "ru")),
        created_at=NOON,
        expires_at=NOON + timedelta(days=30),
        account=account or make_account(reseller),
        reseller=reseller,
    )
    return replace(sample, **changes)


def complete_settings(
    declared: Sequence[Setting],
    given: Mapping[str, object],
    above: Mapping[Level, Mapping[str, object]] | None = None,
) -> dict[str, object]:
    """Return a value for every declared setting, as a host does: the given one, else what is inherited, else the
    default, else nothing.

    given: by key, at each setting's own level. above: by level, what was set there by key.
    """
    return {setting.key: _value(setting, _with_own(setting.level, given, above or {})) for setting in declared}


def _with_own(
    level: Level, given: Mapping[str, object], above: Mapping[Level, Mapping[str, object]]
) -> Mapping[Level, Mapping[str, object]]:
    return {**above, level: {**above.get(level, {}), **given}}


def _value(setting: Setting, kept: Mapping[Level, Mapping[str, object]]) -> object:
    value, _level = resolve(setting, kept)
    if value is None:
        value = _NOTHING.get(setting.kind, "")
    return (value or setting.stock) if setting.kind is SettingKind.LIQUID else value


def telling_settings(
    declared: Sequence[Setting], currency: str, above: Mapping[Level, Mapping[str, object]] | None = None
) -> dict[str, object]:
    """Return values of a plugin's settings with which its event hooks have something to tell: every sum is 500.00 that
    is not set in `above`."""
    told = complete_settings(declared, {}, above)
    sums = {each.key: Money(50_000, currency) for each in declared if each.kind is SettingKind.MONEY}
    return {**told, **{key: value for key, value in sums.items() if told[key] is None}}


def make_method(
    plugin: str,
    declared: Sequence[Setting] = (),
    given: Mapping[str, object] | None = None,
    *,
    above: Mapping[Level, Mapping[str, object]] | None = None,
    previous_secrets: Mapping[str, tuple[str, ...]] | None = None,
    method_id: int = 14,
    seller: SellerView | None = None,
) -> MethodView:
    """Return a method of a plugin.

    declared: the provider's settings; given: the values that were filled in; above: what reseller and operator set.
    seller: who sells by it (`make_seller`), for a provider that names `requisites`.
    """
    values = complete_settings(declared, given or {}, above)
    return MethodView(method_id, 1, plugin, plugin, values, dict(previous_secrets or {}), seller)


def seller_for(provider: PaymentProvider | type[PaymentProvider]) -> SellerView | None:
    """Return who sells by a provider's methods, as a host fills it in."""
    return make_seller() if provider.requisites else None


def fill_in(declared: Sequence[Setting], given: Mapping[str, object]) -> dict[str, object]:
    """Return `given` with something plausible for every required setting that it and the defaults leave empty."""
    filled = dict(given)
    for setting in declared:
        if setting.required and filled.get(setting.key, setting.default) in (None, ""):
            filled[setting.key] = plausible(setting)
    return filled


def plausible(setting: Setting) -> object:
    """Return a value that a setting takes."""
    least = setting.minimum or 1
    match setting.kind:
        case SettingKind.CHOICE:
            return setting.choices[0][0] if setting.choices else ""
        case SettingKind.NUMBER:
            return least
        case SettingKind.MONEY:
            return Money(least, "RUB")
        case SettingKind.SWITCH:
            return True
        case SettingKind.EMAILS:
            return "somebody@hosting.example"
        case SettingKind.SECRET:
            return "a-secret-for-tests-only"
        case _:
            return "sample".ljust(least, "x")[: setting.maximum]
