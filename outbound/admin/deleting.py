"""What is lost with a sync that is deleted: what waits to be sent, and a rule in Odoo that would go on calling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _now
from django.utils.translation import ngettext

from outbound.config_health import MOST_COUNTED
from outbound.models import Delivery, OdooHook, SyncRun
from outbound.states import ACTIVE_RUNS, OPEN_DELIVERIES
from syncconfig.models import SyncConfig


def obstacles(configs: Sequence[SyncConfig]) -> Iterator[str]:
    """A run that is not over would be gone under whoever executes it."""
    for run in SyncRun.objects.filter(config__in=configs, state__in=ACTIVE_RUNS).select_related("config")[:20]:
        yield _now("Run %(run)s is not over yet. Cancel it first, or wait.") % {"run": run}


def consequences(configs: Sequence[SyncConfig]) -> Iterator[str]:
    waiting = Delivery.objects.filter(config__in=configs, state__in=OPEN_DELIVERIES).order_by()
    if count := waiting.values("pk")[: MOST_COUNTED + 1].count():
        text = ngettext(
            "%(count)s delivery waits, and will not be sent.",
            "%(count)s deliveries wait, and will not be sent.",
            count,
        )
        yield text % {"count": f"{MOST_COUNTED}+" if count > MOST_COUNTED else count}
    for hook in OdooHook.objects.filter(config__in=configs).select_related("config")[:20]:
        yield _now(
            "The rule in Odoo of %(sync)s stays there and goes on calling, in vain. Remove it first: Rules in Odoo, in "
            "the menu More of the sync."
        ) % {"sync": hook.config}
