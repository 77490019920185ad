from __future__ import annotations

import pytest
from billhook import Available, Severity, Unavailable
from billhook_check_cash import qr
from billhook_check_cash.provider import CheckCash
from billhook_check_cash.requisites import requisites_of
from billhook_kit import make_seller

STATE_BODY = {
    "bic": "044371902",
    "corr_account": "40102810245370000096",
    "account": "03214643000000018300",
}


def test_requisites_that_a_qr_can_be_made_of_are_reported_as_fine(provider: CheckCash, make_method) -> None:
    assert [finding.severity for finding in provider.check_settings(make_method())] == [Severity.OK]


def test_the_qr_of_a_state_body_carries_its_accounts() -> None:
    payload = qr.build_payload(requisites_of(make_seller(account=STATE_BODY)).qr_values())

    assert "PersonalAcc=03214643000000018300" in payload
    assert "CorrespAcc=40102810245370000096" in payload


@pytest.mark.parametrize(
    "seller",
    [make_seller(name="Ж" * 150), make_seller(account={"bank_name": "Ж" * 46})],
    ids=["a name too long for the QR", "a bank cut in the QR"],
)
def test_what_a_qr_leaves_out_is_warned_of(provider: CheckCash, make_method, seller) -> None:
    found = provider.check_settings(make_method(seller))

    assert {finding.severity for finding in found} == {Severity.WARNING}
    assert all(str(finding.text) and str(finding.remedy) for finding in found)


def test_without_requisites_account_or_regime_there_is_nothing_to_pay_by(
    provider: CheckCash, make_method, make_payment, incomplete_seller
) -> None:
    method = make_method(incomplete_seller)

    assert isinstance(provider.availability(make_payment(), method), Unavailable)


def test_a_complete_seller_can_be_paid(provider: CheckCash, make_method, make_payment) -> None:
    assert provider.availability(make_payment(), make_method()) == Available()
