"""The two headers of the API: X-Request-ID, echoed or made, and X-API-Version."""

from __future__ import annotations

import re
import uuid
from typing import Final

from django.http import HttpRequest

from inbound.errors import ApiError, ErrorCode

API_VERSION: Final = "1"
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")


def request_id_of(request: HttpRequest) -> str:
    """The caller's X-Request-ID where it is up to 128 letters, digits and ._:/+=@-; otherwise a new UUID."""
    given = request.headers.get("X-Request-ID", "").strip()
    return given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def check_api_version(request: HttpRequest) -> None:
    """Raises ApiError 400 for a version other than the one there is."""
    given = request.headers.get("X-API-Version", "").strip()
    if given.lower().removeprefix("v") not in ("", API_VERSION):
        raise ApiError(
            400,
            ErrorCode.VALIDATION_ERROR,
            f"X-API-Version {given[:40]!a} is not known. Send {API_VERSION}, or leave the header out.",
        )
