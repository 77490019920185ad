"""Billhook: the contract between a billing panel and its payment plugins.

A plugin is an ordinary distribution with an entry point in the group `billhook.plugins` that names a module with
hook implementations. The smallest one that takes money::

    from billhook import Instructions, PaymentProvider, hookimpl

    class CashDesk(PaymentProvider):
        name = "cash_desk"
        title = "Cash desk"
        starts = (Instructions,)

        def start(self, request):
            return Instructions("cash_desk/instructions.html", {"number": request.payment.number})

    @hookimpl
    def billhook_plugin_title():
        return "Cash desk"

    @hookimpl
    def billhook_payment_providers():
        return [CashDesk]

The provider translates, the host decides and moves money. `billhook` imports pluggy and the standard library only.
"""

from __future__ import annotations

from billhook.callbacks import Answer, Hint, PayerReturned, RawRequest
from billhook.capabilities import (
    Acknowledges,
    AnswersQuestions,
    AnswersStatus,
    Asking,
    HearsHints,
    HearsNotifications,
    IssuesDocuments,
    TakesReturns,
)
from billhook.documents import DocumentKind, DocumentSource
from billhook.errors import (
    BadSignature,
    BillhookError,
    CurrencyMismatch,
    MalformedAmount,
    MalformedField,
    MalformedNotification,
    NotSupported,
    NotThere,
    PluginError,
    ProviderError,
    StartDeclined,
)
from billhook.events import (
    BalanceChanged,
    BalanceThresholdCrossed,
    BalanceWatch,
    ChargeUncovered,
    ChargeWatch,
    Discard,
    Effect,
    Event,
    Keep,
    Notify,
    Reader,
    SubscriptionResumed,
    SubscriptionStopped,
    Value,
)
from billhook.facts import (
    Fact,
    Ignored,
    Judged,
    PaymentClaim,
    PaymentFailed,
    PaymentPaid,
    PaymentPending,
    Reason,
    Ruling,
    Verdict,
)
from billhook.hooks import hookimpl, hookspec
from billhook.i18n import Catalogue, LazyText
from billhook.money import Money
from billhook.pages import (
    Access,
    Fields,
    GoTo,
    HostPage,
    Link,
    LinkRequest,
    Page,
    PageAnswer,
    PageRequest,
    Room,
    Show,
)
from billhook.provider import (
    Addresses,
    Availability,
    Available,
    CodeForm,
    Instructions,
    PaymentProvider,
    PostForm,
    Redirect,
    ShowCode,
    Start,
    StartRequest,
    Sums,
    Unavailable,
)
from billhook.settings import Finding, Level, Setting, SettingKind, Severity
from billhook.status import AttemptState, StatusAnswer, StatusRequest
from billhook.versions import API_VERSION, ApiRange
from billhook.views import (
    AccountType,
    AccountView,
    BankAccountView,
    DocumentFacts,
    MethodView,
    PaymentStatus,
    PaymentView,
    ResellerView,
    SellerView,
    TaxPeriod,
)

__all__ = [
    "API_VERSION",
    "Access",
    "AccountType",
    "AccountView",
    "Acknowledges",
    "Addresses",
    "Answer",
    "AnswersQuestions",
    "AnswersStatus",
    "ApiRange",
    "Asking",
    "AttemptState",
    "Availability",
    "Available",
    "BadSignature",
    "BalanceChanged",
    "BalanceThresholdCrossed",
    "BalanceWatch",
    "BankAccountView",
    "BillhookError",
    "Catalogue",
    "ChargeUncovered",
    "ChargeWatch",
    "CodeForm",
    "CurrencyMismatch",
    "Discard",
    "DocumentFacts",
    "DocumentKind",
    "DocumentSource",
    "Effect",
    "Event",
    "Fact",
    "Fields",
    "Finding",
    "GoTo",
    "HearsHints",
    "HearsNotifications",
    "Hint",
    "HostPage",
    "Ignored",
    "Instructions",
    "IssuesDocuments",
    "Judged",
    "Keep",
    "LazyText",
    "Level",
    "Link",
    "LinkRequest",
    "MalformedAmount",
    "MalformedField",
    "MalformedNotification",
    "MethodView",
    "Money",
    "NotSupported",
    "NotThere",
    "Notify",
    "Page",
    "PageAnswer",
    "PageRequest",
    "PayerReturned",
    "PaymentClaim",
    "PaymentFailed",
    "PaymentPaid",
    "PaymentPending",
    "PaymentProvider",
    "PaymentStatus",
    "PaymentView",
    "PluginError",
    "PostForm",
    "ProviderError",
    "RawRequest",
    "Reader",
    "Reason",
    "Redirect",
    "ResellerView",
    "Room",
    "Ruling",
    "SellerView",
    "Setting",
    "SettingKind",
    "Severity",
    "Show",
    "ShowCode",
    "Start",
    "StartDeclined",
    "StartRequest",
    "StatusAnswer",
    "StatusRequest",
    "SubscriptionResumed",
    "SubscriptionStopped",
    "Sums",
    "TakesReturns",
    "TaxPeriod",
    "Unavailable",
    "Value",
    "Verdict",
    "hookimpl",
    "hookspec",
]
