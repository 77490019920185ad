"""An issued bill says what was frozen with it in every place, whatever changes afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from billhook.host.schemes import Regime
from billhook_check_cash.qr import parse_payload
from sqlalchemy import delete

from host_stub.persistence import Account, PaymentMethod, Reseller, SellerRegime
from host_stub.plugins import paying
from host_stub.services.tenants import sellers
from tests.bills.bill import Bill, words
from tests.support.web import Visitor
from tests.support.world import CUSTOMER, MANAGER, says

OTHER = {"name": "ООО «Другое»", "account": "40702810938000012345", "bic": "044525225", "inn": "7736207543"}


def change_settings(bill: Bill, **settings: str) -> None:
    with bill.store.write() as session:
        session.get_one(PaymentMethod, bill.world.bank_id).settings = settings


def change_seller(bill: Bill, **said: str) -> None:
    with bill.store.write() as session:
        says(session, bill.world.reseller_id, **said)


def change_regime(bill: Bill) -> None:
    with bill.store.write() as session:
        for row in session.query(SellerRegime).filter_by(reseller_id=bill.world.reseller_id):
            row.regime, row.vat = "usn_income", "none"


def lose_regime(bill: Bill) -> None:
    with bill.store.write() as session:
        session.execute(delete(SellerRegime).where(SellerRegime.reseller_id == bill.world.reseller_id))


def another_account(bill: Bill) -> None:
    typed = {
        "account": OTHER["account"],
        "bank_name": "ПАО СБЕРБАНК",
        "bic": "044525225",
        "corr_account": "30101810400000000225",
    }
    where = bill.store, bill.world.scope, bill.world.reseller_id
    sellers.save_account(*where, typed, by=MANAGER, default=True)


def rename(bill: Bill, kind: type, row_id: int, **changes: str) -> None:
    with bill.store.write() as session:
        row = session.get_one(kind, row_id)
        for name, value in changes.items():
            setattr(row, name, value)


CHANGES: dict[str, Callable[[Bill], None]] = {
    "the payee's name and INN": lambda bill: change_seller(bill, name=OTHER["name"], inn=OTHER["inn"]),
    "the account": lambda bill: change_seller(bill, account=OTHER["account"], bic=OTHER["bic"]),
    "another default account": another_account,
    "the regime": change_regime,
    "no regime": lose_regime,
    "the line of the bill": lambda bill: change_settings(bill, service_name="Иное", contract_basis="Иное"),
    "the template": lambda bill: change_settings(bill, invoice_template="<p>{{ payment.purpose }}</p>"),
    "the customer's name": lambda bill: rename(bill, Account, bill.world.account_id, name="ООО «Переименовано»"),
    "the customer's type": lambda bill: rename(bill, Account, bill.world.account_id, type="person"),
    "the reseller's name": lambda bill: rename(bill, Reseller, bill.world.reseller_id, name="Новое", brand_name="Ново"),
    "the reseller's zone": lambda bill: rename(bill, Reseller, bill.world.reseller_id, timezone="Asia/Kamchatka"),
    "the method's name": lambda bill: rename(bill, PaymentMethod, bill.world.bank_id, name="Иначе"),
}


def everywhere(bill: Bill, owner: Visitor, manager: Visitor) -> dict[str, str]:
    """Return what each place says of the bill: the page, its QR, the paper by the link, the manager's view."""
    page = owner.get(f"{bill.page}/methods/{bill.world.bank_id}")
    assert page.status_code == 200
    main = page.text[page.text.index('class="steps"') : page.text.index("</svg>", page.text.index('class="qr"'))]
    staff = manager.get(bill.manager_page).text
    card = staff[staff.index('id="documents"') : staff.index("</section>", staff.index('id="documents"'))]
    facts = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", card)
    return {"page": main, "paper": words(bill.client.get(bill.link()).data), "manager": str(facts)}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_page_qr_paper_and_managers_view_say_the_same_after_a_change(
    bill: Bill, change: Callable[[Bill], None]
) -> None:
    paying.start(bill.desk, bill.world.scope, bill.payment_id, bill.world.bank_id, language="ru", by=CUSTOMER)
    owner, manager = bill.owner(), bill.manager()
    before = everywhere(bill, owner, manager)

    change(bill)

    after = everywhere(bill, owner, manager)
    assert after == before
    frozen = bill.documents()[0].frozen
    assert frozen["purpose"] in after["page"]
    assert frozen["purpose"] in after["paper"]
    assert parse_payload(frozen["qr"])["Purpose"] == frozen["purpose"]
    assert all("40602810700000000025" in said for said in after.values())


def test_a_regime_that_begins_on_a_day_shows_in_what_is_issued_from_that_day_on(bill: Bill) -> None:
    where = bill.store, bill.world.scope, bill.world.reseller_id
    sellers.begin_regime(*where, Regime(date(2020, 11, 20), "usn_income", "none"), by=MANAGER)
    said = {}
    for day in (0, 6, 1):
        bill.store.clock.advance(days=day)  # type: ignore[attr-defined]
        bill.payment_id = bill.world.a_payment()
        bill.issue()
        (issued,) = bill.documents()
        said[issued.frozen["issued_on"]] = (issued.frozen["vat"]["rate"], issued.frozen["purpose"][-20:])

    assert [(day, rate) for day, (rate, _purpose) in said.items()] == [
        ("2020-11-13", 20),
        ("2020-11-19", 20),
        ("2020-11-20", 0),
    ]
    assert said["2020-11-20"][1].endswith("НДС не облагается")
