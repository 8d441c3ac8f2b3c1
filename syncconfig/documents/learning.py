"""What Odoo says of the fields that a document's lines name, asked before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clients.errors import RemoteError
from syncconfig.domains import domain_paths
from syncconfig.fit import KnownFields, fields_learn
from syncconfig.models import OdooConnection
from syncconfig.secrets import SecretUnreadable
from syncconfig.validators import validate_model_name
from syncconfig.watching import watched


def known_fields_learn(configs: list[Any]) -> tuple[dict[int, KnownFields], list[str]]:
    """The fields for the configs at their places, and why some are not among them. A connection that does not answer
    is asked once; one that is not stored yet is not asked. Not to be called within a transaction."""
    known: dict[int, KnownFields] = {}
    silent: dict[str, str] = {}
    for index, config in enumerate(configs):
        name, model = config.get("connection"), config.get("model")
        if not isinstance(name, str) or not isinstance(model, str) or name in silent:
            continue
        try:
            validate_model_name(model)
            connection = OdooConnection.objects.get(name=name)
            with watched(connection):
                known[index] = fields_learn(connection, model, _paths(config))
        except (ValidationError, OdooConnection.DoesNotExist):
            continue  # the import itself says so, or the connection comes with it
        except (RemoteError, SecretUnreadable) as error:
            silent[name] = str(error)
    return known, [
        _("%(connection)s: the mapping lines were not compared with Odoo's fields: %(error)s")
        % {"connection": name, "error": error}
        for name, error in silent.items()
    ]


def _paths(config: Mapping[str, Any]) -> list[str]:
    lines = config.get("lines")
    found = [line.get("field") for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    domain = config.get("domain")
    return [path for path in found if isinstance(path, str)] + (domain_paths(domain) if isinstance(domain, str) else [])
