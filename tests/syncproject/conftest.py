"""A row of everything that the admin shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.utils import timezone
from django_q.models import Failure, Schedule

from auditlog.models import ApiLog
from inbound.models import InboundRequest
from outbound.models import Conflict, Delivery, DeliveryPolicy, Host, RecordLink, SyncRun, Worker
from syncconfig.acting import Actor
from syncconfig.documents.history import version_keep
from syncconfig.models import ModelSchema, OdooConnection, SyncConfig, SyncConfigLine


@pytest.fixture
def rows(db: None) -> dict[str, Any]:
    """A row of each model, by the model's part of an address; runs and configs of both kinds."""
    now = timezone.now()
    odoo = OdooConnection.objects.create(name="Odoo", url="http://127.0.0.1:9", database="d", login="l", secret="s")
    made = [
        SyncConfig.objects.create(
            name=name,
            request_type="out",
            connection=odoo,
            model="res.partner",
            url="https://x.example.com",
            method_post=True,
        )
        for name in ("One", "Two")
    ]
    for config in made:
        SyncConfigLine.objects.create(config=config, field="ref", key="id", is_identifier=True)
    DeliveryPolicy.objects.create(config=made[1], is_paused=True)
    DeliveryPolicy.objects.create(config=made[0], held_deletions=2)
    endpoint = SyncConfig.objects.create(
        name="In", request_type="in", connection=odoo, model="res.partner", endpoint="in", method_post=True
    )
    SyncConfigLine.objects.create(config=endpoint, field="ref", key="id", is_identifier=True)
    into_odoo = _into_odoo(odoo)
    version = version_keep(config_id=made[0].pk, actor=Actor())
    superuser = User.objects.create_superuser("root")
    return {
        "syncconfig_odooconnection": odoo,
        "syncconfig_syncconfig": made[0],
        "syncconfig_syncconfig_resume": made[1],
        "syncconfig_syncconfig_post_sample": endpoint,
        "syncconfig_syncconfig_way_back": into_odoo,
        "syncconfig_syncconfig_version": version,
        "syncconfig_syncconfig_restore": version,
        "syncconfig_modelschema": ModelSchema.objects.create(
            connection=odoo, model="res.partner", fields={}, fetched_at=now
        ),
        "auth_user": User.objects.create_user("somebody"),
        "auth_group": Group.objects.create(name="Some group"),
        "django_q_schedule": Schedule.objects.create(name="s", func="f", next_run=now),
        "django_q_failure": Failure.objects.create(
            id="a" * 32, name="n", func="f", started=now, stopped=now, success=False
        ),
        "auditlog_act": LogEntry.objects.log_actions(superuser.pk, [odoo], 2, "x", single_object=True),
        "auditlog_apilog": ApiLog.objects.create(
            created_at=now, direction="out", party="api", method="POST", url="/", status=200, duration_ms=1
        ),
        "outbound_conflict": Conflict.objects.create(
            config=made[0],
            record_id=1,
            target_id=2,
            title="R1",
            fields={"name": {"source": 1, "target": 2}},
            seen_at=now,
        ),
        "outbound_delivery": Delivery.objects.create(
            config=made[0], record_id=1, method="POST", payload={}, state="dead", next_attempt_at=None
        ),
        "outbound_delivery_hurry": Delivery.objects.create(
            config=made[0], record_id=2, method="POST", payload={}, next_attempt_at=now + timedelta(hours=1)
        ),
        "outbound_host": Host.objects.create(address="https://x.example.com", state="open", opened_at=now),
        "outbound_recordlink": RecordLink.objects.create(config=made[0], odoo_id=1, external_id="a"),
        "outbound_syncrun": SyncRun.objects.create(config=made[0], trigger="manual", state="failed"),
        "outbound_syncrun_cancel": SyncRun.objects.create(config=made[1], trigger="manual", state="running"),
        "outbound_worker": Worker.objects.create(host="h", pid=1, started_at=now, beat_at=now),
        "inbound_inboundrequest": InboundRequest.objects.create(config=made[0], method="POST", created_at=now),
    }  # fmt: skip


def _into_odoo(odoo: OdooConnection) -> SyncConfig:
    """A sync into another Odoo; the fields of both are known."""
    sides = [
        OdooConnection.objects.create(name=name, url=odoo.url, database=name, login="l", secret="s")
        for name in ("here", "there")
    ]
    ref = {"ref": {"type": "char", "string": "Reference"}}
    for side in sides:
        ModelSchema.objects.create(connection=side, model="res.partner", fields=ref, fetched_at=timezone.now())
    config = SyncConfig.objects.create(
        name="Into Odoo", request_type="out", connection=sides[0], target_connection=sides[1], model="res.partner",
        method_post=True,
    )  # fmt: skip
    SyncConfigLine.objects.create(config=config, field="ref", key="ref", is_identifier=True)
    return config
