"""The plugin of these tests is a sound one: it passes the kit on both hosts, which agree on its rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from billhook import BalanceChanged
from billhook_kit import Host, OpenHost, find_plugin, installed_host, open_fake
from billhook_kit.bench import Subject
from billhook_kit.checks.events import sample_event
from billhook_kit.kit import Kit, Outcome

from tests.platform.ledger_notes import NAME, Site

HOSTS: dict[str, Callable[[], OpenHost]] = {"FakeHost": lambda: open_fake, "the panel": installed_host}


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("version", ["1", "2"])
def test_it_passes_the_kit(version: str, host: str, site: Site) -> None:
    site.install(version)
    kit = Kit(Subject(find_plugin(NAME)), HOSTS[host](), has_database=host != "FakeHost")

    found = {result.check.id: result for result in kit.run_all()}

    assert [f"{result.check.id}: {result.what}" for result in found.values() if result.outcome is Outcome.FAILED] == []
    assert found["migrations"].outcome is found["effects"].outcome is Outcome.OK


def played(host: Host) -> list[object]:
    """Tell the plugin of two movements, of the second one twice; return what it keeps, without numbers of accounts."""
    account = host.account().id
    for number, before, after in ((1, 0, 700), (2, 700, -100), (2, 700, -100)):
        moved = {"transaction_id": number, "before_minor": before, "after_minor": after}
        host.tell(sample_event(BalanceChanged, account_id=account, **moved))
    rows = [*host.rows("ledger_notes_note"), *host.rows("ledger_notes_total")]
    return [{name: value for name, value in row.items() if name != "account_id"} for row in rows]


def test_both_hosts_keep_the_same_rows_and_know_the_same_tables(site: Site) -> None:
    site.install("2")
    source = find_plugin(NAME)

    with open_fake(source, "RUB") as fake, installed_host()(source, "RUB") as panel:
        assert played(fake) == played(panel)
        assert fake.own_tables() == panel.own_tables()
