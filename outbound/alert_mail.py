"""The letter that tells staff of trouble: what, of which sync, when, and the way to where it is mended.

In the language and the time zone of the installation, as nobody knows whose eyes will read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.template.defaultfilters import date as format_date
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from syncconfig.models import SyncConfig


@dataclass(frozen=True, slots=True)
class Subject:
    """What the trouble is called, and the list of the admin that shows it; `query` narrows it, beside the sync."""

    title: Promise | str
    page: str
    query: tuple[tuple[str, str], ...] = ()


SUBJECTS: Final = {
    "dead": Subject(_("something could not be delivered"), "outbound_delivery", (("state__exact", "dead"),)),
    "breaker_open": Subject(_("a host does not answer"), "outbound_host"),
    "overdue": Subject(_("it is late"), "outbound_syncrun"),
    "run_failed": Subject(_("a run failed"), "outbound_syncrun", (("state__exact", "failed"),)),
    "deletions": Subject(_("deletions wait for your word"), "syncconfig_syncconfig"),
    "hook": Subject(_("its rule in Odoo is not as it was made"), "syncconfig_syncconfig"),
    "conflict": Subject(_("records were changed on both sides"), "outbound_conflict", (("state__exact", "open"),)),
}


def letter(config: SyncConfig, trouble: str, text: str, now: datetime) -> tuple[str, str]:
    """Subject and body."""
    with translation.override(settings.LANGUAGE_CODE), timezone.override(timezone.get_default_timezone()):
        subject = SUBJECTS[trouble]
        when = format_date(timezone.localtime(now), "Y-m-d H:i:s e")
        lines = [text, "", f"{_now('Sync')}: {config.name}", f"{_now('Time')}: {when}"]
        if url := site_url():
            lines.append(f"{_now('Look')}: {url}{_path(config, subject)}")
        lines += [
            "",
            _now(
                "The same trouble of the same sync is told once an hour at most. Who is told stands on the form of the "
                "sync: Delivery settings."
            ),
        ]
        return f"[Sync hub] {config.name}: {subject.title}", "\n".join(lines)


def site_url() -> str:
    """Where people reach the admin, without a slash at its end; empty where nobody has said so."""
    given = settings.SYNC_SITE_URL or next(iter(settings.CSRF_TRUSTED_ORIGINS), "")
    return "" if "*" in given else given.rstrip("/")


def _path(config: SyncConfig, subject: Subject) -> str:
    if subject.page == "syncconfig_syncconfig":
        return reverse("admin:syncconfig_syncconfig_change", args=[config.pk])
    query = [*subject.query] if subject.page == "outbound_host" else [*subject.query, ("config__id__exact", config.pk)]
    return reverse(f"admin:{subject.page}_changelist") + (f"?{urlencode(query)}" if query else "")
