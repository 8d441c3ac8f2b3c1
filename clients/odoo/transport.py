"""What XML-RPC, JSON-RPC and JSON-2 have in common: the contract, and how arguments get their names or places."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from clients.errors import Kind, RemoteError
from clients.http import HttpClient, HttpResponse
from clients.odoo.faults import ACCESS_DENIED
from clients.odoo.settings import OdooSettings, OdooVersion, Protocol

# Odoo's own names of the leading arguments (19.0, odoo/orm/models.py). JSON-2 takes nothing but names; the RPC
# transports get those marked below by place, since their names differ between versions or are not accepted.
ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "create": ("vals_list",),
    "write": ("vals",),
    "search": ("domain", "offset", "limit", "order"),
    "search_count": ("domain", "limit"),
    "search_read": ("domain", "fields", "offset", "limit", "order"),
    "read": ("fields", "load"),
    "fields_get": ("allfields", "attributes"),
    "name_search": ("name", "domain", "operator", "limit"),
    "name_create": ("name",),
    "default_get": ("fields",),
    "load": ("fields", "data"),
    "copy": ("default",),
    "has_access": ("operation",),
    "check_access": ("operation",),
    "check_access_rights": ("operation", "raise_exception"),
}
_BY_PLACE: Final[Mapping[str, tuple[str, ...]]] = {
    "create": ("vals_list",),
    "write": ("vals",),
    "search": ("domain",),
    "search_count": ("domain",),
    "search_read": ("domain",),
    "name_search": ("name", "domain"),
    "default_get": ("fields",),
    "load": ("fields", "data"),
}

READING_METHODS: Final = frozenset(
    {"search", "search_count", "search_read", "search_fetch", "read", "fields_get", "name_search", "name_get"}
    | {"context_get", "default_get", "read_group", "formatted_read_group", "has_access", "check_access_rights"}
    | {"get_views", "fields_view_get", "exists", "web_search_read", "web_read", "check_object_reference"}
)
"""Methods that change nothing, so that a lost answer may be asked for again."""

_NAME: Final = re.compile(r"[A-Za-z_][\w.]*")
MAX_XMLRPC_INT: Final = 2**31 - 1
CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class Transport:
    """One way of speaking to one Odoo; shared by threads. Everything it raises is a RemoteError."""

    protocol: ClassVar[Protocol]

    def __init__(self, settings: OdooSettings, http: HttpClient) -> None:
        self.settings = settings
        self.http = http
        self.base_url = settings.base_url
        self._uid: int | None = None
        self._lock = threading.Lock()

    def version(self) -> OdooVersion:
        """Ask the server, without credentials."""
        raise NotImplementedError

    def authenticate(self) -> int:
        """The user's id, asked for once. Raises PERMANENT `access_denied`."""
        if self._uid is None:
            with self._lock:
                if self._uid is None:
                    self._uid = self._authenticate()
        return self._uid

    def call(
        self,
        model: str,
        method: str,
        *,
        ids: Sequence[int] | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        safe: bool = False,
    ) -> Any:
        """Call `method` of `model` and return its result; None where it returned None."""
        raise NotImplementedError

    def _authenticate(self) -> int:
        raise NotImplementedError

    def _post(
        self, path: str, body: bytes, headers: Mapping[str, str], *, safe: bool, redact: tuple[bytes, ...] = ()
    ) -> HttpResponse:
        return self.http.request(
            "POST",
            self.base_url + path,
            headers=headers,
            body=body,
            timeouts=self.settings.timeouts,
            safe=safe,
            redact=redact,
        )


def as_uid(answer: Any) -> int:
    """The user's id from what `authenticate` answered; it answers False for wrong credentials."""
    if answer is False or answer is None:
        raise RemoteError(ACCESS_DENIED, kind=Kind.PERMANENT, code="access_denied")
    if isinstance(answer, bool) or not isinstance(answer, int):
        raise strange("authenticate", answer)
    return answer


def as_version(answer: Any) -> OdooVersion:
    """The version from what `common.version` answered."""
    if not isinstance(answer, dict):
        raise strange("version", answer)
    version = OdooVersion.from_answer(answer)
    if not version.major:
        raise strange("version", answer)
    return version


def strange(method: str, answer: Any) -> RemoteError:
    """An answer that no Odoo gives."""
    return RemoteError(
        f"{method} was answered with {type(answer).__name__} of an unknown shape, as no Odoo does. Check the URL of "
        f"the connection.",
        kind=Kind.PERMANENT,
        code="not_odoo",
    )


def check_names(model: str, method: str) -> None:
    """Refuse names that could not be names: they become part of a URL."""
    if not _NAME.fullmatch(model):
        raise RemoteError(f"{model!r} is no model's name.", kind=Kind.PERMANENT, code="unknown_model")
    if not _NAME.fullmatch(method):
        raise RemoteError(f"{method!r} is no method's name.", kind=Kind.PERMANENT, code="unknown_method")


def by_name(method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments by name, as JSON-2 wants them. Raises PERMANENT `positional_arguments` for unknown methods."""
    if not args:
        return dict(kwargs)
    names = ARGUMENTS.get(method, ())
    if len(args) > len(names):
        raise RemoteError(
            f"JSON-2 takes arguments by name only, and the names of {method}'s are not known here. Pass them by name.",
            kind=Kind.PERMANENT,
            code="positional_arguments",
        )
    return {**dict(zip(names, args, strict=False)), **kwargs}


def by_place(method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments as `execute_kw` takes them in every version: the leading ones of core methods by place."""
    placed, named = list(args), dict(kwargs)
    for name in _BY_PLACE.get(method, ())[len(placed) :]:
        if name not in named:
            if method == "name_search" and name == "name" and "domain" in named:
                placed.append("")
                continue
            break
        placed.append(named.pop(name))
    return placed, named


def unsendable(value: Any, *, xml: bool) -> RemoteError | None:
    """Why `value` cannot be sent, naming the field and the cure; None if nothing is found."""
    found = _search(value, "", xml=xml)
    if found is None:
        return None
    path, reason = found
    field = next((part for part in reversed(path.split(".")) if part and not part.isdigit()), None)
    where = f"The value of {path.strip('.')}" if field else "A value"
    return RemoteError(f"{where} cannot be sent: {reason}", kind=Kind.PERMANENT, code="bad_value", field=field)


def _search(value: Any, path: str, *, xml: bool) -> tuple[str, str] | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        if xml and CONTROL.search(value):
            return path, "it contains a control character, which XML cannot carry. Remove it."
        return None
    if isinstance(value, int):
        if xml and abs(value) > MAX_XMLRPC_INT:
            return path, f"{value} does not fit into XML-RPC's 32 bits. Use JSON-RPC or JSON-2."
        return None
    if isinstance(value, float):
        return None if math.isfinite(value) else (path, f"{value} is no number that Odoo can store.")
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                return f"{path}.{key}", f"the key {key!r} is no text."
            found = _search(key, path, xml=xml) or _search(item, f"{path}.{key}", xml=xml)
            if found:
                return found
        return None
    if isinstance(value, list | tuple):
        for at, item in enumerate(value):
            found = _search(item, f"{path}.{at}", xml=xml)
            if found:
                return found
        return None
    if isinstance(value, bytes | bytearray):
        return path, "bytes must be given as base64 text."
    return path, f"a {type(value).__name__} is no value Odoo takes. Convert it to text or a number first."
