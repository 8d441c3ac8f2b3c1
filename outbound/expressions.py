"""Computed parameters: an expression such as `(datetime.now() - timedelta(days=1)).strftime('%Y-%m-%d')`.

Evaluated by the reader of computed domains, which knows dates, and nothing that could do harm.
"""

from __future__ import annotations

import ast
from datetime import datetime
from typing import Final

from clients.odoo.expressions import Evaluator

MAX_LENGTH: Final = 1000


def evaluate(text: str, *, now: datetime, tz: str = "UTC") -> object:
    """The value of the expression at `now`. Raises ValueError saying what is wrong with it."""
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise ValueError(f"an expression may have {MAX_LENGTH} characters")
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        raise ValueError(f"{text!r} is no expression") from None
    try:
        return Evaluator(text, now=now, uid=None, tz=tz).value(node)
    except (ArithmeticError, TypeError, RecursionError) as error:
        raise ValueError(f"{text!r} cannot be computed: {error}") from None
