"""Records by what is no stored field of theirs: their XML id, and their display name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient

MAX_SINGLE: Final = 50
"""How many names are looked for one by one, where Odoo does not find them together."""


def ids_by_xml_id(client: OdooClient, model: str, values: Sequence[object]) -> dict[object, list[int]]:
    """value -> the id of the record with this complete XML id, such as `base.be`.

    One call for all of them, or one for each where the user may not read the table of XML ids, which needs
    administration rights. Raises RemoteError PERMANENT `too_many_names` where these are too many.
    """
    wanted = list(dict.fromkeys(str(value) for value in values))
    try:
        return _ids_of_table(client, model, wanted)
    except RemoteError as error:
        if error.code != "access_error":
            raise
    _check_few(model, "XML ids", wanted, cure="let the user read them (ir.model.data)")
    found: dict[object, list[int]] = {}
    for name in wanted:
        record_id = _referenced(client, model, name)
        if record_id is not None:
            found[name] = [record_id]
    return found


def _ids_of_table(client: OdooClient, model: str, wanted: Sequence[str]) -> dict[object, list[int]]:
    names: dict[str, list[str]] = {}
    for each in wanted:
        module, _dot, name = each.partition(".")
        names.setdefault(module, []).append(name)
    domain: list[Any] = [["model", "=", model], *["|"] * (len(names) - 1)]
    for module, inside in names.items():
        domain += ["&", ["module", "=", module], ["name", "in", inside]]
    found: dict[object, list[int]] = {}
    if names:
        for row in client.search_read("ir.model.data", domain, ["module", "name", "res_id"], order="id"):
            found.setdefault(f"{row['module']}.{row['name']}", []).append(int(row["res_id"]))
    return found


def _referenced(client: OdooClient, model: str, xml_id: str) -> int | None:
    """By the method that every user may call; it names a record only to those who may read it."""
    module, _dot, name = xml_id.partition(".")
    try:
        found = client.call("ir.model.data", "check_object_reference", kwargs={"module": module, "xml_id": name})
    except RemoteError as error:
        if error.kind is not Kind.PERMANENT or error.code in ("access_denied", "unknown_method"):
            raise
        return None  # Odoo raises a ValueError for one that there is not
    is_named = isinstance(found, list | tuple) and len(found) == 2 and found[0] == model and found[1]
    return int(found[1]) if is_named else None


def xml_ids(client: OdooClient, model: str, ids: Sequence[int]) -> dict[int, str]:
    """id -> the first XML id of the record; those without one are left out. One call."""
    found: dict[int, str] = {}
    if ids:
        domain = [["model", "=", model], ["res_id", "in", list(ids)]]
        for row in client.search_read("ir.model.data", domain, ["module", "name", "res_id"], order="id"):
            found.setdefault(int(row["res_id"]), f"{row['module']}.{row['name']}")
    return found


def ids_by_display_name(client: OdooClient, model: str, values: Sequence[object]) -> dict[object, list[int]]:
    """value -> the ids of the records that are shown under exactly this name, the oldest first.

    One call for all of them, as far as the model finds its records so; others are looked for one by one. Raises
    RemoteError PERMANENT `too_many_names` where these are too many.
    """
    wanted = list(dict.fromkeys(str(value) for value in values))
    if not wanted:
        return {}
    found = _searched(client, model, wanted)
    left = [name for name in wanted if name not in found]
    _check_few(model, "display names", left, cure="match by a field such as name")
    for name in left:
        ids = [each for each, shown in client.name_search(model, name, operator="=") if shown == name]
        if ids:
            found[name] = sorted(ids)
    return dict(found)


def _searched(client: OdooClient, model: str, names: Sequence[str]) -> dict[object, list[int]]:
    found: dict[object, list[int]] = {}
    try:
        rows: Sequence[Mapping[str, Any]] = client.search_read(
            model, [["display_name", "in", list(names)]], ["display_name"], order="id"
        )
    except RemoteError as error:
        if error.kind is not Kind.PERMANENT or error.code in ("access_denied", "access_error", "unknown_model"):
            raise
        return found  # before 17 the display name cannot be searched
    for row in rows:
        if row["display_name"] in names:
            found.setdefault(row["display_name"], []).append(int(row["id"]))
    return found


def _check_few(model: str, what: str, names: Sequence[str], *, cure: str) -> None:
    if len(names) > MAX_SINGLE:
        raise RemoteError(
            f"{len(names)} {what} of {model} cannot be looked up at once. Send fewer records at once, or {cure}.",
            kind=Kind.PERMANENT,
            code="too_many_names",
            model=model,
        )
