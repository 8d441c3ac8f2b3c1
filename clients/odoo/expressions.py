"""The computed values of a domain: dates, `uid`, arithmetic. An AST walker with a list of what is allowed; no eval.

Names as Odoo has them: `uid`, `datetime`, `timedelta`, `relativedelta`, `time.strftime`, `context_today()`,
`current_date`. `now()`, `today()` and `utcnow()` are UTC, as on Odoo's server; `context_today()` is the user's day.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo

from dateutil.relativedelta import FR, MO, SA, SU, TH, TU, WE, relativedelta


class DomainError(ValueError):
    """The text is no domain. `position` is the 1-based character where it goes wrong, if that is known."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message if position is None else f"{message} (at character {position})")
        self.position = position


MAX_TEXT: Final = 1000
MAX_NUMBER: Final = 10**15
_WEEKDAYS: Final = {"MO": MO, "TU": TU, "WE": WE, "TH": TH, "FR": FR, "SA": SA, "SU": SU}
_CONSTANTS: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None}
_OPERATORS: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_METHODS: Final[Mapping[type, frozenset[str]]] = {
    datetime: frozenset({"strftime", "replace", "date", "time", "isoformat", "weekday", "isoweekday", "to_utc"}),
    date: frozenset({"strftime", "replace", "isoformat", "weekday", "isoweekday"}),
    timedelta: frozenset({"total_seconds"}),
}
_ATTRIBUTES: Final[Mapping[type, frozenset[str]]] = {
    datetime: frozenset({"year", "month", "day", "hour", "minute", "second"}),
    date: frozenset({"year", "month", "day"}),
    timedelta: frozenset({"days", "seconds"}),
}


class Evaluator:
    """Computes the values of one domain text at one moment; `now` is aware, `tz` the user's timezone."""

    def __init__(self, text: str, *, now: datetime, uid: int | None, tz: str) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._uid = uid
        self._tz = ZoneInfo(tz)
        self._utc = now.astimezone(UTC).replace(tzinfo=None)
        today = now.astimezone(self._tz).date()
        self._functions: Mapping[str, Callable[..., Any]] = {
            "context_today": lambda: today,
            "datetime.now": lambda: self._utc,
            "datetime.utcnow": lambda: self._utc,
            "datetime.today": lambda: self._utc,
            "datetime.combine": datetime.combine,
            "datetime.strptime": datetime.strptime,
            "datetime": datetime,
            "date": date,
            "date.today": self._utc.date,
            "time": time,
            "timedelta": timedelta,
            "relativedelta": relativedelta,
            "time.strftime": self._utc.strftime,
            **_WEEKDAYS,
        }
        self._values: Mapping[str, Any] = {"current_date": today.isoformat(), **_WEEKDAYS, **_CONSTANTS}

    def fail(self, message: str, node: ast.AST) -> NoReturn:
        raise DomainError(message, self.position(node))

    def position(self, node: ast.AST) -> int | None:
        """The 1-based character of the whole text at which `node` begins."""
        line, column = getattr(node, "lineno", None), getattr(node, "col_offset", None)
        if line is None or column is None:
            return None
        before = sum(len(text) + 1 for text in self._lines[: line - 1])
        return before + len(self._lines[line - 1].encode()[:column].decode("utf-8", "ignore")) + 1

    def value(self, node: ast.AST) -> Any:
        """The value of `node`. Raises DomainError for whatever is not allowed."""
        if isinstance(node, ast.Constant):
            return self._constant(node)
        if isinstance(node, ast.List | ast.Tuple):
            return [self.value(item) for item in node.elts]
        if isinstance(node, ast.UnaryOp):
            return self._unary(node)
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        self.fail(f"{_what(node)} is not allowed in a domain", node)

    def _constant(self, node: ast.Constant) -> Any:
        if node.value is None or isinstance(node.value, bool | int | float | str):
            return node.value
        self.fail(f"{type(node.value).__name__} is no value of a domain", node)

    def _name(self, node: ast.Name) -> Any:
        if node.id == "uid":
            if self._uid is None:
                self.fail("uid is not known here", node)
            return self._uid
        if node.id in self._values:
            return self._values[node.id]
        if node.id in self._functions or node.id == "datetime":
            self.fail(f"{node.id} must be called, as in {node.id}(...)", node)
        self.fail(
            f"The name {node.id!r} is not known; known are uid, datetime, timedelta, relativedelta, time, "
            f"context_today(), current_date",
            node,
        )

    def _unary(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not value
        if isinstance(value, int | float | timedelta | relativedelta) and not isinstance(value, bool):
            if isinstance(node.op, ast.USub):
                return -value
            if isinstance(node.op, ast.UAdd):
                return value
        self.fail(f"{_what(node.op)} cannot be applied to {type(value).__name__}", node)

    def _binary(self, node: ast.BinOp) -> Any:
        compute = _OPERATORS.get(type(node.op))
        if compute is None:
            self.fail(f"{_what(node.op)} is not allowed in a domain", node)
        left, right = self.value(node.left), self.value(node.right)
        for side in (left, right):
            if isinstance(side, list) or side is None:
                self.fail(f"{_what(node.op)} cannot be applied to {type(side).__name__}", node)
        if isinstance(left, str) or isinstance(right, str):
            # Only joining: `*` and `%` on text could make it arbitrarily long.
            if not (isinstance(node.op, ast.Add) and isinstance(left, str) and isinstance(right, str)):
                self.fail("Texts can only be joined, with +", node)
            if len(left) + len(right) > MAX_TEXT:
                self.fail("The text is too long", node)
        try:
            result = compute(left, right)
        except (TypeError, ValueError, ArithmeticError) as error:
            self.fail(f"This cannot be computed: {error}", node)
        if isinstance(result, int | float) and abs(result) > MAX_NUMBER:
            self.fail("The number is too large", node)
        return result

    def _call(self, node: ast.Call) -> Any:
        if any(keyword.arg is None for keyword in node.keywords) or any(
            isinstance(item, ast.Starred) for item in node.args
        ):
            self.fail("* and ** are not allowed in a domain", node)
        name = _dotted(node.func)
        function = self._functions.get(name) if name else None
        if function is None and name and name.split(".")[0] in ("datetime", "date", "time"):
            self.fail(f"{name}() is not allowed in a domain", node)
        if function is None:
            function = self._method(node)
        args = [self.value(item) for item in node.args]
        kwargs = {str(keyword.arg): self.value(keyword.value) for keyword in node.keywords}
        if any(isinstance(item, str) and len(item) > 100 for item in args):
            self.fail("The text is too long", node)
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError, ArithmeticError) as error:
            self.fail(f"This cannot be computed: {error}", node)

    def _method(self, node: ast.Call) -> Callable[..., Any]:
        if not isinstance(node.func, ast.Attribute):
            self.fail(f"{_source(self._text, node.func)}() is not known in a domain", node)
        owner, name = self.value(node.func.value), node.func.attr
        if name not in _METHODS.get(type(owner), ()):
            self.fail(f"{type(owner).__name__} has no method {name} that a domain may call", node)
        if name == "to_utc":
            moment: datetime = owner
            return lambda: moment.replace(tzinfo=self._tz).astimezone(UTC).replace(tzinfo=None)
        method: Callable[..., Any] = getattr(owner, name)
        return method

    def _attribute(self, node: ast.Attribute) -> Any:
        name = _dotted(node)
        if name and name.split(".")[0] in ("datetime", "date", "time"):
            self.fail(f"{name} must be called, as in {name}()", node)
        owner = self.value(node.value)
        if node.attr not in _ATTRIBUTES.get(type(owner), ()):
            self.fail(f"{type(owner).__name__} has no {node.attr} that a domain may read", node)
        return getattr(owner, node.attr)


def _dotted(node: ast.AST) -> str | None:
    """`datetime.now` for the nodes of that, and for `datetime.datetime.now`; None if it is no plain name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts = [node.id, *reversed(parts)]
    # The module and the class share a name: datetime.datetime.now, datetime.timedelta, datetime.date.today.
    if len(parts) > 1 and parts[0] == "datetime" and parts[1] in ("datetime", "date", "time", "timedelta"):
        parts = parts[1:]
    if len(parts) == 2 and parts[0] == "relativedelta" and parts[1] == "relativedelta":
        parts = parts[1:]
    return ".".join(parts)


def _source(text: str, node: ast.AST) -> str:
    return ast.get_source_segment(text, node) or _what(node)


def _what(node: ast.AST) -> str:
    """The node's kind in words: `ListComp` -> `list comp`."""
    name = type(node).__name__
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip().capitalize()
