"""What a record is called: by Odoo, by the other side, and in the log.

Which record is which is known to apps that this one must not know; they say it through `add_namer`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordName:
    """A record of a config: Odoo's id where it is known, and the other side's where it has one."""

    config_id: int
    odoo_id: int | None = None
    external_id: str = ""

    @property
    def refs(self) -> list[str]:
        """What the log may call it."""
        return [text for text in ("" if self.odoo_id is None else str(self.odoo_id), self.external_id) if text]


Namer = Callable[[Sequence[str]], Iterable[RecordName]]
_namers: list[Namer] = []


def add_namer(namer: Namer) -> None:
    """`namer(terms)` gives the records that are called like one of these, by either side; a few indexed queries for
    any number of terms."""
    if namer not in _namers:
        _namers.append(namer)


def names_of(*terms: str) -> list[RecordName]:
    """The records that either side calls like one of the terms."""
    return [name for namer in _namers for name in namer(terms)] if terms else []
