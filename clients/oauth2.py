"""OAuth2 client credentials (RFC 6749, 4.4): a token fetched when it is needed, kept until shortly before it ends.

One instance is shared by the threads of a process; whoever comes first fetches, the others wait for it. The client
shows itself by Basic authorization, which every server must take, and where that is refused, in the body.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

from clients.auth import Auth, BasicAuth
from clients.errors import Kind, RemoteError
from clients.http import HttpClient, Timeouts
from clients.statuses import raise_for_status

TIMEOUTS: Final = Timeouts(connect_s=5, read_s=10, total_s=20)
MAX_ANSWER_BYTES: Final = 1024 * 1024
RESERVE_S: Final = 30.0
DEFAULT_LIFE_S: Final = 300.0
"""Where the server does not say how long a token lives."""


@dataclass
class ClientCredentials(Auth):
    """`headers` may call the token endpoint, and raises RemoteError where no token is to be had."""

    http: HttpClient = field(repr=False)
    token_url: str
    client_id: str
    secret: str = field(repr=False)
    scope: str = ""
    clock: Callable[[], float] = field(default=monotonic, repr=False)
    _token: str = field(default="", repr=False)
    _until_s: float = field(default=0.0, repr=False)
    _in_body: bool = field(default=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def headers(self, body: bytes) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}"}

    def token(self) -> str:
        """A token that is good for a while yet. Raises RemoteError."""
        with self._lock:
            if not self._token or self.clock() >= self._until_s:
                self._fetch()
            return self._token

    def refused(self, token: str) -> None:
        """The API did not take this token, though its time is not up: fetch another one next time."""
        with self._lock:
            if self._token == token:
                self._token = ""

    def _fetch(self) -> None:
        answer = self._ask()
        token = answer.get("access_token")
        if not isinstance(token, str) or not token or not token.isprintable() or not token.isascii():
            raise RemoteError("The token endpoint's answer holds no token.", kind=Kind.PERMANENT, code="bad_token")
        life_s = answer.get("expires_in")
        is_number = isinstance(life_s, (int, float)) and not isinstance(life_s, bool)
        if isinstance(life_s, str) and life_s.isdecimal():
            life_s, is_number = float(life_s), True
        seconds = float(life_s) if is_number and life_s is not None else DEFAULT_LIFE_S
        self._token = token
        # A token that lives shorter than the reserve is used for half its life.
        self._until_s = self.clock() + max(seconds - RESERVE_S, seconds / 2)

    def _ask(self) -> dict[str, Any]:
        try:
            return self._request(in_body=self._in_body)
        except RemoteError as error:
            if error.status not in (400, 401) or self._in_body:
                raise
            try:
                answer = self._request(in_body=True)
            except RemoteError:
                raise error from None
            self._in_body = True
            return answer

    def _request(self, *, in_body: bool) -> dict[str, Any]:
        form = {"grant_type": "client_credentials", **({"scope": self.scope} if self.scope else {})}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if in_body:
            form |= {"client_id": self.client_id, "client_secret": self.secret}
        else:
            # RFC 6749, 2.3.1: both are form-encoded first.
            headers |= BasicAuth(quote_plus(self.client_id), quote_plus(self.secret)).headers(b"")
        response = self.http.request(
            "POST",
            self.token_url,
            headers=headers,
            body=urlencode(form).encode(),
            timeouts=TIMEOUTS,
            max_response_bytes=MAX_ANSWER_BYTES,
            # To ask for a token twice does no harm.
            safe=True,
        )
        raise_for_status(response)
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise RemoteError("The token endpoint's answer is no JSON object.", kind=Kind.PERMANENT, code="bad_token")
        return answer
