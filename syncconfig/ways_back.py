"""The way back of a sync between two Odoos: the same lines turned round, in a sync of its own.

Connections and models change places, and so do the field and the key of each line. The new sync names the old one as
its other direction and so holds the rule of both, turned round as well: whoever won goes on winning. It is switched
off and has no schedule: staff look through it first. What cannot be turned round is left out, and told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from mapping.spec import LineSpec
from mapping.turning import turned
from syncconfig.domains import domain_message, domain_paths
from syncconfig.drifts import snapshot_keep
from syncconfig.fit import KnownFields, KnownSchema, fields_learn
from syncconfig.models import ConflictRule, RequestType, SyncConfig, SyncConfigLine
from syncconfig.plans import line_spec
from syncconfig.receiving import lines_fit, receiving_of, receiving_paths, target_of
from syncconfig.rules import lines_messages
from syncconfig.watching import watched

_COPIED: Final = (
    "method_post", "method_put", "delete_mode", "only_changed", "is_paginated", "page_size", "retry_schedule",
    "pauses_on_drift",
)  # fmt: skip
_RULES: Final = {ConflictRule.SOURCE: ConflictRule.TARGET, ConflictRule.TARGET: ConflictRule.SOURCE}
_MAX_NAME: Final = 100


@dataclass(slots=True)
class WayBack:
    """The new sync. `left` says which lines were left out and why, `notes` what else staff have to look at."""

    config: SyncConfig
    left: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def may_have_way_back(config: SyncConfig) -> bool:
    """Whether its records go into another Odoo, and nothing brings them back yet."""
    if not config.is_odoo_to_odoo or config.method_delete or config.pair_id is not None:
        return False
    return not SyncConfig.objects.filter(pair_id=config.pk).exists()


def way_back_make(*, config: SyncConfig, name: str = "") -> WayBack:
    """Make and store it.

    Raises ValidationError, with nothing stored, where it would not be a sync that the form takes; RemoteError and
    SecretUnreadable where the fields of one of the Odoos are not known and it cannot be asked. Not to be called within
    a transaction.
    """
    lines = list(config.lines.filter(active=True))
    known, known_there = _learn(config, lines)
    back = _config_turned(config, name)
    made = WayBack(back)
    rows = _lines_turned(config, lines, known, known_there, made)
    rows = _fitting(back, rows, known_there, known, made)
    back.domain = _domain(config, rows, known_there, made)
    if config.before_script or config.after_script:
        made.notes.append(_("The scripts before and after the mapping were not taken over."))
    with transaction.atomic():
        back.full_clean()
        back.save()
        for position, row in enumerate(rows):
            row.config, row.position = back, position
            row.full_clean()
            row.save()
    snapshot_keep(back, known_there)
    return made


def _learn(config: SyncConfig, lines: Sequence[SyncConfigLine]) -> tuple[KnownFields, KnownFields]:
    target = target_of(config)
    with watched(config.connection, config):
        known = fields_learn(config.connection, config.model, [line.field for line in lines])
    with watched(target, config):
        paths = [*receiving_paths(line.key for line in lines), *domain_paths(config.domain)]
        return known, fields_learn(target, config.receiving_model, paths)


def _config_turned(config: SyncConfig, name: str) -> SyncConfig:
    model = config.receiving_model
    return SyncConfig(
        name=name or _free(config.name),
        active=False,
        request_type=RequestType.OUT,
        connection=target_of(config),
        model=model,
        target_connection=config.connection,
        target_model="" if model == config.model else config.model,
        conflict_rule=_RULES.get(ConflictRule(config.conflict_rule), config.conflict_rule),
        pair=config,
        **{each: getattr(config, each) for each in _COPIED},
    )


def _free(name: str) -> str:
    """The name with what it is, and a number where that is taken."""
    end, number = _(", the way back"), 1
    taken = set(SyncConfig.objects.values_list("name", flat=True))
    while True:
        ending = end if number == 1 else f"{end} {number}"
        if (found := name[: _MAX_NAME - len(ending)] + ending) not in taken:
            return found
        number += 1


def _lines_turned(
    config: SyncConfig, lines: Sequence[SyncConfigLine], known: KnownFields, known_there: KnownFields, made: WayBack
) -> list[SyncConfigLine]:
    source = KnownSchema(known)
    try:
        found = receiving_of(config, lines, source, KnownSchema(known_there))
    except KeyError as error:
        raise ValidationError(_("The fields of %(model)s are not known.") % {"model": error.args[0]}) from error
    received = {each.line_id: each for each in found.spec.lines}
    problems = {problem.line_id: problem.message for problem in found.problems}
    rows = []
    for line in lines:
        if line.direction == "in":
            continue  # it takes no part in the way there either
        try:
            if line.pk not in received:
                raise ValueError(problems.get(line.pk, _("it has no field there")))
            if _is_read_through(line, lines, received):
                raise ValueError(_("it is read through a relation, and on the way back it would change another record"))
            rows.append(_row(turned(line_spec(line), received[line.pk], model=config.model, source=source), line))
        except ValueError as error:
            made.left.append(_told(line, error))
    return rows


def _is_read_through(line: SyncConfigLine, lines: Sequence[SyncConfigLine], received: Mapping[Any, LineSpec]) -> bool:
    """Whether it is a value of a related record that goes into the record itself there: no sub-line of a relation that
    has a line."""
    holder = line.field.rpartition(".")[0]
    if not holder:
        return False
    found = next((each for each in lines if each.field == holder and each.pk in received), None)
    return found is None or not received[line.pk].field.startswith(f"{received[found.pk].field}.")


def _row(spec: LineSpec, line: SyncConfigLine) -> SyncConfigLine:
    """The line as it is stored; where one came from is kept for what is said of it."""
    columns = {"match_field": "match_field", "on_missing": "on_missing", "on_match": "on_match", "mode": "x2many_mode"}
    options = {name: value for name, value in spec.options.items() if name not in columns}
    relational: dict[str, Any] = {columns[name]: spec.options[name] for name in columns if name in spec.options}
    row = SyncConfigLine(
        field=spec.field,
        key=spec.key,
        is_identifier=spec.is_identifier,
        calculation=spec.calculation,
        required=spec.required,
        is_secret=spec.secret,
        options=options,
        **relational,
    )
    row.origin = line  # type: ignore[attr-defined]
    return row


def _fitting(
    back: SyncConfig, rows: list[SyncConfigLine], known: KnownFields, known_there: KnownFields, made: WayBack
) -> list[SyncConfigLine]:
    """The lines that are right together; without one, those that hang on it are looked at again."""
    while messages := lines_messages(rows) or lines_fit(back, rows, known, known_there):
        wrong = {found.index: found.message for found in messages if found.index is not None}
        if not wrong:
            raise ValidationError([*(found.message for found in messages), *made.left])
        made.left += [_told(rows[index].origin, message) for index, message in wrong.items()]  # type: ignore[attr-defined]
        rows = [row for index, row in enumerate(rows) if index not in wrong]
    return rows


def _domain(config: SyncConfig, rows: Iterable[SyncConfigLine], known_there: KnownFields, made: WayBack) -> str:
    """The same filter where it makes sense there; or else every record that has an identifier."""
    if config.domain in ("", "[]"):
        return "[]"
    if config.model == config.receiving_model and not domain_message(config.domain, config.model, known_there):
        made.notes.append(_("The filter domain is the same: %(domain)s") % {"domain": config.domain})
        return config.domain
    identifier = next(row.field for row in rows if row.is_identifier)
    made.notes.append(_("The filter domain means nothing there. It is now every record that has an identifier."))
    return f"[('{identifier}', '!=', False)]"


def _told(line: SyncConfigLine, reason: object) -> str:
    return f"{line.get_inline_title}: {reason}"
