"""SQLAlchemy mappings, the store and the migrations; nothing else knows SQL dialects.

Import row classes from here.
"""

from host_stub.domain.charging import Period, SubscriptionStatus
from host_stub.domain.people import AccessLevel, UserKind
from host_stub.domain.scope import Scope
from host_stub.persistence.arrivals import Arrival, ArrivalDecision, ArrivalMessage
from host_stub.persistence.base import Base, OfOperator, OfReseller
from host_stub.persistence.measures import MetricCount, ProcessReport, Proof
from host_stub.persistence.messages import (
    BalanceWatch,
    ClockMark,
    Lane,
    LogEntry,
    Mail,
    Notice,
    OperatorSetting,
    Outbox,
    PluginActivation,
    PluginFailure,
    PluginSetting,
    PluginTable,
    Worker,
)
from host_stub.persistence.money import (
    CallbackRefusal,
    Document,
    Entry,
    GatewayOperation,
    GatewayReport,
    LedgerTransaction,
    Leg,
    Payment,
    PaymentMethod,
)
from host_stub.persistence.people import (
    Account,
    AccountAccess,
    LoginToken,
    RateLimit,
    Reseller,
    User,
    WebSession,
)
from host_stub.persistence.sales import Charge, ChargingFailure, Plan, Subscription
from host_stub.persistence.sellers import MethodAccount, SellerAccount, SellerRegime, SellerRequisites
from host_stub.persistence.store import Store, open_store

__all__ = [
    "AccessLevel",
    "Account",
    "AccountAccess",
    "Arrival",
    "ArrivalDecision",
    "ArrivalMessage",
    "BalanceWatch",
    "Base",
    "CallbackRefusal",
    "Charge",
    "ChargingFailure",
    "ClockMark",
    "Document",
    "Entry",
    "GatewayOperation",
    "GatewayReport",
    "Lane",
    "LedgerTransaction",
    "Leg",
    "LogEntry",
    "LoginToken",
    "Mail",
    "MethodAccount",
    "MetricCount",
    "Notice",
    "OfOperator",
    "OfReseller",
    "OperatorSetting",
    "Outbox",
    "Payment",
    "PaymentMethod",
    "Period",
    "Plan",
    "PluginActivation",
    "PluginFailure",
    "PluginSetting",
    "PluginTable",
    "ProcessReport",
    "Proof",
    "RateLimit",
    "Reseller",
    "Scope",
    "SellerAccount",
    "SellerRegime",
    "SellerRequisites",
    "Store",
    "Subscription",
    "SubscriptionStatus",
    "User",
    "UserKind",
    "WebSession",
    "Worker",
    "open_store",
]
