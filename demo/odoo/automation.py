"""Carries out automation rules: posts what "Send Webhook Notification" posts, as often and at the time real ones do.

18 posts inside the transaction, before its commit; 19 after it, whoever saves waiting in both. The answer is waited for
for a second, never asked for again, and whatever goes wrong is none of the user's business. A rule without trigger
fields fires for every stored computed field that is computed again as well: measured were 13 posts for one new contact,
each round for all records of the call, and 2 for a new e-mail address.
"""

import ast
import contextlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import requests

from demo.odoo.store import Row

if TYPE_CHECKING:
    from demo.odoo.orm import Env

TIMEOUT_S = 1
# Fields that a real one computes and stores, which is more than this one has.
COMPUTED_ON_CREATE = {"res.partner": 12}
COMPUTED_ON_WRITE = {"res.partner": {"email": 1, "name": 1}}
Values = dict[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Rule:
    fields: tuple[str, ...]
    domain: list[Any]
    actions: tuple[Row, ...]


def values_before(env: "Env", model: str, rows: Iterable[Row]) -> Values:
    """What the fields hold that rules look at."""
    names = {name for rule in _rules(env, model, "on_create_or_write") for name in rule.fields}
    return {row["id"]: {name: env.value(model, row, name) for name in names} for row in rows} if names else {}


def created(env: "Env", model: str, ids: list[int]) -> None:
    for rule in _rules(env, model, "on_create_or_write"):
        rounds = 1 if rule.fields else 1 + COMPUTED_ON_CREATE.get(model, 0)
        for _number in range(rounds):
            _fire(env, model, rule, ids)


def written(env: "Env", model: str, ids: list[int], before: Values, names: Iterable[str]) -> None:
    for rule in _rules(env, model, "on_create_or_write"):
        if not rule.fields:
            computed = COMPUTED_ON_WRITE.get(model, {})
            for _number in range(1 + sum(computed.get(name, 0) for name in names)):
                _fire(env, model, rule, ids)
            continue
        rows = env.rows(model, ids)
        _fire(
            env,
            model,
            rule,
            [
                row["id"]
                for row in rows
                if any(env.value(model, row, name) != before[row["id"]][name] for name in rule.fields)
            ],
        )


def deleted(env: "Env", model: str, ids: list[int]) -> None:
    """To be called before they are."""
    for rule in _rules(env, model, "on_unlink"):
        _fire(env, model, rule, ids)


def _rules(env: "Env", model: str, trigger: str) -> list[Rule]:
    if not env.store.table("base.automation"):
        return []
    found = []
    for row in env.store.table("base.automation").values():
        if row["trigger"] != trigger or not row.get("active") or env.row("ir.model", row["model_id"])["model"] != model:
            continue
        fields = env.rows("ir.model.fields", row.get("trigger_field_ids") or ())
        actions = env.rows("ir.actions.server", env.store.find("ir.actions.server", "base_automation_id", row["id"]))
        domain = ast.literal_eval(row.get("filter_domain") or "[]")
        found.append(Rule(tuple(field["name"] for field in fields), domain, tuple(actions)))
    return found


def _fire(env: "Env", model: str, rule: Rule, ids: list[int]) -> None:
    if rule.domain:
        chosen = set(env.search(model, ["&", ("id", "in", ids), *rule.domain]))
        ids = [record_id for record_id in ids if record_id in chosen]
    for action in rule.actions:
        for record_id in ids:
            post = _post(action.get("webhook_url") or "", _body(env, model, action, record_id))
            if env.version < 19:
                post()
            else:
                env.after_commit.append(post)


def _body(env: "Env", model: str, action: Row, record_id: int) -> str:
    told: dict[str, Any] = {"_model": model, "_id": record_id, "_action": f"{action['name']}(#{action['id']})"}
    names = [field["name"] for field in env.rows("ir.model.fields", action.get("webhook_field_ids") or ())]
    if names:
        row = env.row(model, record_id)
        told |= {"id": record_id, **{name: _read(env, model, row, name) for name in names}}
    return json.dumps(told, sort_keys=True, default=str)


def _read(env: "Env", model: str, row: Row, name: str) -> Any:
    """As `read(load=None)` gives it inside of Odoo: times are no texts yet, and have their microseconds."""
    value = env.value(model, row, name)
    return value if isinstance(value, datetime | date) else env.wire_value(model, row, name, names=False)


def _post(url: str, body: str) -> Callable[[], None]:
    def post() -> None:
        with contextlib.suppress(requests.RequestException), requests.Session() as session:
            session.trust_env = False
            session.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=TIMEOUT_S)

    return post
