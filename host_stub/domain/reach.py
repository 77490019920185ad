"""Which addresses the panel calls when people type them: not its own network, unless the operator says so."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

#: IPv6 addresses that stand for an IPv4 one in their last 32 bits (RFC 6052, RFC 4291).
_CARRIERS: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
#: All that IPv6 has of public addresses so far: the rest, such as site-local ones, is somebody's own (RFC 4291).
_UNICAST: Final = IPv6Network("2000::/3")
#: What the library takes for public: documentation (RFC 9637), relays that are gone (RFC 7526).
_NOT_PUBLIC: Final = (IPv6Network("3fff::/20"), IPv4Network("192.88.99.0/24"))
#: Of names that lead into the machine or the network alone.
_INSIDE: Final = ("localhost", ".localhost", ".local", ".internal", ".lan", ".home.arpa")


@dataclass(frozen=True, slots=True)
class Reach:
    """everywhere: nothing is refused, as in the demo. internal: networks that may be called though nobody sees them."""

    everywhere: bool = False
    internal: tuple[Network, ...] = ()

    def may_call(self, address: str) -> bool:
        """Say whether an address in figures may be called. What is no address may not."""
        if self.everywhere:
            return True
        parsed = _parsed(address)
        return parsed is not None and (_is_within(parsed, self.internal) or _is_public(parsed))

    def may_name(self, host: str) -> bool:
        """Say whether a host may stand in an address: judged without looking it up, which the call itself does."""
        if self.everywhere:
            return True
        parsed = _parsed(host.strip("[]"))
        if parsed is not None:
            return self.may_call(str(parsed))
        # Of a name nobody knows where it leads; an operator who names networks may have names inside.
        return bool(self.internal) or not f".{host.lower().rstrip('.')}".endswith(_INSIDE)


def _parsed(text: str) -> Address | None:
    try:
        return _carried(ip_address(text.partition("%")[0]))
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(text))  # 127.1, 0x7f000001, 2130706433: what a connection takes
    except (OSError, UnicodeError, ValueError):
        return None


def _carried(address: Address) -> Address:
    """Return the IPv4 address for which an IPv6 one stands, else the address."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inner is None and any(address in carrier for carrier in _CARRIERS) and int(address) > 1:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


def _is_public(address: Address) -> bool:
    if any(address in network for network in _NOT_PUBLIC if network.version == address.version):
        return False
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _is_within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks if network.version == address.version)
