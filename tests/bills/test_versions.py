"""A bill is issued anew as its next version, or withdrawn: once, by whoever may, and both say so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from billhook.host.schemes import Regime
from sqlalchemy import select

from host_stub.domain.errors import InvalidSettings, MethodUnavailable, NotFound, PaymentClosed
from host_stub.persistence import LogEntry, Payment, SellerRequisites
from host_stub.plugins import documents, paying
from host_stub.services.money_in import payments
from host_stub.services.money_in.versions import NoLongerCounts
from host_stub.services.tenants import seller_views, sellers
from tests.bills.bill import Bill, words
from tests.support.proving import doubts
from tests.support.world import CUSTOMER, MANAGER, World, says

NEW_ACCOUNT = {"account": "40702810938000012345", "bic": "044525225", "corr_account": "30101810400000000225"}


def move_bank(bill: Bill) -> None:
    with bill.store.write() as session:
        says(session, bill.world.reseller_id, **NEW_ACCOUNT)


def logged(bill: Bill) -> list[tuple[str, str]]:
    with bill.store.read() as session:
        query = select(LogEntry).where(LogEntry.object_kind == "payment", LogEntry.action.like("document.%"))
        return [(row.action, row.details.get("reason", "")) for row in session.scalars(query.order_by(LogEntry.id))]


def test_a_new_version_says_what_holds_now_and_the_former_link_leads_to_it(bill: Bill) -> None:
    move_bank(bill)
    bill.reissue("Сменили банк")

    first, second = bill.documents()
    old, new = bill.client.get(bill.link(1)), bill.client.get(bill.link(2))

    assert (first.version, second.version, second.reason) == (1, 2, "Сменили банк")
    assert first.seller["account"]["account"] == "40602810700000000025"
    assert NEW_ACCOUNT["account"] in words(new.data)
    assert (old.status_code, old.mimetype) == (200, "text/html")
    assert "Счет заменен" in old.text
    assert bill.link(2) in old.text.replace("&amp;", "&")
    assert logged(bill)[-1] == ("document.reissued", "Сменили банк")
    assert bill.issue() == second.id
    with bill.store.read() as session:
        assert doubts(session) == []


def test_the_payers_page_follows_the_version_that_counts(bill: Bill) -> None:
    where = bill.world.scope, bill.payment_id, bill.world.bank_id
    paying.start(bill.desk, *where, language="ru", by=CUSTOMER)
    owner = bill.owner()
    move_bank(bill)
    bill.reissue()

    page = owner.get(f"{bill.page}/methods/{bill.world.bank_id}").text
    former = owner.get(f"{bill.page}/documents/{bill.document_id}")

    assert NEW_ACCOUNT["account"] in page
    assert bill.link(2) in page
    assert bill.link(1) not in page
    assert (former.status_code, former.location) == (303, bill.page)


def test_a_withdrawn_bills_link_says_so_and_the_page_makes_a_new_one(bill: Bill) -> None:
    bill.withdraw("Ошибка в реквизитах")
    withdrawn = bill.client.get(bill.link(1))
    made = bill.owner().post(f"{bill.page}/documents", {"method_id": str(bill.world.bank_id), "kind": "receipt"})

    (first, second) = bill.documents()
    assert "Счет отозван" in withdrawn.text
    assert first.withdrawn_reason == "Ошибка в реквизитах"
    assert str(MANAGER) == first.withdrawn_by
    assert made.location == f"{bill.page}/documents/{second.id}"
    assert bill.client.get(bill.link(2)).mimetype == "application/pdf"
    assert "Счет отозван" in bill.client.get(bill.link(1)).text
    assert [action for action, _reason in logged(bill)] == [
        "document.issued",
        "document.withdrawn",
        "document.issued",
    ]
    with bill.store.read() as session:
        assert doubts(session) == []


def test_the_bytes_of_all_versions_stay_for_the_staff(bill: Bill) -> None:
    move_bank(bill)
    newer = bill.reissue()
    bill.withdraw(document_id=newer)
    manager = bill.manager()

    pages = [manager.get(f"{bill.manager_page}/documents/{each}") for each in (bill.document_id, newer)]
    shown = manager.get(bill.manager_page).text

    assert [page.mimetype for page in pages] == ["application/pdf"] * 2
    assert "40602810700000000025" in words(pages[0].data)
    assert "заменен" in shown
    assert "Отозван. Причина: Ошибка" in shown


def test_what_no_longer_counts_is_neither_replaced_nor_withdrawn_again(bill: Bill) -> None:
    bill.reissue()
    with pytest.raises(NoLongerCounts) as replaced:
        bill.reissue()
    with pytest.raises(NoLongerCounts):
        bill.withdraw()
    newest = bill.documents()[-1].id
    bill.withdraw(document_id=newest)
    with pytest.raises(NoLongerCounts) as withdrawn:
        bill.withdraw(document_id=newest)

    assert (replaced.value.withdrawn, withdrawn.value.withdrawn) == (False, True)
    assert len(bill.documents()) == 2


@pytest.mark.parametrize("press", ["reissue", "withdraw"])
def test_pressed_twice_at_once_it_is_done_once(bill: Bill, press: str) -> None:
    barrier = Barrier(2)

    def at_once(_number: int) -> bool:
        barrier.wait()
        try:
            getattr(bill, press)()
        except NoLongerCounts:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = sorted(pool.map(at_once, range(2)))

    assert done == [False, True]
    assert len(bill.documents()) == (2 if press == "reissue" else 1)


def test_a_reissue_and_a_payer_who_asks_for_the_first_time_agree_on_one_bill(bill: Bill) -> None:
    bill.withdraw()
    barrier = Barrier(2)

    def ask(_number: int) -> int:
        barrier.wait()
        return bill.issue()

    with ThreadPoolExecutor(2) as pool:
        made = set(pool.map(ask, range(2)))

    assert len(made) == 1
    assert [each.version for each in bill.documents()] == [1, 2]


def test_a_bill_that_is_drawn_while_the_requisites_change_says_the_new_ones(
    bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill.payment_id = bill.world.a_payment()
    drawn = documents._drawn
    moved = []

    def slowly(*arguments: object) -> object:
        if not moved:
            moved.append(move_bank(bill))
        return drawn(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(documents, "_drawn", slowly)
    bill.issue()

    (issued,) = bill.documents()
    assert issued.seller["account"]["account"] == NEW_ACCOUNT["account"]
    assert NEW_ACCOUNT["account"] in words(issued.content)


def test_a_closed_payments_bill_stays_as_it_is(bill: Bill) -> None:
    payments.cancel(bill.store, bill.world.scope, bill.payment_id, by=CUSTOMER)

    with pytest.raises(PaymentClosed):
        bill.reissue()
    with pytest.raises(PaymentClosed):
        bill.withdraw()


def test_anothers_document_is_not_found(bill: Bill) -> None:
    foreign = World(bill.store)
    with bill.store.read() as session:
        other = session.get_one(Payment, foreign.a_payment()).id

    with pytest.raises(NotFound):
        documents.reissue(bill.desk, bill.world.scope, other, documents.Replacement(bill.document_id, "x"), by=MANAGER)


def test_without_requisites_no_bill_is_issued(bill: Bill) -> None:
    with bill.store.write() as session:
        session.query(SellerRequisites).delete()
    bill.payment_id = bill.world.a_payment()

    with pytest.raises(MethodUnavailable):
        bill.issue()


def test_a_regime_may_not_begin_on_a_day_whose_bills_say_another_until_they_are_withdrawn(bill: Bill) -> None:
    where = bill.store, bill.world.scope, bill.world.reseller_id
    today = Regime(date(2020, 11, 13), "usn_income", "none")
    with pytest.raises(InvalidSettings) as refused:
        sellers.begin_regime(*where, today, by=MANAGER)
    with pytest.raises(InvalidSettings):
        sellers.remove_regime(*where, date(2019, 1, 1), by=MANAGER)

    bill.withdraw()
    sellers.begin_regime(*where, today, by=MANAGER)

    assert [each.setting for each in refused.value.findings] == ["since"]  # type: ignore[attr-defined]


def test_a_regime_of_days_without_bills_may_still_be_entered(bill: Bill) -> None:
    where = bill.store, bill.world.scope, bill.world.reseller_id

    sellers.begin_regime(*where, Regime(date(2020, 11, 14), "usn_income", "none"), by=MANAGER)
    sellers.begin_regime(*where, Regime(date(2018, 1, 1), "usn_income", "none"), by=MANAGER)

    with bill.store.read() as session:
        known = seller_views.regimes(session, bill.world.reseller_id, "ru")
    assert {date(2018, 1, 1), date(2020, 11, 14)} <= {each.since for each in known}


def test_the_manager_counts_open_bills_with_former_requisites_and_replaces_one(bill: Bill) -> None:
    manager = bill.manager()
    change = f"{bill.manager_page}/documents/{bill.document_id}/change"
    calm = manager.get("/reseller/seller").text
    move_bank(bill)

    told = manager.get("/reseller/seller").text
    listed = manager.get("/reseller/seller/bills").text
    page = manager.get(bill.manager_page).text
    without = manager.post(change, {"act": "reissue", "reason": ""})
    asked = manager.post(change, {"act": "reissue", "reason": "Сменили банк", "_question_wanted": "yes"})
    versions_asked = len(bill.documents())
    done = manager.post(change, {"act": "reissue", "reason": "Сменили банк"})
    again = manager.post(change, {"act": "reissue", "reason": "Сменили банк"}, follow_redirects=True)

    assert "с прежними реквизитами" not in calm
    assert "1 открытый счет с прежними реквизитами или налогами." in told
    assert bill.manager_page in listed
    assert "прежние реквизиты или налоги" in page
    assert (without.status_code, asked.status_code, versions_asked) == (422, 200, 1)
    assert "Выставить счет заново?" in asked.text
    assert done.status_code == 303
    assert len(bill.documents()) == 2
    assert "уже не действует" in again.text
    assert "с прежними реквизитами" not in manager.get("/reseller/seller").text


def test_who_is_no_manager_of_the_reseller_replaces_and_withdraws_nothing(bill: Bill) -> None:
    change = f"{bill.manager_page}/documents/{bill.document_id}/change"

    answers = [bill.owner().post(change, {"act": "withdraw", "reason": "x"}), bill.client.post(change)]

    assert [answer.status_code for answer in answers] == [403, 400]
    assert bill.documents()[0].withdrawn_at is None
