"""What came of an import, or would come of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from syncconfig.documents.yaml_text import Path


class Effect(TextChoices):
    CREATED = "created", _("New")
    CHANGED = "changed", _("Changed")
    UNCHANGED = "unchanged", _("Unchanged")
    SWITCHED_OFF = "switched off", _("Switched off")
    DELETED = "deleted", _("Deleted")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the import is refused, with the place in the document; `line` is its line in the text."""

    path: Path
    message: str
    line: int | None = None

    @property
    def place(self) -> str:
        """The path as one writes it: configs[2].lines[4].field"""
        text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return text.removeprefix(".")

    def __str__(self) -> str:
        where = self.place
        if self.line:
            where = f"{where} ({_('line')} {self.line})".strip()
        return f"{where}: {self.message}" if where else self.message


@dataclass(frozen=True, slots=True)
class SecretAsked:
    """A credential that is needed and not there: its place, the variable that was or could be named, and what staff
    call it."""

    path: Path
    env: str
    label: str = ""

    @property
    def place(self) -> str:
        """The place in words, which is also the name of its input."""
        return Problem(self.path, "").place


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """A connection (`section` connections) or config, as it was and as it will be; None where it is not there."""

    section: str
    name: str
    effect: Effect
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    pk: int | None = None


@dataclass(slots=True)
class Outcome:
    """`is_done` says whether anything was stored. With problems nothing ever is."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    changes: list[ObjectChange] = field(default_factory=list)
    secrets_asked: list[SecretAsked] = field(default_factory=list)
    is_done: bool = False

    @property
    def state(self) -> str:
        """A digest of what was there before: what somebody agrees to change is still that, or not."""
        before = [(change.section, change.name, change.before) for change in self.changes]
        return hashlib.sha256(json.dumps(before, sort_keys=True).encode()).hexdigest()

    @property
    def needs_only_secrets(self) -> bool:
        """Whether entering credentials would make it right."""
        asked = {asked.path for asked in self.secrets_asked}
        return bool(asked) and all(problem.path in asked for problem in self.problems)

    @property
    def effective(self) -> Sequence[ObjectChange]:
        """Those that change something."""
        return [change for change in self.changes if change.effect != Effect.UNCHANGED]


class ImportRefused(Exception):
    """Carries the problems out of the transaction that they end."""
