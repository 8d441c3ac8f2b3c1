"""An external API over HTTP: each unit is one request, and what its answer says is taken by status."""

from __future__ import annotations

import json
from typing import Final

from django.conf import settings

from clients.errors import Kind, RemoteError
from clients.http import HttpResponse, Timeouts
from clients.statuses import raise_for_status
from mapping.paths import ABSENT, Path, parse_path
from outbound.claims import Unit
from outbound.requests import OutRequest, RequestTemplate
from outbound.targets.base import Answer, Target
from outbound.targets.multistatus import refusals
from syncconfig.connections import http_client
from syncconfig.models import SyncConfig

MAX_ID_LENGTH: Final = 200
MULTI_STATUS: Final = 207


class HttpApiTarget(Target):
    """Any 2xx is success, but for what a 207 refuses. The other system's id is taken from `answer_id_path`."""

    def __init__(self, config: SyncConfig) -> None:
        super().__init__(config)
        self._template = RequestTemplate(config)
        self._http = http_client()
        self._timeouts = _timeouts(config)
        self._id_path: Path | None = parse_path(config.answer_id_path) if config.answer_id_path else None

    def secrets(self) -> tuple[str, ...]:
        return self._template.secrets

    def secret_keys(self) -> tuple[str, ...]:
        return self._template.secret_keys

    def prepare(self, unit: Unit) -> OutRequest:
        return self._template.build(unit)

    def send(self, prepared: OutRequest) -> Answer:
        response = self._http.request(
            prepared.method,
            prepared.url,
            headers=prepared.headers,
            params=prepared.params,
            body=prepared.body,
            timeouts=self._timeouts,
            max_response_bytes=settings.SYNC_MAX_RESPONSE_BYTES,
        )
        raise_for_status(response)
        if response.status == MULTI_STATUS:
            refused = _refused(response, prepared)
            if refused:
                return Answer(response.status, refused=refused)
        return self._answer(response)

    def _answer(self, response: HttpResponse) -> Answer:
        if self._id_path is None:
            return Answer(response.status)
        try:
            found = self._id_path.read(response.json())
        except ValueError:
            return Answer(response.status, note=f"Delivered, but the answer is no JSON, so no id at {self._id_path}.")
        if found is ABSENT or isinstance(found, (bool, dict, list)) or found in (None, ""):
            return Answer(response.status, note=f"Delivered, but the answer holds no id at {self._id_path}.")
        external_id = found if isinstance(found, str) else json.dumps(found)
        if len(external_id) > MAX_ID_LENGTH:
            return Answer(response.status, note=f"Delivered, but the id at {self._id_path} is too long to keep.")
        return Answer(response.status, external_id=external_id)


def _refused(response: HttpResponse, request: OutRequest) -> dict[int, str]:
    """Raises RemoteError PERMANENT where it cannot be told which records of a batch were refused."""
    try:
        found = refusals(response.json(), count=request.count)
    except ValueError:
        found = None
    if found is None and request.is_batch:
        raise RemoteError(
            f"The answer is 207 Multi-Status, but not one result for each of the {request.count} records: it cannot "
            "be told which were refused. Send one request per record, or see the log.",
            kind=Kind.PERMANENT,
            code="multi_status",
            status=response.status,
        )
    return found or {}


def _timeouts(config: SyncConfig) -> Timeouts:
    """The config's own, as long as a call begun at the end of a task's budget still ends before the task is stopped."""
    longest_s = settings.SYNC_TASK_TIMEOUT_S * 0.4
    connect_s = min(config.connect_timeout_s, longest_s / 2)
    read_s = min(config.read_timeout_s, longest_s - connect_s)
    return Timeouts(connect_s=connect_s, read_s=read_s, total_s=min(4 * read_s, longest_s - connect_s))
