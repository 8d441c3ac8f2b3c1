"""What has to stand in Odoo so that it tells of a config's changes: shown before it is made, compared with later.

A rule on all fields posts a dozen times for one new record, and whoever saves waits for every post. So the rule names
its trigger fields: those that the mapping and the domain read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from clients.odoo.client import OdooClient
from clients.odoo.domain import parse_domain
from outbound.models import Deletions, policy_of
from syncconfig.models import SyncConfig

HOOK_PATH = "/bj_api_sync/hooks/"
HIDDEN = "***"
ON_WRITE, ON_UNLINK = "on_create_or_write", "on_unlink"


@dataclass(frozen=True, slots=True)
class RulePlan:
    """One automation rule with its webhook action."""

    name: str
    trigger: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HookPlan:
    """The rules, the address they call, and what they will not tell."""

    model: str
    url: str = field(repr=False)
    rules: tuple[RulePlan, ...]
    warnings: tuple[str, ...]

    def lines(self) -> list[str]:
        """What is going to be made, for staff; the secret in the address is not shown."""
        shown = self.url[: self.url.rindex("/") + 1] + HIDDEN
        made = [
            f"Rule “{rule.name}” on {self.model}, {rule.trigger}"
            + (f", when one of these changes: {', '.join(rule.fields)}" if rule.fields else "")
            + f"; it calls {shown}"
            for rule in self.rules
        ]
        return [*made, *self.warnings]


def hook_plan(*, config: SyncConfig, client: OdooClient, site_url: str, secret: str | None = None) -> HookPlan:
    """What this config needs. Raises RemoteError, and ValueError where Odoo's rules could not tell of anything."""
    if config.fetches:
        raise ValueError(f"{config.name} fetches from an external API (GET): Odoo has nothing to tell it.")
    wanted = _field_names(config)
    known = {
        record["name"]: record
        for record in client.search_read(
            "ir.model.fields",
            [["model", "=", config.model], ["name", "in", wanted]],
            ["name", "store", "related"],
        )
    }
    told = tuple(name for name in wanted if name in known)
    if not told:
        raise ValueError(f"No field of {config.model} is mapped, so Odoo has nothing to tell of.")
    elsewhere = [name for name in told if known[name]["related"] or not known[name]["store"]]
    warnings = []
    if elsewhere:
        warnings.append(
            f"{', '.join(elsewhere)}: kept on another model or computed, so only changes made on {config.model} itself "
            "are told. Have the sync run on a schedule too."
        )
    rules = [RulePlan(f"Sync hub: {config.name}", ON_WRITE, told)]
    if policy_of(config).deletions != Deletions.IGNORE:
        rules.append(RulePlan(f"Sync hub: {config.name}, deletions", ON_UNLINK, ()))
    return HookPlan(config.model, f"{site_url.rstrip('/')}{HOOK_PATH}{secret or HIDDEN}", tuple(rules), tuple(warnings))


def _field_names(config: SyncConfig) -> list[str]:
    """The model's own fields that lines or the domain read, without what Odoo writes at every change."""
    lines = config.lines.filter(active=True).exclude(direction="in").values_list("field", flat=True)
    names = [re.split(r"[.\[]", path)[0] for path in lines if path]
    domain: list[Any] = parse_domain(config.domain or "[]", now=datetime.now(UTC), uid=1, tz=config.connection.timezone)
    names += [str(leaf[0]).split(".")[0] for leaf in domain if isinstance(leaf, (list, tuple))]
    return sorted(set(names) - {"id", "write_date", "write_uid", "create_date", "create_uid", "display_name"})
