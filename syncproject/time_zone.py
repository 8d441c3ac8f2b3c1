"""In which time zone a person sees times: the one chosen in this browser, else the browser's own, else that of the
settings.

The browser's own comes in a cookie that zone.js sets, first on the page of the login, so that nobody has to choose.

Only pages are concerned: what other systems send and get has its own zones.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

COOKIE: Final = "sync_time_zone"
BROWSER_COOKIE: Final = "sync_browser_zone"
COOKIE_AGE_S: Final = 365 * 86_400


def zone_of(request: HttpRequest) -> zoneinfo.ZoneInfo | None:
    """The zone that was chosen in the browser or is its own; None where it tells none, or none that is known here."""
    for cookie in (COOKIE, BROWSER_COOKIE):
        name = unquote(request.COOKIES.get(cookie, ""))
        if name in zoneinfo.available_timezones():
            return zoneinfo.ZoneInfo(name)
    return None


class TimeZone:
    """Middleware: shows the times of a page in its reader's zone. A thread keeps nothing for the next request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_of(request) or timezone.get_default_timezone()):
            return self._get_response(request)


class TimeZoneForm(forms.Form):
    zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("All times of the admin are shown in it, in this browser, e.g. <em>Europe/Brussels</em>."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        own = _("The one of this computer, else %(zone)s") % {"zone": settings.TIME_ZONE}
        known = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
        self.fields["zone"].choices = [("", own), ("UTC", "UTC"), *((name, name) for name in known)]  # type: ignore[attr-defined]


def set_time_zone(request: HttpRequest) -> HttpResponse:
    """A page that keeps the chosen zone in a cookie, and leads back to where one came from."""
    form = TimeZoneForm(request.POST or None, initial={"zone": request.COOKIES.get(COOKIE, "")})
    target = request.GET.get("next", "")
    if request.method == "POST" and form.is_valid():
        if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
            target = reverse("admin:index")
        response = HttpResponseRedirect(target)
        if form.cleaned_data["zone"]:
            response.set_cookie(
                COOKIE, form.cleaned_data["zone"], max_age=COOKIE_AGE_S, samesite="Lax", httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
            )  # fmt: skip
        else:
            response.delete_cookie(COOKIE)
        return response
    context = {**admin.site.each_context(request), "title": _("Time zone"), "form": form}
    return TemplateResponse(request, "admin/time_zone.html", context)
