"""From a stored config to the compiled plan that the hot path reads instead of the database.

A plan is kept per process under the revisions of its config and connection. A change anywhere makes a new
revision (`syncconfig.revisions`), so that every process on every node compiles anew with its next request.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from clients.odoo.schema import Field
from mapping.plan import Plan, compile_plan
from mapping.spec import ConfigScript, LineSpec, PlanError, PlanSpec, Problem
from syncconfig.connections import fields_of
from syncconfig.kinds import KIND_OPTIONS
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from syncconfig.script_limits import script_limits

_plans: dict[int, tuple[tuple[int, int], Plan]] = {}
_plans_lock = threading.Lock()


class ConfigBroken(Exception):
    """The config's lines do not fit the Odoo model. `problems` says what to mend, line by line."""

    def __init__(self, config: SyncConfig, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{config.name}: " + "; ".join(str(problem) for problem in self.problems))


class ConnectionSchema:
    """The fields of a connection's models, read once per model (mapping's `Schema`)."""

    def __init__(self, connection: OdooConnection) -> None:
        self._connection = connection
        self._fields: dict[str, dict[str, Field]] = {}

    def field(self, model: str, name: str, /) -> Field | None:
        if model not in self._fields:
            self._fields[model] = fields_of(self._connection, model)
        return self._fields[model].get(name)


def plan_for(config: SyncConfig) -> Plan:
    """The compiled plan of the config as it is now.

    Raises ConfigBroken where the lines do not fit the model, and RemoteError where the model's fields are not
    known yet and Odoo cannot be asked.
    """
    version = (config.revision, config.connection.revision)
    with _plans_lock:
        known = _plans.get(config.pk)
    if known and known[0] == version:
        return known[1]
    plan = compile_lines(config, config.lines.filter(active=True))
    with _plans_lock:
        _plans[config.pk] = (version, plan)
    return plan


def compile_lines(config: SyncConfig, lines: Iterable[SyncConfigLine]) -> Plan:
    """A plan of the given lines, saved or not. Raises as `plan_for` does."""
    spec = plan_spec(config, tuple(line_spec(line) for line in lines))
    try:
        return compile_plan(spec, ConnectionSchema(config.connection))
    except PlanError as error:
        raise ConfigBroken(config, error.problems) from error


def plan_spec(config: SyncConfig, lines: tuple[LineSpec, ...]) -> PlanSpec:
    """The config in mapping's own words."""
    return PlanSpec(
        config_id=config.pk,
        version=config.revision,
        model=config.model,
        lines=lines,
        # Between two Odoos one instant is one text, whatever zones they are in.
        tz="UTC" if config.is_odoo_to_odoo else config.connection.timezone,
        direction=config.plan_direction,
        before=_config_script(config, config.before_script, config.before_limits),
        after=_config_script(config, config.after_script, config.after_limits),
        limits=script_limits(),
    )


def _config_script(config: SyncConfig, text: str, limits: str) -> ConfigScript | None:
    if not text.strip():
        return None
    return ConfigScript(
        text,
        writes=names_of(config.script_writes),
        reads=names_of(config.script_reads),
        limits=script_limits(limits),
    )


def names_of(text: str) -> tuple[str, ...]:
    """The names of a list that staff wrote with commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def line_spec(line: SyncConfigLine) -> LineSpec:
    """A line in mapping's own words."""
    return LineSpec(
        field=line.field,
        key=line.key,
        line_id=line.pk,
        calculation=line.calculation,
        direction=line.direction,
        is_identifier=line.is_identifier,
        required=line.required,
        absent=line.absent,
        default=line.default,
        secret=line.is_secret,
        options=line_options(line),
    )


def line_options(line: SyncConfigLine) -> dict[str, object]:
    """The options of the line's calculation, and of no other."""
    known = KIND_OPTIONS[line.calculation]
    options: dict[str, object] = {name: line.options[name] for name in known if name in line.options}
    if line.calculation == "relational":
        options |= {"on_missing": line.on_missing, "on_match": line.on_match, "mode": line.x2many_mode}
        if line.match_field:
            options["match_field"] = line.match_field
    elif line.calculation == "script":
        options["script"] = line.script
        options["limits"] = script_limits(str(options.get("limits", "")))
        if line.script_reverse.strip():
            options["reverse"] = line.script_reverse
    return options
