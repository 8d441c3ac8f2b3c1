"""A stand-in for Odoo on loopback; see `demo.odoo.server` for what it plays and what it refuses."""

from demo.odoo.server import ADMIN_KEY, ADMIN_LOGIN, ADMIN_PASSWORD, DATABASE, DemoOdoo

__all__ = ["ADMIN_KEY", "ADMIN_LOGIN", "ADMIN_PASSWORD", "DATABASE", "DemoOdoo"]
