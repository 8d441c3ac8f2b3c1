"""Which statuses are a success, as staff write it: `200-299, 409`. Pure."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext as _

_PART: Final = re.compile(r"\s*([1-5]\d\d)\s*(?:-\s*([1-5]\d\d)\s*)?")


def parse_statuses(text: str) -> frozenset[int]:
    """The statuses that are named; empty where none are. Raises ValueError, for a human."""
    found: set[int] = set()
    if not text.strip():
        return frozenset()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if not match or int(match[2] or match[1]) < int(match[1]):
            raise ValueError(_("Write statuses or ranges of them separated by commas, e.g. 200-299, 409."))
        found.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return frozenset(found)
