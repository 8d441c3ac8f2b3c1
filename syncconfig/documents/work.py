"""What is gathered while a document is applied: everything that is wrong, and what the user must be allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Field, Model

from syncconfig.documents.outcome import Problem, SecretAsked
from syncconfig.documents.yaml_text import Path


@dataclass(slots=True)
class Work:
    """`typed` are credentials entered by hand, by their place. `waiting` are new objects of the document that could not
    be stored yet: that others refer to them is no second problem."""

    environ: Mapping[str, str]
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    secrets_asked: list[SecretAsked] = field(default_factory=list)
    operations: set[tuple[str, type[Model]]] = field(default_factory=set)
    scripts: list[Path] = field(default_factory=list)
    waiting: set[tuple[type[Model], str]] = field(default_factory=set)

    def refuse(self, path: Path, message: Any) -> None:
        """Note what is wrong."""
        self.problems.append(Problem(path, str(message)))

    def ask(self, path: Path, env: str, place: tuple[str, ...], column: Field[Any, Any]) -> None:
        """Note that a credential is needed."""
        if all(asked.path != path for asked in self.secrets_asked):
            self.secrets_asked.append(SecretAsked(path, env, f"{', '.join(place)}: {column.verbose_name}"))
