"""Records as they are in the Odoo that they come from, mapped anew; and which of two Odoos it was that failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils import timezone

from clients.errors import Kind, RemoteError
from clients.odoo.bulk import FOR_ALL
from mapping.engine import map_out
from mapping.results import MappingResult
from outbound.script_env import odoo_ask, script_params
from outbound.targets.odoo_lookup import ARCHIVED_TOO, odoo_related
from syncconfig.connections import client_for
from syncconfig.models import SyncConfig
from syncconfig.plans import plan_for

SOURCE_UNREACHABLE: Final = "source_unreachable"


class SourceRecords:
    """Reads the records of one config by their ids, whether the config's domain still holds them or not."""

    def __init__(self, config: SyncConfig) -> None:
        self._config = config
        self._plan = plan_for(config)
        self._client = client_for(config.connection)

    def read(self, record_ids: Sequence[int]) -> dict[int, MappingResult]:
        """By id, of those that exist. Raises RemoteError, which says that it is this Odoo's."""
        ids = sorted(set(record_ids))
        try:
            records = self._client.read(self._config.model, ids, self._plan.read_fields, context=ARCHIVED_TOO)
            results = map_out(
                self._plan,
                records,
                related=odoo_related(self._client),
                params=script_params(self._config, now=timezone.now()),
                ask=odoo_ask(self._client),
            )
        except RemoteError as error:
            raise source_error(error) from error
        return {int(record["id"]): result for record, result in zip(records, results, strict=True)}


def source_error(error: RemoteError) -> RemoteError:
    """The Odoo that the records come from failed, and not the other one. Reading it again does no harm."""
    message = f"The Odoo that it comes from: {error.message}"
    return RemoteError(message, kind=_repeatable(error), code=SOURCE_UNREACHABLE)


def other_error(error: RemoteError, *, where: str = "") -> RemoteError:
    """The error as the other Odoo's, unless it says already that it is this one's. What may have arrived is looked up
    by the next attempt, so it may be made; and what is about the login or the model is no record's fault."""
    if error.code == SOURCE_UNREACHABLE:
        return error
    return RemoteError(
        f"The other Odoo: {where}{error.message}",
        kind=_repeatable(error),
        code=error.code,
        status=error.status,
        # A claim of somebody who was killed lasts for longer than a few of such waits.
        retry_after_s=None if error.code == "busy" else error.retry_after_s,
    )


def _repeatable(error: RemoteError) -> Kind:
    is_for_all = error.kind is Kind.PERMANENT and error.code in FOR_ALL
    return Kind.RETRYABLE if error.kind is Kind.AMBIGUOUS or is_for_all else error.kind
