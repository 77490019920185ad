"""The demo as a whole: what it announces, and that nothing of it is left behind."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from devtools.run import StartError, choose_ports, panel_environment
from devtools.state import StateFolder


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(StartError, match=f"Port {port} is taken"):
            choose_ports(port)


def test_the_other_ports_are_the_next_free_ones() -> None:
    ports = choose_ports(None)

    chosen = [ports.panel, ports.emulator, ports.mail, ports.smtp, ports.service]
    assert chosen == sorted(set(chosen))


def test_ports_do_not_run_past_the_last_one() -> None:
    with pytest.raises(StartError, match="lower one"):
        choose_ports(65533)


def test_the_demo_ignores_the_settings_of_a_real_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLHOOK_DATABASE_URL", "postgresql://real/money")
    monkeypatch.setenv("BILLHOOK_SMTP_PASSWORD", "real")
    state = StateFolder(tmp_path)

    environment = panel_environment(state, state.database_url, choose_ports(None))

    assert environment["BILLHOOK_DATABASE_URL"] == f"sqlite:///{tmp_path}/billhook.db"
    assert environment["BILLHOOK_DEMO"] == "1"
    assert "BILLHOOK_SMTP_PASSWORD" not in environment
