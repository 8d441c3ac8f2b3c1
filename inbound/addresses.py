"""Whose call it is: the caller's address, also behind proxies that the settings trust."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

from inbound.validators import Network


def client_address(request: HttpRequest) -> str:
    """The address that called the outermost proxy of `SYNC_TRUSTED_PROXIES`, or us; what a caller writes into
    X-Forwarded-For itself is not believed."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.SYNC_TRUSTED_PROXIES or not is_within(address, settings.SYNC_TRUSTED_PROXIES):
        return address
    for text in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        if _parsed(text.strip()) is None:
            return address
        address = text.strip()
        if not is_within(address, settings.SYNC_TRUSTED_PROXIES):
            return address
    return address


def is_within(address: str, networks: Iterable[Network]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
