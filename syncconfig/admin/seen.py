"""Two people who edit one object: the second who saves is told of what the first has changed, and overwrites nothing
unseen.

A form carries a mark of what was stored when it was opened. Where something else is stored by the time it is sent, it
is shown again with what was typed, who came between, and what they changed; sent once more, it is saved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar, Final

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.translation import gettext as _now

from syncconfig.documents.differing import document_changes, summary
from syncconfig.models import ConfigVersion, OdooConnection, SyncConfig
from syncconfig.row_ids import row_id
from syncconfig.secrets import EncryptedTextField

MARK: Final = "seen_mark"


def config_mark(config: SyncConfig) -> str:
    """The id of the config's newest version: what the hub notes down by itself makes none."""
    newest = ConfigVersion.objects.filter(config_id=config.pk).values_list("pk", flat=True).first()
    return str(newest or "")


def config_between(config: SyncConfig, mark: str) -> str:
    """Who has saved the config since that version, when and what."""
    versions = ConfigVersion.objects.filter(config_id=config.pk)
    newest, seen = versions.first(), versions.filter(pk=row_id(mark) or 0).first()
    if newest is None:
        return ""
    changed = summary(document_changes(seen.document, newest.document)) if seen else ""
    return _told(newest.who, newest.created_at, changed)


def connection_mark(connection: OdooConnection) -> str:
    """A hash of everything that its form changes, but for the secret: the form says nothing of what is stored there."""
    shown = [field for field in connection._meta.concrete_fields if field.editable]
    values = {
        field.name: getattr(connection, field.attname) for field in shown if not isinstance(field, EncryptedTextField)
    }
    return sha256(repr(sorted(values.items())).encode()).hexdigest()[:32]


def connection_between(connection: OdooConnection, mark: str) -> str:
    kind = ContentType.objects.get_for_model(connection)
    acts = LogEntry.objects.filter(content_type=kind, object_id=str(connection.pk)).select_related("user")
    newest = acts.filter(change_message__startswith="[").order_by("-pk").first()
    if newest is None:
        return _told("", connection.updated_at, "")
    return _told(newest.user.get_username(), newest.action_time, newest.get_change_message())


def _told(who: str, at: Any, what: str) -> str:
    when = format_date(timezone.localtime(at), "Y-m-d H:i:s")
    text = _now("%(who)s has saved this since you opened it, at %(when)s.") % {
        "who": who or _now("Somebody"),
        "when": when,
    }
    if what:
        text += " " + _now("Changed: %(what)s.") % {"what": what.rstrip(".")}
    return f"{text} " + _now(
        "What you typed is still here and is not saved yet: save again to put it in place of that, "
        "or load the page anew to see it."
    )


@dataclass(frozen=True, slots=True)
class Marks:
    """`of(row)` is what tells this state of a row from another, `between(row, mark)` the sentence about who has changed
    it since."""

    of: Callable[[Any], str]
    between: Callable[[Any, str], str]


CONFIG_MARKS: Final = Marks(config_mark, config_between)
CONNECTION_MARKS: Final = Marks(connection_mark, connection_between)


class SeenMixin:
    """For a ModelAdmin whose form is a `SeenForm` and whose page has `admin/syncconfig/seen.html` in it."""

    marks: ClassVar[Marks]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        if obj is not None and not hasattr(request, MARK):
            # Once, while the row is what is stored: later it bears what was typed.
            setattr(request, MARK, self.marks.of(obj))
        seen, stored = request.POST.get(MARK, ""), getattr(request, MARK, "")
        # The class was made for this request alone.
        form.overtaken = self.marks.between(obj, seen) if obj is not None and seen and seen != stored else ""
        return form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        context[MARK] = getattr(request, MARK, "")
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
