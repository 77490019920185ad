"""Addresses that people type and the panel calls: nobody reaches the panel's own network through them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from billhook import http
from billhook.http import GatewayUnreachable

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.provisioning import Order, ProvisioningFailed, Webhook
from host_stub.config import Config
from host_stub.domain.reach import Reach
from host_stub.persistence import Reseller, UserKind
from tests.support.web import Visitor, a_user, an_app, store_of
from tests.support.world import a_reseller

OUTSIDE = Reach()
INSIDE = (
    "169.254.169.254", "127.0.0.1", "127.1", "0.0.0.0", "0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "2130706433", "0x7f000001", "0177.0.0.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "::127.0.0.1", "fec0::1", "fec0:0:0:ffff::1", "4000::1",
    "3fff::1", "64:ff9b:1::1", "5f00::1", "192.88.99.1", "",
)  # fmt: skip
PUBLIC = ("93.184.215.14", "2606:4700:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e")
ORDER = Order(1, 1, "running", 1, "VPS")


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_public_may_not_be_called(address: str) -> None:
    assert not OUTSIDE.may_call(address)
    assert Reach(everywhere=True).may_call(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_may_be_called(address: str) -> None:
    assert OUTSIDE.may_call(address)


def test_a_network_that_the_operator_names_may_be_called_and_no_other() -> None:
    reach = Config(internal_networks="10.20.0.0/16, fd00::/8").reach  # type: ignore[arg-type]

    assert reach.internal == (ip_network("10.20.0.0/16"), ip_network("fd00::/8"))
    assert [reach.may_call(a) for a in ("10.20.3.4", "::ffff:10.20.3.4", "fd00::5")] == [True] * 3
    assert [reach.may_call(a) for a in ("10.21.0.1", "127.0.0.1", "169.254.169.254")] == [False] * 3


def test_only_the_demo_calls_everywhere() -> None:
    assert Config(demo=True).reach.everywhere
    assert not Config(demo=False).reach.everywhere


@pytest.mark.parametrize(
    "host", ["localhost", "a.localhost", "db.internal", "nas.local", "LOCALHOST.", "[::1]", "127.1"]
)
def test_names_that_lead_inside_are_refused_at_once(host: str) -> None:
    assert not OUTSIDE.may_name(host)


@pytest.mark.parametrize(
    "host", ["panel.example.com", "93.184.215.14", "localhost.example.com", "xn--e1afmkfd.xn--p1ai"]
)
def test_other_names_are_judged_when_they_are_called(host: str) -> None:
    assert OUTSIDE.may_name(host)


@pytest.fixture
def limited() -> Iterator[None]:
    http.limit_reach(OUTSIDE.may_call)
    yield
    http.limit_reach(None)


@pytest.fixture
def inside() -> Iterator[socket.socket]:
    """A server on this machine that must hear nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def heard_nothing(server: socket.socket) -> bool:
    try:
        server.accept()
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]"])
def test_no_provisioning_address_reaches_this_machine(limited: None, inside: socket.socket, host: str) -> None:
    port = inside.getsockname()[1]

    with pytest.raises(ProvisioningFailed, match="leads into the panel's own network"):
        Webhook(1, 1).apply(f"http://{host}:{port}/", "s" * 16, ORDER)

    assert heard_nothing(inside)


def test_no_session_of_a_plugin_reaches_this_machine(limited: None, inside: socket.socket) -> None:
    address = f"http://127.0.0.1:{inside.getsockname()[1]}/latest/meta-data"

    with (
        http.session() as session,
        pytest.raises(GatewayUnreachable, match=r"127\.0\.0\.1 may not be called from here"),
    ):
        session.get(address)

    assert heard_nothing(inside)


def answering(*answers: str) -> Callable[..., list[Any]]:
    """Return a resolver that says something else each time, as one does who rebinds a name."""
    left = list(answers)

    def resolve(_name: str, port: int, **_options: object) -> list[Any]:
        address = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


def test_a_name_that_leads_inside_when_it_is_looked_up_is_refused(
    limited: None, inside: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = inside.getsockname()[1]
    monkeypatch.setattr("billhook.timed.socket.getaddrinfo", answering("127.0.0.1"))

    with pytest.raises(ProvisioningFailed, match="own network"):
        Webhook(1, 1).apply(f"http://hooks.example.com:{port}/", "s" * 16, ORDER)

    assert heard_nothing(inside)


def test_what_was_looked_at_is_what_is_connected_to(limited: None, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr("billhook.timed.socket.getaddrinfo", answering("93.184.215.14", "127.0.0.1"))

    def connect(address: tuple[str, int], *_given: object, **_more: object) -> socket.socket:
        tried.append(address[0])
        raise OSError("nobody there")

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    with http.session() as session, pytest.raises(GatewayUnreachable):
        session.get("http://hooks.example.com/")

    assert tried == ["93.184.215.14"]


@pytest.mark.parametrize(
    "address",
    ["http://169.254.169.254/", "http://localhost/", "http://[::1]:8000/hook", "http://127.1/", "http://[::1"],
)
def test_the_form_refuses_a_provisioning_address_inside(sqlite_url: str, clock: FixedClock, address: str) -> None:
    app = an_app(sqlite_url, clock, demo=False)
    manager = Visitor(app)
    with store_of(app).write() as session:
        reseller_id = a_reseller(session).id
        reseller = session.get_one(Reseller, reseller_id)
        manager_id = a_user(session, reseller, UserKind.MANAGER, "olga@example.com").id
    manager.enter(manager_id)

    answer = manager.post("/reseller/settings", {"provisioning_url": address})

    assert answer.status_code == 422
    words = "Укажите адрес полностью" if address == "http://[::1" else "Этот адрес ведет во внутреннюю сеть панели."
    assert words in answer.text
    with store_of(app).read() as session:
        assert session.get_one(Reseller, reseller_id).provisioning_url == ""
    store_of(app).close()
