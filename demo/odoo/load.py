"""`load()`, Odoo's import: rows of text, external ids, and messages instead of faults.

All rows are created in one go; if that fails, one by one, to say which row it was. Any error undoes all of them.
"""

from typing import TYPE_CHECKING, Any

from demo.odoo.faults import DatabaseError, OdooError
from demo.odoo.fields import X2MANY, to_date, to_datetime

if TYPE_CHECKING:
    from demo.odoo.orm import Env

PREFIX = "The operation cannot be completed: "
TRUE, FALSE = ("1", "true", "yes"), ("", "0", "false", "no")


class RowError(Exception):
    """A cell that cannot be converted; the text is what the message says, of the field `name`, labelled `label`."""

    def __init__(self, text: str, name: str, label: str = "") -> None:
        super().__init__(text)
        self.name = name
        self.label = label


def load_rows(env: "Env", model: str, fields: list[str], data: list[list[Any]]) -> dict[str, Any]:
    """Import; answers `{"ids": [...] or False, "messages": [...], "nextrow": 0}` and raises nothing for bad rows."""
    for path in fields:
        name = path.partition("/")[0]
        if path not in ("id", ".id") and name not in env.model(model).fields:
            raise ValueError(f"Invalid field name {name!r}")
    messages: list[dict[str, Any]] = []
    records: list[tuple[int, str | None, int | None, dict[str, Any]]] = []
    for number, cells in enumerate(data):
        try:
            records.append((number, *_record(env, model, fields, cells)))
        except RowError as error:
            named = {"field": error.name, "field_name": error.label} if error.label else {"field": error.name}
            messages.append({**_message(number, str(error)), **named})
        except ValueError as error:
            messages.append(_message(number, str(error)))
    savepoint = env.store.savepoint()
    ids: list[int] = []
    if not messages:
        try:
            ids = _save(env, model, records)
        except (OdooError, ValueError, TypeError):
            env.store.rollback(savepoint)
            ids = []
            for record in records:
                before = env.store.savepoint()
                try:
                    ids += _save(env, model, [record])
                except (OdooError, ValueError, TypeError) as error:
                    env.store.rollback(before)
                    messages.append(_message(record[0], _text(env, error)))
    if any(message["type"] == "error" for message in messages):
        env.store.rollback(savepoint)
        return {"ids": False, "messages": messages, "nextrow": 0}
    return {"ids": ids, "messages": messages, "nextrow": 0}


def _message(number: int, text: str) -> dict[str, Any]:
    return {"rows": {"from": number, "to": number}, "record": number, "type": "error", "message": text}


def _text(env: "Env", error: Exception) -> str:
    """A broken constraint is quoted by 18 and named plainly by 19."""
    text = str(error)
    if not text.startswith(PREFIX):
        return text
    text = text.removeprefix(PREFIX)
    return repr(text) if env.version < 19 else text


def _record(
    env: "Env", model: str, fields: list[str], cells: list[Any]
) -> tuple[str | None, int | None, dict[str, Any]]:
    """The external id, the database id and the values of one row."""
    external, database_id, vals = None, None, {}
    for path, cell in zip(fields, cells, strict=True):
        name, _slash, how = path.partition("/")
        if path == "id":
            external = str(cell) or None
        elif path == ".id":
            database_id = _database_id(env, model, cell)
        else:
            vals[name] = _cell(env, model, name, how, cell)
    return external, database_id, vals


def _database_id(env: "Env", model: str, cell: Any) -> int | None:
    if not cell:
        return None
    try:
        database_id = int(cell)
    except ValueError:
        raise DatabaseError(
            f'invalid input syntax for type integer: "{cell}"\n', name="InvalidTextRepresentation"
        ) from None
    if env.store.get(model, database_id) is None:
        raise RowError(f"Unknown database identifier '{cell}'", ".id")
    return database_id


def _cell(env: "Env", model: str, name: str, how: str, cell: Any) -> Any:
    field = env.field(model, name)
    label = field.string
    if cell is None or cell is False or cell == "":
        return False
    text = str(cell)
    if field.type in X2MANY:
        if field.type == "one2many":
            raise RowError(f"The field '{label}' is imported by rows of its own", name, label)
        return [(6, 0, [_relation(env, field.relation or "", how, part, label, name) for part in text.split(",")])]
    if field.type == "many2one":
        return _relation(env, field.relation or "", how, text, label, name)
    if field.type == "boolean":
        if text.lower() in TRUE or text.lower() in FALSE:
            return text.lower() in TRUE
        raise RowError(f"Unknown value '{text}' for boolean field '{label}'", name, label)
    if field.type in ("integer", "float", "monetary"):
        try:
            return int(text) if field.type == "integer" else float(text)
        except ValueError:
            kind = "an integer" if field.type == "integer" else "a number"
            raise RowError(f"'{text}' does not seem to be {kind} for field '{label}'", name, label) from None
    if field.type in ("date", "datetime"):
        try:
            (to_date if field.type == "date" else to_datetime)(text)
        except ValueError:
            raise RowError(
                f"'{text}' does not seem to be a valid {field.type} for field '{label}'", name, label
            ) from None
    if field.type == "selection":
        for key, shown in field.selection or ():
            if text in (key, shown):
                return key
        raise RowError(f"Value '{text}' not found in selection field '{label}'", name, label)
    return cell


def _relation(env: "Env", relation: str, how: str, text: str, label: str, name: str) -> int:
    if how == ".id":
        if not text.isdigit():
            raise RowError(f"Invalid database id '{text}' for the field '{label}'", name, label)
        found = [int(text)] if env.store.get(relation, int(text)) else []
        kind = "database id"
    elif how == "id":
        target = find_external(env, relation, text)
        found, kind = ([target] if target else []), "external id"
    else:
        found, kind = env.search(relation, [("display_name", "=", text)], limit=1), "name"
    if not found:
        raise RowError(f"No matching record found for {kind} '{text}' in field '{label}'", name, label)
    return found[0]


def _save(env: "Env", model: str, records: list[tuple[int, str | None, int | None, dict[str, Any]]]) -> list[int]:
    known = [database_id or (find_external(env, model, external) if external else None)
             for _number, external, database_id, _vals in records]  # fmt: skip
    fresh = iter(env.create(model, [record[3] for record, old in zip(records, known, strict=True) if old is None]))
    ids = []
    for (_number, external, _database_id, vals), old in zip(records, known, strict=True):
        if old is not None:
            env.write(model, [old], vals)
            ids.append(old)
            continue
        ids.append(next(fresh))
        if external:
            name_external(env, model, external, ids[-1])
    return ids


def find_external(env: "Env", model: str, external: str) -> int | None:
    """The id behind an external id of that model, None where there is none or its record is gone."""
    module, _dot, name = external.rpartition(".")
    for row in env.rows("ir.model.data", env.store.find("ir.model.data", "name", name)):
        same_module = not module or row["module"] == module
        if same_module and row["model"] == model and env.store.get(model, row["res_id"]):
            return int(row["res_id"])
    return None


def name_external(env: "Env", model: str, external: str, record_id: int) -> None:
    """Give a record an external id; without a module it belongs to `__import__`."""
    module, _dot, name = external.rpartition(".")
    env.create("ir.model.data", [{"module": module or "__import__", "name": name, "model": model, "res_id": record_id}])
