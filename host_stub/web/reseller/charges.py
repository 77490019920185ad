"""Charges: what was taken off balances for periods of subscriptions."""

from __future__ import annotations

from billhook import Catalogue
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from host_stub.persistence import Account, Charge, Subscription
from host_stub.persistence.listings import list_page
from host_stub.services.money_in import consequences
from host_stub.services.reading import searching
from host_stub.web.panel import reading
from host_stub.web.reseller import bp
from host_stub.web.staff.room import asked, cursor, pages, reseller, show

_ = Catalogue("host_stub")


@bp.get("/charges", endpoint="charges")
def charges_list() -> ResponseReturnValue:
    text = asked("q")
    query = (
        select(Charge)
        .join(Account, Account.id == Charge.account_id)
        .join(Subscription, Subscription.id == Charge.subscription_id)
        .add_columns(Account, Subscription)
    )
    with reading() as session:
        listing = list_page(session, query, Charge.id, cursor(), search=searching.charges(text) if text else None)
        given_back = consequences.given_back(session, [charge for charge, _account, _subscription in listing.rows])
    return show(
        "reseller/charges.html",
        listing=listing,
        given_back=given_back,
        pager=pages(listing),
        query=text,
        currency=reseller().currency,
    )
