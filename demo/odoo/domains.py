"""Odoo's search domains: prefix notation over conditions, compiled once into a test on a row."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from demo.odoo.fields import NUMBERS, X2MANY, Field, to_date, to_datetime
from demo.odoo.store import Row

if TYPE_CHECKING:
    from demo.odoo.orm import Env

Test = Callable[[Row], bool]
NEGATIVE = {
    "!=": "=",
    "<>": "=",
    "not in": "in",
    "not like": "like",
    "not ilike": "ilike",
    "not =like": "=like",
    "not =ilike": "=ilike",
    "not any": "any",
}
POSITIVE = (
    "=",
    "==",
    "=?",
    "<",
    ">",
    "<=",
    ">=",
    "in",
    "like",
    "ilike",
    "=like",
    "=ilike",
    "child_of",
    "parent_of",
    "any",
)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def normalize(domain: Any, version: int) -> list[Any]:
    """The domain with every `&` written out; raises ValueError for what is no domain."""
    if not isinstance(domain, list | tuple):
        raise ValueError("Domains to normalize must have a 'domain' form: a list or tuple of domain components")
    result: list[Any] = []
    expected = 1
    for term in domain:
        if expected == 0:
            result.insert(0, "&")
            expected = 1
        if isinstance(term, list | tuple):
            _check_condition(term, version)
            term = (term[0], term[1].lower(), term[2])
            expected -= 1
        elif term in ("&", "|"):
            expected += 1
        elif term != "!":
            raise ValueError(f"Invalid leaf {term!r}" if version < 19 else f"Domain() invalid item in domain: {term!r}")
        result.append(term)
    if expected != 0 and domain:
        raise ValueError(f"Domain {list(domain)} is syntactically not correct.")
    return result


def _check_condition(term: Any, version: int) -> None:
    good = len(term) == 3 and isinstance(term[1], str) and (term[1].lower() in POSITIVE or term[1].lower() in NEGATIVE)
    if (good and isinstance(term[0], str)) or list(term) in ([1, "=", 1], [0, "=", 1]):
        return
    raise ValueError(f"Invalid leaf {tuple(term)}" if version < 19 else f"Invalid condition {tuple(term)}")


def both(left: list[Any], right: list[Any]) -> list[Any]:
    """Both normalized domains at once; either may be empty."""
    return ["&", *left, *right] if left and right else [*left, *right]


def mentions(terms: Iterable[Any], name: str) -> bool:
    return any(isinstance(term, tuple) and term[0] == name for term in terms)


def candidates(env: "Env", model: str, terms: list[Any]) -> Iterable[Row]:
    """The rows worth testing: all of them, or those an index gives for a condition that must hold."""
    table = env.store.table(model)
    if "|" in terms or "!" in terms:
        return list(table.values())
    for term in terms:
        if not isinstance(term, tuple) or term[1] not in ("=", "in"):
            continue
        name, operator, value = term
        values = list(value) if operator == "in" and isinstance(value, list | tuple) else [value]
        if name == "id" and all(type(each) is int for each in values):
            return [table[each] for each in dict.fromkeys(values) if each in table]
        if isinstance(name, str) and env.store.is_indexed(model, name):
            kinds = (int,) if env.field(model, name).type == "many2one" else (str,)
            if all(type(each) in kinds and each for each in values):
                found = dict.fromkeys(each for one in values for each in env.store.find(model, name, one))
                return [table[each] for each in found]
    return list(table.values())


def predicate(env: "Env", model: str, terms: list[Any]) -> Test:
    """One test for a normalized domain."""
    stack: list[Test] = []
    for term in reversed(terms):
        if term == "!":
            stack.append(_not(stack.pop()))
        elif term in ("&", "|"):
            left, right = stack.pop(), stack.pop()
            stack.append(_and(left, right) if term == "&" else _or(left, right))
        else:
            stack.append(condition(env, model, *term))
    return stack.pop() if stack else lambda row: True


def _not(test: Test) -> Test:
    return lambda row: not test(row)


def _and(left: Test, right: Test) -> Test:
    return lambda row: left(row) and right(row)


def _or(left: Test, right: Test) -> Test:
    return lambda row: left(row) or right(row)


def condition(env: "Env", model: str, path: Any, operator: str, value: Any) -> Test:
    """The test of one condition; the path may lead through relations."""
    if not isinstance(path, str):
        return lambda row: path == value
    name, _dot, rest = path.partition(".")
    field = env.model(model).fields.get(name)
    if field is None:
        kind = "leaf" if env.version < 19 else "condition"
        raise ValueError(f"Invalid field {model}.{name} in {kind} {(path, operator, value)!r}")
    if operator == "=?":
        if value is None or value is False:
            return lambda row: True
        operator = "="
    if operator in ("<>", "=="):
        operator = "!=" if operator == "<>" else "="
    if rest:
        return _through(env, model, name, field, condition(env, field.relation or model, rest, operator, value))
    if operator in NEGATIVE:
        return _not(condition(env, model, path, NEGATIVE[operator], value))
    if operator in ("child_of", "parent_of"):
        return _hierarchy(env, model, name, field, operator, value)
    if operator == "any":
        inner = predicate(env, field.relation or model, normalize(value, env.version))
        return _through(env, model, name, field, inner)
    if field.relation is not None:
        return _relational(env, model, name, field, operator, value)
    return _scalar(env, model, name, field, operator, value)


def _ids_of(env: "Env", model: str, row: Row, name: str, field: Field) -> list[int]:
    value = env.value(model, row, name)
    return value if field.type in X2MANY else [value] if value else []


def _through(env: "Env", model: str, name: str, field: Field, inner: Test) -> Test:
    if field.relation is None:
        raise ValueError(f"Invalid field {model}.{name}: it leads to no other model")
    table = env.store.table(field.relation)
    return lambda row: any(inner(table[each]) for each in _ids_of(env, model, row, name, field) if each in table)


def _relational(env: "Env", model: str, name: str, field: Field, operator: str, value: Any) -> Test:
    values = list(value) if operator == "in" and isinstance(value, list | tuple | set) else [value]
    texts = [each for each in values if isinstance(each, str)]
    if operator in ("like", "ilike", "=like", "=ilike") or texts:
        found: set[int] = {each for each in values if type(each) is int}
        scope = env.with_context(active_test=False)
        for text in texts:
            how = "=" if operator in ("=", "in") else operator
            found.update(scope.search(field.relation or "", [("display_name", how, text)]))
        return lambda row: any(each in found for each in _ids_of(env, model, row, name, field))
    if operator in COMPARE:
        compare = COMPARE[operator]
        return lambda row: any(compare(each, value) for each in _ids_of(env, model, row, name, field))
    wanted = {each for each in values if each}
    accepts_none = any(not each for each in values)
    if field.type == "many2one" and field.is_column and not accepts_none:
        return lambda row: row.get(name) in wanted

    def test(row: Row) -> bool:
        ids = _ids_of(env, model, row, name, field)
        return (accepts_none and not ids) or any(each in wanted for each in ids)

    return test


def _hierarchy(env: "Env", model: str, name: str, field: Field, operator: str, value: Any) -> Test:
    relation = field.relation or model
    roots = {each for each in (value if isinstance(value, list | tuple) else [value]) if type(each) is int}
    if isinstance(value, str):
        roots = set(env.search(relation, [("display_name", "ilike", value)]))
    table = env.store.table(relation)

    def ancestors(record_id: int | None) -> set[int]:
        seen: set[int] = set()
        while record_id and record_id not in seen and record_id in table:
            seen.add(record_id)
            record_id = table[record_id].get("parent_id")
        return seen

    above = {each for root in roots for each in ancestors(root)}

    def test(row: Row) -> bool:
        ids = [row["id"]] if field.relation is None else _ids_of(env, model, row, name, field)
        if operator == "parent_of":
            return any(each in above for each in ids)
        return any(ancestors(each) & roots for each in ids)

    return test


def _scalar(env: "Env", model: str, name: str, field: Field, operator: str, value: Any) -> Test:
    getter = _getter(env, model, name, field)
    if operator in ("like", "ilike", "=like", "=ilike"):
        return _pattern(getter, operator, value)
    if operator == "in" and isinstance(value, list | tuple | set):
        wanted = {_comparable(env, field, operator, each) for each in value}
        return lambda row: getter(row) in wanted
    right = _comparable(env, field, operator, value)
    if operator in ("=", "in"):
        return lambda row: getter(row) == right
    compare = COMPARE[operator]

    def test(row: Row) -> bool:
        left = getter(row)
        return left is not None and right is not None and compare(left, right)

    return test


def _getter(env: "Env", model: str, name: str, field: Field) -> Callable[[Row], Any]:
    """How a row's value is had for comparing: unset numbers count as 0, unset booleans as False."""
    plain = field.is_column and name != "display_name"
    read: Callable[[Row], Any] = (lambda row: row.get(name)) if plain else (lambda row: env.value(model, row, name))
    if field.type in NUMBERS:
        return lambda row: read(row) or 0
    if field.type == "boolean":
        return lambda row: bool(read(row))
    if field.type == "datetime" and env.version >= 19:
        # 19 compares whole seconds; 18 compares the stored microseconds with what the client read.
        return lambda row: _whole_second(read(row))
    return read


def _whole_second(value: datetime | None) -> datetime | None:
    return None if value is None else value.replace(microsecond=0)


def _comparable(env: "Env", field: Field, operator: str, value: Any) -> Any:
    if field.type == "boolean":
        return bool(value)
    if field.type in NUMBERS:
        return (int if field.type == "integer" and isinstance(value, str) else float)(value or 0)
    if value is None or value is False:
        return None
    if field.type == "datetime":
        if isinstance(value, str) and len(value) == 10:
            value += " 23:59:59" if operator in (">", "<=") else " 00:00:00"
        return to_datetime(value)
    if field.type == "date":
        return to_date(value)
    return str(value)


def _pattern(getter: Callable[[Row], Any], operator: str, value: Any) -> Test:
    """LIKE: `%` any text, `_` one character; `like` and `ilike` look anywhere in the value."""
    text = "" if value is None or value is False else str(value)
    if not operator.startswith("="):
        text = f"%{text}%"
    body = "".join({"%": ".*", "_": "."}.get(part, re.escape(part)) for part in re.split(r"([%_])", text))
    flags = re.DOTALL | (re.IGNORECASE if operator.endswith("ilike") else 0)
    matches = re.compile(body, flags).fullmatch

    def test(row: Row) -> bool:
        left = getter(row)
        return left is not None and left is not False and matches(str(left)) is not None

    return test
