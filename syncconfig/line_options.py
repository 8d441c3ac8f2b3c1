"""The options of a line that come from elsewhere than its form, held to what the form would take."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from syncconfig.kinds import KIND_OPTIONS
from syncconfig.validators import validate_timezone

_SCALARS: Final = (str, int, float, bool)
_ANY_VALUE: Final = frozenset({"map", "rest_value", "rest_out_value"})


def options_clean(calculation: str, options: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The options as the form would store them, and messages by option; under "" what is wrong with all of them."""
    from syncconfig.line_forms import PREFIX, LineForm

    if not isinstance(options, dict):
        return {}, {"": _("Options are a mapping.")}
    known = KIND_OPTIONS.get(calculation, ())
    cleaned: dict[str, Any] = {}
    messages: dict[str, str] = {}
    for name, value in options.items():
        field = LineForm.base_fields.get(PREFIX + name) if name in known else None
        if field is None:
            messages[name] = _("This calculation has no such option. It knows: %(names)s.") % {
                "names": ", ".join(known) or "-"
            }
            continue
        if name == "map" and not _is_map(value):
            messages[name] = _("Write a list of pairs, theirs and Odoo's: [[paid, sale], [open, draft]].")
            continue
        if name != "map" and not isinstance(value, _SCALARS):
            messages[name] = _("Write a text.")
            continue
        if name in _ANY_VALUE and not _is_textual(value):
            cleaned[name] = value  # the form has texts only; the mapping itself takes numbers, true and false too
            continue
        try:
            result = field.clean(field.prepare_value(value))
            if name == "timezone" and result:
                validate_timezone(result)
        except ValidationError as error:
            messages[name] = " ".join(error.messages)
            continue
        if result not in (None, "", []):
            cleaned[name] = result
    return cleaned, messages


def _is_map(value: Any) -> bool:
    pairs = [list(pair) for pair in value.items()] if isinstance(value, dict) else value
    return isinstance(pairs, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(side is None or isinstance(side, _SCALARS) for side in pair)
        for pair in pairs
    )


def _is_textual(value: Any) -> bool:
    if isinstance(value, list):
        return all(side is None or isinstance(side, str) for pair in value for side in pair)
    return isinstance(value, str)
