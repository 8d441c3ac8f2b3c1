"""An external API over HTTP: each unit is one request, and what its answer says is read by `answers`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.conf import settings

from clients.http import HttpResponse, Timeouts
from clients.oauth2 import ClientCredentials
from outbound.claims import Unit
from outbound.models import policy_of
from outbound.requests import OutRequest, RequestTemplate
from outbound.targets.answers import AnswerReader
from outbound.targets.base import Answer, Target
from syncconfig.models import SyncConfig

UNAUTHORIZED: Final = 401


class HttpApiTarget(Target):
    """Any 2xx is success, unless the config's policy says otherwise, or the answer."""

    def __init__(self, config: SyncConfig) -> None:
        super().__init__(config)
        self._template = RequestTemplate(config)
        self._http = self._template.credentials.http
        self._timeouts = _timeouts(config)
        self._answers = AnswerReader(config, policy_of(config))

    def secrets(self) -> tuple[str, ...]:
        return self._template.secrets

    def secret_keys(self) -> tuple[str, ...]:
        return self._template.secret_keys

    def prepare(self, unit: Unit) -> OutRequest:
        return self._template.build(unit)

    def send(self, prepared: OutRequest) -> Answer:
        response = self._request(prepared)
        auth = self._template.credentials.auth
        if response.status == UNAUTHORIZED and isinstance(auth, ClientCredentials):
            # The token was withdrawn before its time: once more, with a new one.
            auth.refused(prepared.headers["Authorization"].removeprefix("Bearer "))
            response = self._request(replace(prepared, headers={**prepared.headers, **auth.headers(b"")}))
        return self._answers.read(response, prepared)

    def _request(self, prepared: OutRequest) -> HttpResponse:
        return self._http.request(
            prepared.method,
            prepared.url,
            headers=prepared.headers,
            params=prepared.params,
            body=prepared.body,
            timeouts=self._timeouts,
            max_response_bytes=settings.SYNC_MAX_RESPONSE_BYTES,
        )


def _timeouts(config: SyncConfig) -> Timeouts:
    """The config's own, as long as a call begun at the end of a task's budget still ends before the task is stopped."""
    longest_s = settings.SYNC_TASK_TIMEOUT_S * 0.4
    connect_s = min(config.connect_timeout_s, longest_s / 2)
    read_s = min(config.read_timeout_s, longest_s - connect_s)
    return Timeouts(connect_s=connect_s, read_s=read_s, total_s=min(4 * read_s, longest_s - connect_s))
