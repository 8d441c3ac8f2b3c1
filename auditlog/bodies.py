"""A body as the log keeps it: as text, without secrets, not longer than allowed, and fit for a text column."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from auditlog.redaction import Redactor

# What the longest spelling of a secret may take behind the cut; a private key in base64 within JSON is below it.
LOOKAHEAD = 32 * 1024

_NOT_WHOLE = re.compile(r"\A\[\d+ bytes, [^\]]*: not stored\]\Z|\n\[cut: \d+ bytes in all, the first \d+ are kept\]\Z")
_BINARY_TYPE = re.compile(
    r"^(image|audio|video|font)/(?!svg)|^application/(octet-stream|pdf|zip|gzip|x-gzip|x-tar|msword|vnd\.(ms-|openxml))"
)
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
# PostgreSQL takes neither NUL nor lone surrogates; the other controls would garble a terminal.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127) if chr(code) not in "\t\n\r"}
_HAS_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class KeptBody:
    """The beginning of a body, long enough to be redacted before it is cut, and how long all of it was."""

    data: bytes
    total_bytes: int


def keep_body(body: bytes | str | None, *, max_bytes: int) -> KeptBody:
    """What has to be held of `body` until it is stored."""
    if not body:
        return KeptBody(b"", 0)
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body)
    return KeptBody(data[: max_bytes + LOOKAHEAD], len(data))


def clean_text(text: str) -> str:
    """`text` with control characters written out, so that every database takes it."""
    if not _HAS_CONTROL.search(text):
        return text
    return text.translate(_CONTROLS).encode("utf-8", "backslashreplace").decode("utf-8")


def body_text(body: KeptBody, *, redactor: Redactor, max_bytes: int, content_type: str = "") -> str:
    """The body for the log; a note takes the place of what is binary, and stands behind what was cut."""
    if not body.data:
        return ""
    text = _decoded(body, content_type.strip().lower())
    if text is None:
        kind = content_type.partition(";")[0].strip()[:100]
        return redactor.values(clean_text(f"[{body.total_bytes} bytes, {kind or 'binary'}: not stored]"))
    is_partial = len(body.data) < body.total_bytes
    text = redactor.text(text)
    if is_partial:
        # The last characters may be the beginning of a secret whose end was left out.
        text = text[: -redactor.longest]
    text = clean_text(text)
    if body.total_bytes <= max_bytes:
        return text
    kept = text.encode("utf-8")[:max_bytes].decode("utf-8", "ignore")
    return f"{kept}\n[cut: {body.total_bytes} bytes in all, the first {max_bytes} are kept]"


def is_whole(text: str) -> bool:
    """Whether a stored body is all that there was, but for what is hidden in it."""
    return not _NOT_WHOLE.search(text)


def _decoded(body: KeptBody, content_type: str) -> str | None:
    """The body's characters, or None if it is binary."""
    if _BINARY_TYPE.search(content_type) or body.data.startswith((b"\x1f\x8b", b"PK\x03\x04", b"%PDF-", b"\x89PNG")):
        return None
    is_whole = len(body.data) == body.total_bytes
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(body.data, final=is_whole)
    except UnicodeDecodeError:
        pass
    charset = _CHARSET.search(content_type)
    if charset:
        try:
            return codecs.decode(body.data, charset[1], "replace")
        except (LookupError, ValueError):
            pass
    is_text = content_type.startswith("text/") or any(word in content_type for word in ("json", "xml", "form-url"))
    return body.data.decode("utf-8", "replace") if is_text and b"\0" not in body.data[:1024] else None
