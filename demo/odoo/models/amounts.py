"""What the lines of an order and the order cost, rounded to cents as a new database of each version does.

18 rounds each line and adds the lines up. 19 has another default ("Round per Tax"): prices are kept unrounded, each
line shows its own rounded amounts, and the order rounds the sum of what was not rounded, so that its total may differ
from the sum of its lines by some cents.
"""

from collections import defaultdict
from typing import NamedTuple

from demo.odoo.fields import CENTS, rounded
from demo.odoo.orm import Env
from demo.odoo.store import Row


class Amounts(NamedTuple):
    untaxed: float
    tax: float
    total: float


class _Exact(NamedTuple):
    """A line before its last rounding, and each of its taxes by the tax's id."""

    untaxed: float
    taxes: dict[int, float]


def cents(amount: float) -> float:
    return rounded(amount, CENTS[1])


def of_line(env: Env, line: Row) -> Amounts:
    return _together([_exact(env, line)])


def of_lines(env: Env, lines: list[Row]) -> Amounts:
    """The amounts of the order that has these lines."""
    return _together([_exact(env, line) for line in lines])


def _exact(env: Env, line: Row) -> _Exact:
    price = (line.get("price_unit") or 0.0) * (1 - (line.get("discount") or 0.0) / 100)
    untaxed = price * (line.get("product_uom_qty") or 0.0)
    taxes = line.get("tax_id" if env.version < 19 else "tax_ids") or []
    rates = {tax: env.row("account.tax", tax)["amount"] / 100 for tax in taxes}
    if env.version < 19:
        untaxed = cents(untaxed)
        return _Exact(untaxed, {tax: cents(untaxed * rate) for tax, rate in rates.items()})
    return _Exact(untaxed, {tax: untaxed * rate for tax, rate in rates.items()})


def _together(lines: list[_Exact]) -> Amounts:
    taxes: defaultdict[int, float] = defaultdict(float)
    for line in lines:
        for tax, amount in line.taxes.items():
            taxes[tax] += amount
    untaxed = cents(sum(line.untaxed for line in lines))
    all_taxes = cents(sum(cents(amount) for amount in taxes.values()))
    return Amounts(untaxed, all_taxes, cents(untaxed + all_taxes))
