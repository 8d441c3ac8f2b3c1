"""Where an upsert finds which records are known, and keeps which ones it has found or made.

By default those are the links of a config (`outbound.links`). A sync into another Odoo has links of its own kind, with
an id on either side, so it looks its records up beforehand and gives the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from outbound import links, record_claims
from outbound.links import Known
from outbound.record_claims import Claim, ClaimBusy


class LinkBook(Protocol):
    """Each method promises what the function of its name in `outbound.links` does."""

    def acquire(self, keys: Mapping[str, str], *, ttl_s: float) -> Mapping[str, Known | Claim | None]: ...
    def wait(self, key: str, *, claim: str, ttl_s: float, timeout_s: float) -> Known | Claim: ...
    def settle(self, made: Sequence[tuple[Claim, str, int]]) -> None: ...
    def forget(self, odoo_ids: Sequence[int]) -> None: ...


class ConfigBook:
    """The links of a config."""

    def __init__(self, config_id: int) -> None:
        self._config_id = config_id

    def acquire(self, keys: Mapping[str, str], *, ttl_s: float) -> Mapping[str, Known | Claim | None]:
        return links.acquire(config_id=self._config_id, keys=keys, ttl_s=ttl_s)

    def wait(self, key: str, *, claim: str, ttl_s: float, timeout_s: float) -> Known | Claim:
        return links.wait(config_id=self._config_id, key=key, claim=claim, ttl_s=ttl_s, timeout_s=timeout_s)

    def settle(self, made: Sequence[tuple[Claim, str, int]]) -> None:
        links.settle(config_id=self._config_id, made=made)

    def forget(self, odoo_ids: Sequence[int]) -> None:
        links.forget(config_id=self._config_id, odoo_ids=odoo_ids)


class GivenBook:
    """Ids by key that the caller knows; the others are claimed, so that each of them is made once.

    Of a record that turns out to be gone nothing is acquired: what would be written is only what has changed, and no
    whole record. The caller finds out with its next attempt.
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        self._ids: dict[str, int | None] = dict(ids)

    def acquire(self, keys: Mapping[str, str], *, ttl_s: float) -> Mapping[str, Known | Claim | None]:
        taken = record_claims.take([claim for key, claim in keys.items() if key not in self._ids], ttl_s=ttl_s)
        return {key: self._known(key) if key in self._ids else taken.get(claim) for key, claim in keys.items()}

    def wait(self, key: str, *, claim: str, ttl_s: float, timeout_s: float) -> Known | Claim:
        if key not in self._ids:
            return record_claims.wait(claim, ttl_s=ttl_s, timeout_s=timeout_s)
        known = self._known(key)
        if known is None:
            raise ClaimBusy(key)
        return known

    def settle(self, made: Sequence[tuple[Claim, str, int]]) -> None:
        self._ids |= {key: odoo_id for _claim, key, odoo_id in made}
        record_claims.release([claim for claim, _key, _odoo_id in made])

    def forget(self, odoo_ids: Sequence[int]) -> None:
        self._ids = {key: None if odoo_id in odoo_ids else odoo_id for key, odoo_id in self._ids.items()}

    def _known(self, key: str) -> Known | None:
        odoo_id = self._ids[key]
        return None if odoo_id is None else Known(odoo_id)
