"""Odoo's domains: from the text that users write, back to text, and checked against a model.

A domain is a list of conditions `(field, operator, value)` and of `&`, `|`, `!` in prefix form; conditions side by
side are joined by and.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final

from clients.odoo.expressions import DomainError, Evaluator
from clients.odoo.schema import Field

__all__ = ["OPERATORS", "DomainError", "check_domain", "format_domain", "parse_domain"]

# odoo/orm/domains.py of 19.0 and odoo/osv/expression.py of 18.0.
OPERATORS: Final = frozenset(
    {"=", "!=", "<", ">", "<=", ">=", "=?", "in", "not in", "child_of", "parent_of", "any", "not any"}
    | {"like", "not like", "ilike", "not ilike", "=like", "not =like", "=ilike", "not =ilike"}
)
_SAME: Final = {"<>": "!=", "==": "="}
_OPERANDS: Final = {"&": 2, "|": 2, "!": 1}
_RELATIONAL: Final = frozenset({"many2one", "one2many", "many2many", "many2one_reference", "reference"})
_PARTS: Final = frozenset({"date", "datetime", "properties"})
"""Types that a path may go on after: `create_date.month_number`, `attributes.color`."""
_NO_TEXT: Final = frozenset({"boolean", "integer", "float", "monetary"})
_ORDER: Final = frozenset({"<", ">", "<=", ">="})
MAX_LENGTH: Final = 20_000
MAX_DEPTH: Final = 20

Fields = Mapping[str, Field]


def parse_domain(text: str, *, now: datetime, uid: int | None = None, tz: str = "UTC") -> list[Any]:
    """The domain that `text` says at the moment `now` (aware), as lists ready to send; computed dates are texts.

    Empty text is the domain of all records. Raises DomainError, with the position, for anything else.
    """
    if len(text) > MAX_LENGTH:
        raise DomainError(f"A domain may have {MAX_LENGTH} characters; this one has {len(text)}")
    if not text.strip():
        return []
    # Leading spaces would be an indentation error; positions count them again.
    skipped = len(text) - len(text.lstrip())
    try:
        root = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        line, column = error.lineno or 1, error.offset or 1
        before = sum(len(part) + 1 for part in text.strip().split("\n")[: line - 1])
        raise DomainError(f"The domain cannot be read: {error.msg}", skipped + before + column) from None
    except (RecursionError, MemoryError, ValueError) as error:
        raise DomainError(f"The domain cannot be read: {error or 'it is nested too deeply'}") from None
    reader = _Reader(text.strip(), now=now, uid=uid, tz=tz)
    try:
        return reader.domain(root, 0)
    except RecursionError:
        raise DomainError("The domain is nested too deeply") from None
    except DomainError as error:
        if skipped and error.position is not None:
            told = str(error).removesuffix(f" (at character {error.position})")
            raise DomainError(told, error.position + skipped) from None
        raise


class _Reader:
    def __init__(self, text: str, *, now: datetime, uid: int | None, tz: str) -> None:
        self._evaluator = Evaluator(text, now=now, uid=uid, tz=tz)

    def domain(self, node: ast.AST, depth: int) -> list[Any]:
        if depth > MAX_DEPTH:
            self._evaluator.fail("The domain is nested too deeply", node)
        if not isinstance(node, ast.List | ast.Tuple):
            self._evaluator.fail("A domain is a list, such as [('active', '=', True)]", node)
        result: list[Any] = []
        wanted = 0
        for item in node.elts:
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                if item.value not in _OPERANDS:
                    self._evaluator.fail(
                        f"{item.value!r} is neither '&', '|' nor '!'; a condition is (field, operator, value)", item
                    )
                result.append(item.value)
                wanted = max(wanted, 1) - 1 + _OPERANDS[item.value]
            else:
                result.append(self._condition(item, depth))
                wanted = max(wanted, 1) - 1
        if wanted:
            self._evaluator.fail(f"The domain ends where {wanted} more condition(s) must follow", node)
        return result

    def _condition(self, node: ast.AST, depth: int) -> list[Any]:
        fail = self._evaluator.fail
        if not isinstance(node, ast.List | ast.Tuple) or len(node.elts) != 3:
            fail("A condition is (field, operator, value)", node)
        left, operator, right = node.elts
        path = left.value if isinstance(left, ast.Constant) else None
        if not (isinstance(path, str) and path) and path not in (0, 1):
            fail("A condition begins with a field's name in quotes", left)
        if not isinstance(operator, ast.Constant) or not isinstance(operator.value, str):
            fail("The operator of a condition is a text in quotes", operator)
        sign = _SAME.get(operator.value, " ".join(operator.value.split()).lower())
        if sign not in OPERATORS:
            fail(f"{operator.value!r} is no operator; known are {', '.join(sorted(OPERATORS))}", operator)
        if sign in ("any", "not any"):
            return [path, sign, self.domain(right, depth + 1)]
        value = self._plain(self._evaluator.value(right), right)
        if sign in ("in", "not in") and not isinstance(value, list):
            fail(f"The operator '{sign}' needs a list of values", right)
        return [path, sign, value]

    def _plain(self, value: Any, node: ast.AST) -> Any:
        """`value` as Odoo takes it: dates as text in UTC."""
        if isinstance(value, list):
            return [self._plain(item, node) for item in value]
        if isinstance(value, datetime):
            return value.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
        if isinstance(value, date):
            return value.isoformat()
        if value is None:
            return False
        if isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, time):
            return value.isoformat()
        self._evaluator.fail(f"{type(value).__name__} is no value of a condition", node)


def literal(text: str) -> str:
    """For `like` and its kin, in which Odoo gives `%` and `_` the meaning of any text and any character: as it is."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def format_domain(domain: Sequence[Any]) -> str:
    """The domain as Odoo's web client prints it: `["|", ("name", "ilike", "x"), ("active", "=", True)]`."""
    parts: list[str] = []
    for item in domain:
        if isinstance(item, str):
            parts.append(json.dumps(item))
        else:
            path, operator, value = item
            nested = operator in ("any", "not any")
            shown = format_domain(value) if nested else _format_value(value)
            parts.append(f"({_format_value(path)}, {_format_value(operator)}, {shown})")
    return f"[{', '.join(parts)}]"


def _format_value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_format_value(item) for item in value)}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


def check_domain(
    domain: Sequence[Any], fields: Fields, *, related: Callable[[str], Fields | None] | None = None
) -> None:
    """Raise DomainError if a condition of `domain` makes no sense for a model with these `fields`.

    Fields that do not exist, paths through fields that lead nowhere, operators and selection keys that do not fit.
    `related` gives the fields of another model where they are known; without it only a path's first step is checked.
    """
    for item in domain:
        if not isinstance(item, str):
            _check_condition(item, fields, related)


def _check_condition(item: Any, fields: Fields, related: Callable[[str], Fields | None] | None) -> None:
    path, operator, value = item
    if not isinstance(path, str):
        return
    steps = path.split(".")
    known: Fields | None = fields
    field: Field | None = None
    for at, step in enumerate(steps):
        if known is None:
            return
        field = known.get(step)
        if field is None:
            where = f" (in {path})" if len(steps) > 1 else ""
            raise DomainError(f"There is no field {step!r}{where}")
        if at + 1 < len(steps):
            if field.type in _PARTS:
                return
            if field.type not in _RELATIONAL:
                raise DomainError(f"{path}: {step} is a {field.type} field and leads to no other model")
            known = related(field.relation) if related and field.relation else None
    if field is not None:
        _check_operator(path, operator, value, field, related)


def _check_operator(
    path: str, operator: str, value: Any, field: Field, related: Callable[[str], Fields | None] | None
) -> None:
    if operator in ("any", "not any"):
        if field.type not in _RELATIONAL:
            raise DomainError(f"{path}: '{operator}' needs a relation, and {path} is a {field.type} field")
        known = related(field.relation) if related and field.relation else None
        if known is not None:
            check_domain(value, known, related=related)
        return
    if operator in ("child_of", "parent_of") and field.type not in _RELATIONAL and field.name != "id":
        raise DomainError(f"{path}: '{operator}' needs a relation or id, and {path} is a {field.type} field")
    if "like" in operator and field.type in _NO_TEXT:
        raise DomainError(f"{path}: '{operator}' compares texts, and {path} is a {field.type} field")
    if operator in _ORDER and field.type in ("boolean", "binary", "one2many", "many2many"):
        raise DomainError(f"{path}: '{operator}' cannot be applied to a {field.type} field")
    for one in value if isinstance(value, list | tuple) else [value]:
        if field.type == "boolean" and not isinstance(one, bool) and one not in (0, 1):
            raise DomainError(f"{path}: a boolean field is compared with True or False, not {one!r}")
        if field.type == "selection" and field.selection and operator in ("=", "!=", "in", "not in"):
            keys = [key for key, _label in field.selection]
            if one is not False and one not in keys:
                raise DomainError(f"{path}: {one!r} is not in the selection; possible are: {', '.join(keys)}")
