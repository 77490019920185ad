"""Addresses that open by a secret in them: how the secret is compared, and who counts as one guesser."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

import pytest

from host_stub.adapters.keys import new_keys
from host_stub.domain.errors import NotFound
from host_stub.persistence import Payment
from host_stub.plugins import links
from host_stub.services.money_in import capability
from host_stub.services.people.limits import network


def test_capabilities_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append(b) or real(a, b))
    keys, payment = new_keys(), Payment(id=1, reseller_id=1, key_version=1)

    assert not capability.opens(keys, payment, 1, "receipt", "0" * 32)
    with pytest.raises(NotFound):
        links.read(keys, "notes", "stop", "MS4yLng.00", datetime(2020, 11, 13, tzinfo=UTC))

    assert compared == [b"0" * 32, b"MS4yLng.00"]


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("rubbish", "unknown"),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address: str, counts_as: str) -> None:
    assert network(address) == counts_as
