"""A value map as staff write it: a line for each pair, `paid -> sale`."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

ARROW = "->"
MAX_PAIRS = 2000


def pairs_from_text(text: str) -> list[list[str | None]]:
    """The pairs of theirs and Odoo's. An empty side is no value. Raises ValueError naming the line."""
    pairs: list[list[str | None]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        theirs, arrow, ours = line.rpartition(ARROW)
        if not arrow:
            raise ValueError(_("Line %(number)s: write theirs -> Odoo's, e.g. paid -> sale.") % {"number": number})
        pairs.append([theirs.strip(), ours.strip() or None])
    if len(pairs) > MAX_PAIRS:
        raise ValueError(_("A map has at most %(count)s lines.") % {"count": MAX_PAIRS})
    return pairs


def text_from_pairs(pairs: Sequence[Sequence[object]]) -> str:
    """The text that `pairs_from_text` reads."""
    return "\n".join(
        f"{'' if theirs is None else theirs} {ARROW} {'' if ours is None else ours}".rstrip() for theirs, ours in pairs
    )
