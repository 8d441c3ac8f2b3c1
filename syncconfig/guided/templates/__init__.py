"""What a new sync may start from: the usual ones, each a file here. Other apps add theirs (`add_template`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SyncTemplate:
    """A sync as far as it can be known beforehand.

    `values` are fields of SyncConfig, `lines` those of SyncConfigLine, in their order; a line that says
    `"is_optional": True` is proposed but not taken. `sample` is a record as the other system writes it. `needs` says
    which app of Odoo brings the model, `notes` what staff should know, and `counterpart` is the key of the template
    for the other way. With `into_odoo` records go into another Odoo, and the keys of the lines are its fields. With
    `sends_once` a record that has arrived by POST is not posted again, whatever changes in it.
    """

    key: str
    title: Any
    summary: Any
    icon: str
    request_type: str
    model: str
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[Mapping[str, Any], ...] = ()
    sample: Any = None
    needs: Any = ""
    notes: tuple[Any, ...] = ()
    counterpart: str = ""
    into_odoo: bool = False
    sends_once: bool = False


_added: dict[str, SyncTemplate] = {}


def add_template(template: SyncTemplate) -> None:
    """Offer one more; called when apps are ready. One that has the key already is replaced."""
    _added[template.key] = template


def templates() -> dict[str, SyncTemplate]:
    """All of them by key, in the order in which they are offered."""
    from syncconfig.guided.templates import (
        catalogue_out,
        contacts_to_odoo,
        customers,
        invoices_out,
        shop_orders_in,
        stock_in,
    )

    usual = (
        shop_orders_in.TEMPLATE,
        customers.CUSTOMERS_IN,
        customers.CUSTOMERS_OUT,
        catalogue_out.TEMPLATE,
        stock_in.TEMPLATE,
        invoices_out.TEMPLATE,
        contacts_to_odoo.BY_EMAIL,
        contacts_to_odoo.BY_REFERENCE,
    )
    return {template.key: template for template in usual} | _added
