"""What belongs to a sync config: mapping lines, headers, parameters, schedules; each a tab of its form."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.widgets import UnfoldAdminExpandableTextareaWidget

from syncconfig.admin.safety import DeferredSecretsMixin
from syncconfig.forms import DefaultValueField, SyncHeaderForm
from syncconfig.formsets import HeaderFormSet, LineFormSet
from syncconfig.models import SyncConfigLine, SyncHeader, SyncParam, SyncTrigger

KNOWN_FIELDS = "_known_fields"


class LineInline(StackedInline):
    """One row per line, closed to its title; the whole mapping fits a screen, and a line opens at a click."""

    model = SyncConfigLine
    formset = LineFormSet
    extra = 0
    tab = True
    collapsible = True
    show_change_link = False
    ordering_field = "position"
    hide_ordering_field = True
    verbose_name_plural = _("Mapping lines")
    formfield_overrides = {
        models.JSONField: {
            "form_class": DefaultValueField,
            "widget": UnfoldAdminExpandableTextareaWidget(attrs={"rows": 1}),
        }
    }
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("field", "key"),
                    ("calculation", "direction"),
                    ("is_identifier", "required"),
                    ("is_secret", "active"),
                    ("absent", "default"),
                    ("match_field", "on_missing"),
                    ("on_match", "x2many_mode"),
                    "position",
                )
            },
        ),
    )

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.known_fields = getattr(request, KNOWN_FIELDS, None)  # the class was made for this request alone
        return formset


class HeaderInline(DeferredSecretsMixin, TabularInline):
    model = SyncHeader
    form = SyncHeaderForm
    formset = HeaderFormSet
    hidden_column = "value"
    fields = ("key", "value")
    extra = 0
    tab = True


class ParamInline(TabularInline):
    model = SyncParam
    fields = ("kind", "name", "value", "is_computed", "field", "operator")
    extra = 0
    tab = True
    formfield_overrides = {models.TextField: {"widget": UnfoldAdminExpandableTextareaWidget(attrs={"rows": 1})}}


class TriggerInline(TabularInline):
    model = SyncTrigger
    fields = ("kind", "interval_minutes", "cron", "active")
    extra = 0
    tab = True
