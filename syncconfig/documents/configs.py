"""Makes a stored config, and all that belongs to it, what a document says, by the rules of the config's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from syncconfig.documents.learning import Learnt
from syncconfig.documents.matching import rows_match
from syncconfig.documents.rows import keys_check, row_apply
from syncconfig.documents.sections import CONFIGS, Section, sections
from syncconfig.documents.stored import rows
from syncconfig.documents.work import Work
from syncconfig.documents.yaml_text import Path
from syncconfig.domains import domain_message
from syncconfig.drifts import snapshot_keep
from syncconfig.models import SyncConfig, SyncConfigLine
from syncconfig.receiving import lines_fit
from syncconfig.rules import lines_messages, url_message

MAX_ROWS: Final = 1000


def config_apply(
    work: Work, config: SyncConfig | None, document: Mapping[str, Any], path: Path, learnt: Learnt
) -> SyncConfig:
    """Returns the config; with problems noted, its rows may be half done, and the transaction must be taken back."""
    before = len(work.problems)
    own = [field.name for field in CONFIGS.fields]
    keys_check(work, document, [*own, *(section.name for section in sections())], path)
    name = document["name"].strip()
    config = row_apply(work, CONFIGS, config, document, path, (name,))
    done: dict[str, list[Any]] = {}
    for section in sections():
        given = document.get(section.name)
        here, place = (*path, section.name), (name, section.name)
        if section.is_list:
            done[section.name] = _list_apply(work, section, config, given, here, place)
        else:
            _single_apply(work, section, config, given, here, place)
    if len(work.problems) == before:
        _rules_check(work, config, done, path, learnt)
    if len(work.problems) == before and learnt.here is not None and config.model in learnt.here:
        snapshot_keep(config, learnt.here)
    return config


def _list_apply(
    work: Work, section: Section, config: SyncConfig, given: Any, path: Path, place: tuple[str, ...]
) -> list[Any]:
    documents = [] if given is None else given
    if not isinstance(documents, list):
        work.refuse(path, _("Write a list here: a dash before each."))
        return []
    if len(documents) > MAX_ROWS:
        work.refuse(path, _("At most %(most)s at a time.") % {"most": MAX_ROWS})
        return []
    stored = list(rows(section, config_id=config.pk)) if config.pk else []
    meant = rows_match(section, stored, documents)
    kept = {id(row) for row in meant if row is not None}
    for row in stored:
        if id(row) not in kept:
            row.delete()
            work.operations.add(("delete", type(row)))
    positions = _positions(section, meant)
    done = []
    for index, (row, document) in enumerate(zip(meant, documents, strict=True)):
        here = (*path, index)
        if keys_check(work, document, [field.name for field in section.fields], here):
            position = positions[index] if positions else None
            done.append(row_apply(work, section, row, document, here, place, parent=config, position=position))
    return done


def _positions(section: Section, meant: list[Any]) -> list[int]:
    """The place of each row: as stored where the order is right already, and else counted anew."""
    if not section.order_field:
        return []
    stored = [(getattr(row, section.order_field), row.pk) for row in meant if row is not None]
    if len(stored) == len(meant) and stored == sorted(stored):
        return [position for position, _pk in stored]
    return list(range(len(meant)))


def _single_apply(
    work: Work, section: Section, config: SyncConfig, given: Any, path: Path, place: tuple[str, ...]
) -> None:
    row = rows(section, config_id=config.pk).first() if config.pk else None
    document = {} if given is None else given
    if row is None and document == {}:
        return
    # Never deleted: such a row also holds what the hub remembers. Left out, it says what no row says.
    if keys_check(work, document, [field.name for field in section.fields], path):
        row_apply(work, section, row, document, path, place, parent=config, clears_secrets=given is None)


def _rules_check(work: Work, config: SyncConfig, done: Mapping[str, list[Any]], path: Path, learnt: Learnt) -> None:
    """What the form's formset asks of the lines together, and of the domain and URL with them."""
    lines: list[SyncConfigLine] = done["lines"]
    messages = lines_messages(lines) or lines_fit(config, lines, learnt.here, learnt.there)
    for found in messages:
        where = () if found.index is None else (found.index, *((found.field,) if found.field else ()))
        work.refuse((*path, "lines", *where), found.message)
    path_params = {param.name for param in done["params"] if param.kind == "path"}
    keys = {line.key for line in lines if line.active and line.key and line.direction != "in"}
    if message := url_message(config, keys=keys, path_params=path_params):
        work.refuse((*path, "url"), message)
    if learnt.here is not None and (message := domain_message(config.domain, config.model, learnt.here)):
        work.refuse((*path, "domain"), message)
