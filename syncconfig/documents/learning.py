"""What Odoo says of the fields that a document's lines name, asked before anything is stored.

Where another Odoo is the target, it is asked for the fields that the keys name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clients.errors import RemoteError
from syncconfig.domains import domain_paths
from syncconfig.fit import KnownFields, fields_learn
from syncconfig.models import OdooConnection
from syncconfig.receiving import receiving_paths
from syncconfig.secrets import SecretUnreadable
from syncconfig.validators import validate_model_name
from syncconfig.watching import watched


@dataclass(frozen=True, slots=True)
class Learnt:
    """The fields for one config; None where they are not known. `there` are those of its other Odoo."""

    here: KnownFields | None = None
    there: KnownFields | None = None


NOTHING: Final = Learnt()


@dataclass(slots=True)
class _Asker:
    """Asks connections by their names. One that does not answer is asked once, and kept with the reason."""

    silent: dict[str, str] = field(default_factory=dict)

    def fields(self, name: Any, model: Any, paths: Iterable[str]) -> KnownFields | None:
        """None where it cannot be asked, or what the document says is so wrong that the import itself says so."""
        if not isinstance(name, str) or not isinstance(model, str) or name in self.silent:
            return None
        try:
            validate_model_name(model)
            connection = OdooConnection.objects.get(name=name)
            with watched(connection):
                return fields_learn(connection, model, paths)
        except (ValidationError, OdooConnection.DoesNotExist):
            return None  # or the connection comes with the document
        except (RemoteError, SecretUnreadable) as error:
            self.silent[name] = str(error)
            return None


def fields_learn_named(configs: list[Any]) -> tuple[dict[int, Learnt], list[str]]:
    """The fields for the configs at their places, and why some are not among them. A connection that is not stored yet
    is not asked. Not to be called within a transaction."""
    known: dict[int, Learnt] = {}
    asker = _Asker()
    for index, config in enumerate(configs):
        model, domain = config.get("model"), config.get("domain")
        paths = [*_of_lines(config, "field"), *(domain_paths(domain) if isinstance(domain, str) else [])]
        here = asker.fields(config.get("connection"), model, paths)
        there = None
        if other := config.get("target_connection"):
            there = asker.fields(other, config.get("target_model") or model, receiving_paths(_of_lines(config, "key")))
        known[index] = Learnt(here, there)
    return known, [
        _("%(connection)s: the mapping lines were not compared with Odoo's fields: %(error)s")
        % {"connection": name, "error": error}
        for name, error in asker.silent.items()
    ]


def _of_lines(config: Mapping[str, Any], name: str) -> list[str]:
    lines = config.get("lines")
    found = [line.get(name) for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    return [text for text in found if isinstance(text, str)]
