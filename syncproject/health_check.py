"""Health checks for load balancers, watchdogs and monitors: whether this process, its database and a worker are there.

| address | says | 503 when |
|---|---|---|
| `/healthz/live` | the process answers | never |
| `/healthz/ready` | it can serve: its database answers and has the tables of this version | one of them does not |
| `/healthz/worker` | a worker has given a sign of life within the last minute | none has |
| `/healthz` | all of it, for a monitor | any of it |

A middleware before all others, since a balancer asks by address, without TLS and without a session, where Django would
refuse the host name or redirect. It tells states and nothing else: no names, no versions, no messages.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

logger = logging.getLogger(__name__)

PREFIX: Final = "/healthz"
_OK, _FAILED = "ok", "failed"


def database_is_ok() -> bool:
    """Whether it answers, and every migration of this version is applied; asked in full until that was so once."""
    global _is_migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated:
            executor = MigrationExecutor(connection)
            _is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        logger.warning("The health check found no database: %s", error)
        return False
    return _is_migrated


def worker_is_ok() -> bool:
    """Whether a worker is there, as far as the database tells."""
    # Loaded late: the middleware is imported before the apps are ready.
    from outbound.heartbeat import workers_alive

    try:
        return workers_alive(timezone.now()).exists()
    except DatabaseError as error:
        logger.warning("The health check could not look for workers: %s", error)
        return False


_is_migrated = False
_CHECKS: Final[dict[str, dict[str, Callable[[], bool]]]] = {
    f"{PREFIX}/live": {},
    f"{PREFIX}/ready": {"database": database_is_ok},
    f"{PREFIX}/worker": {"worker": worker_is_ok},
    PREFIX: {"database": database_is_ok, "worker": worker_is_ok},
}


class HealthCheck:
    """Answers the addresses above, and nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        checks = _CHECKS.get(request.path_info.rstrip("/"))
        if checks is None:
            return self._get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        found = {name: _OK if check() else _FAILED for name, check in checks.items()}
        is_ok = _FAILED not in found.values()
        answer = {"status": _OK if is_ok else _FAILED, **found}
        return JsonResponse(answer, status=200 if is_ok else 503, headers={"Cache-Control": "no-store"})
