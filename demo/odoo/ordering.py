"""The order of records as Odoo's SQL makes it: unset last (first when descending), a many2one by its model's order.

Texts are ordered by their characters' numbers, capitals first: Odoo makes its databases with the collation `C`.
"""

import re
from typing import TYPE_CHECKING, Any

from demo.odoo.faults import UserError, unsearchable
from demo.odoo.fields import Field
from demo.odoo.store import Row

if TYPE_CHECKING:
    from demo.odoo.orm import Env

ORDER = re.compile(
    r"\s*(?P<field>[a-z0-9_]+)(?:\.(?P<path>[a-z0-9_]+))?(?:\s+(?P<direction>asc|desc))?"
    r"(?:\s+nulls\s+(?P<nulls>first|last))?\s*",
    re.IGNORECASE,
)


def ordered(env: "Env", model: str, rows: list[Row], order: str | None) -> list[Row]:
    """The rows in that order, or in the model's own. Raises UserError for what is no order, ValueError where a field
    cannot order."""
    rows = list(rows)
    for part in reversed((order or env.model(model).order).split(",")):
        match = ORDER.fullmatch(part)
        if match is None:
            raise UserError(
                f'Invalid "order" specified ({order}). A valid "order" specification is a comma-separated list of '
                "valid field names (optionally followed by asc/desc for the direction)"
            )
        name = match["field"]
        field = env.field(model, name)
        if not field.is_sortable and name != "id":
            raise unsearchable(model, name)
        descending = (match["direction"] or "").lower() == "desc"
        nulls_last = (match["nulls"] or ("first" if descending else "last")).lower() == "last"
        keys = _keys(env, model, rows, name, field, by_id=match["path"] == "id")
        # With `reverse`, what counts as greatest comes first.
        unset_rank = nulls_last != descending
        rows.sort(
            key=lambda row, k=keys, u=unset_rank: (u, 0) if k[row["id"]] is None else (not u, k[row["id"]]),  # type: ignore[misc]
            reverse=descending,
        )
    return rows


def _keys(env: "Env", model: str, rows: list[Row], name: str, field: Field, *, by_id: bool) -> dict[int, Any]:
    """What each row is compared by, None where unset."""
    values = {row["id"]: row["id"] if name == "id" else env.value(model, row, name) for row in rows}
    if field.type == "many2one" and not by_id and field.relation in env.registry.models:
        related = {value for value in values.values() if value}
        ranks = ordered(env, field.relation, env.rows(field.relation, related), None)
        rank_of = {row["id"]: rank for rank, row in enumerate(ranks)}
        return {record_id: rank_of.get(value) for record_id, value in values.items()}
    if field.type == "boolean":
        return {record_id: bool(value) for record_id, value in values.items()}
    return values
