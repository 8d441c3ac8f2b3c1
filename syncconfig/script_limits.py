"""The limits of one script, as staff write them (`time 0.5, memory 16`), within those of the installation.

A text that was good when it was written is never refused later: where the installation's limits were lowered
meanwhile, the lower one counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mapping.spec import ScriptLimits

EXAMPLE: Final = "time 0.5, memory 16, depth 50, output 10000, env 5"

HELP: Final = gettext_lazy(
    "What the script may use at most: seconds for a record, memory in MB, depth of calls, bytes that it gives back, "
    "questions to Odoo for a page, e.g. <code>time 0.5, memory 16, depth 50, output 10000, env 5</code>. Empty: what "
    "the installation allows, which is never exceeded."
)

_PART: Final = re.compile(r"([a-z]+)\s*[:= ]\s*(\d{1,12}(?:\.\d{1,6})?)")


@dataclass(frozen=True, slots=True)
class _Limit:
    """`unit` is how many of `attribute`'s units staff's number stands for; below `least` no script gets anywhere."""

    attribute: str
    setting: str
    least: float
    unit: int = 1
    is_whole: bool = True


_LIMITS: Final = {
    "time": _Limit("time_s", "SYNC_SCRIPT_TIME_S", 0.01, is_whole=False),
    "memory": _Limit("memory_bytes", "SYNC_SCRIPT_MEMORY_MB", 1, unit=1024 * 1024),
    "depth": _Limit("depth", "SYNC_SCRIPT_DEPTH", 10),
    "output": _Limit("output_bytes", "SYNC_SCRIPT_OUTPUT_BYTES", 100),
    "env": _Limit("env_calls", "SYNC_SCRIPT_ENV_CALLS", 0),
}


def script_limits(text: str = "") -> ScriptLimits:
    """What a script may use: this installation's limits, and those of its own where they are lower. What `text` says
    and nobody can read counts for nothing: forms and imports refuse it."""
    most = {name: getattr(settings, limit.setting) for name, limit in _LIMITS.items()}
    for part in _parts(text):
        found = _PART.fullmatch(part)
        if found and found[1] in _LIMITS:
            most[found[1]] = min(most[found[1]], max(float(found[2]), _LIMITS[found[1]].least))
    values = {limit.attribute: most[name] * limit.unit for name, limit in _LIMITS.items()}
    return replace(
        ScriptLimits(), **{name: value if name == "time_s" else int(value) for name, value in values.items()}
    )


def validate_script_limits(text: str) -> None:
    """Raises ValidationError, which names the limit and what it may be."""
    seen: set[str] = set()
    for part in _parts(text):
        found = _PART.fullmatch(part)
        if found is None:
            raise ValidationError(
                _("“%(part)s” is no limit. Write names and numbers, e.g. %(example)s.")
                % {"part": part[:50], "example": EXAMPLE}
            )
        name, number = found[1], found[2]
        if name not in _LIMITS:
            raise ValidationError(
                _("There is no limit “%(name)s”. There are %(names)s.")
                % {"name": name[:50], "names": ", ".join(_LIMITS)}
            )
        if name in seen:
            raise ValidationError(_("“%(name)s” stands there twice. Remove one.") % {"name": name})
        seen.add(name)
        _check_number(name, number)


def _check_number(name: str, number: str) -> None:
    limit = _LIMITS[name]
    most = getattr(settings, limit.setting)
    if limit.is_whole and "." in number:
        raise ValidationError(_("%(name)s: write a whole number.") % {"name": name})
    if float(number) > most:
        raise ValidationError(
            _("%(name)s: this installation allows at most %(most)s (%(setting)s). Write less, or leave it out.")
            % {"name": name, "most": f"{most:g}" if most < 1e6 else most, "setting": limit.setting}
        )
    if float(number) < limit.least:
        raise ValidationError(
            _("%(name)s: with less than %(least)s no script gets anywhere.")
            % {"name": name, "least": f"{limit.least:g}"}
        )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
