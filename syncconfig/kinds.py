"""What each kind of calculation is told by: the options of mapping's registry, and the inputs that hold them.

The names are mapping's own (`mapping.calculations`). Options of relations and scripts that have a column of their own
are not listed here.
"""

from __future__ import annotations

from typing import Final

KIND_OPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "plain": ("out_as", "case"),
    "constant": (),
    "template": ("template",),
    "value_map": ("map", "rest", "rest_value", "rest_out", "rest_out_value"),
    "date_format": ("format", "timezone"),
    "number_format": ("decimal_separator", "thousands_separator", "decimals"),
    "relational": ("case", "match_key", "unmatched", "out_as"),
    "script": ("script_mode", "writes", "reads", "limits"),
}

MAIN_INPUTS: Final = {
    "template": "opt_template",
    "value_map": "opt_map",
    "date_format": "opt_format",
    "number_format": "opt_decimal_separator",
    "relational": "match_field",
    "script": "script",
}
"""The input of the line's form that says what a kind does."""
