"""What a script finds around it in the sandbox, and how staff's text becomes a function there.

The sandbox knows neither inheritance nor decorators, so exceptions are borrowed: one that nothing else raises stands
for UserError, and one that `except Exception` does not catch for the end of a record.
"""

from __future__ import annotations

import ast
import io
import token
import tokenize
from collections.abc import Sequence

VARIABLES = ("request_data", "record", "records", "item", "value", "values", "params", "model", "direction")
"""What a script is given for each record, besides what `PRELUDE` defines."""

LINES_BEFORE = 1
"""The lines of the function before staff's first."""

PRELUDE = (
    f"_MODEL = {VARIABLES.index('model')}"
    + """
import sys as _sys
from base64 import b64decode, b64encode
from binascii import Incomplete as UserError
from datetime import date, datetime, timedelta, timezone


def skip(reason=""):
    raise KeyboardInterrupt(str(reason))


class _Commands:
    def __init__(self):
        self.CREATE, self.UPDATE, self.DELETE, self.UNLINK, self.LINK, self.CLEAR, self.SET = 0, 1, 2, 3, 4, 5, 6

    def create(self, values):
        return [0, 0, values]

    def update(self, id, values):
        return [1, id, values]

    def delete(self, id):
        return [2, id, 0]

    def unlink(self, id):
        return [3, id, 0]

    def link(self, id):
        return [4, id, 0]

    def clear(self):
        return [5, 0, 0]

    def set(self, ids):
        return [6, 0, ids]


class _Model:
    def __init__(self, name):
        self._name = name

    def search(self, domain, limit=None, offset=0, order=None):
        return _ask(self._name, "search", {"domain": domain, "limit": limit, "offset": offset, "order": order})

    def search_count(self, domain):
        return _ask(self._name, "search_count", {"domain": domain})

    def search_read(self, domain, fields, limit=None, offset=0, order=None):
        arguments = {"domain": domain, "fields": fields, "limit": limit, "offset": offset, "order": order}
        return _ask(self._name, "search_read", arguments)

    def read(self, ids, fields):
        return _ask(self._name, "read", {"ids": ids, "fields": fields})


class _Env:
    def __getitem__(self, name):
        return _Model(name)


Command = _Commands()
env = _Env()
_out = []


def _arguments(job):
    # The name of the model comes, and what asks Odoo for it is wanted.
    return [*job[:_MODEL], job[_MODEL] and _Model(job[_MODEL]), *job[_MODEL + 1:]]


def _drive(jobs, at):
    for index in range(at, len(jobs)):
        print(index, file=_sys.stderr)
        try:
            _out.append(("result", _script(*_arguments(jobs[index]))))
        except UserError as error:
            _out.append(("refused", str(error)))
        except KeyboardInterrupt as error:
            _out.append(("skipped", str(error)))
    return _out
"""
)


class NotPython(ValueError):
    """The text cannot be read as Python; `line` counts staff's lines from 1."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


def as_function(source: str, *, returns: str, variables: Sequence[str] = VARIABLES) -> tuple[str, frozenset[str]]:
    """The text as the function `_script`, and every name in it. Raises NotPython.

    Only where a logical line begins is it indented: the inside of a text over several lines stays as it is.
    """
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    _check_syntax(text)
    starts: set[int] = set()
    names: set[str] = set()
    is_start = True
    try:
        for kind, string, (row, _column), _end, _line in tokenize.generate_tokens(io.StringIO(text).readline):
            if kind in (token.NEWLINE, token.INDENT, token.DEDENT):
                is_start = True
            elif kind not in (token.NL, token.COMMENT, token.ENDMARKER):
                if is_start:
                    starts.add(row)
                is_start = False
                if kind == token.NAME:
                    names.add(string)
    except tokenize.TokenError as error:
        message, (row, _column) = error.args
        raise NotPython(str(message), min(row, text.count("\n") + 1)) from None
    except SyntaxError as error:
        raise NotPython(error.msg, error.lineno) from None
    head = f"def _script({', '.join(variables)}, result=None):"
    lines = [f"    {line}" if row in starts else line for row, line in enumerate(text.split("\n"), 1)]
    return "\n".join([head, *lines, f"    return {returns}"]), frozenset(names)


def _check_syntax(text: str) -> None:
    """Python's own words for what is no Python, and for a return that no function is around."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise NotPython(error.msg, error.lineno) from None
    except (ValueError, RecursionError, MemoryError):
        raise NotPython("the script cannot be read: it holds a null character or is nested too deep", None) from None
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return):
            raise NotPython(
                "'return' outside function; set result, or call skip() to leave the record out", node.lineno
            )
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))
