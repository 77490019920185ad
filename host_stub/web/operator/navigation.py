"""The left navigation of the operator's room."""

from __future__ import annotations

from billhook import Catalogue, Room
from sqlalchemy.orm import Session

from host_stub.plugins.pages import Place
from host_stub.services.reading import work_queue
from host_stub.web import plugin_menu
from host_stub.web.navigation import Sections, item, present

_ = Catalogue("host_stub")

_MOST = 99


def sections(session: Session) -> Sections:
    whole, own = _("Installation"), _("As a reseller")
    return Sections(
        nav=present(
            item(_("Start page"), "operator.home"),
            item(_("Resellers"), "operator.resellers", family=("operator.reseller",), group=whole),
            item(_("Plugins"), "operator.plugins", family=("operator.plugin",), group=whole),
            item(
                _("Arrivals"),
                "operator.arrivals",
                badge=work_queue.arrivals_count(session, _MOST),
                badge_label=_("waiting for a decision"),
                group=whole,
            ),
            item(
                _("Failed deliveries"),
                "operator.deliveries",
                badge=work_queue.given_up_count(session, _MOST),
                badge_label=_("given up"),
                group=whole,
            ),
            *plugin_menu.entries(session, Place(Room.OPERATOR)),
            item(_("Reseller's room"), "reseller.home", group=own),
        )
    )
