"""What single fields of a config's delivery settings may hold."""

from __future__ import annotations

import re
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from outbound.statuses import parse_statuses
from outbound.templates import check_template
from outbound.windows import parse_windows

_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)


def validate_hosts(text: str) -> None:
    for part in text.split(","):
        if part.strip() and not _HOST.fullmatch(part.strip()):
            raise ValidationError(
                _("Write names of hosts separated by commas, without https://, e.g. eu.api.example.com.")
            )


def validate_statuses(text: str) -> None:
    try:
        parse_statuses(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def validate_windows(text: str) -> None:
    try:
        parse_windows(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def validate_body_template(text: str) -> None:
    try:
        check_template(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def validate_emails(text: str) -> None:
    for part in text.split(","):
        try:
            validate_email(part.strip())
        except ValidationError:
            raise ValidationError(
                _("Write addresses separated by commas, e.g. ops@example.com, it@example.com.")
            ) from None
