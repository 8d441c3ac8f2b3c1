"""Odoo from outside, over whichever transport; `client` says how it is used."""

from clients.odoo.changes import ChangeCursor
from clients.odoo.client import BulkResult, OdooClient, connect
from clients.odoo.domain import DomainError, check_domain, format_domain, parse_domain
from clients.odoo.schema import Field, fields_from_get
from clients.odoo.settings import OdooSettings, OdooVersion, Protocol
from clients.odoo.values import ValueRefused

__all__ = [
    "BulkResult",
    "ChangeCursor",
    "DomainError",
    "Field",
    "OdooClient",
    "OdooSettings",
    "OdooVersion",
    "Protocol",
    "ValueRefused",
    "check_domain",
    "connect",
    "fields_from_get",
    "format_domain",
    "parse_domain",
]
