"""Asks Odoo for the fields that a submitted config is about to be compared with, before the transaction that saves it.

What was learnt is put on the request, where the forms of the config and of its lines find it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _now

from clients.errors import RemoteError
from syncconfig.domains import domain_paths
from syncconfig.fit import KnownFields, fields_learn, is_about_config
from syncconfig.models import OdooConnection
from syncconfig.receiving import receiving_paths
from syncconfig.row_ids import row_id
from syncconfig.secrets import SecretUnreadable
from syncconfig.validators import validate_model_name

KNOWN_FIELDS: Final = "_known_fields"
KNOWN_THERE: Final = "_known_fields_there"
MAX_LINES: Final = 1000


def fields_learn_submitted(request: HttpRequest) -> None:
    """Put the fields of the submitted model on the request, and those of the other Odoo where one is the target; or say
    why the lines cannot be compared with them."""
    model = request.POST.get("model", "").strip()
    try:
        paths = [*_of_lines(request, "field"), *domain_paths(request.POST.get("domain", ""))]
        known = _learn(request.POST.get("connection", ""), model, paths)
        setattr(request, KNOWN_FIELDS, known)
    except (RemoteError, SecretUnreadable) as error:
        if isinstance(error, RemoteError) and is_about_config(error):
            messages.warning(request, str(error))
        else:
            told = _now("The mapping lines were not compared with Odoo's fields, as Odoo could not be asked: %(error)s")
            messages.warning(request, told % {"error": error})
    model_there = request.POST.get("target_model", "").strip() or model
    try:
        keys = receiving_paths(_of_lines(request, "key"))
        known = _learn(request.POST.get("target_connection", ""), model_there, keys)
        setattr(request, KNOWN_THERE, known)
    except (RemoteError, SecretUnreadable) as error:
        told = _now("The keys were not compared with the fields of the other Odoo: %(error)s")
        messages.warning(request, told % {"error": error})


def _learn(number: str, model: str, paths: Iterable[str]) -> KnownFields | None:
    """None where what was submitted is so wrong that the form itself says so. Raises RemoteError, SecretUnreadable."""
    try:
        validate_model_name(model)
        connection = OdooConnection.objects.get(pk=row_id(number) or 0)
    except (ValidationError, OdooConnection.DoesNotExist):
        return None
    return fields_learn(connection, model, paths)


def _of_lines(request: HttpRequest, name: str) -> list[str]:
    number = min(row_id(request.POST.get("lines-TOTAL_FORMS", "")) or 0, MAX_LINES)
    return [request.POST.get(f"lines-{index}-{name}", "").strip() for index in range(number)]
