"""Which required fields Odoo fills by itself when a record is created without them.

`fields_get` says that the date of an order is required, and not that Odoo sets it. Both are needed to refuse what
lacks a value and to let pass what does not.
"""

from __future__ import annotations

from typing import Any

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient
from clients.odoo.schema import ATTRIBUTES
from clients.odoo.transport import strange


def fields_with_defaults(client: OdooClient, model: str) -> dict[str, dict[str, Any]]:
    """The answer of `fields_get` as `fields_from_get` reads it, with `has_default` on the required fields that are
    computed or have a default for this user. Raises RemoteError; a refused `default_get` is no error, for a model
    may be read by somebody who may not create its records.
    """
    raw = client.call(model, "fields_get", kwargs={"attributes": [*ATTRIBUTES, "depends"]})
    if not isinstance(raw, dict):
        raise strange("fields_get", raw)
    required = [name for name, told in raw.items() if told.get("required")]
    defaults = _defaults(client, model, required) if required else {}
    for name in required:
        if raw[name].get("depends") or name in defaults:
            raw[name]["has_default"] = True
    for told in raw.values():
        told.pop("depends", None)
    return raw


def _defaults(client: OdooClient, model: str, names: list[str]) -> dict[str, Any]:
    try:
        answer = client.call(model, "default_get", args=[names], safe=True)
    except RemoteError as error:
        if error.kind is not Kind.PERMANENT:
            raise
        return {}
    return answer if isinstance(answer, dict) else {}
