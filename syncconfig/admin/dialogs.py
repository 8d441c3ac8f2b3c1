"""Where the dialogs of buttons lead."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse


def dialog_done(view: str, *args: Any) -> HttpResponse:
    """Close the dialog and load the page; htmx reads the header."""
    return HttpResponse(headers={"HX-Redirect": reverse(f"admin:{view}", args=args)})
