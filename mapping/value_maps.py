"""The calculation `value_map`: each value of the other side stands for one of Odoo's, such as paid for sale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from mapping.calculations import Compiling, Converted, register
from mapping.inward import Convert
from mapping.lines import CONVERSION_ERRORS, Line, Unusable
from mapping.results import REDACTED
from mapping.spec import X2MANY_TYPES, FieldType
from mapping.written import Written

MAX_LISTED = 30
"""How many of a map's values an error lists."""

_UNKNOWN: Final = object()


class Rest(StrEnum):
    """What becomes of a value that the map does not hold."""

    ERROR = "error"
    KEEP = "keep"
    VALUE = "value"


@register("value_map")
class ValueMap(Converted):
    """The option `map`: an object of their values and Odoo's (`{"paid": "sale"}`), or a list of such pairs where
    theirs are no texts. Values are compared as JSON writes them, so `1` and `"1"` are the same value.

    `rest` says what becomes of other values on the way in: `error`, `keep` (used as it is) or `value` (`rest_value`
    is used, a value of Odoo's); `rest_out` and `rest_out_value` say so for the way out, where it is an error unless
    said. Null and empty text stay empty unless the map holds them (as `""`).
    """

    options = frozenset({"map", "rest", "rest_value", "rest_out", "rest_out_value"})

    def __init__(self, line: Line, compiling: Compiling) -> None:
        super().__init__(line, compiling)
        self.rest = self.choice(Rest, "rest") or Rest.ERROR
        self.rest_out = self.choice(Rest, "rest_out") or Rest.ERROR
        self.pairs = tuple(self._pairs())

    def _pairs(self) -> Iterator[tuple[object, object]]:
        given = self.option("map")
        rows = list(given.items()) if isinstance(given, Mapping) else given
        if not isinstance(rows, (list, tuple)) or not rows:
            self.compiling.report('the map is missing: write it as an object such as {"paid": "sale"}')
            return
        for row in rows:
            if not isinstance(row, (list, tuple)) or len(row) != 2 or not all(map(_is_scalar, row)):
                self.compiling.report("the map holds single values: an object, or a list of pairs of theirs and Odoo's")
                return
            yield row[0], row[1]

    def check(self, *, is_in: bool, is_out: bool) -> None:
        if self.field.type in X2MANY_TYPES:
            self.compiling.report(f"a value map gives one value, and {self.field.name} is a {self.field.type}")
            return
        known = len(self.pairs)
        for theirs, ours in self.pairs:
            self._check_ours(ours, f"the value for {self._shown(theirs)}")
        if is_in and self.rest is Rest.VALUE:
            self._check_ours(self.option("rest_value"), "rest_value")
        if len({as_key(theirs) for theirs, _ in self.pairs}) < known:
            self.compiling.report("the map holds a value of the other side twice")
        if is_out:
            self._check_reverse()
        super().check(is_in=is_in, is_out=is_out)

    def _check_ours(self, value: object, name: str) -> None:
        try:
            super().convert_in()(value)
        except CONVERSION_ERRORS as error:
            self.compiling.report(f"{name} cannot be used: {self.line.reason(value, error)}")

    def _check_reverse(self) -> None:
        theirs_by_ours: dict[str, list[object]] = {}
        for theirs, ours in self.pairs:
            theirs_by_ours.setdefault(as_key(ours), []).append(theirs)
        for ours, theirs in theirs_by_ours.items():
            if len(theirs) > 1:
                listed = " and ".join(map(self._shown, theirs))
                self.compiling.report(
                    f"on the way out {self._shown(ours)} could be {listed}; "
                    "keep one of them, or set the line's direction to in"
                )

    def _shown(self, value: object) -> str:
        return REDACTED if self.line.spec.secret else repr(value)

    def convert_in(self) -> Convert:
        convert = super().convert_in()
        # A value that Odoo would refuse is reported by `check`; here it is only left out.
        table = {as_key(theirs): found for theirs, ours in self.pairs if (found := _try(convert, ours)) is not _UNKNOWN}
        table.setdefault("", convert(None))
        rest, rest_value = self.rest, _try(convert, self.option("rest_value"))
        known = _listed(table)

        def convert_in(value: object) -> object:
            found = table.get(value if type(value) is str else as_key(value), _UNKNOWN)
            if found is not _UNKNOWN:
                return found
            if rest is Rest.KEEP:
                return convert(value)
            if rest is Rest.VALUE and _is_scalar(value):
                return rest_value
            raise ValueError(f"{_short(value)} is not in the line's map; it holds {known}")

        return convert_in

    def convert_out(self) -> Convert:
        convert = super().convert_out()
        table = {as_key(ours): theirs for theirs, ours in self.pairs}
        table.setdefault("", None)
        rest, rest_value = self.rest_out, self.option("rest_out_value")
        known = _listed(table)

        def convert_out(value: object) -> object:
            plain = convert(value)
            found = table.get(plain if type(plain) is str else as_key(plain), _UNKNOWN)
            if found is not _UNKNOWN:
                return found
            if rest is Rest.KEEP:
                return plain
            if rest is Rest.VALUE:
                return rest_value
            raise Unusable(f"{_short(plain)} of Odoo is not in the line's map; it holds {known}")

        return convert_out

    def filter_type(self, field: FieldType) -> FieldType | None:
        return Written(field, self.convert_in(), self.convert_out())


def as_key(value: object) -> str:
    """The value as JSON writes it, a text without its quotes; whole numbers without a point, null as empty text.
    Raises ValueError for a list or object."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (int, float)):
        return str(value)
    raise ValueError("a single value is expected")


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _try(convert: Convert, value: object) -> object:
    try:
        return convert(value)
    except CONVERSION_ERRORS:
        return _UNKNOWN


def _listed(table: Mapping[str, object]) -> str:
    keys = [repr(key) for key in table if key != ""]
    return ", ".join(keys[:MAX_LISTED]) + (", ..." if len(keys) > MAX_LISTED else "")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
