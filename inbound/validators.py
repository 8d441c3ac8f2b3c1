"""Checks of what staff enter about endpoints; each message says how to write it."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

Network = IPv4Network | IPv6Network


def networks_of(text: str) -> tuple[Network, ...]:
    """The networks in a list with commas. Raises ValueError."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def validate_network_list(text: str) -> None:
    try:
        networks_of(text)
    except ValueError as error:
        raise ValidationError(
            _("%(error)s. Write networks or addresses with commas, e.g. 203.0.113.0/24, 198.51.100.7.")
            % {"error": error}
        ) from None
