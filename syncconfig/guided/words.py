"""A sync in plain words: what will happen, in the order in which it happens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _

from syncconfig.examples import endpoint_url
from syncconfig.guided.drafts import DELIVERY
from syncconfig.models import ConflictRule, SyncConfig, SyncConfigLine
from syncconfig.models.config import AuthType, DeleteMode, OnExisting, RequestShape
from syncconfig.models.line import OnMatch, OnMissing
from syncconfig.models.trigger import SyncTrigger, TriggerKind

_DAILY: Final = re.compile(r"(?P<minute>\d{1,2}) (?P<hour>\d{1,2}) \* \* (?P<days>\*|1-5)")


def sentences(
    config: SyncConfig,
    lines: Sequence[SyncConfigLine],
    *,
    trigger: SyncTrigger | None,
    site_url: str,
    items_path: str = "",
) -> list[str]:
    """One for each thing that staff should know before they switch it on. `items_path` says where the records are in
    what is fetched."""
    if config.request_type == "in":
        told = _in(config, lines, site_url)
    elif config.is_odoo_to_odoo:
        return _into_odoo(config, lines, trigger)
    else:
        told = _fetching(config, lines, trigger, items_path) if config.fetches else _out(config, trigger)
    related = [line for line in lines if line.match_field and line.direction != "out"]
    if config.plan_direction != "out":
        told += [_related(line) for line in related]
        told.append(_("Fields that no line maps are left alone."))
    else:
        told.append(_("Nothing but the mapped values leaves Odoo."))
    return told


def _in(config: SyncConfig, lines: Sequence[SyncConfigLine], site_url: str) -> list[str]:
    told = [
        _("Other systems call %(address)s with %(methods)s; they show %(auth)s.")
        % {
            "address": endpoint_url(config, site_url=site_url),
            "methods": ", ".join(config.methods),
            "auth": _AUTH_IN[AuthType(config.auth_type)](config),
        }
    ]
    if config.method_post:
        told += _written(config, lines)
    if config.method_get:
        told.append(_("GET gives records of %(model)s back under the same keys.") % {"model": config.model})
    if config.method_delete:
        told.append(
            _("DELETE archives the record; it can be brought back in Odoo.")
            if config.delete_mode == DeleteMode.ARCHIVE
            else _("DELETE deletes the record for good.")
        )
    return told


def _written(config: SyncConfig, lines: Sequence[SyncConfigLine]) -> list[str]:
    """How records are recognised in Odoo, and what becomes of them."""
    told = []
    identifier = next((line for line in lines if line.is_identifier), None)
    if identifier is not None:
        told.append(
            _("Each is looked for in %(model)s of %(connection)s: it is the one whose %(field)s is its “%(key)s”.")
            % {
                "model": config.model,
                "connection": config.connection.name,
                "field": identifier.field,
                "key": identifier.key,
            }
        )
        told.append(
            {
                OnExisting.UPDATE: _("Where there is none it is created; one that is there is updated, not doubled."),
                OnExisting.REJECT: _("Where there is none it is created; one that is there is refused with 409."),
                OnExisting.IGNORE: _("Where there is none it is created; one that is there is left as it is."),
            }[OnExisting(config.on_existing)]
        )
    return told


def _fetching(
    config: SyncConfig, lines: Sequence[SyncConfigLine], trigger: SyncTrigger | None, items_path: str
) -> list[str]:
    where = (
        _("The records are the list under “%(path)s” of the answer.") % {"path": items_path}
        if items_path
        else _("The answer is the list of records.")
    )
    return [
        _("%(url)s is asked with GET, and what it answers is written into %(model)s of %(connection)s.")
        % {"url": config.url, "model": config.model, "connection": config.connection.name},
        *_written(config, lines),
        when_words(trigger),
        where,
        _("One answer holds everything, unless it is said under “Fetching” how its pages follow each other."),
    ]


def _out(config: SyncConfig, trigger: SyncTrigger | None) -> list[str]:
    told = [
        _("Records of %(model)s are read from %(connection)s: %(which)s.")
        % {
            "model": config.model,
            "connection": config.connection.name,
            "which": _("all of them") if config.domain in ("", "[]") else config.domain,
        },
        _("They are sent with %(method)s to %(url)s, %(shape)s.")
        % {
            "method": ", ".join(config.methods),
            "url": config.url,
            "shape": _("a request for each record")
            if config.request_shape == RequestShape.RECORD
            else _("up to %(count)s records in a request") % {"count": config.page_size},
        },
    ]
    policy = getattr(config, DELIVERY, None)
    if policy is not None and policy.puts_linked:
        told.append(
            _("A record that was sent is sent with PUT to %(url)s when one of its mapped values has changed.")
            % {"url": policy.linked_url}
        )
    elif policy is not None:
        told.append(_("A record that was sent is not sent again, whatever changes in it afterwards."))
    elif config.only_changed and config.method_post and config.request_shape == RequestShape.RECORD:
        told.append(
            _(
                "A record that was sent is posted again when one of its mapped values has changed; the other system "
                "must know it by its key, or it makes a second one."
            )
        )
    elif config.only_changed:
        told.append(_("A record that was sent is sent again only when one of its mapped values has changed."))
    told.append(when_words(trigger))
    told.append(_("What does not arrive is tried again for about two days; after that it waits for staff."))
    return told


def _into_odoo(config: SyncConfig, lines: Sequence[SyncConfigLine], trigger: SyncTrigger | None) -> list[str]:
    here, there = config.connection.name, config.target_connection.name if config.target_connection else "-"
    named = {"model": config.model, "here": here, "there": there, "model_there": config.receiving_model}
    (method,) = config.methods or ("POST",)
    told = [
        {
            "POST": _("Records of %(model)s in %(here)s are created and updated in %(model_there)s of %(there)s."),
            "PUT": _("Records of %(model)s in %(here)s update those of %(model_there)s in %(there)s; none is created."),
            "DELETE": _("For records of %(model)s in %(here)s, those of %(model_there)s in %(there)s are removed."),
        }.get(method, "")
        % named,
        _("All of them take part.")
        if config.domain in ("", "[]")
        else _("Those take part that the filter domain selects: %(domain)s.") % {"domain": config.domain},
    ]
    if method == "DELETE":
        told.append(
            _("They are archived there, and can be brought back.")
            if config.delete_mode == DeleteMode.ARCHIVE
            else _("They are deleted there for good.")
        )
    if identifier := next((line for line in lines if line.is_identifier), None):
        told.append(
            _("One of %(there)s is the same when its %(key)s is the %(field)s of the one in %(here)s.")
            % {**named, "key": identifier.key, "field": identifier.field}
        )
    told += [_related_there(line, there) for line in lines if line.match_field]
    if method != "DELETE":
        told.append(_who_wins(ConflictRule(config.conflict_rule)) % named)
        told.append(_("Only what differs is written; fields there that no line maps are left alone."))
    told.append(when_words(trigger))
    told.append(
        _("What does not arrive is tried again for about two days; after that it waits for staff, as what is refused.")
    )
    return told


def _related_there(line: SyncConfigLine, there: str) -> str:
    missing = {
        OnMissing.ERROR: _("while there is none, the record waits"),
        OnMissing.EMPTY: _("without one the field stays empty"),
        OnMissing.CREATE: _created_or_kept(line),
    }[OnMissing(line.on_missing)]
    told = {"field": line.field, "there": there, "match": line.match_field, "missing": missing}
    return _("%(field)s is found in %(there)s by its %(match)s, never by an id; %(missing)s.") % told


def _created_or_kept(line: SyncConfigLine) -> str:
    if line.on_match == OnMatch.KEEP:
        return _("without one it is created, and one that is there is left as it is")
    return _("without one it is created, and one that is there is updated")


def _who_wins(rule: ConflictRule) -> str:
    return {
        ConflictRule.SOURCE: _("What %(here)s says wins: a mapped field that was changed in %(there)s is overwritten."),
        ConflictRule.TARGET: _("What was changed in %(there)s stays; the rest follows %(here)s."),
        ConflictRule.NEWEST: _("Of a field that was changed on both sides, the record that was changed last wins."),
        ConflictRule.ASK: _("A record that was changed on both sides waits under “Conflicts” until staff have chosen."),
    }[rule]


def when_words(trigger: SyncTrigger | None) -> str:
    if trigger is None:
        return _("It runs when somebody presses “Run now”.")
    if trigger.kind == TriggerKind.INTERVAL and trigger.interval_minutes == 1:
        return _("It runs every minute.")
    if trigger.kind == TriggerKind.INTERVAL:
        return _("It runs every %(count)s minutes.") % {"count": trigger.interval_minutes}
    daily = _DAILY.fullmatch(trigger.cron)
    if daily is None:
        return _("It runs at set times (%(cron)s).") % {"cron": trigger.cron}
    at = f"{int(daily['hour']):02d}:{int(daily['minute']):02d}"
    if daily["days"] == "*":
        return _("It runs every day at %(at)s.") % {"at": at}
    return _("It runs from Monday to Friday at %(at)s.") % {"at": at}


def _related(line: SyncConfigLine) -> str:
    missing = {
        OnMissing.ERROR: _("without one the record is rejected"),
        OnMissing.EMPTY: _("without one the field stays empty"),
        OnMissing.CREATE: _created_or_kept(line),
    }[OnMissing(line.on_missing)]
    return _("%(field)s is found by its %(match)s, which is “%(key)s”; %(missing)s.") % {
        "field": line.field,
        "match": line.match_field,
        "key": line.key,
        "missing": missing,
    }


_AUTH_IN = {
    AuthType.NONE: lambda config: _("nothing, so that anybody may call"),
    AuthType.BASIC: lambda config: _("the login %(login)s and a password") % {"login": config.auth_login},
    AuthType.BEARER: lambda config: _("a token"),
    AuthType.HEADER: lambda config: _("a key in the header %(header)s") % {"header": config.auth_header},
}
