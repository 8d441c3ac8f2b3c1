"""The services behind XML-RPC and JSON-RPC: `common` and `object`."""

from collections.abc import Callable
from typing import Any

from demo.odoo.database import Database
from demo.odoo.methods import call_positional
from demo.odoo.registry import VERSION_NAMES


def version_info(version: int) -> dict[str, Any]:
    return {
        "server_version": VERSION_NAMES[version],
        "server_version_info": [version, 0, 0, "final", 0, ""],
        "server_serie": f"{version}.0",
        "protocol_version": 1,
    }


def common(database: Database, method: str, args: list[Any]) -> Any:
    """`version()`, `login(db, login, password)`, `authenticate(db, login, password, user_agent_env)`."""
    if method == "version":
        return version_info(database.version)
    if method in ("login", "authenticate"):
        name, login, password = args[:3]
        database.check_name(name)
        return database.authenticate(login, password) or False
    raise AttributeError(f"module 'odoo.service.common' has no attribute 'exp_{method}'")


def object_(database: Database, method: str, args: list[Any]) -> Any:
    """`execute_kw(db, uid, password, model, method, args[, kwargs])` and `execute(db, uid, password, model, ...)`."""
    if method not in ("execute", "execute_kw"):
        raise NameError(f"Method not available {method}")
    name, uid, password, model, called = args[:5]
    database.check_name(name)
    database.check(uid, password)
    rest = list(args[5:])
    if method == "execute_kw":
        positional = list(rest[0]) if rest else []
        named = dict(rest[1]) if len(rest) > 1 and rest[1] else {}
    else:
        positional, named = rest, {}
    context = named.pop("context", None)
    database.count(model, called)
    return database.run(lambda env: call_positional(env, model, called, positional, named), uid=uid, context=context)


SERVICES: dict[str, Callable[[Database, str, list[Any]], Any]] = {"common": common, "object": object_}
