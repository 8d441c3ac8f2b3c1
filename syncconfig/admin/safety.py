"""Keeps stored credentials out of every query of an admin, and a lost key from breaking a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from syncconfig.secrets import SecretUnreadable


class NamedFilter(admin.RelatedFieldListFilter):
    """By a related row's name, which is all that is read of it."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(field.related_model._default_manager.order_by("name").values_list("pk", "name"))


class DeferredSecretsMixin:
    """For a ModelAdmin or inline: `secret_columns` are never loaded by its lists and forms."""

    secret_columns: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer(*self.secret_columns)  # type: ignore[misc]


class ReadableErrorsMixin(DeferredSecretsMixin):
    """For a ModelAdmin: what a page cannot do without a credential that is unreadable ends in a message."""

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        view = super().delete_view  # type: ignore[misc]
        return self._guarded(request, lambda: view(request, object_id, extra_context))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        view = super().changelist_view  # type: ignore[misc]
        return self._guarded(request, lambda: view(request, extra_context))

    def _guarded(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        try:
            return view()
        except SecretUnreadable as error:
            messages.error(request, str(error))
            opts = self.model._meta  # type: ignore[attr-defined]
            return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))
