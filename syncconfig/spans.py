"""How long ago: Django's words, but for the first minute, of which it says "0 minutes"."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _


def ago(moment: datetime, now: datetime | None = None, *, depth: int = 2) -> str:
    """When it was: "just now" or e.g. "2 hours ago"."""
    now = now or timezone.now()
    if now - moment < timedelta(minutes=1):
        return _("just now")
    return _("%(span)s ago") % {"span": span_since(moment, now, depth=depth)}


def span_since(moment: datetime, now: datetime | None = None, *, depth: int = 2) -> str:
    """The time from `moment` to `now`, by default the current one, e.g. "2 hours" or "less than a minute"."""
    now = now or timezone.now()
    if now - moment < timedelta(minutes=1):
        return _("less than a minute")
    return timesince(moment, now, depth=depth)
