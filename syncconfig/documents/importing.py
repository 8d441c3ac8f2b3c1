"""From documents to rows: everything is checked, and stored in one transaction or not at all.

A dry run is the same import, taken back at its end: what it tells is what would happen. Odoo is asked for the fields
of the models before the transaction, as in the admin, and where it does not answer the lines are not compared with
it. Runs, deliveries and links are never touched.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from syncconfig.acting import Actor, acting, actor_of
from syncconfig.documents.configs import config_apply
from syncconfig.documents.learning import NOTHING, Learnt, fields_learn_named
from syncconfig.documents.outcome import Effect, ImportRefused, ObjectChange, Outcome, Problem
from syncconfig.documents.permits import permission_problems
from syncconfig.documents.pruning import Prune, configs_prune
from syncconfig.documents.rows import keys_check, row_apply
from syncconfig.documents.secret_refs import mark
from syncconfig.documents.sections import CONFIGS, CONNECTIONS, Section
from syncconfig.documents.stored import rows
from syncconfig.documents.work import Work
from syncconfig.documents.writing import VERSION, config_document, connection_documents
from syncconfig.documents.yaml_text import DocumentError, Loaded, load_yaml

TOP_KEYS: Final = ("version", "connections", "configs")
MAX_OBJECTS: Final = 1000


def text_import(
    text: str,
    *,
    user: Any = None,
    actor: Actor | None = None,
    is_dry_run: bool = False,
    prune: Prune = Prune.NO,
    typed_secrets: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
    seen_state: str = "",
) -> Outcome:
    """Import the YAML document. `user` is held to what the admin allows; None, a command, may do everything."""
    try:
        loaded = load_yaml(text)
    except DocumentError as error:
        return Outcome(problems=[Problem((), str(error))])
    return document_import(
        loaded,
        user=user,
        actor=actor or actor_of(user, source="import"),
        is_dry_run=is_dry_run,
        prune=prune,
        typed_secrets=typed_secrets,
        environ=environ,
        seen_state=seen_state,
    )


def document_import(
    loaded: Loaded,
    *,
    actor: Actor,
    user: Any = None,
    is_dry_run: bool = False,
    prune: Prune = Prune.NO,
    typed_secrets: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
    config_ids: Mapping[int, int | None] | None = None,
    seen_state: str = "",
) -> Outcome:
    """Import a document that was read. `config_ids` says for the configs at these places which stored one is meant,
    None for a new one; others are found by name. `seen_state` is the `state` of the outcome that somebody agreed to:
    where it is another one by now, nothing is done. Not to be called within a transaction: Odoo is asked."""
    work = Work(environ=environ, typed=typed_secrets or {})
    outcome = Outcome(problems=work.problems, secrets_asked=work.secrets_asked)
    if not _top_check(work, loaded.value):
        return _placed(outcome, loaded)
    known, outcome.warnings = fields_learn_named(loaded.value.get("configs", []))
    try:
        with acting(actor), transaction.atomic():
            _apply(work, outcome, loaded.value, prune, known, config_ids or {})
            work.problems += permission_problems(user, work)
            if seen_state and seen_state != outcome.state:
                work.refuse((), _("It was changed by somebody else since. Look at the differences again."))
            if work.problems:
                raise ImportRefused
            if is_dry_run:
                transaction.set_rollback(True)
            else:
                outcome.is_done = True
    except ImportRefused:
        pass
    return _placed(outcome, loaded)


def _placed(outcome: Outcome, loaded: Loaded) -> Outcome:
    """With the line of the text at each problem: its own, or that of what it is missing in."""
    placed = []
    for problem in outcome.problems:
        path = problem.path
        while path and path not in loaded.lines:
            path = path[:-1]
        placed.append(Problem(problem.path, problem.message, loaded.lines.get(path) if problem.path else None))
    outcome.problems = placed
    return outcome


def _top_check(work: Work, document: Any) -> bool:
    if not keys_check(work, document, list(TOP_KEYS), ()):
        return False
    if document.get("version") != VERSION or isinstance(document.get("version"), bool):
        work.refuse(("version",), _("Write version: %(version)s, the one that this hub reads.") % {"version": VERSION})
    for section in (CONNECTIONS, CONFIGS):
        rows_ = document.get(section.name, [])
        if not isinstance(rows_, list):
            work.refuse((section.name,), _("Write a list here: a dash before each."))
        elif len(rows_) > MAX_OBJECTS:
            work.refuse((section.name,), _("At most %(most)s at a time.") % {"most": MAX_OBJECTS})
        else:
            _names_check(work, section, rows_)
    if not work.problems and not document.get("connections") and not document.get("configs"):
        work.refuse((), _("The document has neither configs nor connections."))
    return not work.problems


def _names_check(work: Work, section: Section, documents: list[Any]) -> None:
    seen: set[str] = set()
    for index, document in enumerate(documents):
        path = (section.name, index)
        if not isinstance(document, dict):
            work.refuse(path, _("Write a mapping here: name: value, a line for each."))
            continue
        name = document.get("name")
        if not isinstance(name, str) or not name.strip():
            work.refuse((*path, "name"), _("Write its name, by which it is found again."))
        elif name.strip() in seen:
            work.refuse((*path, "name"), _("%(name)s stands here twice.") % {"name": name})
        else:
            seen.add(name.strip())


def _apply(
    work: Work,
    outcome: Outcome,
    document: Mapping[str, Any],
    prune: Prune,
    known: Mapping[int, Learnt],
    config_ids: Mapping[int, int | None],
) -> None:
    for index, entry in enumerate(document.get("connections", [])):
        outcome.changes.append(_connection_apply(work, entry, ("connections", index)))
    entries = document.get("configs", [])
    meant = [_config_meant(entry["name"].strip(), index, config_ids) for index, entry in enumerate(entries)]
    before = [config_document(row.pk) if row is not None else None for row in meant]
    _endpoints_free(entries, meant)
    kept = set()
    for index in _in_order(entries):
        entry = entries[index]
        row = config_apply(work, meant[index], entry, ("configs", index), known.get(index, NOTHING))
        after = config_document(row.pk) if row.pk else None
        name = entry["name"].strip()
        if row.pk is None:
            work.waiting.add((CONFIGS.model, name))
        change = ObjectChange(CONFIGS.name, name, _effect(before[index], after), before[index], after, row.pk)
        outcome.changes.append(change)
        kept.add(change.pk)
    if prune is not Prune.NO:
        outcome.changes += configs_prune(work, kept_ids={pk for pk in kept if pk}, prune=prune)


def _connection_apply(work: Work, entry: Mapping[str, Any], path: tuple[str | int, ...]) -> ObjectChange:
    name = entry["name"].strip()
    row = rows(CONNECTIONS, name=name).first()
    before = _connection_document(row)
    if keys_check(work, entry, [field.name for field in CONNECTIONS.fields], path):
        row = row_apply(work, CONNECTIONS, row, entry, path, (CONNECTIONS.name, name))
    if row is None or row.pk is None:
        work.waiting.add((CONNECTIONS.model, name))
    after = _connection_document(row)
    return ObjectChange(CONNECTIONS.name, name, _effect(before, after), before, after, row.pk if row else None)


def _connection_document(row: Any) -> dict[str, Any] | None:
    found = connection_documents([row.pk], mark) if row is not None and row.pk else []
    return found[0] if found else None


def _config_meant(name: str, index: int, config_ids: Mapping[int, int | None]) -> Any:
    if index in config_ids:
        return rows(CONFIGS, pk=config_ids[index]).first() if config_ids[index] is not None else None
    return rows(CONFIGS, name=name).first()


def _in_order(entries: list[Any]) -> list[int]:
    """The places of the configs, each behind those that it refers to by name."""
    references = [field.name for field in CONFIGS.fields if field.related_model is CONFIGS.model]
    places = {entry["name"].strip(): index for index, entry in enumerate(entries)}
    found: dict[int, None] = {}

    def visit(index: int, seen: frozenset[int]) -> None:
        for name in references:
            given = entries[index].get(name)
            wanted = places.get(given.strip()) if isinstance(given, str) else None
            if wanted is not None and wanted not in seen:
                visit(wanted, seen | {wanted})
        found.setdefault(index)

    for index in range(len(entries)):
        visit(index, frozenset((index,)))
    return list(found)


def _endpoints_free(entries: list[Any], meant: list[Any]) -> None:
    """Two configs may change endpoints with each other; in between, neither has one."""
    for entry, row in zip(entries, meant, strict=True):
        if row is not None and row.endpoint and row.endpoint != entry.get("endpoint"):
            CONFIGS.model._default_manager.filter(pk=row.pk).update(endpoint=None)
            row.endpoint = None


def _effect(before: Any, after: Any) -> Effect:
    if before is None:
        return Effect.CREATED
    return Effect.UNCHANGED if before == after else Effect.CHANGED
