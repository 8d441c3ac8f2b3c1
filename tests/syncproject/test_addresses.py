"""Addresses of the admin that somebody typed, or that hold what is gone: never a failure of the hub."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client

PAGES = [
    f"{model._meta.app_label}/{model._meta.model_name}/{text}/change/"
    for model in admin.site._registry
    for text in ("abc", "9999999", "9" * 30, "2/more")
]
VIEWS = [
    f"syncconfig/syncconfig/{text}/{view}/"
    for text in ("abc", "9999999")
    for view in ("preview", "suggest", "run", "pause", "send-sample", "odoo-hook", "test", "drift", "history", "export")
]
ACTIONS = [f"outbound/{path}" for path in ("delivery/abc/replay/", "delivery/abc/hurry/", "syncrun/abc/cancel/")]


@pytest.mark.parametrize("path", [*PAGES, *VIEWS, *ACTIONS])
def test_an_address_without_an_object_is_no_failure(path: str, admin_client: Client) -> None:
    assert admin_client.get(f"/admin/{path}").status_code < 500
