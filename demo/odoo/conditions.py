"""What the conditions of a search domain mean: each becomes a test on a row, compiled once for a search.

Measured on Odoo 18; where 19 reads a condition otherwise, it is 19's source that is followed.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from demo.odoo.domains import NEGATIVE, normalize
from demo.odoo.faults import DatabaseError, unsearchable
from demo.odoo.fields import NUMBERS, TEXTS, X2MANY, Field, rounded
from demo.odoo.hierarchy import hierarchy
from demo.odoo.store import Row

if TYPE_CHECKING:
    from demo.odoo.orm import Env

Test = Callable[[Row], bool]
LIKES = ("like", "ilike", "=like", "=ilike")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def _always(row: Row) -> bool:
    return True


def _never(row: Row) -> bool:
    return False


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
    return stack.pop() if stack else _always


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
    name, dot, rest = path.partition(".")
    field = env.model(model).fields.get(name)
    if field is None:
        kind = "leaf" if env.version < 19 else "condition"
        raise ValueError(f"Invalid field {model}.{name} in {kind} {(path, operator, value)!r}")
    operator = {"<>": "!=", "==": "="}.get(operator, operator)
    if dot:
        if field.relation is None:
            raise AssertionError(f"Invalid field {path!r} in domain term {(path, operator, value)!r}")
        return _through(env, model, name, field, condition(env, field.relation, rest, operator, value))
    if operator == "=?":
        if not value and (value is None or value is False or env.version >= 19) and field.type not in X2MANY:
            return _always
        operator = "="
    if not field.is_searchable:
        return _unsearchable(env, model, name, operator, value)
    if name == "display_name":
        return predicate(env, model, normalize(env.name_domain(model, operator, value), env.version))
    return _of_field(env, model, name, field, operator, value)


def _unsearchable(env: "Env", model: str, name: str, operator: str, value: Any) -> Test:
    """18 says so in its log and lets every record pass; 19 raises, unless the condition is decided without the field:
    by an empty list or an empty pattern."""
    if operator == "any" and env.field(model, name).relation is None:
        raise _not_relational(env, name)
    if env.version < 19:
        return _never if operator == "in" and value == [] else _always
    if not value and operator in ("in", "like", "ilike", "not in") and value is not False:
        return _never if operator == "in" else _always
    raise unsearchable(model, name)


def _not_relational(env: "Env", name: str) -> Exception:
    return ValueError(f"Cannot determine the relation for {name!r}") if env.version >= 19 else KeyError("None")


def _of_field(env: "Env", model: str, name: str, field: Field, operator: str, value: Any) -> Test:
    if operator in ("=", "!=") and isinstance(value, list | tuple):
        operator = "in" if operator == "=" else "not in"
        value = [False] if env.version >= 19 and not value else value
    if operator in ("in", "not in") and not isinstance(value, list | tuple):
        operator, value = _of_one(env, name, field, operator, value)
    if operator in NEGATIVE:
        return _not(_of_field(env, model, name, field, NEGATIVE[operator], value))
    if operator in ("child_of", "parent_of"):
        return hierarchy(env, model, name, field, operator, value)
    if operator == "any":
        if field.relation is None:
            raise _not_relational(env, name)
        inner = predicate(env, field.relation, normalize(value, env.version))
        return _through(env, model, name, field, inner)
    if field.relation is not None:
        return _relational(env, model, name, field, operator, value)
    return _scalar(env, model, name, field, operator, value)


def _of_one(env: "Env", name: str, field: Field, operator: str, value: Any) -> tuple[str, Any]:
    """`in` with one value instead of a list: 19 takes it for a list of one, 18 knows it of relations alone."""
    if env.version >= 19:
        return operator, [value] if value else []
    if operator == "in" and not value:
        return operator, []
    if isinstance(value, bool):
        return "=" if operator == "in" else "!=", value
    if field.type in X2MANY or (field.type == "many2one" and isinstance(value, str)):
        return operator, [value]
    raise ValueError(f"Invalid domain term {(name, operator, value)!r}")


def _ids_of(env: "Env", model: str, row: Row, name: str, field: Field) -> list[int]:
    value = env.value(model, row, name)
    return value if field.type in X2MANY else [value] if value else []


def _through(env: "Env", model: str, name: str, field: Field, inner: Test) -> Test:
    table = env.store.table(field.relation or "")
    return lambda row: any(inner(table[each]) for each in _ids_of(env, model, row, name, field) if each in table)


def _relational(env: "Env", model: str, name: str, field: Field, operator: str, value: Any) -> Test:
    if operator in ("like", "ilike") and not value:
        if env.version < 19 and field.type == "many2one":
            return _always
        unset = _relational(env, model, name, field, "=", False)
        return _not(unset) if env.version >= 19 else unset
    values = list(value) if isinstance(value, list | tuple | set) else [value]
    texts = [each for each in values if isinstance(each, str)]
    if operator in LIKES or texts:
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
    # 18 asks the table of a x2many for the ids alone: False among them finds nothing.
    skips_none = env.version < 19 and field.type in X2MANY and operator == "in"
    accepts_none = not skips_none and any(not each for each in values)
    if field.type == "many2one" and field.is_column and not accepts_none:
        return lambda row: row.get(name) in wanted

    def test(row: Row) -> bool:
        ids = _ids_of(env, model, row, name, field)
        return (accepts_none and not ids) or any(each in wanted for each in ids)

    return test


def _scalar(env: "Env", model: str, name: str, field: Field, operator: str, value: Any) -> Test:
    getter = _getter(env, model, name, field)
    if operator in LIKES:
        return _pattern(env, getter, field, operator, value)
    if operator == "in":
        wanted = {_comparable(env, field, operator, each) for each in value}
        return lambda row: getter(row) in wanted
    right = _comparable(env, field, operator, value)
    if operator == "=":
        return lambda row: getter(row) == right
    compare = COMPARE[operator]

    def test(row: Row) -> bool:
        left = getter(row)
        return left is not None and right is not None and compare(left, right)

    return test


def _getter(env: "Env", model: str, name: str, field: Field) -> Callable[[Row], Any]:
    """How a row's value is had for comparing: unset numbers count as 0, unset texts as empty, booleans as False."""
    if field.is_column:

        def read(row: Row) -> Any:
            return row.get(name)
    else:

        def read(row: Row) -> Any:
            return env.value(model, row, name)

    if field.type in NUMBERS:
        return lambda row: read(row) or 0
    if field.type in TEXTS:
        return lambda row: read(row) or ""
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
        if field.type == "integer" and isinstance(value, str):
            return int(value or 0)
        number = float(value or 0)
        # Odoo rounds what is looked for as it rounds what is kept.
        return rounded(number, field.digits[1]) if isinstance(field.digits, tuple) else number
    if value is None or value is False:
        return "" if field.type in TEXTS and operator in ("=", "in") else None
    if field.type in ("date", "datetime"):
        return _moment(env, field, operator, value)
    if field.type == "many2one_reference":
        return int(value)
    return str(value)


def _moment(env: "Env", field: Field, operator: str, value: Any) -> date | datetime:
    """A day or a moment of a condition; a day alone means its end after `>` and `<=`, its beginning otherwise."""
    text = str(value)
    if field.type == "datetime" and len(text) == 10:
        text += " 23:59:59" if operator in (">", "<=") else " 00:00:00"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        if env.version >= 19:
            raise
        kind = ("date", "date") if field.type == "date" else ("timestamp", "datetime")
        raise DatabaseError(
            f'invalid input syntax for type {kind[0]}: "{text}"\n', name=f"Invalid{kind[1].title()}Format"
        ) from None
    if moment.tzinfo is not None:
        # PostgreSQL's timestamp drops the offset that 18 hands on; 19 sends a moment with its zone.
        moment = (moment if env.version < 19 else moment.astimezone(UTC)).replace(tzinfo=None)
    return moment.date() if field.type == "date" else moment


def _pattern(env: "Env", getter: Callable[[Row], Any], field: Field, operator: str, value: Any) -> Test:
    """LIKE: `%` any text, `_` one character, a backslash takes either as it is; `like` and `ilike` look anywhere."""
    exact = operator.startswith("=")
    if not value:
        return _always if not exact else _not(getter)
    text = str(value) if exact else f"%{value}%"
    parts = re.split(r"(\\.|[%_])", text, flags=re.DOTALL)
    body = "".join(_regular(part) for part in parts)
    flags = re.DOTALL | (re.IGNORECASE if operator.endswith("ilike") else 0)
    matches = re.compile(body, flags).fullmatch

    def test(row: Row) -> bool:
        left = getter(row)
        if left is None:
            return False
        return matches(str(left).lower() if field.type == "boolean" else str(left)) is not None

    return test


def _regular(part: str) -> str:
    if part in ("%", "_"):
        return ".*" if part == "%" else "."
    return re.escape(part[1:] if len(part) == 2 and part[0] == "\\" else part)
