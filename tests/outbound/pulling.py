"""Configs that fetch the demo shop's customers, or what a receiver answers, into the demo Odoo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from outbound.models import PullPolicy
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine

CUSTOMERS: list[dict[str, Any]] = [
    {"field": "email", "key": "email", "is_identifier": True, "required": True},
    {"field": "name", "key": "name", "required": True},
    {"field": "phone", "key": "phone"},
    {"field": "city", "key": "address.city"},
    {"field": "country_id", "key": "address.country", "calculation": "relational", "match_field": "code"},
]

MakePull = Callable[..., SyncConfig]


def make_pull(connection: OdooConnection, url: str, **fields: Any) -> SyncConfig:
    """A config with GET; `pull` holds the fields of its PullPolicy, `lines` the mapping."""
    lines, pull = fields.pop("lines", CUSTOMERS), fields.pop("pull", {})
    config = SyncConfig.objects.create(
        **{
            "name": "Customers fetched",
            "request_type": "out",
            "connection": connection,
            "model": "res.partner",
            "url": url,
            "method_get": True,
            "auth_type": "bearer",
            "auth_secret": "shop-token",
            "retry_schedule": "0.05, 0.05, 0.05",
            "read_timeout_s": 2.0,
            **fields,
        }
    )
    for position, line in enumerate(lines):
        row = SyncConfigLine(config=config, position=position, **line)
        row.full_clean()
        row.save()
    policy = PullPolicy(config=config, **pull)
    policy.full_clean()
    policy.save()
    config.refresh_from_db()
    return config


KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "link": ("/api/customers", {"items_path": "customers", "pages": "link", "size_param": "limit"}),
    "page": ("/wc/customers", {"pages": "page", "position_param": "page", "size_param": "per_page"}),
    "cursor": (
        "/api/customers/cursor",
        {
            "items_path": "data",
            "pages": "cursor",
            "position_param": "cursor",
            "size_param": "limit",
            "next_path": "meta.next_cursor",
        },
    ),
    "after": (
        "/api/customers/after",
        {
            "items_path": "data",
            "pages": "after",
            "position_param": "starting_after",
            "size_param": "limit",
            "next_path": "id",
            "more_path": "has_more",
        },
    ),
    "next_url": (
        "/api/customers/next",
        {"items_path": "results", "pages": "next_url", "size_param": "limit", "next_path": "next"},
    ),
    "offset": (
        "/api/customers/next",
        {"items_path": "results", "pages": "offset", "position_param": "offset", "size_param": "limit"},
    ),
    "offset with a total": (
        "/api/customers/next",
        {
            "items_path": "results",
            "pages": "offset",
            "position_param": "offset",
            "size_param": "limit",
            "total_path": "count",
        },
    ),
}


def shop_pull(connection: OdooConnection, shop: DemoShop, kind: str = "link", **fields: Any) -> SyncConfig:
    """A config that fetches the shop's customers in this way."""
    path, pull = KINDS[kind]
    return make_pull(connection, f"{shop.url}{path}", **{**fields, "pull": {**pull, **fields.get("pull", {})}})


def partners(demo_odoo: DemoOdoo, emails: str = "customer-%") -> dict[str, dict[str, Any]]:
    """The partners of the demo Odoo with such addresses, by e-mail. Fails where two have the same."""
    found = demo_odoo.call(
        "res.partner", "search_read", [["email", "=like", emails]], ["email", "name", "city", "country_id"]
    )
    assert len({each["email"] for each in found}) == len(found), "the same customer twice"
    return {each["email"]: each for each in found}
