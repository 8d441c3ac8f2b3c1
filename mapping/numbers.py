"""Numbers as people write them: a decimal comma, groups of three digits."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

MAX_DECIMALS = 12
MAX_TEXT_LENGTH = 500
"""Room for every float, the longest of which has 340 digits and their groups."""

# Wide enough for the largest float.
_WIDE: Final = Context(prec=400)
# Software that groups by spaces uses one of these.
_SPACES: Final = " \u00a0\u202f"


class NumberFormat:
    """`read` gives the text that a number field takes, `write` takes the number that Odoo reads."""

    def __init__(self, *, decimal: str, thousands: str, decimals: int | None) -> None:
        """Raises ValueError, with the cure, for separators that would make numbers ambiguous."""
        for name, text in (("decimal_separator", decimal), ("thousands_separator", thousands)):
            if len(text) > 1 or text.isalnum() or text in ("+", "-"):
                raise ValueError(f"{name} is {text!r}; write one character such as a comma or a point")
        if decimal == thousands:
            raise ValueError(f"both separators are {decimal!r}; a number could then not be read")
        if decimals is not None and not 0 <= decimals <= MAX_DECIMALS:
            raise ValueError(f"decimals is {decimals}; write a whole number from 0 to {MAX_DECIMALS}")
        self.decimal = decimal
        self.thousands = thousands
        self.step = None if decimals is None else Decimal(1).scaleb(-decimals)
        self._grouped = _SPACES if thousands in _SPACES else thousands
        groups = rf"\d{{1,3}}(?:[{re.escape(self._grouped)}]\d{{3}})+|" if thousands else ""
        self._match = re.compile(rf"[+-]?(?:{groups}\d+)(?:{re.escape(decimal)}\d*)?", re.ASCII).fullmatch
        self._written = str.maketrans({",": thousands, ".": decimal})

    def read(self, text: str) -> str:
        """The number with a decimal point and no groups. Raises ValueError with an example of what is expected."""
        text = text.strip()
        if len(text) > MAX_TEXT_LENGTH or self._match(text) is None:
            raise ValueError(f"{text[:60]!r} is not written like {self.write(-1234.5)}")
        for separator in self._grouped:
            text = text.replace(separator, "")
        return text if self.decimal == "." else text.replace(self.decimal, ".")

    def write(self, value: object) -> str:
        """The number as text. Raises ValueError for what is no number."""
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            raise ValueError(f"a number is expected, not {repr(value)[:60]}")
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite():
            raise ValueError(f"a number is expected, not {value}")
        if self.step is not None:
            number = number.quantize(self.step, rounding=ROUND_HALF_UP, context=_WIDE)
        if number == 0:
            number = abs(number)
        text = f"{number:,f}"
        if self.step is None and "." in text:
            text = text.rstrip("0").rstrip(".")
        return text.translate(self._written)
