"""The sections of the customer's room, as far as the access level reaches."""

from __future__ import annotations

from billhook import Catalogue, Room
from flask import g
from sqlalchemy.orm import Session

from host_stub.plugins.pages import Place
from host_stub.services.reading import payments
from host_stub.web import plugin_menu
from host_stub.web.access import Right, current_account, current_reseller_id, may
from host_stub.web.navigation import Sections, item, present

_ = Catalogue("host_stub")

#: Endpoints under «Billing».
_PAYMENTS = (
    "customer.payment",
    "customer.top_up",
    "customer.create_top_up",
    "customer.pay",
    "customer.instructions",
)
_BILLING = (*_PAYMENTS, "customer.operations")


def sections(session: Session) -> Sections:
    """Return sections and, under «Billing», its tabs. The number of unpaid payments stands on the menu."""
    if "account" not in g:
        return Sections()
    here = current_account().id
    plugins = plugin_menu.entries(session, Place(Room.CUSTOMER, current_reseller_id(), here))
    services = item(_("Subscriptions"), "customer.services", account_id=here)
    settings = item(_("Settings"), "customer.settings", family=("customer.settings",), account_id=here)
    if not may(Right.MONEY):
        return Sections(present(services, *plugins))
    unpaid = payments.unpaid_count(session, here)
    billing = item(
        _("Billing"),
        "customer.payments",
        badge=unpaid,
        badge_label=_("unpaid"),
        family=_BILLING,
        account_id=here,
    )
    nav = present(services, billing, *plugins, settings if may(Right.SETTINGS) else None)
    if billing is None or not billing.active:
        return Sections(nav)
    tabs = present(
        item(_("Payments"), "customer.payments", family=_PAYMENTS, account_id=here),
        item(_("Operations"), "customer.operations", account_id=here),
    )
    return Sections(nav, tabs)
