"""One column of a row as a document has it, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from syncconfig.code_inputs import plain_newlines


def value_out(field: models.Field[Any, Any], value: Any) -> Any:
    """The stored value in the document's terms; related rows are the caller's."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(field, models.TextField) and isinstance(value, str) and "\n" in value:
        return f"{plain_newlines(value).strip()}\n"  # a block scalar; `value_in` takes the end off again
    if value is None or isinstance(value, str | bool | int | float) or isinstance(field, models.JSONField):
        return value
    return field.value_to_string(field.model(**{field.attname: value}))


def value_in(field: models.Field[Any, Any], given: Any) -> Any:
    """The value to be stored, of the column's type. Raises ValueError, for a human; what the value may be is told by
    the model's validators later."""
    if given is None:
        if field.null or isinstance(field, models.JSONField):
            return None
        raise ValueError(_("This has no value. Write one, or leave the key out for the default."))
    if isinstance(field, models.JSONField):
        return given
    if isinstance(field, models.BooleanField):
        return _of_type(given, bool, _("Write true or false."))
    if isinstance(field, models.FloatField):
        if isinstance(given, int) and not isinstance(given, bool):
            return float(given)
        return _of_type(given, float, _("Write a number, e.g. 1.5."))
    if isinstance(field, models.IntegerField):
        return _of_type(given, int, _("Write a whole number, e.g. 100."))
    text = _of_type(given, str, _("Write a text; put what looks like a number or true in quotes."))
    if isinstance(field, models.DateTimeField):
        return _time(text)
    if isinstance(field, models.CharField | models.TextField | models.ForeignKey):
        return plain_newlines(text).strip()
    try:
        return field.to_python(text)
    except ValidationError as error:
        raise ValueError("; ".join(error.messages)) from None


def _of_type(given: Any, kind: type, message: str) -> Any:
    if not isinstance(given, kind) or (isinstance(given, bool) and kind is not bool):
        raise ValueError(message)
    return given


def _time(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise ValueError(_("Write a time, e.g. 2027-01-31T12:00:00+00:00."))
    return timezone.make_aware(found, UTC) if timezone.is_naive(found) else found
