"""The body of a request: read up to a limit, and parsed strictly.

It is JSON, or a form, whose fields become texts (`inbound.forms`). Refused, each with its reason: a body that is too
large (before it is read), compressed, of another type, not UTF-8, not JSON, with NaN or numbers beyond what computers
hold, with a key twice in one object (nobody could say which one was meant), nested too deeply, or with characters that
no database stores.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, UnreadablePostError

from inbound.errors import ApiError, ErrorCode
from inbound.forms import parse_form

MAX_DEPTH: Final = 64
FORM: Final = "application/x-www-form-urlencoded"
_CHUNK_BYTES: Final = 64 * 1024


def read_body(request: HttpRequest, *, max_bytes: int) -> bytes:
    """The whole body, sent with a length or in chunks. Raises ApiError 400, 411 or 413."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        if not request.META.get("wsgi.input_terminated"):
            raise ApiError(
                411, ErrorCode.LENGTH_REQUIRED, "This server takes no chunked bodies. Send a Content-Length."
            )
        # Django reads as much as Content-Length says, which is nothing here; the server has undone the chunks.
        return _read(request.META["wsgi.input"].read, max_bytes)
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        raise ApiError(400, ErrorCode.VALIDATION_ERROR, "Content-Length is no number.") from None
    if length > max_bytes:
        raise _too_large(max_bytes)
    body = _read(request.read, max_bytes) if length > 0 else b""
    if len(body) < length:
        raise ApiError(
            400, ErrorCode.VALIDATION_ERROR, f"The body ended after {len(body)} of the {length} bytes announced."
        )
    return body


def _read(read: Callable[[int], bytes], max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := read(_CHUNK_BYTES):
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(max_bytes)
            chunks.append(chunk)
    except (OSError, UnreadablePostError) as error:
        raise ApiError(
            400, ErrorCode.VALIDATION_ERROR, "The body could not be read to its end. Send it again.", reason=str(error)
        ) from error
    return b"".join(chunks)


def _too_large(max_bytes: int) -> ApiError:
    return ApiError(
        413,
        ErrorCode.PAYLOAD_TOO_LARGE,
        f"The body is larger than {max_bytes} bytes. Send fewer or smaller values at once.",
        limit_bytes=max_bytes,
    )


def check_media_type(request: HttpRequest) -> None:
    """Return where the headers announce JSON, or a form, in UTF-8. Raises ApiError 415."""
    media_type = (request.content_type or "").lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if not is_json and media_type != FORM:
        came = f"{media_type!a} came" if media_type else "none came"
        raise _unsupported(f"Send the body as JSON, with Content-Type: application/json ({came}).")
    charset = (request.content_params or {}).get("charset", "utf-8").strip('"').lower()
    if charset not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise _unsupported(f"Send JSON in UTF-8, not in {charset!a}.")
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise _unsupported(f"Send the body uncompressed, not as {encoding!a}.")


def _unsupported(message: str) -> ApiError:
    return ApiError(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)


def parse_body(body: bytes, media_type: str, *, max_depth: int = MAX_DEPTH) -> dict[str, Any] | list[Any]:
    """The JSON object or list in the body, or the object that a form means. Raises ApiError 400, saying where and
    why."""
    if not body.strip():
        raise _bad("The body is empty. Send the record as a JSON object.")
    if media_type.lower() == FORM:
        return parse_form(body)
    value = _parse(body, max_depth)
    if not isinstance(value, (dict, list)):
        raise _bad("The body is no JSON object. Send the record as an object with its keys in double quotes.")
    return value


def _parse(body: bytes, max_depth: int) -> Any:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(f"The body is not UTF-8: byte {error.start + 1} does not belong there.") from None
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_number)
    except json.JSONDecodeError as error:
        raise _bad(
            f"The body is no JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            line=error.lineno,
            column=error.colno,
        ) from None
    except RecursionError:
        raise _too_deep(max_depth) from None
    except ValueError:
        # Python's limit on the digits of whole numbers.
        raise _bad("The body has a number with too many digits.") from None
    _check_depth(value, max_depth)
    if "\\u" in text:
        _check_text(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                raise _bad(f"The key {key[:100]!a} stands twice in one object. Send it once.")
            seen.add(key)
    return found


def _constant(name: str) -> Any:
    raise _bad(f"{name} is no JSON. Send a number or null.")


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _bad(f"The number {text[:40]} is too large.")
    return number


def _check_depth(value: Any, max_depth: int) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > max_depth:
            raise _too_deep(max_depth)
        level = [
            inner
            for item in level
            if isinstance(item, (dict, list))
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, (dict, list))
        ]


def _check_text(value: Any) -> None:
    """Escapes can spell what is no character, or one that no database stores."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _bad("The body has half of a surrogate pair (\\ud800 to \\udfff), which is no character.") from None
    if "\\u0000" in text and _has_nul(value):
        raise _bad("The body has the character \\u0000, which cannot be stored. Remove it.")


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


def _too_deep(max_depth: int) -> ApiError:
    return _bad(f"The body is nested more than {max_depth} levels deep.")


def _bad(message: str, **details: Any) -> ApiError:
    return ApiError(400, ErrorCode.VALIDATION_ERROR, message, **details)
