"""“Find a record”: from whatever somebody holds in hand to the stories that it may mean.

A number of an order, an Odoo id, an identifier of the other side, an e-mail address, a request id, an Idempotency-Key.
Exact names come first, each by an index; then the text is looked for in the newest entries of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _now

from auditlog.filters import holding
from auditlog.models import ApiLog
from auditlog.naming import RecordName, names_of
from syncconfig.row_ids import row_id

MAX_SHOWN: Final = 20
LOOKED_AT: Final = 100
MIN_TEXT: Final = 3
READ_ROWS: Final = 5_000
"""In how many of the newest entries a text is looked for."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be meant, and why; or, without a name, an entry of the log alone."""

    name: RecordName | None
    why: str
    entry_id: int | None = None

    @property
    def key(self) -> object:
        """Equal for candidates that are one record."""
        if self.name is None:
            return self.entry_id
        return self.name.config_id, self.name.external_id if self.name.odoo_id is None else self.name.odoo_id


Finder = Callable[[Sequence[str]], Iterable[Candidate]]
_finders: list[Finder] = []


def add_finder(finder: Finder) -> None:
    """`finder(terms)` gives the records that one of the terms may mean, by a few indexed queries."""
    if finder not in _finders:
        _finders.append(finder)


def find(term: str) -> list[Candidate]:
    """At most MAX_SHOWN candidates, each record once, the surest first."""
    terms = spellings(term)
    found = [Candidate(name, _now("a linked record")) for name in names_of(*terms)]
    for finder in _finders:
        found += finder(terms)
    found += _logged(ApiLog.objects.filter(request_id__in=terms), _now("a request id"))
    found += _logged(ApiLog.objects.filter(record_ref__in=terms), _now("a record in the log"))
    if not found and len(term) >= MIN_TEXT:
        newest = ApiLog.objects.aggregate(newest=Max("id"))["newest"] or 0
        rows = ApiLog.objects.filter(id__gt=newest - READ_ROWS).filter(holding(term.removeprefix("#")))
        found += _logged(rows, _now("a text in a request or an answer"))
    # An entry of the log alone is worth showing only where no record is known.
    named = [each for each in found if each.name is not None]
    once: dict[object, Candidate] = {}
    for each in named or found:
        once.setdefault(each.key, each)
    return list(once.values())[:MAX_SHOWN]


def spellings(term: str) -> list[str]:
    """The term, and how else it may be written: #1042 and 1042."""
    bare = term.removeprefix("#")
    return list(dict.fromkeys([term, bare, f"#{bare}"])) if bare else [term]


def _logged(rows: QuerySet[ApiLog], why: str) -> list[Candidate]:
    """The records of the newest of these entries."""
    newest = list(rows.order_by("-id").values_list("id", "config_id", "record_ref")[:LOOKED_AT])
    known = {
        (name.config_id, ref): name
        for name in names_of(*{ref for _pk, config_id, ref in newest if config_id and ref})
        for ref in name.refs
    }
    found: list[Candidate] = []
    for pk, config_id, ref in newest:
        name = None
        if config_id is not None and ref:
            odoo_id = row_id(ref)
            name = known.get((config_id, ref)) or RecordName(config_id, odoo_id, ref if odoo_id is None else "")
        found.append(Candidate(name, why, pk))
    return found
