"""What a configuration must be, beyond its single fields: rules over a row, and over the lines of a config together.

Each rule gives messages by field; the models' `clean()` and the formset raise them, so that the admin, commands and
imports refuse the same things with the same words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine, SyncParam, SyncTrigger

Messages = dict[str, str]
"""What is wrong, by the name of the field that has to change."""

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
RECORD_PLACEHOLDERS = frozenset({"record_id", "external_id"})


@dataclass(frozen=True, slots=True)
class LineMessage:
    """What is wrong with the line at `index`, in `field`; index None is for the lines as a whole."""

    index: int | None
    field: str | None
    message: str


def config_messages(config: SyncConfig, *, has_secret: bool) -> Messages:
    """The rules of one config on its own; `has_secret` says whether a secret is or will be stored."""
    found: Messages = _direction_messages(config)
    if config.auth_type == "basic" and not config.auth_login:
        found["auth_login"] = _("Basic authorization needs a login.")
    if config.auth_type == "header" and not config.auth_header:
        found["auth_header"] = _("Write the name of the header that carries the key, e.g. X-API-Key.")
    if config.auth_type != "none" and not has_secret:
        found["auth_secret"] = {
            "basic": _("Basic authorization needs a password."),
            "bearer": _("Bearer authorization needs a token."),
            "header": _("The custom header needs a value."),
        }.get(config.auth_type, _("This kind of authorization needs a secret."))
    for name in ("before_script", "after_script"):
        if message := script_message(getattr(config, name)):
            found[name] = message
    return found


def _direction_messages(config: SyncConfig) -> Messages:
    found: Messages = {}
    if config.request_type == "in":
        if config.is_odoo_to_odoo:
            found["target_connection"] = _("Only an Out sync goes into another Odoo. Leave it empty.")
        if not config.endpoint:
            found["endpoint"] = _("An In sync needs an endpoint, e.g. orders.")
        if not config.methods:
            found["method_post"] = _("Choose at least one HTTP method that callers may use.")
    elif config.request_type == "out":
        if config.is_odoo_to_odoo:
            return odoo_to_odoo_messages(config)
        if not config.url:
            found["url"] = _("An Out sync needs the URL that records are sent to or fetched from, or another Odoo.")
        if config.method_get and len(config.methods) > 1:
            found["method_get"] = _("GET fetches records into Odoo. To send some as well, make a second sync for that.")
        elif len(config.methods) != 1:
            found["method_post"] = _("Choose exactly one HTTP method: GET to fetch, or POST, PUT or DELETE to send.")
        if config.request_shape == "page" and "url" not in found and not config.method_get:
            varying = [name for name in placeholders(config.url) if name in RECORD_PLACEHOLDERS]
            if varying:
                found["url"] = _(
                    "{%(name)s} is different for every record, but one request carries a whole page. Choose one "
                    "request per record, or take it out."
                ) % {"name": varying[0]}
    return found


def odoo_to_odoo_messages(config: SyncConfig) -> Messages:
    """The rules of a config whose target is another Odoo."""
    found: Messages = {}
    if config.url:
        found["url"] = _("Records go into the other Odoo. Leave the URL empty, or take the other Odoo out.")
    if config.method_get or len(config.methods) != 1:
        found["method_post"] = _(
            "Choose exactly one method: POST creates and updates, PUT updates only, DELETE archives or deletes."
        )
    if config.connection_id is None:
        return found
    if _is_one_place(config.connection, config.target_connection) and config.receiving_model == config.model:
        found["target_connection"] = _(
            "Records of %(model)s would be written over themselves: it is the same database. Choose another "
            "connection, or another model there."
        ) % {"model": config.model}
    if config.pair is not None:
        found |= _pair_messages(config, config.pair)
    elif (naming := getattr(config, "paired_by", None)) is not None and not _is_way_back(config, naming):
        found["target_connection"] = _(
            "%(name)s names this sync as its other direction, so connections and models have to be its own turned "
            "round. Change that one first."
        ) % {"name": naming.name}
    return found


def _is_one_place(one: OdooConnection, other: OdooConnection | None) -> bool:
    """Whether two connections lead to one database, whatever they are called."""
    if other is None:
        return False
    return one.pk == other.pk or (
        (one.url.rstrip("/").lower(), one.database) == (other.url.rstrip("/").lower(), other.database)
    )


def _is_way_back(config: SyncConfig, other: SyncConfig) -> bool:
    """Whether the config brings back what the other one takes away."""
    return (config.connection_id, config.model, config.target_connection_id, config.receiving_model) == (
        other.target_connection_id,
        other.receiving_model,
        other.connection_id,
        other.model,
    )


def _pair_messages(config: SyncConfig, pair: SyncConfig) -> Messages:
    told = {"name": pair.name}
    if pair.pk is not None and pair.pk == config.pk:
        return {"pair": _("A sync is not its own other direction. Choose the one that comes back.")}
    if getattr(config, "paired_by", None) is not None:
        return {"pair": _("%(name)s names this sync already. Leave it empty here.") % {"name": config.paired_by.name}}
    if pair.pair_id is not None:
        return {"pair": _("%(name)s has another direction of its own. Choose another one.") % told}
    if not _is_way_back(pair, config):
        message = _("%(name)s does not bring %(model)s of the other Odoo into %(here)s of this connection.")
        return {"pair": message % {**told, "model": config.receiving_model, "here": config.model}}
    return {}


def placeholders(url: str) -> list[str]:
    """The names in braces of a URL."""
    return [name.strip() for name in _PLACEHOLDER.findall(url or "")]


def url_message(config: SyncConfig, *, keys: Collection[str], path_params: Collection[str], url: str = "") -> str:
    """Why the placeholders of the URL, which is the config's own unless another is given, cannot be filled; empty if
    they can."""
    if config.request_type != "out" or config.is_odoo_to_odoo:
        return ""
    is_shared = config.method_get or config.request_shape == "page"
    known = {*path_params, *(() if is_shared else (*keys, *RECORD_PLACEHOLDERS))}
    unknown = [name for name in placeholders(url or config.url) if name not in known]
    if not unknown:
        return ""
    if config.method_get:
        return _("The URL holds {%(name)s}, but no path parameter has that name. Known here: %(known)s.") % {
            "name": unknown[0],
            "known": ", ".join(sorted(known)) or "-",
        }
    return _(
        "The URL holds {%(name)s}, but no mapped key and no path parameter has that name. Known here: %(known)s."
    ) % {"name": unknown[0], "known": ", ".join(sorted(known)) or "-"}


def line_messages(line: SyncConfigLine) -> Messages:
    """The rules of one line on its own."""
    found: Messages = {}
    kind, executes = line.calculation, line.options.get("script_mode") == "execute"
    if kind == "constant" and line.default is None:
        found["default"] = _('A constant needs its value as default, e.g. "draft".')
    needs_key = kind not in ("constant", "template", "script")
    if kind == "script":
        needs_key = line.direction != "in" and not executes
        found |= _script_messages(line, executes=executes)
    if needs_key and not line.key:
        found["key"] = _("Write where the value is in the other system's JSON, e.g. email.")
    if kind == "script" and executes:
        if line.field:
            found["field"] = _("A script on the whole record has no field of its own. Leave it empty.")
    elif not line.field and not (kind in ("constant", "script") and line.direction == "out"):
        found["field"] = _("Write the technical name of the Odoo field, e.g. name.")
    return found


def _script_messages(line: SyncConfigLine, *, executes: bool) -> Messages:
    found: Messages = {}
    if not line.script.strip():
        found["script"] = _("Write the script, e.g. result = value.strip().")
    for name, text in (("script", line.script), ("script_reverse", line.script_reverse)):
        if name not in found and (message := script_message(text, sets_result=not executes)):
            found[name] = message
    return found


def script_message(text: str, *, sets_result: bool = False) -> str:
    """Why the text makes no script; empty where it does, and for an empty text."""
    from mapping.script_runs import Script, ScriptError

    if not text.strip():
        return ""
    try:
        script = Script(text)
    except ScriptError as error:
        return str(error)
    if sets_result and "result" not in script.names:
        return _("The script never sets result, which is the value.")
    return ""


def lines_messages(lines: Sequence[SyncConfigLine]) -> list[LineMessage]:
    """The rules of all lines of a config together; lines that are switched off count for nothing."""
    active = [(index, line) for index, line in enumerate(lines) if line.active]
    found = _identifier_messages(active)
    fields = [line.field for _index, line in active]
    for index, line in active:
        if line.calculation != "relational" or line.match_field or line.direction == "out":
            continue
        if not any(field.startswith(f"{line.field}.") for field in fields):
            message = _("Write by which field the other record is found, e.g. code, or add sub-lines %(field)s.name.")
            found.append(LineMessage(index, "match_field", message % {"field": line.field}))
    found.extend(_duplicate_messages(active))
    return found


def _identifier_messages(active: Iterable[tuple[int, SyncConfigLine]]) -> list[LineMessage]:
    marked = [(index, line) for index, line in active if line.is_identifier]
    if not marked:
        return [
            LineMessage(
                None,
                None,
                _("Mark one active line as identifier: the value by which a record is recognised again."),
            )
        ]
    return [
        LineMessage(
            index,
            "is_identifier",
            _("Only one line can be the identifier, and %(field)s is it already.") % {"field": marked[0][1].field},
        )
        for index, _line in marked[1:]
    ]


def _duplicate_messages(active: Iterable[tuple[int, SyncConfigLine]]) -> list[LineMessage]:
    found: list[LineMessage] = []
    seen: dict[tuple[str, str], SyncConfigLine] = {}
    for index, line in active:
        if not line.field:
            continue
        # "Both" and "in" would write the same field twice. "Both" and "out" give one field under two keys: allowed.
        ways = {"both": ("both", "in"), "in": ("in",), "out": ("out",)}[line.direction]
        if any((line.field, way) in seen for way in ways):
            found.append(
                LineMessage(
                    index,
                    "field",
                    _("Another line maps %(field)s in the same direction. Remove one, or change its direction.")
                    % {"field": line.field},
                )
            )
        for way in ways:
            seen[line.field, way] = line
    return found


def param_messages(param: SyncParam) -> Messages:
    """The rules of one parameter."""
    if param.kind == "filter":
        return {} if param.field else {"field": _("A filter needs the Odoo field it compares, e.g. list_price.")}
    if not param.value:
        return {"value": _("Write the parameter's value, e.g. 100.")}
    if param.is_computed:
        try:
            check_expression(param.value)
        except ValueError as error:
            return {"value": str(error)}
    return {}


def check_expression(text: str) -> None:
    """Raises ValueError, for a human, where `text` is no expression that the reader of domains computes."""
    from clients.odoo.domain import parse_domain

    if "\n" in text.strip():
        raise ValueError(_("Write the expression on one line."))
    conditions = parse_domain(f"[('value', '=', {text})]", now=datetime.now(UTC), uid=1)
    if len(conditions) != 1 or len(conditions[0]) != 3:
        raise ValueError(_("Write one expression, e.g. datetime.now() - timedelta(days=1)."))


def trigger_messages(trigger: SyncTrigger) -> Messages:
    """The rules of one schedule."""
    if trigger.kind == "cron" and not trigger.cron:
        return {"cron": _("Write when it runs, e.g. 0 6 * * 1-5.")}
    if trigger.kind == "interval" and not trigger.interval_minutes:
        return {"interval_minutes": _("Write after how many minutes it runs again, e.g. 15.")}
    return {}
