"""What a step may hold: the same rules as those of the form, asked of a sync that is not stored yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from syncconfig.fit import KnownFields
from syncconfig.models import SyncConfig, SyncConfigLine
from syncconfig.receiving import lines_fit
from syncconfig.rules import lines_messages, url_message


@dataclass(slots=True)
class LinesCheck:
    """Messages by the line's place, and those of the lines as a whole."""

    by_line: dict[int, list[str]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether something is wrong."""
        return bool(self.by_line or self.general)


def lines_check(
    config: SyncConfig,
    lines: Sequence[SyncConfigLine],
    known: KnownFields | None,
    known_there: KnownFields | None = None,
) -> LinesCheck:
    """Each line on its own, then all together, then against Odoo's fields as far as they are `known`, and against those
    of the other Odoo where there is one."""
    found = LinesCheck()
    if not lines:
        found.general.append(_("Take at least one line."))
        return found
    for index, line in enumerate(lines):
        try:
            line.full_clean(exclude=["config"])
        except ValidationError as error:
            found.by_line[index] = error.messages
    if found:
        return found
    messages = lines_messages(lines) or lines_fit(config, lines, known, known_there)
    for message in messages:
        if message.index is None:
            found.general.append(message.message)
        else:
            found.by_line.setdefault(message.index, []).append(message.message)
    return found


def url_check(config: SyncConfig, lines: Sequence[SyncConfigLine], *, url: str = "") -> str:
    """Why the placeholders of the URL, the config's own or another, cannot be filled; empty if they can."""
    keys = {line.key for line in lines if line.key and line.direction != "in"}
    return url_message(config, keys=keys, path_params=set(), url=url)
