"""Whether the records that a sync knows are still the same ones when it, or its connection, is pointed elsewhere.

Only people know that of a sync with an external API: its Odoo may have moved to another host, or be another one; the
API may have a new address, or be another shop's. To keep what is known would change other records there, to forget it
would make all of them a second time. What leads into an Odoo is settled by itself (`outbound.moving`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _now

from outbound.models import Delivery, DeliveryPolicy, PullPolicy, RecordLink, SyncRun
from outbound.moving import MOVED_AWAY, database_of, waiting_discard
from outbound.replay import DISCARDABLE
from outbound.run_control import run_cancel
from outbound.states import ACTIVE_RUNS
from syncconfig.models import OdooConnection, RequestType, SyncConfig

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class _Move:
    """A sync that is pointed elsewhere: from where to where, as staff read it."""

    config_id: int
    was: str
    now: str


class LinkKeeper:
    """See `syncconfig.moves.Keeper`."""

    def doubt(self, instance: Model) -> str:
        moves = _moves(instance)
        if not moves:
            return ""
        count = RecordLink.objects.filter(config_id__in=[move.config_id for move in moves]).count()
        return _now(
            "%(count)s records are known from %(was)s. Are they the same ones at %(now)s? Choose whether to keep them: "
            "known records are changed there under the ids of before, forgotten ones are made anew."
        ) % {"count": count, "was": moves[0].was, "now": moves[0].now}

    def forget(self, instance: Model) -> None:
        for move in _moves(instance):
            links_forget(move.config_id)


@transaction.atomic
def links_forget(config_id: int) -> None:
    """Forget which record of the config is which, read everything anew, cancel a run that is under way, and discard
    what waits or was refused: it is of a record, or for a system, that the config has nothing to do with any more."""
    for run_id in SyncRun.objects.filter(config_id=config_id, state__in=ACTIVE_RUNS).values_list("pk", flat=True):
        run_cancel(run_id=run_id)
    RecordLink.objects.filter(config_id=config_id).delete()
    DeliveryPolicy.objects.filter(config_id=config_id).update(change_cursor="")
    PullPolicy.objects.filter(config_id=config_id).update(since_value="")
    waiting_discard(config_id=config_id, reason=MOVED_AWAY)


def _moves(instance: Model) -> list[_Move]:
    """The syncs in doubt if the row is saved as it is now."""
    if isinstance(instance, SyncConfig):
        return _known(_of_config(instance))
    if isinstance(instance, OdooConnection):
        return _known(_of_connection(instance))
    return []


def _of_config(config: SyncConfig) -> Iterable[_Move]:
    stored = SyncConfig.objects.select_related("connection").filter(pk=config.pk)
    before = stored.defer("auth_secret", "connection__secret").first()
    if before is None or not (_calls_an_api(before) and _calls_an_api(config)) or before.fetches != config.fetches:
        return
    if _host(before.url) != _host(config.url):
        yield _Move(config.pk, _shown(before.url), _shown(config.url))
    elif not config.fetches:
        was, now = before.connection, config.connection
        if database_of(was.url, was.database) != database_of(now.url, now.database):
            yield _Move(config.pk, str(was), str(now))
        elif before.model != config.model:
            yield _Move(config.pk, before.model, config.model)


def _of_connection(connection: OdooConnection) -> Iterable[_Move]:
    before = OdooConnection.objects.filter(pk=connection.pk).defer("secret").first()
    if before is None:
        return
    was, now = ((each.url, each.database) for each in (before, connection))
    if database_of(*was) == database_of(*now):
        return
    of_it = SyncConfig.objects.filter(connection=connection.pk, request_type=RequestType.OUT, target_connection=None)
    for config_id in of_it.filter(method_get=False).order_by("pk").values_list("pk", flat=True):
        yield _Move(config_id, f"{was[0]} ({was[1]})", f"{now[0]} ({now[1]})")


def _known(moves: Iterable[_Move]) -> list[_Move]:
    """Those of which something is known, or waits."""
    return [move for move in moves if _knows_any(move.config_id)]


def _knows_any(config_id: int) -> bool:
    return (
        RecordLink.objects.filter(config_id=config_id).exists()
        or PullPolicy.objects.filter(config_id=config_id).exclude(since_value="").exists()
        or Delivery.objects.filter(config_id=config_id, state__in=DISCARDABLE).exists()
    )


def _calls_an_api(config: SyncConfig) -> bool:
    return config.request_type == RequestType.OUT and config.target_connection_id is None


def _host(url: str) -> object:
    """Host and port; those that a scheme has by default are one. A changed path is the same system."""
    try:
        parts = urlsplit(url.strip())
        return (parts.hostname or "", None if parts.port == _PORTS.get(parts.scheme) else parts.port)
    except ValueError:
        return url


def _shown(url: str) -> str:
    """Without what may be secret in it."""
    try:
        parts = urlsplit(url.strip())
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    except ValueError:
        return "-"
