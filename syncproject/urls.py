"""Where requests go: the admin, and the endpoints that other systems call. `health_check` answers before them."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import include, path, reverse

from syncproject.session import session_state
from syncproject.time_zone import set_time_zone


def _home(request: HttpRequest) -> HttpResponse:
    return HttpResponsePermanentRedirect(reverse("admin:index"))


def _favicon(request: HttpRequest) -> HttpResponse:
    """For browsers that look for it by its old name, as they do on pages of errors."""
    return HttpResponseRedirect(static("syncconfig/favicon.svg"))


urlpatterns = [
    path("", _home),
    path("admin", _home),
    path("favicon.ico", _favicon),
    path("admin/language/", include("django.conf.urls.i18n")),
    path("admin/time-zone/", admin.site.admin_view(set_time_zone), name="time_zone"),
    path("admin/session/", session_state, name="session_state"),
    path("admin/", admin.site.urls),
    path("", include("inbound.urls")),
]

handler400 = "inbound.errors.bad_request"
handler403 = "inbound.errors.permission_denied"
handler404 = "inbound.errors.not_found"
handler500 = "inbound.errors.server_error"
