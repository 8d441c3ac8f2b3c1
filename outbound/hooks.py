"""Sets up, checks and removes the automation rules in Odoo that tell of a config's changes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from auditlog.recorder import recording
from clients.errors import RemoteError
from clients.odoo.client import OdooClient
from outbound.hook_plans import HOOK_PATH, HookPlan, RulePlan, hook_plan
from outbound.models import OdooHook
from outbound.noticed import secret_hash
from syncconfig.connections import client_for
from syncconfig.models import SyncConfig

RULES, ACTIONS = "base.automation", "ir.actions.server"
ARCHIVED_TOO = {"active_test": False}


class HookExists(Exception):
    """The config's rules were set up already."""


def hook_show(*, config: SyncConfig, site_url: str) -> HookPlan:
    """What `hook_create` would make. Raises RemoteError and ValueError."""
    with recording(config=config):
        return hook_plan(config=config, client=client_for(config.connection), site_url=site_url)


def hook_create(*, config: SyncConfig, site_url: str) -> OdooHook:
    """Make the rules in Odoo. Raises HookExists, ValueError, and RemoteError; then nothing of ours is left there.

    The row is stored first, so that a rule is never unknown here, whatever happens in between.
    """
    if OdooHook.objects.filter(config=config).exists():
        raise HookExists(f"The rules of {config.name} are set up already. Remove them first to make them anew.")
    secret = secrets.token_urlsafe(32)
    client = client_for(config.connection)
    with recording(config=config, secrets=[secret]):
        plan = hook_plan(config=config, client=client, site_url=site_url, secret=secret)
        hook = OdooHook.objects.create(config=config, secret=secret, secret_hash=secret_hash(secret), links=plan.links)
        try:
            for rule in plan.rules:
                _make(client, hook, plan, rule)
        except RemoteError:
            hook_remove(config=config)
            raise
    return hook


def hook_check(*, config: SyncConfig, site_url: str = "") -> list[str]:
    """What is wrong with the rules in Odoo; empty where all is as it was made. The answer is kept on the hook.

    Raises RemoteError where Odoo cannot be asked.
    """
    hook = OdooHook.objects.filter(config=config).first()
    if hook is None:
        return ["No rules were set up."]
    client = client_for(config.connection)
    with recording(config=config, secrets=[hook.secret]):
        problems = _problems(client, config, hook, site_url)
    OdooHook.objects.filter(pk=hook.pk).update(checked_at=timezone.now(), problem=" ".join(problems))
    return problems


def hook_remove(*, config: SyncConfig) -> bool:
    """Take the rules and their actions out of Odoo, whoever archived or deleted a part of them. False: there were none.

    Raises RemoteError; the hook is then still known.
    """
    hook = OdooHook.objects.filter(config=config).first()
    if hook is None:
        return False
    client = client_for(config.connection)
    with recording(config=config, secrets=[hook.secret]):
        ours = [["webhook_url", "like", f"{HOOK_PATH}{hook.secret}"]]
        # By what they call too: an answer that was lost leaves a rule whose id we do not know.
        actions = {*hook.action_ids, *client.search(ACTIONS, ours, context=ARCHIVED_TOO)}
        found = client.search(RULES, [["action_server_ids", "in", sorted(actions)]], context=ARCHIVED_TOO)
        rules = _existing(client, RULES, {*hook.rule_ids, *found})
        if rules:
            client.unlink(RULES, rules)
        left = _existing(client, ACTIONS, actions)
        if left:
            client.unlink(ACTIONS, left)
    hook.delete()
    return True


def _make(client: OdooClient, hook: OdooHook, plan: HookPlan, rule: RulePlan) -> None:
    (model_id,) = client.search("ir.model", [["model", "=", rule.model]])
    field_ids = client.search("ir.model.fields", [["model", "=", rule.model], ["name", "in", list(rule.fields)]])
    action = {
        "name": rule.name,
        "model_id": model_id,
        "state": "webhook",
        "webhook_url": plan.url,
        # The id comes in any case; the record is read afterwards, when it is what the database says.
        "webhook_field_ids": [[6, 0, []]],
    }
    values: dict[str, Any] = {
        "name": rule.name,
        "model_id": model_id,
        "trigger": rule.trigger,
        "action_server_ids": [[0, 0, action]],
    }
    if rule.fields:
        values["trigger_field_ids"] = [[6, 0, field_ids]]
    (rule_id,) = client.create(RULES, [values])
    (made,) = client.read(RULES, [rule_id], ["action_server_ids"])
    hook.rule_ids = [*hook.rule_ids, rule_id]
    hook.action_ids = [*hook.action_ids, *made["action_server_ids"]]
    hook.save(update_fields=["rule_ids", "action_ids"])


def _problems(client: OdooClient, config: SyncConfig, hook: OdooHook, site_url: str) -> list[str]:
    rules = client.search_read(
        RULES,
        [["id", "in", hook.rule_ids]],
        ["name", "active", "trigger", "trigger_field_ids", "model_id"],
        context=ARCHIVED_TOO,
    )
    models = _models(client, [rule["model_id"][0] for rule in rules])
    actions = client.search_read(
        ACTIONS, [["id", "in", hook.action_ids]], ["name", "state", "webhook_url"], context=ARCHIVED_TOO
    )
    problems = _gone("rule", len(hook.rule_ids) - len(rules)) + _gone("action", len(hook.action_ids) - len(actions))
    problems += [f"The rule “{rule['name']}” is switched off." for rule in rules if not rule["active"]]
    for action in actions:
        url = str(action["webhook_url"] or "")
        base = url.partition(HOOK_PATH)[0]
        if action["state"] != "webhook" or not url.endswith(f"{HOOK_PATH}{hook.secret}"):
            problems.append(f"The action “{action['name']}” does not call our address any more.")
        elif site_url and base != site_url.rstrip("/"):
            problems.append(f"The action “{action['name']}” calls {base}, not {site_url}.")
    plan = hook_plan(config=config, client=client, site_url=site_url or "http://unknown")
    for wanted in plan.rules:
        about = (wanted.trigger, wanted.model)
        there = [rule for rule in rules if (rule["trigger"], models.get(rule["model_id"][0])) == about]
        if not there:
            problems.append(f"There is no rule on {wanted.model} for {wanted.trigger}.")
        elif wanted.fields:
            names = _field_names(client, there[0]["trigger_field_ids"])
            if missing := sorted(set(wanted.fields) - names):
                problems.append(f"The rule “{there[0]['name']}” does not look at {', '.join(missing)}.")
            if not names or (spare := sorted(names - set(wanted.fields))):
                extra = ", ".join(spare) if names else "every field"
                problems.append(f"The rule “{there[0]['name']}” looks at {extra} too, which costs whoever saves.")
    return problems


def _gone(what: str, count: int) -> list[str]:
    if count < 1:
        return []
    return [f"One of its {what}s is gone." if count == 1 else f"{count} of its {what}s are gone."]


def _models(client: OdooClient, ids: Sequence[int]) -> dict[int, str]:
    found = client.read("ir.model", sorted(set(ids)), ["model"]) if ids else []
    return {int(each["id"]): str(each["model"]) for each in found}


def _field_names(client: OdooClient, ids: Sequence[int]) -> set[str]:
    return {str(each["name"]) for each in client.read("ir.model.fields", list(ids), ["name"])} if ids else set()


def _existing(client: OdooClient, model: str, ids: set[int]) -> list[int]:
    return client.search(model, [["id", "in", sorted(ids)]], context=ARCHIVED_TOO) if ids else []
