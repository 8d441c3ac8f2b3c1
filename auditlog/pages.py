"""Pages of tables that are never counted and never skipped through: each begins behind an id.

`?before=<id>` is the page of older rows, `?after=<id>` the one of newer rows; the ten-thousandth page costs what the
first one does. For lists in descending order of their ids.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.views import ChangeList

from syncconfig.row_ids import row_id

_PLACES = "_page_places"


class KeysetPages:
    """What the list's templates ask of a paginator."""

    template_name = "admin/auditlog/keyset_pages.html"


# The header of unfold's list prints the count unless the paginator is called as unfold calls its own.
KeysetPages.__name__ = "InfinitePaginator"


class KeysetChangeList(ChangeList):
    """`newer` and `older` are the queries of the neighbouring pages, None where there is none."""

    newer: str | None = None
    older: str | None = None

    def get_results(self, request: HttpRequest) -> None:
        before, after = getattr(request, _PLACES, (None, None))
        self.result_list = self.read_page(self.queryset, before, after)
        self.result_count = len(self.result_list)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = KeysetPages()

    def read_page(self, rows: QuerySet[Any], before: int | None, after: int | None) -> list[Any]:
        size = self.list_per_page
        if after is not None:
            found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
            has_newer, has_older = len(found) > size, True
            found = found[:size][::-1]
        else:
            older = rows if before is None else rows.filter(pk__lt=before)
            found = list(older.order_by("-pk")[: size + 1])
            has_newer, has_older = before is not None, len(found) > size
            found = found[:size]
        if found:
            self.newer = self.get_query_string({"after": found[0].pk}) if has_newer else None
            self.older = self.get_query_string({"before": found[-1].pk}) if has_older else None
        elif before is not None or after is not None:
            self.newer = self.get_query_string()
        return found


class KeysetAdminMixin:
    """For a ModelAdmin whose list is in descending order of its ids."""

    ordering: ClassVar[Any] = ("-id",)
    sortable_by: ClassVar[Any] = ()
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        places_take(request)
        return super().changelist_view(request, extra_context)  # type: ignore[misc]


def places_take(request: HttpRequest) -> tuple[int | None, int | None]:
    """Take `before` and `after` out of the query, and return them: they are no filters, and no filter's form is to
    carry them on."""
    given = request.GET.copy()
    places = row_id(given.pop("before", [""])[-1]), row_id(given.pop("after", [""])[-1])
    setattr(request, _PLACES, places)
    request.GET = given  # type: ignore[assignment]
    return places
