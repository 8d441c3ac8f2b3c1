"""What stands for a record that has no id in Odoo yet, where deliveries are put in order: a negative number.

It is made from the identifier's text, so that every delivery of the record gets the same one, and nothing is looked
up. Odoo's own ids are positive, so the two never meet. Of 10 million records two share a number with a chance of one
in 180,000; then one of them waits for the other, and nothing else is wrong.
"""

from __future__ import annotations

import hashlib
from typing import Final

_BITS: Final = 63


def order_key(identifier: str) -> int:
    """The negative number that stands for the record with this identifier."""
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).digest()
    return -1 - (int.from_bytes(digest[:8], "big") >> (64 - _BITS))


def is_odoo_id(record_id: int) -> bool:
    """Whether the number is an id in Odoo."""
    return record_id > 0


def record_name(record_id: int, external_id: str) -> str:
    """How staff see a delivery's record: by its id in Odoo, or by what names it elsewhere."""
    return str(record_id) if is_odoo_id(record_id) else external_id or "-"
