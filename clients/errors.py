"""The one exception in which every failure of a remote system ends up.

Whoever calls out (HTTP, Odoo) raises nothing else; whoever decides what to do next (retry, dead letter, look it
up first, tell the caller) reads `kind` and never the text.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What may be done after a failure."""

    RETRYABLE = "retryable"
    """Nothing happened on the other side, and a later attempt may succeed: refused connection, 429, 503."""

    PERMANENT = "permanent"
    """The same request will fail again: 4xx, a validation error, an unknown field."""

    BLOCKED = "blocked"
    """We refused to call: the address is not allowed, or a redirect led elsewhere."""

    AMBIGUOUS = "ambiguous"
    """The request was sent and its answer lost; it may or may not have taken effect. Look it up before repeating."""


class RemoteError(Exception):
    """A remote system failed, refused, or could not be reached.

    `message` is one human sentence without a traceback and without secrets. `code` is a short stable word for
    programs (`access_denied`, `missing_record`, `timeout`, ...). `status` is the HTTP status where there was one.
    `model` and `field` are Odoo's technical names where the answer told them.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: Kind,
        code: str = "error",
        status: int | None = None,
        retry_after_s: float | None = None,
        model: str | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s
        self.model = model
        self.field = field

    def __repr__(self) -> str:
        return f"RemoteError({self.message!r}, kind={self.kind.value!r}, code={self.code!r}, status={self.status!r})"
