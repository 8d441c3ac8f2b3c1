"""`manage.py sync_run`: what it prints, and how it exits."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from outbound.models import SyncRun
from syncconfig.models import SyncConfig
from tests.outbound.conftest import MakeConfig

pytestmark = pytest.mark.django_db


def sync_run(*args: str, **options: Any) -> str:
    output = StringIO()
    call_command("sync_run", *args, stdout=output, stderr=output, **options)
    return output.getvalue()


def test_inline_does_the_work_and_tells_the_counts(config: SyncConfig, shop: DemoShop) -> None:
    text = sync_run("Catalogue", "--inline")
    assert text.splitlines()[-1] == ("Done: read 12, unchanged 0, rejected 0, to deliver 12, delivered 12, dead 0")
    assert len(shop.products) == 12


def test_waiting_inline_lasts_until_the_retries_are_through(config: SyncConfig, shop: DemoShop) -> None:
    shop.fail_next(2, status=503, only="DEMO-0001")
    text = sync_run("Catalogue", "--inline", "--wait")
    assert "delivered 12, dead 0" in text.splitlines()[-1]


def test_chosen_ids_and_full(config: SyncConfig, shop: DemoShop, products: list[int]) -> None:
    sync_run("Catalogue", "--inline")
    text = sync_run("Catalogue", "--inline", "--full", "--ids", f"{products[0]},{products[1]}")
    assert "to deliver 2" in text
    assert len(shop.received) == 14


def test_without_inline_the_run_is_left_to_the_worker(config: SyncConfig, shop: DemoShop) -> None:
    assert sync_run("Catalogue") == f"Run #{SyncRun.objects.get().pk} of Catalogue\n"
    assert shop.received == []


def test_a_dead_delivery_is_an_error_that_names_the_record(
    config: SyncConfig, shop: DemoShop, products: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    shop.fail_next(1, status=400, only="DEMO-0002")
    output = StringIO()
    with pytest.raises(CommandError, match="1 could not be delivered, 0 were rejected"):
        call_command("sync_run", "Catalogue", "--inline", stdout=output, stderr=output)
    assert f"Record {products[1]} could not be delivered: " in output.getvalue()


def test_a_failed_run_is_an_error_with_its_reason(config: SyncConfig, demo_odoo: DemoOdoo) -> None:
    SyncConfig.objects.update(model="no.such.model")
    with pytest.raises(CommandError, match=r"The run is failed\. .*no\.such\.model"):
        sync_run("Catalogue", "--inline")


def test_an_unknown_name_lists_the_known_ones(config: SyncConfig) -> None:
    with pytest.raises(CommandError, match=r"no sync config 'Katalog'\. Out configs: Catalogue\."):
        sync_run("Katalog")


def test_a_config_that_cannot_run_says_why(make_config: MakeConfig) -> None:
    make_config(active=False)
    with pytest.raises(CommandError, match="Catalogue is not active"):
        sync_run("Catalogue")


def test_ids_that_are_no_numbers_are_refused(config: SyncConfig) -> None:
    with pytest.raises(CommandError, match="whole numbers separated by commas"):
        sync_run("Catalogue", "--ids", "1;2")
