"""Staff log in; who guesses is made to wait.

django-axes counts failures by name and address, and refuses both together for a while, the right password too. It would
answer with a page of its own: here the form says it, where one looks.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import ngettext
from unfold.forms import AuthenticationForm


class LoginForm(AuthenticationForm):
    """The admin's form, which tells wrong passwords from too many of them."""

    def get_invalid_login_error(self) -> ValidationError:
        if getattr(self.request, "axes_locked_out", False):
            return locked_error()
        return super().get_invalid_login_error()


def locked_error() -> ValidationError:
    minutes = settings.SYNC_LOGIN_LOCK_MINUTES
    return ValidationError(
        ngettext(
            "Too many wrong passwords for this name from your address. Try again in %(count)s minute, or ask an "
            "administrator to run manage.py axes_reset.",
            "Too many wrong passwords for this name from your address. Try again in %(count)s minutes, or ask an "
            "administrator to run manage.py axes_reset.",
            minutes,
        )
        % {"count": minutes},
        code="locked",
    )


def locked(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """What django-axes answers with: the form, as it is, with the status that says when to come back."""
    response.status_code = 429
    response["Retry-After"] = str(settings.SYNC_LOGIN_LOCK_MINUTES * 60)
    return response
