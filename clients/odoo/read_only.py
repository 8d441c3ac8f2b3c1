"""An Odoo client that cannot change anything: whatever is called is one of Odoo's reading methods, or refused here.

For previews. It shares the connections and the login of the client it is made from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient
from clients.odoo.settings import OdooVersion
from clients.odoo.transport import READING_METHODS, Transport


class ReadOnlyOdoo(OdooClient):
    """Raises PERMANENT `read_only` for every method that is not known to change nothing, before anything is sent."""

    def __init__(self, client: OdooClient) -> None:
        self._client = client
        super().__init__(client.settings, client._http)

    @property
    def transport(self) -> Transport:
        return self._client.transport

    def version(self) -> OdooVersion:
        return self._client.version()

    def call(
        self,
        model: str,
        method: str,
        *,
        ids: Sequence[int] | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
        safe: bool | None = None,
    ) -> Any:
        if method not in READING_METHODS:
            raise RemoteError(
                f"{model}.{method} was not called: this is a preview, which reads only.",
                kind=Kind.PERMANENT,
                code="read_only",
                model=model,
            )
        return super().call(model, method, ids=ids, args=args, kwargs=kwargs, context=context, safe=safe)
