"""What the admins here have in common: rows are made by the machinery, and looked at; buttons ask before they act."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from auditlog.pages import KeysetAdminMixin


class LookingAdmin(KeysetAdminMixin, ModelAdmin):
    """A list that is never counted, and a page that changes nothing."""

    list_per_page = 50
    list_fullwidth = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def badge(text: object, colour: str) -> SafeString:
    """A label as in unfold's lists, which its read-only pages cannot show."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})


def link(view: str, text: object, *args: Any, query: str = "") -> SafeString:
    url = reverse(f"admin:{view}", args=args)
    return format_html('<a class="text-link" href="{}{}">{}</a>', url, query, text)
