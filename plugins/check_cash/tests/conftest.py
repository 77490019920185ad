from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from billhook import (
    AccountType,
    AccountView,
    DocumentFacts,
    MethodView,
    Money,
    PaymentStatus,
    PaymentView,
    ResellerView,
    SellerView,
)
from billhook.host.schemes import Regime
from billhook_check_cash.provider import CheckCash
from billhook_kit import make_seller

CREATED_AT = datetime(2026, 11, 13, 9, 0, tzinfo=UTC)

MakePayment = Callable[..., PaymentView]
MakeMethod = Callable[..., MethodView]


@pytest.fixture
def provider() -> CheckCash:
    return CheckCash()


@pytest.fixture
def make_method() -> MakeMethod:
    def make(seller: SellerView | None = None, **changes: object) -> MethodView:
        defaults = {each.key: each.default if each.default is not None else "" for each in CheckCash.settings}
        seller = seller or make_seller(name="ООО «Пример Хостинг»")
        return MethodView(14, 1, "check_cash", "Банковский перевод", defaults | changes, {}, seller)

    return make


@pytest.fixture(params=["requisites", "account", "taxes", "taxes yet"])
def incomplete_seller(request: pytest.FixtureRequest) -> SellerView:
    seller = make_seller()
    match request.param:
        case "requisites":
            return replace(seller, requisites={})
        case "account":
            return replace(seller, account=None)
        case "taxes":
            return replace(seller, taxes=())
        case _:
            return make_seller(Regime(date(2027, 1, 1), "general", "general"))


@pytest.fixture
def make_payment() -> MakePayment:
    def make(
        kind: AccountType = AccountType.COMPANY, minor: int = 500_000, purpose: str = "", **account: object
    ) -> PaymentView:
        nothing = Money.zero("RUB")
        facts: dict[str, object] = {
            "id": 1042,
            "reseller_id": 1,
            "type": kind,
            "name": {
                AccountType.COMPANY: "ООО «Ромашка»",
                AccountType.SOLE_PROPRIETOR: "ИП Иванов Иван Иванович",
                AccountType.PERSON: "Иванов Иван Иванович",
            }[kind],
            "balance": nothing,
            "threshold": nothing,
            "on_hold": False,
            "language": "ru",
            "inn": {AccountType.COMPANY: "7736207543", AccountType.SOLE_PROPRIETOR: "500100732259"}.get(kind, ""),
            "kpp": "773601001" if kind is AccountType.COMPANY else "",
            "zip": "115035",
            "city": "г. Москва",
            "street": "ул. Пятницкая",
            "building": "д. 3",
        }
        reseller = ResellerView(
            1,
            "ООО «Пример Хостинг»",
            "RUB",
            "Europe/Moscow",
            sales_email="sales@hosting.example",
            billing_email="billing@hosting.example",
            accounting_email="accounting@hosting.example",
        )
        return PaymentView(
            id=2580328,
            number="2563977",
            amount=Money(minor, "RUB"),
            status=PaymentStatus.WAITING_FOR_PAYMENT,
            purpose=purpose,
            description="Top-up",
            created_at=CREATED_AT,
            expires_at=CREATED_AT + timedelta(days=30),
            account=AccountView(**(facts | account)),  # type: ignore[arg-type]
            reseller=reseller,
        )

    return make


@pytest.fixture
def facts() -> DocumentFacts:
    return DocumentFacts("2563977", date(2026, 11, 13), "https://panel.example/receipt?h=0")
