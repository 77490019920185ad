"""Messages and views for the tests of the PayMaster plugin."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from billhook import (
    AccountType,
    AccountView,
    Addresses,
    MethodView,
    Money,
    PaymentStatus,
    PaymentView,
    RawRequest,
    ResellerView,
    StartRequest,
)
from billhook_paymaster.provider import PayMaster

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
MERCHANT = "11112222-3333-4444-5555-666677778888"
SECRET = "test-secret-1"


def raw_request(fields: Mapping[str, str] | Sequence[tuple[str, str]], method: str = "POST") -> RawRequest:
    pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
    return RawRequest(method, "application/x-www-form-urlencoded", b"", pairs, {}, "192.0.2.1")


def signed(fields: Mapping[str, str], secret: str = SECRET, algorithm: str = "sha256") -> dict[str, str]:
    """Sign as the gateway would, without the plugin's code."""
    text = "".join(fields.get(name, "") + ";" for name in VECTORS["field_order"]) + secret
    digest = getattr(hashlib, algorithm)(text.encode()).digest()
    return {**fields, "LMI_HASH": base64.b64encode(digest).decode()}


def method_view(*, previous: tuple[str, ...] = (), **changes: object) -> MethodView:
    values = {setting.key: setting.default for setting in PayMaster.settings}
    values |= {"merchant_id": MERCHANT, "secret": SECRET, **changes}
    return MethodView(14, 1, "paymaster", "PayMaster", values, {"secret": previous})


def payment_view(
    number: str = "INV-1001",
    amount: Money | None = None,
    description: str = "Оплата счёта INV-1001",
    expires_at: datetime = datetime(2030, 1, 1, tzinfo=UTC),
    email: str = "",
    phone: str = "",
) -> PaymentView:
    money = Money(1050, "RUB") if amount is None else amount
    zero = Money.zero("RUB")
    account = AccountView(7, 1, AccountType.PERSON, "A. Payer", zero, zero, False, "ru", email=email, phone=phone)
    created_at = datetime(2029, 12, 1, tzinfo=UTC)
    reseller = ResellerView(1, "Reseller", "RUB", "Europe/Moscow")
    status = PaymentStatus.WAITING_FOR_PAYMENT
    return PaymentView(5, number, money, status, "", description, created_at, expires_at, account, reseller)


def start_request(payment: PaymentView | None = None, method: MethodView | None = None) -> StartRequest:
    actions = {
        name: f"https://panel.example/plugin/paymaster/method/14/{name}"
        for name in (*PayMaster.questions, *PayMaster.notifications, *PayMaster.returns)
    }
    addresses = Addresses(actions, {}, "https://panel.example/payments/5")
    return StartRequest(
        payment or payment_view(), method or method_view(), addresses, "1834729101-try", 1834729101, "ru"
    )


@pytest.fixture(scope="session")
def live() -> dict[str, str]:
    """The signed fields of a live payment of 10.50 RUB."""
    return signed(VECTORS["accept"][0]["fields"])


@pytest.fixture(scope="session")
def test_payment() -> dict[str, str]:
    """The signed fields of a test payment: all ten hashed fields are there."""
    return signed(next(v for v in VECTORS["accept"] if v["name"] == "test-simmode0-sha256")["fields"])


@pytest.fixture(scope="session")
def raw() -> Callable[..., RawRequest]:
    return raw_request


@pytest.fixture(scope="session")
def sign() -> Callable[..., dict[str, str]]:
    return signed


@pytest.fixture(scope="session")
def method() -> Callable[..., MethodView]:
    return method_view


@pytest.fixture(scope="session")
def payment() -> Callable[..., PaymentView]:
    return payment_view


@pytest.fixture(scope="session")
def start() -> Callable[..., StartRequest]:
    return start_request
