"""Lines proposed from a sample of the other system's JSON, and taken one by one."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max

from clients.odoo.schema import Field
from mapping.spec import LineSpec
from mapping.suggest import Suggestion, suggest_lines
from syncconfig.connections import fields_of
from syncconfig.fit import MAX_MODELS
from syncconfig.models import SyncConfig, SyncConfigLine


def suggestions_for(config: SyncConfig, sample: object) -> list[Suggestion]:
    """Proposals for fields and keys that no line has yet. Of a list, the first element is the sample.

    Raises RemoteError and SecretUnreadable. Not to be called within a transaction.
    """
    if isinstance(sample, list) and sample:
        sample = sample[0]
    known: dict[str, Mapping[str, Field] | None] = {}

    def fields(model: str) -> Mapping[str, Field] | None:
        if model not in known:
            known[model] = fields_of(config.connection, model) if len(known) < MAX_MODELS else None
        return known[model]

    taken = set(config.lines.values_list("field", flat=True))
    return [each for each in suggest_lines(config.model, sample, fields) if each.line.field not in taken]


def suggestion_accept(config: SyncConfig, suggestion: Suggestion) -> SyncConfigLine:
    """Add the line behind the others. It is the identifier only where the config has none yet.

    Raises ValidationError where the line cannot be.
    """
    spec: LineSpec = suggestion.line
    lines = config.lines.all()
    with transaction.atomic():
        last = lines.aggregate(last=Max("position"))["last"]
        line = SyncConfigLine(
            config=config,
            position=0 if last is None else last + 1,
            field=spec.field,
            key=spec.key,
            calculation=spec.calculation,
            direction=spec.direction,
            is_identifier=spec.is_identifier and not lines.filter(is_identifier=True, active=True).exists(),
            match_field=str(spec.options.get("match_field", "")),
            on_missing=str(spec.options.get("on_missing", "error")),
            options={name: spec.options[name] for name in ("case",) if name in spec.options},
        )
        line.full_clean()
        line.save()
    return line
