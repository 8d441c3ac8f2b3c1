"""The bytes of an answer: its request id, ETag and compression."""

from __future__ import annotations

import gzip
import hashlib
from typing import Final

from django.http import HttpRequest, HttpResponse

MIN_COMPRESSED_BYTES: Final = 1024
FASTEST: Final = 1


def with_request_id(content: bytes, request_id: str) -> bytes:
    """The JSON object with `request_id` as its last key. The id holds nothing that JSON would escape."""
    if not content.endswith(b"}") or content == b"{}":
        return content
    return content[:-1] + f',"request_id":"{request_id}"}}'.encode()


def etag_of(content: bytes) -> str:
    """Weak, since the request id behind it differs."""
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(request: HttpRequest, etag: str) -> bool:
    """Whether the caller has this answer already (If-None-Match, RFC 9110, 13.1.2)."""
    given = request.headers.get("If-None-Match", "")
    tags = [tag.strip().removeprefix("W/") for tag in given.split(",")]
    return given.strip() == "*" or etag.removeprefix("W/") in tags


def compress(request: HttpRequest, response: HttpResponse) -> None:
    """With gzip, where the caller takes it and it is worth it."""
    if len(response.content) < MIN_COMPRESSED_BYTES or response.has_header("Content-Encoding"):
        return
    response["Vary"] = "Accept-Encoding"
    if not _takes_gzip(request.headers.get("Accept-Encoding", "")):
        return
    response.content = gzip.compress(response.content, compresslevel=FASTEST, mtime=0)
    response["Content-Encoding"] = "gzip"


def _takes_gzip(text: str) -> bool:
    for part in text.lower().split(","):
        name, _semicolon, weight = part.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
