"""What single fields of a configuration may hold. Each refusal says what is wrong and what would be right."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from croniter import croniter
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_MODEL_NAME = re.compile(r"^[a-z_][a-z0-9_]*(\.[a-z0-9_]+)*$")
_FIELD_PATH = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$")
_ENDPOINT = re.compile(r"^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$")
_HEADER_NAME = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")  # RFC 9110, 5.6.2: token
_RESERVED_ENDPOINTS = frozenset({"openapi", "docs", "status", "health", "hooks"})
# Set by the HTTP client from the connection and the body; a second one would break or smuggle requests.
_FORBIDDEN_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"}
)


def validate_http_url(text: str) -> None:
    """An absolute http(s) URL without credentials in it."""
    try:
        parts = urlsplit(text)
        port_is_legal = parts.port is None or parts.port > 0
    except ValueError:
        port_is_legal = False
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_legal or re.search(r"\s", text):
        raise ValidationError(
            _("Write an address that starts with http:// or https://, e.g. https://shop.example.com.")
        )
    if parts.username or parts.password:
        raise ValidationError(_("Leave login and password out of the address; there are fields for them."))


def validate_http_url_template(text: str) -> None:
    """As `validate_http_url`, with `{placeholders}` allowed behind the host."""
    if text.count("{") != text.count("}") or re.search(r"\{[^{}]*[{]|\{\s*\}", text):
        raise ValidationError(_("Braces must come in pairs around a name, e.g. https://shop.example.com/items/{sku}."))
    validate_http_url(re.sub(r"\{[^{}]+\}", "x", text))
    if "{" in urlsplit(text.replace("{", "%7B{")).netloc:
        raise ValidationError(_("A placeholder may stand in the path or the query, not in the host."))


def validate_endpoint(text: str) -> None:
    if not _ENDPOINT.match(text):
        raise ValidationError(_("Use small letters, digits, - and _ only, e.g. shop-orders."))
    if text in _RESERVED_ENDPOINTS:
        raise ValidationError(_("“%(name)s” is used by the hub itself. Choose another name."), params={"name": text})


def validate_model_name(text: str) -> None:
    if not _MODEL_NAME.match(text):
        raise ValidationError(_("Write the technical name of a model, e.g. res.partner."))


def validate_field_path(text: str) -> None:
    if not _FIELD_PATH.match(text):
        raise ValidationError(_("Write a field's technical name, e.g. name or partner_id.email."))


def validate_key_path(text: str) -> None:
    from mapping.paths import parse_path

    try:
        parse_path(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def validate_domain(text: str) -> None:
    from clients.odoo.domain import parse_domain

    try:
        parse_domain(text or "[]", now=datetime.now(UTC), uid=1)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def validate_header_name(text: str) -> None:
    if not _HEADER_NAME.match(text):
        raise ValidationError(_("Header names have letters, digits and - only, e.g. X-API-Key."))
    if text.lower() in _FORBIDDEN_HEADERS:
        raise ValidationError(_("%(name)s is set by the hub itself."), params={"name": text})


def validate_retry_schedule(text: str) -> None:
    try:
        delays = [float(part) for part in text.split(",")]
    except ValueError:
        delays = []
    if not delays or len(delays) > 30 or any(not 0 < delay <= 7 * 86400 for delay in delays):
        raise ValidationError(_("Write seconds separated by commas, each up to a week, e.g. 5, 30, 120."))


def validate_cron(text: str) -> None:
    if len(text.split()) != 5 or not croniter.is_valid(text):
        raise ValidationError(_("Write five fields: minute hour day month weekday, e.g. 0 6 * * 1-5."))


def validate_id_list(text: str) -> None:
    if not re.fullmatch(r"\s*[1-9]\d{0,8}\s*(,\s*[1-9]\d{0,8}\s*)*", text):
        raise ValidationError(_("Write ids separated by commas, e.g. 1,3."))


def validate_timezone(text: str) -> None:
    if text not in available_timezones():
        raise ValidationError(_("Write a time zone's name, e.g. Europe/Brussels or UTC."))
