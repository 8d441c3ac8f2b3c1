"""What is known of Odoo's models is used whatever its age, and refreshed where nobody waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from demo.odoo import DemoOdoo
from syncconfig.connections import fields_of
from syncconfig.models import ModelSchema, OdooConnection
from syncconfig.schemas import connection_schemas_refresh, schemas_refresh


@pytest.fixture
def aged(connection: OdooConnection, demo_odoo: DemoOdoo) -> OdooConnection:
    """The connection with two models that were read three days ago."""
    for model in ("res.partner", "sale.order"):
        fields_of(connection, model)
    ModelSchema.objects.update(fetched_at=timezone.now() - timedelta(days=3), tried_at=None)
    demo_odoo.calls.clear()
    return connection


def test_old_fields_are_used_without_asking(aged: OdooConnection, demo_odoo: DemoOdoo) -> None:
    assert "email" in fields_of(aged, "res.partner")
    assert not demo_odoo.calls


def test_old_fields_are_refreshed_up_to_the_limit_and_fresh_ones_left_alone(
    aged: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    assert schemas_refresh(limit=1).count == 1
    assert schemas_refresh(limit=5).count == 1
    assert schemas_refresh(limit=5).count == 0
    assert sum(count for (_model, method), count in demo_odoo.calls.items() if method == "fields_get") == 2


def test_unchanged_fields_make_no_new_revision_and_changed_ones_do(aged: OdooConnection, sync: Any) -> None:
    sync.connection = aged
    sync.save()
    revision = sync.revision
    schemas_refresh(limit=5)
    sync.refresh_from_db()
    assert sync.revision == revision
    ModelSchema.objects.filter(model="res.partner").update(fields={}, fetched_at=timezone.now() - timedelta(days=3))
    ModelSchema.objects.update(tried_at=None)
    schemas_refresh(limit=5)
    sync.refresh_from_db()
    assert sync.revision > revision


def test_an_odoo_that_does_not_answer_is_left_alone_for_an_hour(aged: OdooConnection, demo_odoo: DemoOdoo) -> None:
    demo_odoo.stop()
    report = schemas_refresh(limit=5)
    assert len(report.errors) == 1
    assert schemas_refresh(limit=5).count == 0
    ModelSchema.objects.update(tried_at=timezone.now() - timedelta(hours=2))
    assert schemas_refresh(limit=5).errors


def test_a_model_that_is_gone_keeps_its_fields_and_says_why(aged: OdooConnection) -> None:
    ModelSchema.objects.filter(model="sale.order").update(model="sale.gone")
    report = connection_schemas_refresh(aged)
    row = ModelSchema.objects.get(model="sale.gone")
    assert list(report.errors) == ["sale.gone"]
    assert "does not exist" in row.error
    assert row.fields


def test_the_refresh_button_reads_all_known_models(admin_client: Client, aged: OdooConnection, press: Any) -> None:
    page = press(admin_client, f"/admin/syncconfig/odooconnection/{aged.pk}/refresh/")
    assert "The fields of 2 models were read anew" in page
    assert not ModelSchema.objects.filter(fetched_at__lt=timezone.now() - timedelta(hours=1)).exists()


def test_the_known_models_are_listed_with_their_age_and_fields(
    admin_client: Client, viewer: Client, aged: OdooConnection
) -> None:
    listed = admin_client.get("/admin/syncconfig/modelschema/").content.decode()
    assert "3\xa0days" in listed
    assert "Due" in listed
    page = viewer.get(
        f"/admin/syncconfig/modelschema/{ModelSchema.objects.get(model='sale.order').pk}/change/"
    ).content.decode()
    assert "partner_id" in page
    assert "res.partner" in page
    data = {"action": "refresh_chosen", "_selected_action": [row.pk for row in ModelSchema.objects.all()]}
    assert "Read anew: 2" in admin_client.post("/admin/syncconfig/modelschema/", data, follow=True).content.decode()
