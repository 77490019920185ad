"""The left navigation of the operator's room."""

from __future__ import annotations

from billhook import Catalogue
from sqlalchemy.orm import Session

from host_stub.web.navigation import Sections, item, present

_ = Catalogue("host_stub")


def sections(session: Session) -> Sections:
    return Sections(nav=present(item(_("Start page"), "operator.home")))
