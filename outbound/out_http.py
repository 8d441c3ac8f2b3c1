"""Makes the requests of one config: with its timeouts, its limit of the answer's size, and a new token where one was
withdrawn. Touches no database, and may be used by several threads."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.conf import settings

from clients.http import HttpResponse, Timeouts
from clients.oauth2 import ClientCredentials
from outbound.out_auth import Credentials
from outbound.requests import OutRequest
from syncconfig.models import SyncConfig

UNAUTHORIZED: Final = 401


class Caller:
    """Raises RemoteError where no answer came; an answer of any status is returned."""

    def __init__(self, config: SyncConfig, credentials: Credentials) -> None:
        self._credentials = credentials
        self._timeouts = _timeouts(config)

    def call(self, request: OutRequest) -> HttpResponse:
        response = self._request(request)
        auth = self._credentials.auth
        if response.status == UNAUTHORIZED and isinstance(auth, ClientCredentials):
            # The token was withdrawn before its time: once more, with a new one.
            auth.refused(request.headers["Authorization"].removeprefix("Bearer "))
            response = self._request(replace(request, headers={**request.headers, **auth.headers(b"")}))
        return response

    def _request(self, request: OutRequest) -> HttpResponse:
        return self._credentials.http.request(
            request.method,
            request.url,
            headers=request.headers,
            params=request.params,
            body=request.body,
            timeouts=self._timeouts,
            max_response_bytes=settings.SYNC_MAX_RESPONSE_BYTES,
        )


def _timeouts(config: SyncConfig) -> Timeouts:
    """The config's own, as long as a call begun at the end of a task's budget still ends before the task is stopped."""
    longest_s = settings.SYNC_TASK_TIMEOUT_S * 0.4
    connect_s = min(config.connect_timeout_s, longest_s / 2)
    read_s = min(config.read_timeout_s, longest_s - connect_s)
    return Timeouts(connect_s=connect_s, read_s=read_s, total_s=min(4 * read_s, longest_s - connect_s))
