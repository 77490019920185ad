"""The left navigation of the reseller's room, by the real panel's sections, in the order of a manager's day."""

from __future__ import annotations

from billhook import Catalogue, Room
from sqlalchemy.orm import Session

from host_stub.plugins.pages import Place
from host_stub.services.reading import work_queue
from host_stub.web import plugin_menu
from host_stub.web.access import current_reseller_id
from host_stub.web.navigation import Sections, item, present
from host_stub.web.staff.room import manual_plugins

_ = Catalogue("host_stub")

_MOST = 99


def sections(session: Session) -> Sections:
    """Return the sections; what waits for a manager stands beside them as a number."""
    money, services, setup = _("Customers and money"), _("Services"), _("Set-up")
    to_approve = work_queue.approvals_waiting(session, manual_plugins(), _MOST)
    waiting_money = work_queue.arrivals_count(session, _MOST)
    waiting = _("waiting for approval")
    return Sections(
        nav=present(
            item(_("Start page"), "reseller.home"),
            item(_("Customers"), "reseller.accounts", family=("reseller.account",), group=money),
            item(
                _("Payments"),
                "reseller.payments",
                badge=to_approve,
                badge_label=waiting,
                family=("reseller.payment",),
                group=money,
            ),
            item(
                _("Arrivals"),
                "reseller.arrivals",
                badge=waiting_money,
                badge_label=_("waiting for a decision"),
                family=("reseller.arrival",),
                group=money,
            ),
            item(_("Charges"), "reseller.charges", group=money),
            item(_("Subscriptions"), "reseller.subscriptions", family=("reseller.subscription",), group=services),
            item(_("Plans"), "reseller.plans", family=("reseller.plan",), group=services),
            item(_("Requisites and taxes"), "reseller.seller", family=("reseller.seller",), group=setup),
            item(_("Payment methods"), "reseller.methods", family=("reseller.method",), group=setup),
            item(_("Templates"), "reseller.templates", family=("reseller.template",), group=setup),
            item(
                _("Notifications"),
                "reseller.notifications",
                family=("reseller.notification", "reseller.mail"),
                group=setup,
            ),
            item(_("Staff"), "reseller.staff", family=("reseller.manager",), group=setup),
            item(_("Settings"), "reseller.settings", group=setup),
            item(_("Journal"), "reseller.journal", group=setup),
            *plugin_menu.entries(session, Place(Room.RESELLER, current_reseller_id())),
        )
    )
