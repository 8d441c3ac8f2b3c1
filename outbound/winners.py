"""Whose value a field gets that was changed in both Odoos, by the rule of the sync or of its pair."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from clients.errors import RemoteError
from clients.odoo.client import OdooClient
from mapping.merging import Winner
from outbound.source_records import source_error
from syncconfig.connections import client_for
from syncconfig.models import ConflictRule, SyncConfig

WRITTEN_AT: Final = "write_date"


def winners_of(config: SyncConfig, *, client: OdooClient, disputed: Mapping[int, int]) -> dict[int, Winner]:
    """The winner of each dispute, by the record's id here; `disputed` leads from it to the id there, where `client`
    asks. Raises RemoteError where the dates decide and one of the Odoos cannot be asked."""
    rule = conflict_rule(config)
    if rule is not ConflictRule.NEWEST:
        return {record_id: Winner(rule.value) for record_id in disputed}
    if not disputed:
        return {}
    try:
        ours = _dates(client_for(config.connection), config.model, disputed)
    except RemoteError as error:
        raise source_error(error) from error
    theirs = _dates(client, config.receiving_model, disputed.values())
    tie = _at_the_same_second(config)
    return {
        record_id: _newer(ours.get(record_id, ""), theirs.get(target_id, ""), tie)
        for record_id, target_id in disputed.items()
    }


def conflict_rule(config: SyncConfig) -> ConflictRule:
    """The rule as it reads from this config's side: that of the one of the two which names the other."""
    naming = getattr(config, "paired_by", None) if config.pair_id is None else None
    if naming is None:
        return ConflictRule(config.conflict_rule)
    turned = {ConflictRule.SOURCE: ConflictRule.TARGET, ConflictRule.TARGET: ConflictRule.SOURCE}
    rule = ConflictRule(naming.conflict_rule)
    return turned.get(rule, rule)


def _newer(ours: str, theirs: str, tie: Winner) -> Winner:
    if ours == theirs:
        return tie
    return Winner.SOURCE if ours > theirs else Winner.TARGET


def _at_the_same_second(config: SyncConfig) -> Winner:
    """Both directions must decide the same: for the connection of the older sync."""
    other = config.other_direction
    return Winner.SOURCE if other is None or config.pk < other.pk else Winner.TARGET


def _dates(client: OdooClient, model: str, ids: Collection[int]) -> dict[int, str]:
    records = client.read(model, sorted(set(ids)), [WRITTEN_AT])
    return {int(record["id"]): str(record[WRITTEN_AT] or "") for record in records}
