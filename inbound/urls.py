"""The endpoints that other systems call. A slash at the end is as good as none."""

from __future__ import annotations

from django.urls import path, re_path
from django.urls.resolvers import URLPattern

from inbound import docs
from inbound.api import UnknownPath
from inbound.odoo_hooks import OdooHookView
from inbound.views import BatchView, EndpointView, RequestView

_ROOT = "bj_api_sync/v1/<str:endpoint>"

endpoint = EndpointView.as_view()
batch = BatchView.as_view()
accepted = RequestView.as_view()

urlpatterns: list[URLPattern] = [
    # Before the endpoints, and with the middleware of pages: see `inbound.middleware.PAGES`.
    path("bj_api_sync/v1/docs", docs.page, name="docs"),
    path("bj_api_sync/v1/openapi.json", docs.openapi, name="openapi"),
    path("bj_api_sync/v1/postman.json", docs.postman, name="postman"),
    path(_ROOT, endpoint, name="endpoint"),
    path(f"{_ROOT}/", endpoint),
    path(f"{_ROOT}/batch", batch, name="batch"),
    path(f"{_ROOT}/batch/", batch),
    path(f"{_ROOT}/requests/<str:public_id>", accepted, name="accepted"),
    path(f"{_ROOT}/requests/<str:public_id>/", accepted),
    path(f"{_ROOT}/by/<path:identifier>", endpoint, name="record-by"),
    path(f"{_ROOT}/<str:record_id>", endpoint, name="record"),
    path(f"{_ROOT}/<str:record_id>/", endpoint),
    # Everything below it, since whatever stands there may be a secret.
    path("bj_api_sync/hooks/<path:secret>", OdooHookView.as_view(), name="odoo-hook"),
    re_path(r"^bj_api_sync(?:/.*)?\Z", UnknownPath.as_view()),
]
