"""What needs attention among connections and configs: tests that fail, keys near their end, fields changed in Odoo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from syncconfig.attention import MOST_OF_A_KIND, Attention, Urgency
from syncconfig.health import State, health_of
from syncconfig.models import OdooConnection, SyncConfig


def connections_need(now: datetime) -> Iterator[Attention]:
    """Connections whose last test failed, whose key ends soon, or whose user may not do what syncs need."""
    for connection in OdooConnection.objects.defer("secret"):
        health = health_of(connection, now=now)
        if health.state not in (State.FAILED, State.WARNING):
            continue
        yield Attention(
            urgency=Urgency.BROKEN if health.state is State.FAILED else Urgency.SOON,
            title=connection.name,
            text=f"{health.badge}: {health.sentence}",
            url=reverse("admin:syncconfig_odooconnection_change", args=[connection.pk]),
            permission="syncconfig.view_odooconnection",
        )


def drifts_need(now: datetime) -> Iterator[Attention]:
    """Configs whose fields have changed in Odoo."""
    drifted = SyncConfig.objects.exclude(drift=[]).order_by("name").only("name", "drift")
    for config in drifted[:MOST_OF_A_KIND]:
        yield Attention(
            urgency=Urgency.SOON,
            title=config.name,
            text=_("Odoo changed: %(what)s") % {"what": config.drift[0]["message"]},
            url=reverse("admin:syncconfig_syncconfig_change", args=[config.pk]),
            permission="syncconfig.view_syncconfig",
        )
