"""One2many and many2many on the way to Odoo: commands, or a plain list of ids.

`[0, 0, vals]` create, `[1, id, vals]` update, `[2, id, 0]` delete, `[3, id, 0]` unlink, `[4, id, 0]` link,
`[5, 0, 0]` clear, `[6, 0, ids]` replace.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from clients.odoo.values import Target, ValueRefused, is_id, shown


class Command(IntEnum):
    CREATE = 0
    UPDATE = 1
    DELETE = 2
    UNLINK = 3
    LINK = 4
    CLEAR = 5
    SET = 6


CLEARED: list[list[int]] = [[Command.CLEAR.value, 0, 0]]


def to_x2many(value: Any, target: Target) -> list[list[Any]]:
    """Commands; a list of ids (or of objects that have one) becomes a replacement. Raises ValueRefused."""
    if not isinstance(value, list | tuple):
        raise ValueRefused(f"a list of ids or of commands is needed, not {shown(value)}")
    items: list[Any] = [item["id"] if isinstance(item, Mapping) and is_id(item.get("id")) else item for item in value]
    if all(is_id(item) for item in items):
        return [[Command.SET.value, 0, [int(item) for item in items]]]
    if any(isinstance(item, int | str | Mapping) for item in items):
        wrong = next(item for item in items if not is_id(item))
        raise ValueRefused(
            f"a list of ids or of commands is needed, and {shown(wrong)} is neither. New records are written as "
            f"[0, 0, {{...}}]."
        )
    return [_command(item) for item in items]


def _command(item: Any) -> list[Any]:
    if not isinstance(item, list | tuple) or not 1 <= len(item) <= 3:
        raise ValueRefused(f"{shown(item)} is no command; an example: [4, 7, 0] links record 7")
    code = item[0]
    if isinstance(code, bool) or not isinstance(code, int) or code not in list(Command):
        raise ValueRefused(f"{shown(item)} begins with no command; commands are 0 to 6")
    command = Command(code)
    if command is Command.CLEAR:
        return [command.value, 0, 0]
    if command is Command.CREATE:
        vals = item[2] if len(item) == 3 else None
        if not isinstance(vals, Mapping):
            raise ValueRefused(f"{shown(item)} creates a record and needs its values: [0, 0, {{...}}]")
        return [command.value, 0, dict(vals)]
    if command is Command.SET:
        ids = item[2] if len(item) == 3 else None
        if not isinstance(ids, list | tuple) or not all(is_id(one) for one in ids):
            raise ValueRefused(f"{shown(item)} replaces all and needs a list of ids: [6, 0, [7, 8]]")
        return [command.value, 0, list(ids)]
    if len(item) < 2 or not is_id(item[1]):
        raise ValueRefused(f"{shown(item)} needs the id of a record in second place")
    if command is Command.UPDATE:
        vals = item[2] if len(item) == 3 else None
        if not isinstance(vals, Mapping):
            raise ValueRefused(f"{shown(item)} updates a record and needs values: [1, 7, {{...}}]")
        return [command.value, item[1], dict(vals)]
    return [command.value, item[1], 0]
