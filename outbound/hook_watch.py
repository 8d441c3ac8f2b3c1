"""Looks now and then whether the rules in Odoo are still there: who deletes one there tells nobody, and nothing would
come any more without a word."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.db.models import F, Q
from django.utils import timezone

from clients.errors import RemoteError
from outbound.alerts import Trouble, alert
from outbound.hooks import hook_check
from outbound.models import OdooHook
from syncconfig.models import SyncConfig
from syncconfig.secrets import SecretUnreadable

logger = logging.getLogger(__name__)

CHECK_EVERY: Final = timedelta(hours=1)


def hooks_check(*, limit: int) -> int:
    """Check the rules of up to `limit` active configs that were not checked for an hour; returns how many were. Staff
    are told of what is found for the first time. Raises nothing."""
    now = timezone.now()
    due = OdooHook.objects.filter(config__active=True)
    due = due.filter(Q(checked_at=None) | Q(checked_at__lt=now - CHECK_EVERY))
    rows = due.order_by(F("checked_at").asc(nulls_first=True), "pk").values_list("pk", "checked_at", "problem")
    checked = 0
    for pk, checked_at, known in list(rows[:limit]):
        # Whoever moves `checked_at` on is the one who asks.
        if not OdooHook.objects.filter(pk=pk, checked_at=checked_at).update(checked_at=now):
            continue
        try:
            config = SyncConfig.objects.select_related("connection").defer("auth_secret").get(odoo_hook=pk)
            problems = hook_check(config=config)
        except (RemoteError, SecretUnreadable, ValueError, SyncConfig.DoesNotExist) as error:
            logger.info("The rules in Odoo of hook %s were not checked: %s", pk, error)
            continue
        checked += 1
        if problems and not known:
            alert(config.pk, Trouble.HOOK, f"The rules in Odoo: {' '.join(problems)} Press “Rules in Odoo” to mend it.")
    return checked
