"""What belongs to a sync config: mapping lines, headers, parameters, schedules; each a tab of its form."""

from __future__ import annotations

import json
from typing import Any, Final

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.widgets import UnfoldAdminExpandableTextareaWidget

from syncconfig.admin.learning import KNOWN_FIELDS, KNOWN_THERE
from syncconfig.admin.safety import DeferredSecretsMixin
from syncconfig.code_inputs import AUTHOR_PERMISSION
from syncconfig.forms import DefaultValueField, SyncHeaderForm
from syncconfig.formsets import HeaderFormSet, LineFormSet
from syncconfig.line_forms import LineForm
from syncconfig.models import SyncConfigLine, SyncHeader, SyncParam, SyncTrigger

MOST_LINES: Final = 500
"""Of one form. Each takes milliseconds to show, and a submission may claim any number."""


class LineInline(StackedInline):
    """One row per line, closed to its title; the whole mapping fits a screen, and a line opens at a click."""

    model = SyncConfigLine
    formset = LineFormSet
    extra = 0
    tab = True
    show_count = True
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
    form = LineForm
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("field", "key"),
                    ("calculation", "direction"),
                    # The inputs of the kinds; admin.css shows those of the chosen one.
                    ("opt_template",),
                    ("opt_map",),
                    ("opt_rest", "opt_rest_value"),
                    ("opt_rest_out", "opt_rest_out_value"),
                    ("opt_format", "opt_timezone"),
                    ("opt_decimal_separator", "opt_thousands_separator"),
                    ("opt_decimals",),
                    ("match_field", "on_missing"),
                    ("on_match", "x2many_mode"),
                    ("opt_match_key", "opt_unmatched"),
                    ("opt_case",),
                    ("opt_script_mode",),
                    ("script",),
                    ("script_reverse",),
                    ("opt_writes", "opt_reads"),
                    ("opt_limits",),
                    ("opt_out_as",),
                    ("is_identifier", "required"),
                    ("is_secret", "active"),
                    ("absent", "default"),
                    "position",
                )
            },
        ),
    )
    readonly_fieldsets = (
        (
            None,
            {
                "fields": (
                    ("field", "key"),
                    ("calculation", "direction"),
                    ("match_field", "on_missing"),
                    ("on_match", "x2many_mode"),
                    ("shown_options",),
                    ("shown_script",),
                    ("is_identifier", "required"),
                    ("is_secret", "active"),
                    ("absent", "default"),
                )
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look sees the options as they are stored: there is no form whose inputs could hold them."""
        return self.fieldsets if self.has_change_permission(request, obj) else self.readonly_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.has_change_permission(request, obj):
            return ()
        return ("shown_options", "shown_script")

    @admin.display(description=_("Options"))
    def shown_options(self, line: SyncConfigLine) -> str:
        told = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in line.options.items()]
        return "; ".join(told) or "-"

    @admin.display(description=_("Script"))
    def shown_script(self, line: SyncConfigLine) -> str | SafeString:
        if line.calculation != "script":
            return "-"
        texts = [text for text in (line.script, line.script_reverse) if text]
        return format_html_join("", '<pre class="sync-code">{}</pre>', ((text,) for text in texts))

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        limits = {"max_num": MOST_LINES, "absolute_max": MOST_LINES}
        formset = super().get_formset(request, obj, **{**limits, **kwargs})
        # The classes were made for this request alone.
        formset.known_fields = getattr(request, KNOWN_FIELDS, None)
        formset.known_there = getattr(request, KNOWN_THERE, None)
        formset.form.may_author = request.user.has_perm(AUTHOR_PERMISSION)
        return formset


class HeaderInline(DeferredSecretsMixin, TabularInline):
    model = SyncHeader
    form = SyncHeaderForm
    formset = HeaderFormSet
    hidden_column = "value"
    fields = ("key", "value")
    extra = 0
    tab = True
    show_count = True


class ParamInline(TabularInline):
    model = SyncParam
    fields = ("kind", "name", "value", "is_computed", "field", "operator")
    extra = 0
    tab = True
    show_count = True
    formfield_overrides = {models.TextField: {"widget": UnfoldAdminExpandableTextareaWidget(attrs={"rows": 1})}}


class TriggerInline(TabularInline):
    model = SyncTrigger
    fields = ("kind", "interval_minutes", "cron", "active")
    extra = 0
    tab = True
    show_count = True
