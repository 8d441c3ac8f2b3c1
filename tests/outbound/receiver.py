"""A receiver on loopback that keeps what it gets, and answers as a test says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from demo.httpserver import DemoServer, Request, Response

Answering = Callable[[Request], Response]


def answer(body: object = None, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON, unless the body is text or bytes already."""
    if isinstance(body, bytes):
        return Response(status, body, headers=headers or {})
    if isinstance(body, str):
        return Response(status, body.encode(), "text/html; charset=utf-8", headers or {})
    return Response(status, b"" if body is None else json.dumps(body).encode(), headers=headers or {})


class Receiver(DemoServer):
    """Give `answering` another function to change its mind."""

    def __init__(self, answering: Answering | None = None) -> None:
        super().__init__()
        self.received: list[Request] = []
        self.answering: Answering = answering or (lambda _request: answer({}))

    def respond(self, request: Request) -> Response:
        self.received.append(request)
        return self.answering(request)

    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for request in self.received]
