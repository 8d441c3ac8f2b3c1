"""The fields that a writer asks for in the answer: read from Odoo only where what was written does not tell them."""

from __future__ import annotations

import logging
from dataclasses import replace

from clients.errors import RemoteError
from inbound.errors import ApiError
from inbound.projection import has_all, picked
from inbound.reading import read_many
from inbound.work import Work
from inbound.writing import Result, Written

logger = logging.getLogger(__name__)


def complete(work: Work, results: list[Result], keys: tuple[str, ...]) -> list[Result]:
    """The results with these keys alone. One call for all; where Odoo cannot tell now, what was written is told."""
    if not keys:
        return results
    unknown = [
        result.odoo_id
        for result in results
        if isinstance(result, Written) and result.odoo_id and result.is_record and not has_all(result.data, keys)
    ]
    read = {}
    if unknown:
        try:
            read = read_many(work, unknown)
        except (RemoteError, ApiError) as error:
            # The write is done, and its answer must say so.
            logger.warning("%s: what was written could not be read back: %s", work.config, error)
    return [
        replace(result, data=picked(read.get(result.odoo_id or 0, result.data), keys))
        if isinstance(result, Written) and result.is_record
        else result
        for result in results
    ]
