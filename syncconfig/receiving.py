"""The other Odoo's side of a config: the plan by which it receives, compiled and kept like the config's own.

To whatever writes into Odoo, the other side is a config of its own: an In sync of the target connection, never saved.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from clients.errors import RemoteError
from mapping.paths import Path
from mapping.plan import Plan, compile_plan
from mapping.receiving import Legs, Receiving, keys_turned_round, receiving
from mapping.results import REDACTED
from mapping.spec import PlanError, Problem, Schema
from syncconfig.fit import KnownFields, KnownSchema, fit_messages
from syncconfig.models import OdooConnection, RequestType, SyncConfig, SyncConfigLine
from syncconfig.plans import ConfigBroken, ConnectionSchema, line_spec, names_of, plan_spec
from syncconfig.rules import LineMessage

_receivers: dict[int, tuple[tuple[int, int, int], Receiver]] = {}
_receivers_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Receiver:
    """`config` stands for the other side; `plan` maps payloads into it, and its records into payloads."""

    config: SyncConfig
    plan: Plan
    not_compared: tuple[Path, ...]
    legs: Legs

    def title_of(self, identifier: object) -> str:
        """What a record with this identifier is called before staff: nothing that a secret line holds."""
        field, key = self.plan.identifier
        is_secret = field in self.plan.secret_fields or key in self.plan.secret_keys
        return REDACTED if is_secret and identifier is not None else str(identifier)


def keys_back(receiver: Receiver, other: SyncConfig) -> dict[str, str]:
    """The receiver's keys, each with that of `other`, the sync of the other direction, for the same value; without
    those that are changed on the way. Empty where the other one cannot be compiled."""
    try:
        return keys_turned_round(receiver.legs, receiver_for(other).legs)
    except (ConfigBroken, RemoteError):
        return {}


def receiver_for(config: SyncConfig) -> Receiver:
    """The receiver of the config as it is now.

    Raises ConfigBroken where the keys do not fit the other Odoo's model, and RemoteError where its fields are not known
    yet and it cannot be asked.
    """
    connection = target_of(config)
    version = (config.revision, config.connection.revision, connection.revision)
    with _receivers_lock:
        known = _receivers.get(config.pk)
    if known and known[0] == version:
        return known[1]
    made = compile_receiver(config, config.lines.filter(active=True))
    with _receivers_lock:
        _receivers[config.pk] = (version, made)
    return made


def target_of(config: SyncConfig) -> OdooConnection:
    """The other Odoo of a config that has one."""
    if config.target_connection is None:
        raise ValueError(f"{config} has no other Odoo")
    return config.target_connection


def receiving_config(config: SyncConfig) -> SyncConfig:
    """The other side as a config that was never saved, so that no link of the real one is taken for one of it."""
    return SyncConfig(
        name=config.name,
        request_type=RequestType.IN,
        connection=target_of(config),
        model=config.receiving_model,
        domain="[]",
        delete_mode=config.delete_mode,
    )


def compile_receiver(config: SyncConfig, lines: Iterable[SyncConfigLine]) -> Receiver:
    """A receiver of the given lines, saved or not. Raises as `receiver_for` does."""
    connection = target_of(config)
    found = receiving_of(config, list(lines), ConnectionSchema(config.connection), ConnectionSchema(connection))
    if found.problems:
        raise ConfigBroken(config, found.problems)
    try:
        plan = compile_plan(found.spec, ConnectionSchema(connection))
    except PlanError as error:
        raise ConfigBroken(config, [replace(each, message=_there(each)) for each in error.problems]) from error
    return Receiver(receiving_config(config), plan, found.not_compared, found.legs)


def receiving_of(config: SyncConfig, lines: Sequence[SyncConfigLine], source: Schema, target: Schema) -> Receiving:
    """The lines as the other Odoo receives them, not compiled."""
    spec = plan_spec(config, tuple(line_spec(line) for line in lines))
    further = names_of(config.script_writes)
    return receiving(spec, source=source, model=config.receiving_model, target=target, further=further)


def lines_fit(
    config: SyncConfig, lines: Sequence[SyncConfigLine], known: KnownFields | None, known_there: KnownFields | None
) -> list[LineMessage]:
    """What is wrong with the active lines, saved or not, against the fields here, and if nothing is, against those of
    the other Odoo where one is the target. Empty where too little is known to say: None is nothing."""
    if known is None or config.model not in known:
        return []
    messages = fit_messages(config, lines, known)
    if messages or known_there is None or not config.is_odoo_to_odoo:
        return messages
    return receiving_messages(config, lines, known, known_there)


def receiving_messages(
    config: SyncConfig, lines: Sequence[SyncConfigLine], known: KnownFields, known_there: KnownFields
) -> list[LineMessage]:
    """Where the keys of the active lines, saved or not, do not fit the other Odoo's model; empty also where too little
    is known to say."""
    specs = tuple(replace(line_spec(line), line_id=index) for index, line in enumerate(lines) if line.active)
    spec = plan_spec(config, specs)
    target = KnownSchema(known_there)
    try:
        found = receiving(spec, source=KnownSchema(known), model=config.receiving_model, target=target)
        problems = found.problems
        if not problems:
            compile_plan(found.spec, target)
    except PlanError as error:
        problems = tuple(replace(each, message=_there(each)) for each in error.problems)
    except KeyError:
        return []
    return [LineMessage(problem.line_id, "key", problem.message) for problem in problems]


def receiving_paths(keys: Iterable[str]) -> list[str]:
    """The keys as the fields that they may name."""
    return [key.replace("[]", "") for key in keys if key]


def _there(problem: Problem) -> str:
    return f"in the other Odoo: {problem.message}"
