"""The mapping step of the guided path: proposed lines are ticked, their keys changed, a few of one's own added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from clients.errors import RemoteError
from clients.odoo.schema import Field
from mapping.suggest import match_field_for, match_options
from syncconfig.fit import KnownFields
from syncconfig.guided.checking import LinesCheck, lines_check
from syncconfig.guided.drafts import Draft
from syncconfig.guided.proposing import lines_propose
from syncconfig.guided.samples import hash_of
from syncconfig.models import SyncConfig
from syncconfig.secrets import SecretUnreadable
from syncconfig.watching import watched

OWN_ROWS = 3
MAX_ROWS = 100


class LineRow(forms.Form):
    """One row. A proposed field stays as it is; of one's own everything is written."""

    taken = forms.BooleanField(label=_("Take this line"), required=False, widget=UnfoldBooleanWidget)
    field = forms.CharField(label=_("Odoo field"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget)
    key = forms.CharField(label=_("External key"), required=False, max_length=300, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, known: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        if known is not None:
            del self.fields["field"]
        named = known["field"] if known else _now("a line of your own")
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{field.label}: {named}"
            if name != "taken":
                field.widget.attrs["spellcheck"] = "false"

    def row(self) -> dict[str, Any] | None:
        """The row as it is now; None for an empty one."""
        given = self.cleaned_data
        if self.known is not None:
            return {**self.known, "taken": given["taken"], "key": given["key"].strip()}
        field, key = given["field"].strip(), given["key"].strip()
        if not field and not key:
            return None
        return {"field": field, "key": key, "taken": True, "is_own": True, "why": _now("your own")}


class MappingForms:
    """The rows, and which of them is the identifier; as valid as a form."""

    def __init__(self, draft: Draft, data: Any) -> None:
        self.draft = draft
        self.data = data
        known: list[dict[str, Any] | None] = [*draft.lines]
        room = min(OWN_ROWS, MAX_ROWS - len(known))
        self.rows = [self._row(index, row) for index, row in enumerate([*known, *[None] * room])]
        self.check = LinesCheck()
        self.messages: dict[int, list[str]] = {}

    def _row(self, index: int, known: dict[str, Any] | None) -> LineRow:
        initial = {} if known is None else {"taken": known.get("taken", False), "key": known["key"]}
        return LineRow(self.data, prefix=f"lines-{index}", known=known, initial=initial)

    def identifier(self) -> int | None:
        """The place of the row that tells records apart."""
        if self.data is not None:
            text = self.data.get("identifier", "")
            return int(text) if text.isascii() and text.isdigit() else None
        return next((at for at, row in enumerate(self.draft.lines) if row.get("is_identifier")), None)

    def is_valid(self) -> bool:
        found = [row.is_valid() for row in self.rows]  # each of them, so that each says what is wrong
        return self.data is not None and all(found)

    def lines(self) -> list[dict[str, Any]]:
        """All rows, taken or not."""
        marked = self.identifier()
        found: list[dict[str, Any]] = []
        self.places: list[int] = []
        for index, form in enumerate(self.rows):
            row = form.row()
            if row is not None:
                row["is_identifier"] = index == marked
                row["taken"] = bool(row["taken"] or row["is_identifier"])
                if row["is_identifier"] and row.get("direction", "both") == "in":
                    row["direction"] = "both"
                found.append(row)
                self.places.append(index)
        return found

    def note(self, check: LinesCheck, rows: list[dict[str, Any]]) -> None:
        """Put what is wrong with taken lines beside their rows."""
        self.check = check
        taken = [place for place, row in zip(self.places, rows, strict=True) if row["taken"]]
        self.messages = {taken[index]: found for index, found in check.by_line.items()}


class MappingStepMixin:
    """For the page of the step."""

    request: HttpRequest
    draft: Draft
    form: Any
    learn: Any
    learn_there: Any
    template: ClassVar[str]

    def make_form(self, data: Any) -> MappingForms:
        self._propose()
        return MappingForms(self.draft, data)

    def _propose(self) -> None:
        """Once for what was said before; what was ticked since is kept."""
        draft = self.draft
        target = (draft.values.get("target_connection_id"), draft.values.get("target_model"))
        said = (
            draft.connection,
            draft.values["model"],
            draft.record_id,
            hash_of(draft.sample),
            draft.items_path,
            *target,
        )
        asked = "|".join(map(str, said))
        if draft.proposed_for == asked:
            return
        connection = draft.config().connection
        own = [row for row in draft.lines if row.get("is_own")]
        try:
            with watched(connection):
                draft.lines = [*lines_propose(draft, connection), *own]
            draft.proposed_for = asked
        except (RemoteError, SecretUnreadable) as error:
            messages.warning(self.request, str(error))

    def is_valid(self) -> bool:
        form: MappingForms = self.form
        if not form.is_valid():
            return False
        rows = form.lines()
        known: KnownFields | None = self.learn([row["field"] for row in rows if row["field"]])
        config: SyncConfig = self.draft.preview_config()
        for row in rows:
            if row.get("is_own"):
                kind_guess(row, config, known)
        self.draft.lines = rows
        there: KnownFields | None = self.learn_there([row["key"] for row in rows if row["taken"]])
        form.note(lines_check(config, self.draft.taken_lines(), known, there), rows)
        return not form.check

    def take(self) -> None:
        """Done while it was checked."""

    def context(self) -> dict[str, Any]:
        form: MappingForms = self.form
        marked = form.identifier()
        rows: list[dict[str, Any]] = []
        fields = {row["field"] for row in self.draft.lines}
        for index, row in enumerate(form.rows):
            known = row.known or {}
            rows.append(
                {
                    "index": index,
                    "form": row,
                    "known": known,
                    "is_sub_line": known.get("field", "").rpartition(".")[0] in fields,
                    "is_identifier": index == marked,
                    "how": how_words(known, is_in=self.draft.maps_in),
                    "messages": form.messages.get(index, []) + [text for each in row.errors.values() for text in each],
                }
            )
        return {
            "rows": rows,
            "proposed": rows[: len(self.draft.lines)] if form.data is None else rows[: len(rows) - OWN_ROWS],
            "own": rows[-OWN_ROWS:],
            "general": form.check.general,
            "connection": self.draft.connection,
            "model": self.draft.values["model"],
            "target": self.draft.target,
            "target_model": self.draft.target_model,
        }


def kind_guess(row: dict[str, Any], config: SyncConfig, known: KnownFields | None) -> None:
    """How a line of one's own works, from the type of its field: a relation is found by its most telling field."""
    field = _field_at(config.model, row["field"], known or {})
    row.pop("calculation", None)
    row.pop("match_field", None)
    row.pop("options", None)
    row["direction"] = "both"
    if config.is_odoo_to_odoo:
        _kind_there(row, field)
    elif config.plan_direction == "out" and not row["is_identifier"]:
        row["direction"] = "out"
    elif field is not None and field.type == "many2one" and field.relation:
        row["calculation"] = "relational"
        _match(row, field.relation)
    elif field is not None and field.readonly and not row["is_identifier"]:
        row["direction"] = "out"


def _kind_there(row: dict[str, Any], field: Field | None) -> None:
    """Into another Odoo, every relation is found there by a field; rows of a one2many are made by their sub-lines."""
    if field is None:
        return
    if field.relation:
        row["calculation"] = "relational"
    if field.type in ("many2one", "many2many") and field.relation:
        _match(row, field.relation)
    if field.readonly and not row["is_identifier"]:
        row["direction"] = "out"


def _match(row: dict[str, Any], relation: str) -> None:
    options = match_options(match_field_for(relation))
    row["match_field"] = options.pop("match_field")
    row["options"] = options


def _field_at(model: str, path: str, known: KnownFields) -> Field | None:
    found: Field | None = None
    current: str | None = model
    for name in path.split("."):
        found = known.get(current or "", {}).get(name)
        current = found.relation if found else None
    return found


def how_words(row: Mapping[str, Any], *, is_in: bool) -> str:
    """What a row does beyond taking the value as it is."""
    told = []
    calculation = row.get("calculation", "plain")
    if calculation == "relational" and row.get("match_field"):
        told.append(_now("found by %(field)s") % {"field": row["match_field"]})
        if row.get("on_missing") == "create":
            told.append(_now("created where missing"))
    elif calculation == "relational":
        told.append(_now("a list"))
    elif calculation == "template":
        told.append(str(row.get("options", {}).get("template", "")))
    elif calculation == "value_map":
        told.append(_now("value by value"))
    if row.get("options", {}).get("case"):
        told.append(_now("upper and lower case are the same"))
    if row.get("required"):
        told.append(_now("required"))
    if row.get("absent") == "default":
        told.append(_now("%(value)s where absent") % {"value": row.get("default")})
    direction = row.get("direction", "both")
    if direction != "both" and is_in:
        told.append(_now("only into Odoo") if direction == "in" else _now("only out of Odoo"))
    return ", ".join(told)
