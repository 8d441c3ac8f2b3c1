"""Which addresses may be called.

A name is resolved once, every address it has is checked, and the connection goes to exactly what was checked: there
is no second resolution that could answer differently (DNS rebinding). Refused unless the operator allowed them:
loopback, private and shared ranges, link-local, cloud metadata, multicast, unspecified and reserved addresses, and
any IPv6 address that carries such an IPv4 address inside (mapped, compatible, NAT64, 6to4, ISATAP).
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, NamedTuple

from clients.errors import Kind, RemoteError

Network = IPv4Network | IPv6Network
IpAddress = IPv4Address | IPv6Address


class Address(NamedTuple):
    """A checked address, ready for `socket.connect`."""

    family: int
    sockaddr: tuple[Any, ...]


class _Range(NamedTuple):
    network: Network
    reason: str
    private: bool
    """True where `allow_private` opens it."""


def _ranges(private: bool, reason: str, *networks: str) -> list[_Range]:
    return [_Range(ip_network(network), reason, private) for network in networks]


# Addresses under which clouds hand credentials to whoever asks. They open only if named exactly (/32, /128): a
# network that merely contains them is not consent.
METADATA: Final = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, Google, Azure, OpenStack and most others
        "169.254.170.2",  # AWS ECS
        "169.254.170.23",  # AWS EKS
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "168.63.129.16",  # Azure's wire server, in a public range
        "fd00:ec2::254",  # AWS
        "fd00:ec2::23",  # AWS EKS
        "fd20:ce::254",  # Google
    )
)

# From the IANA special-purpose address registries.
_REFUSED: Final = (
    *_ranges(True, "a loopback address", "127.0.0.0/8", "::1/128"),
    *_ranges(True, "a private address", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
    *_ranges(True, "a shared (carrier NAT) address", "100.64.0.0/10"),
    *_ranges(False, "a link-local address", "169.254.0.0/16", "fe80::/10"),
    *_ranges(False, "a multicast address", "224.0.0.0/4", "ff00::/8"),
    *_ranges(False, "an unspecified address", "0.0.0.0/8", "::/128"),
    *_ranges(False, "a reserved address", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15"),
    *_ranges(False, "a reserved address", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4"),
    *_ranges(False, "a reserved address", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "fec0::/10"),
    *_ranges(False, "a reserved address", "64:ff9b:1::/48", "5f00::/16"),
)
_GLOBAL_V6: Final = ip_network("2000::/3")
_NAT64: Final = ip_network("64:ff9b::/96")
_COMPATIBLE: Final = ip_network("::/96")


def _carried_ipv4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a translator or tunnel would take out of `address`."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    value = int(address)
    if address in _NAT64 or (address in _COMPATIBLE and value > 0xFFFF):
        return IPv4Address(value & 0xFFFFFFFF)
    if (value >> 32) & 0xFFFFFFFF in (0x00005EFE, 0x02005EFE):  # ISATAP
        return IPv4Address(value & 0xFFFFFFFF)
    return None


@dataclass(frozen=True)
class AddressPolicy:
    """What may be called. The default allows public addresses only.

    `allow_private` opens loopback, private and shared ranges; `allowed_networks` opens the ranges named;
    `allowed_hosts` opens loopback, private and shared addresses for the host names given (lower case).
    """

    allow_private: bool = False
    allowed_networks: tuple[Network, ...] = ()
    allowed_hosts: frozenset[str] = frozenset()

    def check(self, host: str, port: int) -> list[Address]:
        """Resolve `host` and return its addresses, all of them allowed, in the resolver's order.

        Raises RemoteError: BLOCKED `address_blocked` if any address is refused, RETRYABLE `dns` if the name does not
        resolve, PERMANENT `bad_url` if it is no host name.
        """
        host = host.strip("[]")
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise RemoteError(
                f"The host name {host} could not be resolved ({error.strerror}). Check the URL and the DNS.",
                kind=Kind.RETRYABLE,
                code="dns",
            ) from error
        except (UnicodeError, ValueError, OverflowError) as error:
            raise RemoteError(f"{host!r} is no host name.", kind=Kind.PERMANENT, code="bad_url") from error
        addresses: list[Address] = []
        for family, _type, _proto, _canonical, sockaddr in found:
            address = ip_address(str(sockaddr[0]).partition("%")[0])
            reason = self._refusal(address, host)
            if reason:
                raise RemoteError(
                    f"Calls to {host} are blocked: {address} is {reason}. If it is meant to be called, add "
                    f"{address}/{address.max_prefixlen} or its network to SYNC_ALLOWED_NETWORKS, and restart.",
                    kind=Kind.BLOCKED,
                    code="address_blocked",
                )
            addresses.append(Address(family, sockaddr))
        return addresses

    def _refusal(self, address: IpAddress, host: str) -> str | None:
        """Why `address` may not be called, or None."""
        if isinstance(address, IPv6Address):
            carried = _carried_ipv4(address)
            if carried is not None:
                return self._refusal(carried, host)
        named = [network for network in self.allowed_networks if address in network]
        if address in METADATA:
            exact = any(network.num_addresses == 1 for network in named)
            return None if exact else "a cloud metadata address"
        if named:
            return None
        for network, reason, private in _REFUSED:
            if address in network:
                return None if private and self._private_allowed(host) else reason
        if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
            return "a reserved address"
        return None

    def _private_allowed(self, host: str) -> bool:
        return self.allow_private or host.lower().rstrip(".") in self.allowed_hosts
