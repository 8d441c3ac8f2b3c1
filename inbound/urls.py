"""The endpoints that other systems call. A slash at the end is as good as none."""

from __future__ import annotations

from django.urls import path, re_path
from django.urls.resolvers import URLPattern

from inbound.views import EndpointView, UnknownPath

endpoint = EndpointView.as_view()

urlpatterns: list[URLPattern] = [
    path("bj_api_sync/v1/<str:endpoint>", endpoint, name="endpoint"),
    path("bj_api_sync/v1/<str:endpoint>/", endpoint),
    path("bj_api_sync/v1/<str:endpoint>/<str:record_id>", endpoint, name="record"),
    path("bj_api_sync/v1/<str:endpoint>/<str:record_id>/", endpoint),
    re_path(r"^bj_api_sync(?:/.*)?\Z", UnknownPath.as_view()),
]
