"""Pages of a table that is never counted: there is a next page if the query gives one row more."""

from __future__ import annotations

from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

MAX_PAGE = 1000


class UncountedPaginator(Paginator):
    """Django's contract with a `count` that is no count, but large enough for every page that is allowed.

    Deep pages cost the skipping of all rows before them, so there is a last one; filters lead further back.
    `has_more` says whether there are rows behind the page that was asked for last.
    """

    template_name = "admin/auditlog/uncounted_pages.html"
    has_more = False

    @cached_property
    def count(self) -> int:
        return self.per_page * MAX_PAGE

    def validate_number(self, number: Any) -> int:
        try:
            page = int(number)
        except (TypeError, ValueError):
            raise PageNotAnInteger(_("That page number is not an integer.")) from None
        if not 1 <= page <= MAX_PAGE:
            raise EmptyPage(_("Use the filters to reach entries that are further back."))
        return page

    def page(self, number: Any) -> Page[Any]:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        rows = list(self.object_list[start : start + self.per_page + 1])
        self.has_more = len(rows) > self.per_page and number < MAX_PAGE
        return Page(rows[: self.per_page], number, self)


# The header of unfold's list prints the count unless the paginator is called as unfold calls its own.
UncountedPaginator.__name__ = "InfinitePaginator"
