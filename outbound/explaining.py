"""Each value's way, for the story of a record: as the lines are now, with Odoo read and nothing written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _now

from auditlog.bodies import is_whole
from auditlog.pretty import without_halves
from auditlog.redaction import HIDDEN
from auditlog.story import Subject
from clients.errors import RemoteError
from clients.odoo.domain import DomainError
from clients.odoo.read_only import ReadOnlyOdoo
from mapping.engine import Traced, trace_in, trace_out
from mapping.explain import Way, other_errors, ways_in, ways_out
from mapping.paths import ABSENT, parse_path
from mapping.plan import Plan
from outbound.models import Delivery
from outbound.preview import dry_run, shown
from outbound.script_env import odoo_ask
from outbound.selection import Selection
from outbound.targets.odoo_lookup import odoo_lookup, odoo_related
from syncconfig.connections import client_for
from syncconfig.models import RequestType, SyncConfig
from syncconfig.models.line import Calculation
from syncconfig.plans import ConfigBroken, plan_for
from syncconfig.secrets import SecretUnreadable

MAX_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class ShownWay:
    """A line's part, as texts; None where there was nothing. `sent` is what the latest delivery carries."""

    key: str
    came: str | None
    calculation: str
    field: str
    made: str | None
    errors: list[str]
    is_identifier: bool = False
    sent: str | None = None
    differs: bool = False


@dataclass(slots=True)
class Ways:
    """`problem` says why there are none; `notes` what one should know of them."""

    is_in: bool
    ways: list[ShownWay] = field(default_factory=list)
    problem: str = ""
    notes: list[str] = field(default_factory=list)
    template: str = "admin/outbound/ways.html"


def ways_of(subject: Subject, body: str) -> Ways:
    """The way of each value of the record's latest payload. Raises nothing remote: what prevents it is its problem."""
    config = SyncConfig.objects.select_related("connection").get(pk=subject.config.pk)
    ways = Ways(is_in=config.request_type == RequestType.IN)
    try:
        plan = plan_for(config)
        with dry_run(config, plan, None):
            if ways.is_in:
                _in(ways, config, plan, subject, body)
            else:
                _out(ways, config, plan, subject)
    except (RemoteError, ConfigBroken, DomainError, SecretUnreadable) as error:
        ways.problem = str(error)
    return ways


def _in(ways: Ways, config: SyncConfig, plan: Plan, subject: Subject, body: str) -> None:
    if not body:
        ways.problem = _now("The log has no request with a payload of this record.")
        return
    if not is_whole(body):
        ways.problem = _now("The log kept only a part of the latest payload, so its values cannot be followed.")
        return
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        ways.problem = _now("The latest payload is no JSON, and no line could read it.")
        return
    if HIDDEN in body:
        ways.notes.append(_now("What the log hides is *** here too, and may be mapped differently than what came."))
    record = _record_in(plan, payload, subject)
    client = ReadOnlyOdoo(client_for(config.connection))
    traced = trace_in(
        plan, record, lookup=odoo_lookup(client), related=odoo_related(client), ask=odoo_ask(client)
    )  # fmt: skip
    _tell(ways, plan, traced, ways_in(plan, traced), {})


def _record_in(plan: Plan, payload: Any, subject: Subject) -> object:
    """The record in the payload: of a list or a batch the one that the story is about, or else the first."""
    entries = payload
    if isinstance(payload, dict):
        for key, of in (("records", lambda each: each), ("operations", lambda each: each.get("data"))):
            if isinstance(payload.get(key), list):
                entries = [of(each) for each in payload[key] if isinstance(each, dict)]
    if not isinstance(entries, list):
        return payload
    for each in entries:
        if str(plan.identifier_path.read(each)) in subject.external_ids:
            return each
    return entries[0] if entries else {}


def _out(ways: Ways, config: SyncConfig, plan: Plan, subject: Subject) -> None:
    if subject.odoo_id is None:
        ways.problem = _now("It is not known which record of Odoo this is.")
        return
    client = ReadOnlyOdoo(client_for(config.connection))
    selection = Selection(
        config=config, plan=plan, client=client, now=timezone.now(), record_ids=[subject.odoo_id]
    )  # fmt: skip
    page = selection.read(0, 1)
    if not page.records:
        ways.problem = _now("The record is not in Odoo any more, or the config's filter domain leaves it out.")
        return
    traced = trace_out(
        plan, page.records[0], related=selection.related, params=selection.params, ask=selection.ask
    )  # fmt: skip
    latest = Delivery.objects.filter(config=config, record_id=subject.odoo_id).order_by("-pk")
    payload = latest.values_list("payload", flat=True).first()
    _tell(ways, plan, traced, ways_out(plan, traced), payload if isinstance(payload, dict) else {})


def _tell(ways: Ways, plan: Plan, traced: Traced, found: list[Way], sent: Mapping[str, object]) -> None:
    if traced.skipped is not None:
        reason = traced.skipped or _now("no reason was given")
        ways.notes.append(_now("A script leaves the record out: %(reason)s") % {"reason": reason})
    ways.notes += [str(error) for error in other_errors(plan, traced)]
    secret = plan.secret_fields | plan.secret_keys
    for way in found:
        line = way.line
        was = parse_path(line.key).read(sent) if sent and line.key and not line.secret else ABSENT
        made = shown(way.made, secret) if way.made is not ABSENT else ABSENT
        ways.ways.append(
            ShownWay(
                key=line.key,
                came=_text(shown(way.came, secret)) if way.came is not ABSENT else None,
                calculation=str(Calculation(line.calculation).label).partition(":")[0],
                field=line.field,
                made=_text(made) if made is not ABSENT else None,
                errors=[f"{error.key}: {error.message}" for error in way.errors],
                is_identifier=line.is_identifier,
                sent=None if was is ABSENT else _text(was),
                differs=bool(sent) and was is not ABSENT and made is not ABSENT and _text(was) != _text(made),
            )
        )


def _text(value: object) -> str:
    plain = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
    text = without_halves(plain)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
