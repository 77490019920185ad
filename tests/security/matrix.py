"""The written authorization matrix: every endpoint of the panel, who may open it, and whose objects it names.

Roles: anonymous; owner, admin, finance_manager, user of account A; sibling (owner of account B, same reseller);
stranger (owner of account C, reseller 2); manager (reseller 1); other_manager (reseller 2); operator.

A route that is not listed fails `test_matrix.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from host_stub.web.access import RIGHTS, Right


class Outcome(Enum):
    """What a request comes to."""

    ALLOWED = "the page, or its form's own complaint"
    SIGN_IN = "the way to the sign-in"
    FORBIDDEN = "403"
    NOT_FOUND = "404"


ROLES = (
    "anonymous",
    "owner",
    "admin",
    "finance_manager",
    "user",
    "sibling",
    "stranger",
    "manager",
    "other_manager",
    "operator",
)
LEVELS = ("owner", "admin", "finance_manager", "user")
CUSTOMERS = (*LEVELS, "sibling", "stranger")
STAFF = ("manager", "other_manager", "operator")


@dataclass(frozen=True)
class Route:
    """objects: parameters whose foreign and missing values are answered 404 to those who may open the page.

    expected: outcome by role for the objects of account A and reseller 1.
    values: further parts of the address. gone: a vanished object is answered with a message instead of 404.
    """

    expected: dict[str, Outcome]
    objects: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    gone: bool = False


def public(**values: str) -> Route:
    """Open to everybody."""
    return Route(dict.fromkeys(ROLES, Outcome.ALLOWED), values=values)


def nobody() -> Route:
    """Not there for anybody who is merely signed in: its key is a token of its own, with tests of its own."""
    return Route(dict.fromkeys(ROLES, Outcome.NOT_FOUND))


def signed_in() -> Route:
    return Route({role: Outcome.SIGN_IN if role == "anonymous" else Outcome.ALLOWED for role in ROLES})


def customer(right: Right | None = None, objects: tuple[str, ...] = (), **values: str) -> Route:
    """A page of account A for the levels that have the right; without a right, of whoever is a customer."""
    expected = {"anonymous": Outcome.SIGN_IN, **dict.fromkeys(STAFF, Outcome.FORBIDDEN)}
    if right is None:
        return Route({**expected, **dict.fromkeys(CUSTOMERS, Outcome.ALLOWED)}, values=values)
    by_level = {
        level.value: Outcome.ALLOWED if right in rights else Outcome.FORBIDDEN for level, rights in RIGHTS.items()
    }
    expected |= by_level | {"sibling": Outcome.NOT_FOUND, "stranger": Outcome.NOT_FOUND}
    return Route(expected, ("account_id", *objects), values)


def reseller(*objects: str, **values: str) -> Route:
    """A page of the reseller's room. The operator is in his own room here, so reseller 1's objects are foreign."""
    foreign = Outcome.NOT_FOUND if objects else Outcome.ALLOWED
    expected = {"anonymous": Outcome.SIGN_IN, **dict.fromkeys(CUSTOMERS, Outcome.FORBIDDEN)}
    return Route(
        {**expected, "manager": Outcome.ALLOWED, "other_manager": foreign, "operator": foreign}, objects, values
    )


def operator(*objects: str, gone: bool = False, **values: str) -> Route:
    """A page of the operator's room."""
    expected = {"anonymous": Outcome.SIGN_IN, **dict.fromkeys((*CUSTOMERS, *STAFF), Outcome.FORBIDDEN)}
    return Route({**expected, "operator": Outcome.ALLOWED}, objects, values, gone)


#: Views that other sites call: no CSRF token. Each has a check of its own, with tests of its own.
FROM_OUTSIDE = {"plugin.callback", "plugin_pages.link", "metrics.metrics"}

#: Pages whose check is not who is signed in but a secret in the address; tested where they live.
CAPABILITIES = {
    "auth.reset_password",
    "auth.accept_invitation",
    "plugin.public_document",
    "plugin.callback",
    "plugin_pages.link",
}

MATRIX: dict[str, Route] = {
    "home": signed_in(),
    "static": public(filename="billhook.css"),
    "health.healthz": public(),
    "metrics.metrics": nobody(),
    "assets.style": public(),
    "auth.sign_in": public(),
    "auth.sign_in_submitted": public(),
    "auth.sign_out": public(),
    "auth.forgotten": public(),
    "auth.forgotten_submitted": public(),
    "auth.language": public(),
    "auth.change_password": signed_in(),
    # The customer's room.
    "customer.home": customer(),
    "customer.account": customer(Right.SERVICES),
    "customer.services": customer(Right.SERVICES),
    "customer.start_service": customer(Right.PAY, ("subscription_id",)),
    "customer.dismiss_notice": customer(Right.MONEY, ("notice_id",)),
    "customer.operations": customer(Right.MONEY),
    "customer.payments": customer(Right.MONEY),
    "customer.payment": customer(Right.MONEY, ("payment_id",)),
    "customer.document": customer(Right.MONEY, ("payment_id", "document_id")),
    "customer.method_icon": customer(Right.MONEY, ("payment_id", "method_id")),
    "customer.top_up": customer(Right.PAY),
    "customer.create_top_up": customer(Right.PAY),
    "customer.instructions": customer(Right.PAY, ("payment_id", "method_id")),
    "customer.pay": customer(Right.PAY, ("payment_id",)),
    "customer.issue_document": customer(Right.PAY, ("payment_id",)),
    "customer.cancel_payment": customer(Right.CANCEL, ("payment_id",)),
    "customer.settings": customer(Right.SETTINGS),
    "customer.settings_save": customer(Right.SETTINGS, plugin="warner"),
    "customer.settings_reset": customer(Right.SETTINGS, plugin="warner"),
    # The reseller's room.
    "reseller.home": reseller(),
    "reseller.accounts": reseller(),
    "reseller.account": reseller("account_id"),
    "reseller.account_new": reseller(),
    "reseller.account_edit": reseller("account_id"),
    "reseller.account_log": reseller("account_id"),
    "reseller.account_operations": reseller("account_id"),
    "reseller.account_payments": reseller("account_id"),
    "reseller.account_subscriptions": reseller("account_id"),
    "reseller.account_correct": reseller("account_id"),
    "reseller.account_threshold": reseller("account_id"),
    "reseller.account_users": reseller("account_id"),
    "reseller.account_user": reseller("account_id", "user_id"),
    "reseller.charges": reseller(),
    "reseller.deliveries": reseller(),
    "reseller.arrivals": reseller(),
    "reseller.arrival": reseller("arrival_id"),
    "reseller.arrival_account": reseller("arrival_id"),
    "reseller.arrival_close": reseller("arrival_id"),
    "reseller.arrival_credit": reseller("arrival_id"),
    "reseller.arrival_keep": reseller("arrival_id"),
    "reseller.arrival_reverse": reseller("arrival_id"),
    "reseller.journal": reseller(),
    "reseller.mails": reseller(),
    "reseller.mail": reseller("mail_id"),
    "reseller.methods": reseller(),
    "reseller.method": reseller("method_id"),
    "reseller.method_active": reseller("method_id"),
    "reseller.method_icon": reseller("method_id"),
    "reseller.method_plugins": reseller(),
    "reseller.method_settings": reseller(name="cash_desk"),
    "reseller.method_new": reseller(plugin="cash_desk"),
    "reseller.notifications": reseller(),
    "reseller.notification_settings": reseller(name="warner"),
    "reseller.payments": reseller(),
    "reseller.payment": reseller("payment_id"),
    "reseller.payment_new": reseller(),
    "reseller.payment_approve": reseller("payment_id"),
    "reseller.payment_cancel": reseller("payment_id"),
    "reseller.payment_reverse": reseller("payment_id"),
    "reseller.payment_issue": reseller("payment_id"),
    "reseller.payment_document": reseller("payment_id", "document_id"),
    "reseller.payment_document_change": reseller("payment_id", "document_id"),
    "reseller.plans": reseller(),
    "reseller.plan": reseller("plan_id"),
    "reseller.plan_new": reseller(),
    "reseller.plan_active": reseller("plan_id"),
    "reseller.seller": reseller(),
    "reseller.seller_account": reseller("bank_account_id"),
    "reseller.seller_account_close": reseller("bank_account_id"),
    "reseller.seller_account_new": reseller(),
    "reseller.seller_bills": reseller(),
    "reseller.seller_regime_begin": reseller(),
    "reseller.seller_regime_remove": reseller(),
    "reseller.seller_requisites": reseller(),
    "reseller.settings": reseller(),
    "reseller.staff": reseller(),
    "reseller.manager": reseller("user_id"),
    "reseller.manager_change": reseller("user_id"),
    "reseller.subscriptions": reseller(),
    "reseller.subscription": reseller("subscription_id"),
    "reseller.subscription_new": reseller(),
    "reseller.subscription_activate": reseller("subscription_id"),
    "reseller.subscription_delete": reseller("subscription_id"),
    "reseller.subscription_name": reseller("subscription_id"),
    "reseller.templates": reseller(),
    "reseller.template": reseller("method_id", key="paper"),
    "reseller.template_preview": reseller("method_id", key="paper"),
    "reseller.template_restore": reseller("method_id", key="paper"),
    "reseller.template_of_all": reseller(name="cash_desk", key="paper"),
    "reseller.template_of_all_preview": reseller(name="cash_desk", key="paper"),
    "reseller.template_of_all_restore": reseller(name="cash_desk", key="paper"),
    # The operator's room.
    "operator.home": operator(),
    "operator.clock_confirm": operator(),
    "operator.deliveries": operator(),
    "operator.delivery_retry": operator("outbox_id", gone=True),
    "operator.arrivals": operator(),
    "operator.arrival_open": operator("arrival_id"),
    "operator.plugins": operator(),
    "operator.plugin_settings": operator(name="cash_desk"),
    "operator.plugin_template": operator(name="cash_desk", key="paper"),
    "operator.plugin_template_preview": operator(name="cash_desk", key="paper"),
    "operator.plugin_template_restore": operator(name="cash_desk", key="paper"),
    "operator.resellers": operator(),
    "operator.reseller": operator("reseller_id"),
    "operator.reseller_new": operator(),
    "operator.reseller_act": operator("reseller_id"),
    "operator.reseller_close": operator("reseller_id"),
    "operator.reseller_edit": operator("reseller_id"),
    "operator.reseller_invite": operator("reseller_id"),
    "operator.reseller_manager": operator("reseller_id", "user_id"),
    "operator.reseller_plugin": operator("reseller_id"),
    "operator.reseller_reopen": operator("reseller_id"),
    # Pages of plugins, in each room.
    "plugin_pages.customer": customer(Right.MONEY, name="notes", page="news"),
    "plugin_pages.reseller": reseller(name="notes", page="board"),
    "plugin_pages.operator": operator(name="notes", page="overview"),
    "plugin_pages.static": public(name="notes", file="notes.css"),
}

#: The rooms' endpoints begin so.
ROOMS = {
    "owner": ("customer.", "plugin_pages.customer"),
    "manager": ("reseller.", "plugin_pages.reseller"),
    "operator": ("operator.", "plugin_pages.operator"),
}

#: Whose user an address means, where it names one.
USERS = {
    "reseller.account_user": "admin",
    "reseller.manager": "colleague",
    "reseller.manager_change": "colleague",
    "operator.reseller_manager": "colleague",
}

#: What a form must say for its view to reach the objects; ids of account A by name, other words as they are.
FORMS: dict[str, dict[str, str]] = {
    "customer.issue_document": {"method_id": "method_id", "kind": "receipt"},
    "customer.pay": {"method_id": "method_id"},
    "reseller.payment_issue": {"method_id": "method_id", "kind": "receipt"},
    "reseller.seller_regime_remove": {"since": "2019-01-01"},
    "reseller.subscription_name": {"name": "VPS"},
    "operator.reseller_close": {"reason": "test", "typed_name": "Первый"},
    "operator.reseller_plugin": {"plugin": "warner", "on": "yes"},
    "operator.reseller_reopen": {"reason": "test"},
}
