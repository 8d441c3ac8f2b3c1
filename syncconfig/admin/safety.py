"""Keeps stored credentials out of every query and page of an admin, and a lost key from breaking a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from syncconfig.secrets import SecretUnreadable, secret_is_stored, with_tokens


class NamedFilter(admin.RelatedFieldListFilter):
    """By a related row's name, which is all that is read of it."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(field.related_model._default_manager.order_by("name").values_list("pk", "name"))


class DeferredSecretsMixin:
    """For a ModelAdmin or inline whose model has a credential in `hidden_column`.

    Lists and forms never load it, nor the other `deferred_columns`. Where Django would show its value as text, to users
    who may look but not change, a word takes its place that says whether there is one.
    """

    hidden_column: ClassVar[str]
    deferred_columns: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_queryset(request).defer(*self.deferred_columns)  # type: ignore[misc]
        if isinstance(self, admin.ModelAdmin):
            return queryset.defer(self.hidden_column)
        # The rows of an inline each say whether they have one, which must not be a query each.
        return with_tokens(queryset, self.hidden_column)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        return (*super().get_readonly_fields(request, obj), "shown_secret")  # type: ignore[misc]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fieldsets: list[Any] = super().get_fieldsets(request, obj)  # type: ignore[misc]
        wanted, other = self.hidden_column, "shown_secret"
        if self.is_editable(request, obj):
            wanted, other = other, wanted
        shown = []
        for title, options in fieldsets:
            names = tuple(other if name == wanted else name for name in options["fields"])
            shown.append((title, {**options, "fields": tuple(dict.fromkeys(names))}))
        return shown

    def is_editable(self, request: HttpRequest, obj: Any) -> bool:
        if isinstance(self, admin.ModelAdmin) and obj is None:
            return self.has_add_permission(request)
        return bool(self.has_change_permission(request, obj))  # type: ignore[attr-defined]

    @admin.display(description=_("Secret"))
    def shown_secret(self, row: Model) -> str:
        return str(_("Stored") if secret_is_stored(row, self.hidden_column) else "-")


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
