"""The public methods of a model, as `execute_kw` and JSON-2 reach them, with Odoo's names for their arguments.

A method marked by `model_method` takes no ids; the others work on `ids`, the first positional argument of
`execute_kw`. Names and arguments that differ between the versions are in `VERSION_METHODS`.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any

from demo.odoo.faults import AccessError, HttpError, UserError
from demo.odoo.fields import to_wire
from demo.odoo.load import load_rows
from demo.odoo.marks import model_method
from demo.odoo.naming import name_search
from demo.odoo.orm import Env

DEFAULT_ATTRIBUTES = (
    "type",
    "string",
    "required",
    "readonly",
    "store",
    "searchable",
    "sortable",
    "relation",
    "relation_field",
    "selection",
    "digits",
    "min_display_digits",
)


class Records:
    """The records that one call is about."""

    def __init__(self, env: Env, model: str, ids: list[int]) -> None:
        self.env = env
        self.model = model
        self.ids = ids

    @model_method
    def search(self, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None) -> list[int]:
        return self.env.search(self.model, domain, offset=offset, limit=limit, order=order)

    @model_method
    def search_count(self, domain: Any, limit: int | None = None) -> int:
        count = len(self.env.matching(self.model, domain))
        return min(count, limit) if limit else count

    @model_method
    def search_read(
        self,
        domain: Any = None,
        fields: list[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        load: str | None = "_classic_read",
    ) -> list[dict[str, Any]]:
        for name in fields or ():
            self.env.field(self.model, name)
        ids = self.env.search(self.model, domain or [], offset=offset, limit=limit, order=order)
        return Records(self.env, self.model, ids).read(fields, load)

    def read(self, fields: list[str] | None = None, load: str | None = "_classic_read") -> list[dict[str, Any]]:
        env, model = self.env, self.model
        names = list(fields) if fields else list(env.model(model).fields)
        for name in names:
            env.field(model, name)
        table = env.store.table(model)
        rows = [table[record_id] for record_id in self.ids if record_id in table]
        env.touched += len(rows)
        with_names = load == "_classic_read"
        return [
            {"id": row["id"], **{name: env.wire_value(model, row, name, names=with_names) for name in names}}
            for row in rows
        ]

    @model_method
    def create(self, vals_list: Any) -> int | list[int]:
        """A dict answers an id, a list of dicts a list of ids."""
        if isinstance(vals_list, dict):
            return self.env.create(self.model, [vals_list])[0]
        return self.env.create(self.model, vals_list)

    def write(self, vals: dict[str, Any]) -> bool:
        self.env.write(self.model, self.ids, vals)
        return True

    def unlink(self) -> bool:
        self.env.unlink(self.model, self.ids)
        return True

    def copy(self, default: dict[str, Any] | None = None) -> list[int]:
        rows = self.env.rows(self.model, self.ids)
        return self.env.create(self.model, [{**self.copied(self.model, row), **(default or {})} for row in rows])

    def copied(self, model: str, row: dict[str, Any]) -> dict[str, Any]:
        """The values of a copy: no number or barcode of its own, the lines of an order with it."""
        env = self.env
        vals: dict[str, Any] = {}
        for name, field in env.model(model).fields.items():
            if name == "order_line":
                lines = env.rows("sale.order.line", env.value(model, row, name))
                vals[name] = [(0, 0, self.copied("sale.order.line", line)) for line in lines]
            elif field.is_column and not field.readonly and name not in ("barcode", "order_id"):
                vals[name] = env.wire_value(model, row, name, names=False)
        if model == "sale.order":
            del vals["name"]
        elif model != "sale.order.line" and isinstance(vals.get("name"), str):
            vals["name"] += " (copy)"
        return vals

    @model_method
    def fields_get(
        self, allfields: list[str] | None = None, attributes: list[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        wanted = set(attributes or DEFAULT_ATTRIBUTES)
        return {
            name: {
                key: value
                for key, value in {**field.description(), "name": name}.items()
                if key in wanted or (key == "name" and not attributes)
            }
            for name, field in self.env.model(self.model).fields.items()
            if not allfields or name in allfields
        }

    @model_method
    def name_create(self, name: str) -> list[Any]:
        rec_name = self.env.model(self.model).rec_name
        record_id = self.env.create(self.model, [{rec_name: name}])[0]
        return [record_id, self.env.name_of(self.model, record_id)]

    @model_method
    def load(self, fields: list[str], data: list[list[Any]]) -> dict[str, Any]:
        return load_rows(self.env, self.model, fields, data)

    def has_access(self, operation: str) -> bool:
        return True

    @model_method
    def check_access_rights(self, operation: str, raise_exception: bool = True) -> bool | None:
        """18 answers nothing where it would raise, as it is deprecated there."""
        return None if raise_exception and self.env.version < 19 else True

    def get_metadata(self) -> list[dict[str, Any]]:
        env = self.env
        records = self.read(["create_uid", "create_date", "write_uid", "write_date"])
        for record in records:
            named = env.search("ir.model.data", [("model", "=", self.model), ("res_id", "=", record["id"])], order="id")
            xmlids = [
                {"xmlid": env.value("ir.model.data", row, "complete_name"), "noupdate": bool(row.get("noupdate"))}
                for row in env.rows("ir.model.data", named)
            ]
            first = xmlids[0] if xmlids else {"xmlid": False, "noupdate": False}
            record.update(**first, xmlids=xmlids)
        return records

    def action_archive(self) -> Any:
        return self._set_active(False)

    def action_unarchive(self) -> Any:
        return self._set_active(True)

    def _set_active(self, active: bool) -> Any:
        """Answers None on 18: over XML-RPC that is a fault although the work is done and stays."""
        self.env.field(self.model, "active")
        self.env.write(self.model, self.ids, {"active": active})
        return None if self.env.version < 19 else True

    def _name_search(self, name: str, domain: Any, operator: str, limit: int | None) -> list[list[Any]]:
        env, terms = self.env, list(domain or [])
        custom = env.model(self.model).name_search
        if custom is not None and name:
            ids = custom(env, name, terms, operator, limit)
        else:
            ids = name_search(env, self.model, name, terms, operator, limit)
        return [[record_id, env.name_of(self.model, record_id)] for record_id in ids]

    def _defaults(self, names: list[str]) -> dict[str, Any]:
        fields = self.env.model(self.model).fields
        found = {}
        for name in names:
            default = fields[name].default if name in fields else None
            if callable(default):
                # A number of a sequence is drawn when the record is made, and only promised before.
                default = getattr(default, "promised", None) or default(self.env, {})
            if default is not None:
                found[name] = to_wire(fields[name], default)
        return found


def toggle_active(self: Records) -> None:
    """18 only: what is archived comes back, the others are archived."""
    for row in self.env.rows(self.model, self.ids):
        self.env.write(self.model, [row["id"]], {"active": not row.get("active")})


def exists(self: Records) -> list[int]:
    """18 only: 19 has made it private."""
    return [record_id for record_id in self.ids if record_id in self.env.store.table(self.model)]


@model_method
def _name_search_18(
    self: Records, name: str = "", args: Any = None, operator: str = "ilike", limit: int = 100
) -> list[list[Any]]:
    return self._name_search(name, args, operator, limit)


@model_method
def _name_search_19(
    self: Records, name: str = "", domain: Any = None, operator: str = "ilike", limit: int = 100
) -> list[list[Any]]:
    return self._name_search(name, domain, operator, limit)


@model_method
def _default_get_18(self: Records, fields_list: list[str]) -> dict[str, Any]:
    return self._defaults(fields_list)


@model_method
def _default_get_19(self: Records, fields: list[str]) -> dict[str, Any]:
    return self._defaults(fields)


VERSION_METHODS: dict[int, dict[str, Callable[..., Any]]] = {
    18: {
        "toggle_active": toggle_active,
        "exists": exists,
        "name_search": _name_search_18,
        "default_get": _default_get_18,
    },
    19: {"name_search": _name_search_19, "default_get": _default_get_19},
}
# Methods that Odoo has but keeps to itself; without these the name would be an unknown one.
PRIVATE = {18: ("filtered_domain", "mapped"), 19: ("exists", "filtered_domain", "mapped", "search_fetch")}
# `context_get` needs no record: it answers for the user who calls.
WITHOUT_IDS = ("context_get",)


def public_method(env: Env, model: str, name: str) -> Callable[..., Any]:
    """The method of that name; raises AccessError for a private one, AttributeError for one that is not there."""
    definition = env.model(model)
    if name.startswith("_") or name in PRIVATE[env.version]:
        raise AccessError(f"Private methods (such as '{model}.{name}') cannot be called remotely.")
    method = definition.methods.get(name) or VERSION_METHODS[env.version].get(name) or vars(Records).get(name)
    if method is None:
        raise AttributeError(f"The method '{model}.{name}' does not exist")
    found: Callable[..., Any] = method
    return found


def _called(method: Callable[..., Any], name: str, *args: Any, **kwargs: Any) -> Any:
    """The method's result; wrong arguments are told as Odoo tells them, of its own base class."""
    try:
        inspect.signature(method).bind(*args, **kwargs)
    except TypeError:
        try:
            return method(*args, **kwargs)
        except TypeError as error:
            raise TypeError(re.sub(r"^[\w.]+\(\)", f"BaseModel.{name}()", str(error))) from None
    return method(*args, **kwargs)


def takes_no_ids(name: str, method: Callable[..., Any]) -> bool:
    return bool(getattr(method, "takes_no_ids", False)) or name in WITHOUT_IDS


def call_positional(env: Env, model: str, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A call by `execute_kw`: ids are the first positional argument of methods that work on records."""
    method = public_method(env, model, name)
    ids: Any = []
    if not takes_no_ids(name, method):
        ids, args = (args[0], args[1:]) if args else (kwargs.pop("ids", []), args)
    _check_context(env)
    return _called(method, name, Records(env, model, _id_list(ids)), *args, **kwargs)


def call_named(env: Env, model: str, name: str, ids: Any, kwargs: dict[str, Any]) -> Any:
    """A call over JSON-2: named arguments only; `create` always answers a list."""
    try:
        definition = env.model(model)
    except UserError:
        raise HttpError(404, f"the model {model!r} does not exist") from None
    try:
        method = public_method(env, definition.name, name)
    except AttributeError as error:
        raise HttpError(404, str(error)) from None
    if takes_no_ids(name, method) and ids:
        raise HttpError(422, f"cannot call {model}.{name} with ids")
    records = Records(env, model, _id_list(ids))
    try:
        inspect.signature(method).bind(records, **kwargs)
    except TypeError as error:
        raise HttpError(422, str(error)) from None
    _check_context(env)
    result = method(records, **kwargs)
    return [result] if name == "create" and isinstance(result, int) else result


def _id_list(ids: Any) -> list[int]:
    if isinstance(ids, bool) or not ids:
        return []
    return [ids] if isinstance(ids, int) else list(ids)


def _check_context(env: Env) -> None:
    """Raises for a language that is not installed, and for companies that the user may not see."""
    companies = env.context.get("allowed_company_ids")
    if companies:
        known = env.store.table("res.company")
        if isinstance(companies, str) or any(company not in known for company in companies):
            raise AccessError("Access to unauthorized or invalid companies.")
    lang = env.context.get("lang")
    if lang and not any(row["code"] == lang for row in env.store.table("res.lang").values()):
        raise UserError(f"Invalid language code: {lang}")
