"""A method is chosen: instructions, a gateway's form, a redirect; documents issued and downloaded."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from host_stub.adapters.render.errors import StockNotDrawn
from host_stub.domain.payments import Cause
from host_stub.persistence import (
    Document,
    GatewayOperation,
    Payment,
    PaymentMethod,
    PluginActivation,
    PluginFailure,
)
from host_stub.services.money_in import payments
from host_stub.web import stored_files
from tests.customer.fakes import GATEWAY, Printer
from tests.customer.seed import Room
from tests.support.web import Visitor
from tests.support.world import CUSTOMER


def attempts(room: Room) -> list[tuple[int, str]]:
    with room.store.read() as session:
        return [(a.method_id, a.state) for a in session.scalars(select(GatewayOperation).order_by(GatewayOperation.id))]


def documents(room: Room) -> list[Document]:
    with room.store.read() as session:
        return list(session.scalars(select(Document).order_by(Document.id)))


def form_action(answer: object) -> str:
    policy = answer.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    found = re.search(r"form-action ([^;]+)", policy)
    assert found is not None
    return found[1]


def test_instructions_issue_the_bill_once_and_are_read_by_get(owner: Visitor, room: Room, printer: Printer) -> None:
    payment, method = room.payment(), room.method("cash_desk", name="Касса")
    address = room.path(f"/payments/{payment}")

    answers = [owner.post(f"{address}/pay", {"method_id": method}) for _ in range(2)]
    pages = [owner.get(f"{address}/methods/{method}") for _ in range(3)]

    assert {(a.status_code, a.location) for a in answers} == {(303, f"{address}/methods/{method}")}
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert "<h2>Касса</h2>" in pages[0].text
    assert f'href="{address}"' in pages[0].text
    assert printer.drawn == 1
    assert len(documents(room)) == 1
    assert attempts(room) == [(method, "started")]


def test_a_printer_that_is_busy_does_not_stop_the_payment(owner: Visitor, room: Room, printer: Printer) -> None:
    payment, method = room.payment(), room.method("cash_desk")
    address = room.path(f"/payments/{payment}")
    printer.busy = True

    owner.post(f"{address}/pay", {"method_id": method})
    without = owner.get(f"{address}/methods/{method}").text
    printer.busy = False
    retry = {"method_id": method, "kind": "receipt", "next": "instructions"}
    answer = owner.post(f"{address}/documents", retry)

    assert "Попробовать еще раз" in without
    assert answer.location == f"{address}/methods/{method}"
    assert "Попробовать еще раз" not in owner.get(answer.location).text
    assert len(documents(room)) == 1


def test_a_gateways_form_goes_to_its_address_and_to_encrypted_ones_from_there(owner: Visitor, room: Room) -> None:
    payment, method = room.payment(), room.method("card_gateway", name="Шлюз")

    answer = owner.post(room.path(f"/payments/{payment}/pay"), {"method_id": method})
    elsewhere = owner.get(room.path(f"/payments/{payment}"))

    assert answer.status_code == 200
    assert f'action="{GATEWAY}/init"' in answer.text
    assert "data-autosubmit" in answer.text
    assert "<script>x" not in answer.text
    assert form_action(answer) == f"'self' {GATEWAY} https: http://127.0.0.1:*"
    assert form_action(elsewhere) == "'self'"


def test_choosing_a_language_on_a_gateways_form_leads_back_to_the_payment(owner: Visitor, room: Room) -> None:
    payment, method = room.payment(), room.method("card_gateway", name="Шлюз")
    page = room.path(f"/payments/{payment}")

    ours = owner.post(f"{page}/pay", {"method_id": method}, headers={"Referer": f"http://localhost{page}"})
    foreign = owner.post(f"{page}/pay", {"method_id": method}, headers={"Referer": f"http://evil.example{page}"})

    assert f'name="next" value="{page}"' in ours.text
    assert 'name="next" value="/"' in foreign.text


def test_a_redirect_leads_to_the_gateway_past_the_content_policy(owner: Visitor, room: Room) -> None:
    payment, method = room.payment(), room.method("elsewhere")

    page = owner.get(room.path(f"/payments/{payment}"))
    answer = owner.post(room.path(f"/payments/{payment}/pay"), {"method_id": method})

    assert (answer.status_code, answer.location) == (303, f"{GATEWAY}/pay/{room.number(payment)}")
    assert form_action(page) == "'self' https: http://127.0.0.1:*"


def test_outside_the_demo_a_redirect_leads_to_encrypted_addresses_only(owner: Visitor, room: Room) -> None:
    payment, _method = room.payment(), room.method("elsewhere")
    panel = owner.app.extensions["billhook"]
    owner.app.extensions["billhook"] = replace(panel, config=panel.config.model_copy(update={"demo": False}))

    page = owner.get(room.path(f"/payments/{payment}"))

    assert form_action(page) == "'self' https:"


def test_a_start_again_takes_up_the_same_attempt_and_another_method_a_new_one(owner: Visitor, room: Room) -> None:
    payment, gateway, desk = room.payment(), room.method("card_gateway"), room.method("cash_desk")
    pay = room.path(f"/payments/{payment}/pay")

    for method in (gateway, gateway, desk, gateway):
        owner.post(pay, {"method_id": method})

    assert attempts(room) == [(gateway, "started"), (desk, "started")]
    with room.store.read() as session:
        row = session.get_one(Payment, payment)
        assert (row.status, row.method_id) == ("waiting_for_payment", gateway)


def test_two_open_payments_are_paid_each_on_its_own(owner: Visitor, room: Room) -> None:
    one, other, method = room.payment("100"), room.payment("200"), room.method("cash_desk")

    for payment in (one, other):
        owner.post(room.path(f"/payments/{payment}/pay"), {"method_id": method})
    room.approve(one, "100.00")

    assert [(d.payment_id, d.file_name) for d in documents(room)] == [
        (one, f"bill-{room.number(one)}.pdf"),
        (other, f"bill-{room.number(other)}.pdf"),
    ]
    assert owner.get(room.path(f"/payments/{one}/methods/{method}")).status_code == 303
    assert owner.get(room.path(f"/payments/{other}/methods/{method}")).status_code == 200


@pytest.mark.parametrize(("amount", "why"), [("666", "raises"), ("667", "leads to a script")])
def test_a_plugin_that_fails_is_explained_and_another_method_can_be_chosen(
    owner: Visitor, room: Room, amount: str, why: str
) -> None:
    payment, broken, desk = room.payment(amount), room.method("elsewhere"), room.method("cash_desk")
    pay = room.path(f"/payments/{payment}/pay")

    answer = owner.post(pay, {"method_id": broken}, follow_redirects=True)

    assert "Этот способ оплаты сейчас не работает" in answer.text, why
    assert "javascript" not in answer.text
    assert owner.post(pay, {"method_id": desk}).status_code == 303


@pytest.mark.parametrize("method_id", ["", "x", "0", "999", "99999999999999999999"])
def test_a_method_that_is_none_is_explained(owner: Visitor, room: Room, method_id: str) -> None:
    payment = room.payment()

    answer = owner.post(room.path(f"/payments/{payment}/pay"), {"method_id": method_id}, follow_redirects=True)

    assert answer.status_code == 200
    assert "Выберите другой способ" in answer.text
    assert attempts(room) == []


def test_another_resellers_method_cannot_be_chosen(owner: Visitor, room: Room) -> None:
    method = room.method("cash_desk")
    with room.store.write() as session:
        row = session.get_one(PaymentMethod, method)
        foreign = PaymentMethod(
            reseller_id=row.reseller_id + 1,
            plugin="cash_desk",
            name="Чужая касса",
            account_types=["company"],
            created_at=room.clock.now(),
        )
        session.add(foreign)
        session.flush()
        foreign_id = foreign.id
    payment = room.payment()

    for page in ("pay", "documents"):
        answer = owner.post(room.path(f"/payments/{payment}/{page}"), {"method_id": foreign_id, "kind": "receipt"})
        assert (answer.status_code, answer.location) in {(303, room.path(f"/payments/{payment}")), (404, None)}
    assert owner.get(room.path(f"/payments/{payment}/methods/{foreign_id}")).status_code == 404
    assert attempts(room) == []
    assert documents(room) == []


def test_a_closed_payment_is_not_started(owner: Visitor, room: Room) -> None:
    payment, method = room.payment(), room.method("cash_desk")
    payments.cancel(room.store, room.scope, payment, by=CUSTOMER)

    answer = owner.post(room.path(f"/payments/{payment}/pay"), {"method_id": method}, follow_redirects=True)

    assert "уже изменился: отменен" in answer.text
    assert attempts(room) == []


def test_instructions_of_a_method_that_was_never_chosen_lead_to_the_payment(owner: Visitor, room: Room) -> None:
    payment, method, gateway = room.payment(), room.method("cash_desk"), room.method("card_gateway")
    owner.post(room.path(f"/payments/{payment}/pay"), {"method_id": gateway})

    for never in (method, gateway):
        answer = owner.get(room.path(f"/payments/{payment}/methods/{never}"))
        assert (answer.status_code, answer.location) == (303, room.path(f"/payments/{payment}"))


def test_the_arrow_beside_the_status_issues_the_bill_and_leads_to_it(
    owner: Visitor, room: Room, printer: Printer
) -> None:
    payment, method = room.payment(), room.method("cash_desk", name="Касса")
    room.method("card_gateway", name="Шлюз")
    page = owner.get(room.path("/payments")).text

    first, second = (
        owner.post(room.path(f"/payments/{payment}/documents"), {"method_id": method, "kind": "receipt"})
        for _ in range(2)
    )
    pdf = owner.get(first.location)

    assert "Скачать «Bill» (Касса)" in page
    assert f'<form method="post" action="{room.path(f"/payments/{payment}/documents")}"' in page
    assert "Шлюз" not in page
    assert first.status_code == 303
    assert first.location == second.location
    assert pdf.content_type == "application/pdf"
    assert pdf.data == f"%PDF {room.number(payment)} drawn 1".encode()
    assert pdf.headers["Cache-Control"] == "no-store"
    assert printer.drawn == 1


def test_a_stock_template_that_cannot_be_drawn_is_shown_to_the_operator(
    owner: Visitor, room: Room, printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_source: object) -> None:
        raise StockNotDrawn("the stock template was not drawn: syntax: line 3")

    payment, method = room.payment(), room.method("cash_desk", name="Касса")
    monkeypatch.setattr(printer, "render", broken)

    owner.post(room.path(f"/payments/{payment}/documents"), {"method_id": method, "kind": "receipt"})

    with room.store.read() as session:
        (failure,) = session.scalars(select(PluginFailure)).all()
    assert (failure.plugin, failure.place) == ("cash_desk", "document")
    assert "line 3" in failure.error
    assert documents(room) == []


@pytest.mark.parametrize("end", ["approve", "cancel", "switch the plugin off"])
def test_an_issued_bill_can_always_be_downloaded(owner: Visitor, room: Room, end: str) -> None:
    payment, method = room.payment(), room.method("cash_desk", name="Касса")
    bill = owner.post(room.path(f"/payments/{payment}/documents"), {"method_id": method, "kind": "receipt"}).location
    if end == "approve":
        room.approve(payment)
    elif end == "cancel":
        payments.cancel(room.store, room.scope, payment, by=CUSTOMER)
    else:
        with room.store.write() as session:
            session.execute(update(PluginActivation).values(enabled=False))

    assert owner.get(bill).status_code == 200
    assert f'href="{bill}"' in owner.get(room.path(f"/payments/{payment}")).text


def test_a_closed_payment_without_a_bill_gets_none(owner: Visitor, room: Room, printer: Printer) -> None:
    payment, method = room.payment(), room.method("cash_desk")
    payments.cancel(room.store, room.scope, payment, by=CUSTOMER)

    answer = owner.post(
        room.path(f"/payments/{payment}/documents"),
        {"method_id": method, "kind": "receipt"},
        follow_redirects=True,
    )

    assert "выставить по нему новый документ нельзя" in answer.text
    assert printer.drawn == 0


def test_a_get_starts_and_issues_nothing(owner: Visitor, room: Room, printer: Printer) -> None:
    payment, _method = room.payment(), room.method("cash_desk")

    for page in ("", "/pay", "/documents", "/cancel", "/methods/1"):
        owner.get(room.path(f"/payments/{payment}{page}"))

    assert (attempts(room), printer.drawn) == ([], 0)
    with room.store.read() as session:
        assert session.get_one(Payment, payment).status == "waiting_for_payment"


def test_a_payment_that_expires_during_the_choice_is_started_all_the_same(room: Room) -> None:
    payment, method = room.payment(), room.method("cash_desk")
    room.clock.advance(days=31)
    with room.store.write() as session:
        payments.change_status(session, session.get_one(Payment, payment), Cause.LIFETIME_OVER, by=CUSTOMER)

    answer = Visitor(room.app, room.users["owner"]).post(room.path(f"/payments/{payment}/pay"), {"method_id": method})

    assert answer.location == room.path(f"/payments/{payment}/methods/{method}")


def test_a_methods_icon_is_served_to_the_resellers_customers(owner: Visitor, room: Room) -> None:
    png = b"\x89PNG\r\n\x1a\n"
    payment, method = room.payment(), room.method("cash_desk", icon=png, icon_type="image/png")
    bare = room.method("card_gateway")
    address = room.path(f"/payments/{payment}/methods/{method}/icon")

    assert f'src="{address}"' in owner.get(room.path(f"/payments/{payment}")).text
    assert (owner.get(address).data, owner.get(address).content_type) == (png, "image/png")
    assert owner.get(address).headers["Content-Security-Policy"] == stored_files.POLICY
    assert owner.get(room.path(f"/payments/{payment}/methods/{bare}/icon")).status_code == 404
