"""SQLAlchemy mappings, the store and the migrations; nothing else knows SQL dialects.

Import row classes from here.
"""

from host_stub.persistence.base import Base, OfOperator, OfReseller
from host_stub.persistence.measures import MetricCount, ProcessReport
from host_stub.persistence.messages import (
    BalanceWatch,
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
    Approval,
    CallbackRefusal,
    Document,
    Entry,
    GatewayEvent,
    LedgerTransaction,
    Leg,
    Payment,
    PaymentAttempt,
    PaymentMethod,
)
from host_stub.persistence.people import (
    AccessLevel,
    Account,
    AccountAccess,
    LoginToken,
    RateLimit,
    Reseller,
    User,
    UserKind,
    WebSession,
)
from host_stub.persistence.sales import Charge, ChargingFailure, Period, Plan, Subscription, SubscriptionStatus
from host_stub.persistence.store import Scope, Store, open_store

__all__ = [
    "AccessLevel",
    "Account",
    "AccountAccess",
    "Approval",
    "BalanceWatch",
    "Base",
    "CallbackRefusal",
    "Charge",
    "ChargingFailure",
    "Document",
    "Entry",
    "GatewayEvent",
    "Lane",
    "LedgerTransaction",
    "Leg",
    "LogEntry",
    "LoginToken",
    "Mail",
    "MetricCount",
    "Notice",
    "OfOperator",
    "OfReseller",
    "OperatorSetting",
    "Outbox",
    "Payment",
    "PaymentAttempt",
    "PaymentMethod",
    "Period",
    "Plan",
    "PluginActivation",
    "PluginFailure",
    "PluginSetting",
    "PluginTable",
    "ProcessReport",
    "RateLimit",
    "Reseller",
    "Scope",
    "Store",
    "Subscription",
    "SubscriptionStatus",
    "User",
    "UserKind",
    "WebSession",
    "Worker",
    "open_store",
]
