"""The lines that a new sync is offered: those of its template, and those that a sample speaks for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from clients.odoo.client import OdooClient
from clients.odoo.read_only import ReadOnlyOdoo
from clients.odoo.schema import Field
from mapping.suggest import Suggestion, suggest_lines
from mapping.suggest_out import record_fields, suggest_out
from mapping.suggest_same import suggest_same
from syncconfig.connections import client_for, fields_of
from syncconfig.fit import MAX_MODELS
from syncconfig.guided.answers import first_record
from syncconfig.guided.drafts import Draft, template_of
from syncconfig.guided.envelopes import envelope_of, line_within
from syncconfig.models import OdooConnection
from syncconfig.receiving import receiving_paths

MAX_CHOICES: Final = 10
MAX_PROPOSED: Final = 60
SURE: Final = 0.7
"""From this score on a line is taken unless a template has lines."""
MAX_UNSURE: Final = 10
"""How many lines are proposed only because the record of Odoo holds something there; none beside a template's."""

Row = dict[str, Any]


def lines_propose(draft: Draft, connection: OdooConnection) -> list[Row]:
    """Rows of the mapping step: each is taken or not, and says why it is there.

    Raises RemoteError and SecretUnreadable. Not to be called within a transaction.
    """
    known = _Known(connection)
    model = draft.values["model"]
    sample = first_record(json.loads(draft.sample), draft.items_path) if draft.sample else None
    target = draft.target
    there = _Known(target) if target is not None else None
    rows = list(_of_template(draft, known, there, sample))
    suggested = suggest_lines(model, sample, known) if sample is not None else []
    fields = {} if draft.maps_in else known(model) or {}
    record = record_read(connection, model, draft.record_id, fields) if draft.record_id is not None else {}
    if there is not None:
        suggested += suggest_same(fields, there(draft.target_model) or {}, record)
    else:
        suggested += suggest_out(fields, record)
    taken = {row["field"] for row in rows} | {row["key"] for row in rows if row["key"]}
    has_lines = bool(rows)
    unsure = 0 if has_lines else MAX_UNSURE
    for each in suggested:
        if {each.line.field, each.line.key} & taken or len(rows) >= MAX_PROPOSED:
            continue
        if not draft.maps_in and sample is None and each.score < SURE:
            unsure -= 1
            if unsure < 0:
                continue
        taken |= {each.line.field, each.line.key}
        rows.append(_row(each, is_taken=not has_lines and each.score >= SURE))
    _one_identifier(rows)
    for row in rows:
        field = known.at(model, row["field"])
        row["label"], row["type"] = (field.label, field.type) if field else ("", "")
    return rows


def record_read(
    connection: OdooConnection, model: str, record_id: int, fields: Mapping[str, Field]
) -> Mapping[str, object]:
    """The record's values that could be sent; empty where it is not there any more. Raises RemoteError."""
    client: OdooClient = ReadOnlyOdoo(client_for(connection))
    found = client.search_read(model, [["id", "=", record_id]], record_fields(fields), limit=1)
    return found[0] if found else {}


def records_offer(connection: OdooConnection, model: str, domain: Sequence[Any]) -> list[tuple[int, str]]:
    """Ids and names of a few records of the domain, the newest first. Raises RemoteError."""
    client: OdooClient = ReadOnlyOdoo(client_for(connection))
    found = client.search_read(model, list(domain), ["display_name"], limit=MAX_CHOICES, order="id desc")
    return [(int(row["id"]), str(row["display_name"])) for row in found]


class _Known:
    """The fields of models, each asked for once (mapping's `FieldsOf`)."""

    def __init__(self, connection: OdooConnection) -> None:
        self._connection = connection
        self._models: dict[str, Mapping[str, Field] | None] = {}

    def __call__(self, model: str) -> Mapping[str, Field] | None:
        if model not in self._models:
            is_enough = len(self._models) >= MAX_MODELS
            self._models[model] = None if is_enough else fields_of(self._connection, model)
        return self._models[model]

    def at(self, model: str, path: str) -> Field | None:
        """The field at the end of a dotted path."""
        found: Field | None = None
        current: str | None = model
        for name in path.split("."):
            found = (self(current) or {}).get(name) if current else None
            current = found.relation if found else None
        return found


def _of_template(draft: Draft, known: _Known, there: _Known | None, sample: object) -> Iterator[Row]:
    template = template_of(draft)
    # Another model was chosen: what the template says of its fields means nothing there.
    if template is None or template.model != draft.values["model"]:
        return
    envelope = envelope_of(sample, template.lines) if draft.is_in else ""
    why = _("from the template, within “%(key)s” as in the sample") % {"key": envelope} if envelope else ""
    for line in template.lines:
        is_here = known.at(template.model, str(line["field"])) is not None
        is_taken_there = there is None or _is_at(there, draft, str(line["key"]))
        is_there = is_here and is_taken_there
        lacks = _("this Odoo has no such field") if not is_here else _("the other Odoo has no such field")
        if envelope:
            line = line_within(line, envelope)
        yield {
            "key": "",
            **{name: value for name, value in line.items() if name != "is_optional"},
            "taken": is_there and not line.get("is_optional", False),
            "is_missing": not is_there,
            "why": (why or _("from the template")) if is_there else lacks,
        }


def _is_at(there: _Known, draft: Draft, key: str) -> bool:
    return any(there.at(draft.target_model, path) is not None for path in receiving_paths([key]))


def _row(suggestion: Suggestion, *, is_taken: bool) -> Row:
    line = suggestion.line
    sample = suggestion.sample
    row: Row = {
        "field": line.field,
        "key": line.key,
        "calculation": line.calculation,
        "direction": line.direction,
        "is_identifier": line.is_identifier,
        "taken": is_taken,
        "why": suggestion.reason,
        "sample": "" if sample is None else json.dumps(sample, ensure_ascii=False, default=str)[:80],
    }
    if line.calculation == "relational":
        row["match_field"] = str(line.options.get("match_field", ""))
        row["on_missing"] = str(line.options.get("on_missing", "error"))
    if "case" in line.options:
        row["options"] = {"case": line.options["case"]}
    return row


def _one_identifier(rows: list[Row]) -> None:
    """The first that claims to be it is; and what tells records apart has to be taken."""
    marked = [row for row in rows if row.get("is_identifier")]
    for row in marked[1:]:
        row["is_identifier"] = False
    if marked and not marked[0].get("is_missing"):
        marked[0]["taken"] = True
