"""What has to stand in Odoo so that it tells of a config's changes: shown before it is made, compared with later.

A rule on all fields posts a dozen times for one new record, and whoever saves waits for every post. So the rule names
its trigger fields: those that the mapping and the domain read.

Some fields of a record are kept on the one that it is a part of: price and name of a `product.product` on its
`product.template`. A change of those is told by a rule there, and only there, whoever makes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
    model: str


@dataclass(frozen=True, slots=True)
class Whole:
    """What the config's records are parts of: `link` is their field that names it, `fields` what it keeps for them."""

    model: str
    link: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HookPlan:
    """The rules, the address they call, and what they will not tell."""

    model: str
    url: str = field(repr=False)
    rules: tuple[RulePlan, ...]
    warnings: tuple[str, ...]
    links: dict[str, str]
    """Of the other models that have rules: the field of the config's records that names them."""

    def lines(self) -> list[str]:
        """What is going to be made, for staff; the secret in the address is not shown."""
        shown = self.url[: self.url.rindex("/") + 1] + HIDDEN
        made = [
            f"Rule “{rule.name}” on {rule.model}, {rule.trigger}"
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
    known = _known(client, config.model, wanted)
    sources = _sources(client, config.model, known)
    if sources:
        wanted = sorted({*wanted, *sources})
        known = _known(client, config.model, wanted)
    told = tuple(name for name in wanted if name in known)
    if not told:
        raise ValueError(f"No field of {config.model} is mapped, so Odoo has nothing to tell of.")
    wholes = _wholes(client, config.model, known)
    covered = {name for whole in wholes for name in told if known[name]["related"] in _paths(whole)}
    elsewhere = [name for name in told if (known[name]["related"] or not known[name]["store"]) and name not in covered]
    warnings = []
    if elsewhere:
        warnings.append(
            f"{', '.join(elsewhere)}: kept on another model or computed, so only changes made on {config.model} itself "
            "are told. Have the sync run on a schedule too."
        )
    rules = [RulePlan(f"Sync hub: {config.name}", ON_WRITE, told, config.model)]
    rules += [
        RulePlan(f"Sync hub: {config.name}, {whole.model}", ON_WRITE, whole.fields, whole.model) for whole in wholes
    ]
    if policy_of(config).deletions != Deletions.IGNORE:
        rules.append(RulePlan(f"Sync hub: {config.name}, deletions", ON_UNLINK, (), config.model))
    return HookPlan(
        config.model,
        f"{site_url.rstrip('/')}{HOOK_PATH}{secret or HIDDEN}",
        tuple(rules),
        tuple(warnings),
        {whole.model: whole.link for whole in wholes},
    )


def _known(client: OdooClient, model: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of those fields that the model has: whether they are stored, and what they are related to."""
    domain = [["model", "=", model], ["name", "in", list(names)]]
    return {each["name"]: each for each in client.search_read("ir.model.fields", domain, ["name", "store", "related"])}


def _sources(client: OdooClient, model: str, known: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """What the fields are made from that Odoo computes anew at each reading, one step down: the price of a variant from
    the price on its template. A change of such a field itself happens in no record, so nothing tells of it."""
    computed = [name for name, each in known.items() if not each["store"] and not each["related"]]
    if not computed:
        return set()
    described = client.call(model, "fields_get", kwargs={"allfields": computed, "attributes": ["depends"]})
    return {str(path).partition(".")[0] for each in described.values() for path in each.get("depends") or ()}


def _paths(whole: Whole) -> set[str]:
    return {f"{whole.link}.{name}" for name in whole.fields}


def _wholes(client: OdooClient, model: str, known: Mapping[str, Mapping[str, Any]]) -> list[Whole]:
    """By the fields that are not stored with the record, but related through one that it cannot be without (required,
    and deleted with it). What is merely referred to, such as a company, would tell of every record that refers to it.
    """
    kept: dict[str, list[str]] = {}
    for each in known.values():
        link, _dot, name = str(each["related"] or "").partition(".")
        if name and "." not in name and not each["store"]:
            kept.setdefault(link, []).append(name)
    if not kept:
        return []
    links = client.search_read(
        "ir.model.fields",
        [["model", "=", model], ["name", "in", sorted(kept)], ["required", "=", True], ["on_delete", "=", "cascade"]],
        ["name", "relation"],
    )
    there = {
        (row["model"], row["name"])
        for row in client.search_read(
            "ir.model.fields",
            [
                ["model", "in", [each["relation"] for each in links]],
                ["name", "in", sorted({name for names in kept.values() for name in names})],
                ["store", "=", True],
            ],
            ["model", "name"],
        )
    }
    wholes = []
    for each in sorted(links, key=lambda each: str(each["name"])):
        names = tuple(sorted(name for name in set(kept[each["name"]]) if (each["relation"], name) in there))
        if names and each["relation"] != model:
            wholes.append(Whole(str(each["relation"]), str(each["name"]), names))
    return wholes


def _field_names(config: SyncConfig) -> list[str]:
    """The model's own fields that lines or the domain read, without what Odoo writes at every change."""
    lines = config.lines.filter(active=True).exclude(direction="in").values_list("field", flat=True)
    names = [re.split(r"[.\[]", path)[0] for path in lines if path]
    domain: list[Any] = parse_domain(config.domain or "[]", now=datetime.now(UTC), uid=1, tz=config.connection.timezone)
    names += [str(leaf[0]).split(".")[0] for leaf in domain if isinstance(leaf, (list, tuple))]
    return sorted(set(names) - {"id", "write_date", "write_uid", "create_date", "create_uid", "display_name"})
