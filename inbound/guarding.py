"""Lets in who may call an endpoint: its networks, credentials, limits and methods."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from inbound.addresses import is_within
from inbound.api import ApiView
from inbound.auth import authenticate, not_from_here
from inbound.body import read_body
from inbound.endpoints import Extras, allowed_methods, extras_of, find_endpoint
from inbound.errors import ApiError, ErrorCode
from inbound.headers import check_api_version
from inbound.keys import Key
from inbound.limits import Allowance, count_call, too_many
from syncconfig.models import SyncConfig


class GuardedView(ApiView):
    """Lets in who may call the endpoint in the address, as often as it may."""

    config: SyncConfig
    extras: Extras | None = None
    key: Key | None = None
    allowance: Allowance | None = None
    _body: bytes | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Everything before the work itself, cheapest first; the body comes last."""
        self.config = self.rec.config = find_endpoint(kwargs["endpoint"])
        extras = extras_of(self.config)
        self._hide_secrets(extras)
        if extras.networks and not is_within(self.address, extras.networks):
            raise not_from_here()
        self.key = authenticate(
            request._request,
            extras.keys,
            address=self.address,
            body=lambda: self._read_body(request, extras),
            name=self.config.name,
        )
        self.extras = extras
        self.allowance = count_call(extras.limits(self.key))
        if self.allowance is not None and self.allowance.is_exceeded:
            raise too_many(self.allowance)
        check_api_version(request._request)
        self._check_method(request)

    def _hide_secrets(self, extras: Extras) -> None:
        self.rec.add_secrets(
            [self.config.connection.secret, *(secret for key in extras.keys for secret in key.secrets)]
        )
        self.rec.add_secret_keys([key.header for key in extras.keys])

    def _read_body(self, request: Request, extras: Extras) -> bytes:
        if self._body is None:
            self._body = read_body(request._request, max_bytes=extras.max_body_bytes)
        return self._body

    def methods(self) -> list[str]:
        """What the endpoint takes, at one of its addresses or another."""
        return allowed_methods(self.config)

    def methods_here(self) -> list[str]:
        """What it takes at this address."""
        return self.methods()

    def _check_method(self, request: Request) -> None:
        if request.method not in self.methods():
            here = ", ".join(self.methods_here())
            raise ApiError(
                405,
                ErrorCode.METHOD_NOT_ALLOWED,
                f"{request.method} is not allowed here. Allowed are: {here}.",
                headers={"Allow": here},
            )

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        if self.allowance is not None:
            for name, value in self.allowance.headers().items():
                answer[name] = value
        if self.extras is not None:
            for name, value in self.extras.headers.items():
                answer[name] = value
        return answer

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        allowed = self.methods_here()
        return Response({"status": "success", "data": {"methods": allowed}}, headers={"Allow": ", ".join(allowed)})
