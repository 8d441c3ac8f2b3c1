"""“Import” on the list of sync configs: a document is pasted or uploaded, what it would change is shown, and then done.

Nothing is kept between the two steps but the page itself.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from syncconfig.admin.actions import ConfigActionsMixin, add_config_list_button
from syncconfig.admin.outcomes import outcome_context, typed_secrets
from syncconfig.documents.importing import text_import
from syncconfig.documents.outcome import Effect, Outcome
from syncconfig.documents.pruning import Prune
from syncconfig.documents.yaml_text import MAX_LENGTH
from syncconfig.models import OdooConnection


class ImportForm(forms.Form):
    """A document, from a file or pasted."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".yaml,.yml"}),
        help_text=_("A YAML document as “Export” writes it."),
    )
    text = forms.CharField(
        label=_("Or the document itself"),
        required=False,
        strip=False,
        max_length=MAX_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 16, "class": "sync-code-input", "spellcheck": "false"}),
        help_text=_(
            "What is in it is created or changed; what it leaves out of a sync gets its default. Secrets that it does "
            "not name are kept."
        ),
    )
    prune = forms.ChoiceField(
        label=_("Syncs that are not in it"),
        choices=[
            (Prune.NO.value, _("Leave them alone")),
            (Prune.OFF.value, _("Switch them off")),
            (Prune.DELETE.value, _("Delete them where they never did anything, else switch them off")),
        ],
        initial=Prune.NO.value,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Choose another only where the document is to be all there is."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if file := cleaned.get("file"):
            if file.size > 4 * MAX_LENGTH:
                raise forms.ValidationError(_now("The file is larger than any configuration."))
            try:
                cleaned["text"] = file.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise forms.ValidationError(_now("The file is not UTF-8.")) from None
        if not (cleaned.get("text") or "").strip():
            raise forms.ValidationError(_now("Choose a file, or paste a document."))
        cleaned["text"] = cleaned["text"].replace("\r\n", "\n")
        return cleaned


def has_import_permission(model_admin: Any, request: HttpRequest, obj: Any = None) -> bool:
    """Whoever may add or change configs; what exactly, is held against each row."""
    return bool(model_admin.has_add_permission(request) or model_admin.has_change_permission(request))


@action(description=_("Import"), url_path="import", icon="upload", permissions=["import"])
def import_configs(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The page. It checks by POST, which changes nothing; and does by another, which carries `seen`."""
    form = ImportForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        seen = request.POST.get("seen", "")
        outcome = text_import(
            form.cleaned_data["text"],
            user=request.user,
            is_dry_run=not seen,
            prune=Prune(form.cleaned_data["prune"]),
            typed_secrets=typed_secrets(request),
            seen_state=seen,
        )
        if outcome.is_done:
            return _done(model_admin, request, outcome)
        for warning in outcome.warnings:
            messages.warning(request, warning)
        context = {**outcome_context(outcome), "text": form.cleaned_data["text"], "prune": form.cleaned_data["prune"]}
    context |= {
        **model_admin.admin_site.each_context(request),
        "title": _now("Import syncs"),
        "opts": model_admin.opts,
        "form": form,
        "form_url": request.path,
    }
    return TemplateResponse(request, "admin/syncconfig/import.html", context)


def _done(model_admin: Any, request: HttpRequest, outcome: Outcome) -> HttpResponse:
    for warning in outcome.warnings:
        messages.warning(request, warning)
    _record(request, outcome)
    count = len(outcome.effective)
    text = ngettext("%(count)s was changed by the import.", "%(count)s were changed by the import.", count)
    messages.success(request, text % {"count": count})
    return HttpResponseRedirect(reverse("admin:syncconfig_syncconfig_changelist"))


def _record(request: HttpRequest, outcome: Outcome) -> None:
    """In the admin's own log, where connections have their history; that of configs is kept by itself."""
    for change in outcome.effective:
        if change.section != "connections" or change.pk is None:
            continue
        flag = ADDITION if change.effect == Effect.CREATED else CHANGE
        rows = OdooConnection.objects.filter(pk=change.pk).defer("secret")
        LogEntry.objects.log_actions(request.user.pk, rows, flag, _now("Imported."))  # type: ignore[arg-type]


ConfigActionsMixin.has_import_permission = has_import_permission  # type: ignore[attr-defined]
add_config_list_button(import_configs)
