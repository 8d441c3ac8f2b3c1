"""The login of the admin, which slows down whoever guesses passwords: after some wrong ones from an address, it is not
heard for the rest of the minute or hour.

By address and not by name, so that nobody can lock somebody else out. Counted in the database, for all processes; what
fails is a line in the process's log, for whoever watches it.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from unfold.forms import AuthenticationForm

from inbound.addresses import client_address
from inbound.limits import HOUR_S, MINUTE_S, Limit, count_call
from inbound.models import RateCounter

logger = logging.getLogger(__name__)

PER_MINUTE: Final = 10
PER_HOUR: Final = 60


class LoginForm(AuthenticationForm):
    def clean(self) -> dict[str, Any]:
        address = client_address(self.request) if self.request is not None else ""
        if wait_s := _wait_s(address):
            raise forms.ValidationError(
                _("Too many wrong passwords came from your address. The next one is looked at in %(wait)s s.")
                % {"wait": wait_s}
            )
        try:
            cleaned: dict[str, Any] = super().clean()
        except forms.ValidationError:
            count_call([Limit(_key(address), PER_MINUTE, PER_HOUR)])
            logger.warning("A login as %.150r from %s failed", self.cleaned_data.get("username"), address)
            raise
        return cleaned


def _wait_s(address: str) -> int:
    """How long the address has to wait; 0 for not at all."""
    now_s = int(time.time())
    row = RateCounter.objects.filter(key=_key(address)).first()
    if row is None:
        return 0
    if row.hour == now_s // HOUR_S and row.hour_count >= PER_HOUR:
        return HOUR_S - now_s % HOUR_S
    if row.minute == now_s // MINUTE_S and row.minute_count >= PER_MINUTE:
        return MINUTE_S - now_s % MINUTE_S
    return 0


def _key(address: str) -> str:
    return f"login:{address[:80]}"
