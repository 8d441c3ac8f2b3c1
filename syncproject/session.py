"""Whether the reader of an open page is still logged in, for its script to ask before it sends a form.

Without that, a form that was filled in for an hour and sent after the session's end would be answered by the login
page, and what was typed would be gone.
"""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.views.decorators.http import require_GET


@require_GET
def session_state(request: HttpRequest) -> JsonResponse:
    """`{"user": name, "csrf": token}`, or `{"user": null, "login": address}` for those who are not logged in as staff.

    The token is that of the session as it is now: a login in another tab makes those of all open pages invalid. It
    tells other sites nothing: they can send this request, and cannot read its answer.
    """
    user = request.user
    if user.is_active and user.is_staff:
        answer: dict[str, str | None] = {"user": user.get_username(), "csrf": get_token(request)}
    else:
        answer = {"user": None, "login": reverse("admin:login")}
    return JsonResponse(answer, headers={"Cache-Control": "no-store"})
