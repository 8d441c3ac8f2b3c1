"""A stand-in for Odoo on loopback; see `demo.odoo.server` for what it plays and what it refuses."""

from demo.odoo.server import DemoOdoo

__all__ = ["DemoOdoo"]
