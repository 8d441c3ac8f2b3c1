"""Do the lines of a config fit the Odoo model? Asked before they are saved, as far as Odoo answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from clients.errors import Kind, RemoteError
from clients.odoo.schema import Field
from mapping.plan import compile_plan
from mapping.spec import PlanError, Problem
from syncconfig.connections import fields_of
from syncconfig.kinds import MAIN_INPUTS
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from syncconfig.plans import line_spec, plan_spec
from syncconfig.rules import LineMessage

MAX_MODELS = 30
_SAID_OF_OPTIONS = ("script", "template", "map", "format", "decimals", "match_", "timezone", "separator")

KnownFields = Mapping[str, Mapping[str, Field]]
"""Fields by name, by model."""


def fields_learn(connection: OdooConnection, model: str, paths: Iterable[str]) -> KnownFields:
    """The fields of `model` and of the models that the dotted `paths` lead to.

    A name that is not among the stored fields may be new in Odoo, so Odoo is then asked again. Raises RemoteError.
    Not to be called within a transaction: Odoo may take its time.
    """
    wanted = [path.split(".") for path in paths if path]
    known, is_complete = _walk(connection, model, wanted, refresh=False)
    return known if is_complete else _walk(connection, model, wanted, refresh=True)[0]


def _walk(
    connection: OdooConnection, model: str, paths: Sequence[Sequence[str]], *, refresh: bool
) -> tuple[KnownFields, bool]:
    known = {model: fields_of(connection, model, refresh=refresh)}
    is_complete = True
    for path in paths:
        current = model
        for part in path:
            field = known[current].get(part)
            if field is None:
                is_complete = False
                break
            if not field.relation:
                break
            current = field.relation
            if current not in known:
                if len(known) >= MAX_MODELS:
                    return known, is_complete
                known[current] = fields_of(connection, current, refresh=refresh)
    return known, is_complete


def is_about_config(error: RemoteError) -> bool:
    """Whether Odoo answered, and what it refuses is the configuration: not the moment, and not the login."""
    return error.kind == Kind.PERMANENT and error.code == "unknown_model"


def _place(problem: Problem, lines: Sequence[SyncConfigLine]) -> str | None:
    """The input that a problem is shown at: where the line's kind says what it does, or else at the field."""
    if problem.line_id is None:
        return None
    line = lines[problem.line_id]
    if not line.field or any(word in problem.message for word in _SAID_OF_OPTIONS):
        return MAIN_INPUTS.get(line.calculation, "field")
    return "field"


class KnownSchema:
    """Mapping's `Schema` over what is known; a model that is not known makes no statement possible."""

    def __init__(self, known: KnownFields) -> None:
        self._known = known

    def field(self, model: str, name: str, /) -> Field | None:
        return self._known[model].get(name)


def fit_messages(config: SyncConfig, lines: Sequence[SyncConfigLine], known: KnownFields) -> list[LineMessage]:
    """Where the active lines, saved or not, do not fit the fields; empty also where too little is known to say."""
    # New lines have no id yet: a problem names its line by its place here.
    specs = tuple(replace(line_spec(line), line_id=index) for index, line in enumerate(lines) if line.active)
    spec = plan_spec(config, specs)
    try:
        compile_plan(spec, KnownSchema(known))
    except PlanError as error:
        return [LineMessage(problem.line_id, _place(problem, lines), problem.message) for problem in error.problems]
    except KeyError:
        return []
    return []
