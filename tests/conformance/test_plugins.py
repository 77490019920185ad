"""The plugins that ship with the panel pass the kit on FakeHost and on the panel, and both say the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from billhook_kit import OpenHost, installed_host, open_fake
from billhook_kit.bench import Subject
from billhook_kit.kit import ONLY_INSTALLED, Kit, Need, Outcome, Result, all_checks

BUNDLED = ("check_cash", "low_balance_notify", "paymaster")
ONLY_REAL = [check for check in all_checks() if not ONLY_INSTALLED.isdisjoint(check.needs)]
ON_A_DATABASE = [check for check in ONLY_REAL if Need.DATABASE in check.needs]
ByName = Callable[[str], Subject]


def outcomes(kit: Kit) -> dict[str, Result]:
    return {result.check.id: result for result in kit.run_all()}


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_plugin_passes_on_both_hosts_which_agree(name: str, bundled: ByName) -> None:
    fake = outcomes(Kit(bundled(name), open_fake))
    real = outcomes(Kit(bundled(name), installed_host(), has_database=True))

    assert [f"{r.check.id}: {r.what}" for r in (*fake.values(), *real.values()) if r.outcome is Outcome.FAILED] == []
    only_real = {check.id for check in ONLY_REAL}
    assert {key: r.outcome for key, r in fake.items() if key not in only_real} == {
        key: r.outcome for key, r in real.items() if key not in only_real
    }


@pytest.mark.parametrize("name", BUNDLED)
def test_fake_host_skips_what_needs_a_database_with_the_reason(name: str, bundled: ByName) -> None:
    kit = Kit(bundled(name), open_fake)

    for check in ON_A_DATABASE:
        assert kit.run(check) == Result(check, Outcome.SKIPPED, Need.DATABASE)


def test_fake_host_skips_what_needs_a_printer_with_the_reason(bundled: ByName) -> None:
    kit = Kit(bundled("check_cash"), open_fake)
    (drawn,) = (check for check in ONLY_REAL if check not in ON_A_DATABASE)

    assert kit.run(drawn) == Result(drawn, Outcome.SKIPPED, Need.PRINTER)


@pytest.mark.parametrize("check", ON_A_DATABASE, ids=lambda check: check.id)
def test_paymaster_passes_what_needs_a_database_on_each_of_them(
    check: object, bundled: ByName, open_on_database: OpenHost
) -> None:
    result = Kit(bundled("paymaster"), open_on_database, has_database=True).run(check)  # type: ignore[arg-type]

    assert (result.outcome, result.what) == (Outcome.OK, "")
