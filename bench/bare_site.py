"""A site of one DRF view that inserts one row and does nothing else: what accepting a request costs at the least.

Served like the hub itself, on the hub's own database: `DJANGO_SETTINGS_MODULE=bench.bare_site`.
"""

from __future__ import annotations

from typing import Any

from syncproject.settings import *  # noqa: F403

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "bench.bare_urls"
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}
