"""Delivery settings on a config's form, and the page of hosts."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from outbound.models import BreakerState, DeliveryPolicy, Host, OutAuth, PullPolicy
from syncconfig.models import SyncConfig
from tests.outbound.test_admin import limited

pytestmark = pytest.mark.django_db


def form_of(client: Client, config: SyncConfig) -> dict[str, str]:
    """What a browser would send back from the form, untouched."""
    response = client.get(reverse("admin:syncconfig_syncconfig_change", args=[config.pk]))
    assert response.status_code == 200
    soup = BeautifulSoup(response.content, "html.parser")
    sent: dict[str, str] = {}
    for field in soup.select(
        "#syncconfig_form input[name], #syncconfig_form textarea[name], #syncconfig_form select[name]"
    ):
        name = str(field["name"])
        if "__prefix__" in name or field.get("type") in ("submit", "button", "file"):
            continue
        if field.name == "select":
            chosen = field.select_one("option[selected]")
            sent[name] = str(chosen["value"]) if chosen else ""
        elif field.name == "textarea":
            sent[name] = field.text.lstrip("\n")
        elif field.get("type") == "checkbox":
            if field.has_attr("checked"):
                sent[name] = str(field.get("value", "on"))
        else:
            sent[name] = str(field.get("value", ""))
    return sent


def save(client: Client, config: SyncConfig, **changes: str) -> BeautifulSoup | None:
    """None: it was saved; otherwise the page with the errors."""
    response = client.post(
        reverse("admin:syncconfig_syncconfig_change", args=[config.pk]), {**form_of(client, config), **changes}
    )
    return None if response.status_code == 302 else BeautifulSoup(response.content, "html.parser")


def test_settings_are_made_on_the_config_and_secrets_kept(staff: Client, config: SyncConfig) -> None:
    made = {
        "delivery_policy-TOTAL_FORMS": "1",
        "delivery_policy-0-config": str(config.pk),
        "delivery_policy-0-body_format": "json",
        "delivery_policy-0-deletions": "ignore",
        "delivery_policy-0-deletion_ceiling": "20",
        "delivery_policy-0-breaker_failures": "5",
        "delivery_policy-0-breaker_pause_s": "30",
        "delivery_policy-0-alert_url": "https://hooks.example.com/very-secret",
    }
    assert save(staff, config, **made) is None
    policy = DeliveryPolicy.objects.get()
    assert (policy.breaker_failures, policy.alert_url) == (5, "https://hooks.example.com/very-secret")
    response = staff.get(reverse("admin:syncconfig_syncconfig_change", args=[config.pk]))
    assert b"very-secret" not in response.content
    assert save(staff, config, **{"delivery_policy-0-rate_per_minute": "60"}) is None
    policy.refresh_from_db()
    assert (policy.rate_per_minute, policy.alert_url) == (60, "https://hooks.example.com/very-secret")


def test_settings_that_nobody_touched_are_shown_and_not_stored(staff: Client, config: SyncConfig) -> None:
    shown = form_of(staff, config)
    assert {"delivery_policy-0-deletions", "out_auth-0-kind", "pull_policy-0-items_path"} <= shown.keys()
    assert save(staff, config) is None
    assert not DeliveryPolicy.objects.exists()
    assert not OutAuth.objects.exists()
    assert not PullPolicy.objects.exists()
    assert save(staff, config, **{"delivery_policy-0-deletions": "report"}) is None
    assert DeliveryPolicy.objects.get().deletions == "report"


def test_what_cannot_work_is_said_at_its_field(staff: Client, config: SyncConfig) -> None:
    DeliveryPolicy.objects.create(config=config)
    soup = save(staff, config, **{"delivery_policy-0-success_statuses": "ok"})
    assert soup is not None
    assert "Write statuses or ranges of them" in soup.get_text()


def test_who_may_only_look_sees_no_secret(client: Client, config: SyncConfig) -> None:
    OutAuth.objects.create(
        config=config, kind="oauth2", secret="top-secret-value", certificate="PRIVATE", client_id="x", token_url="x"
    )
    DeliveryPolicy.objects.create(config=config, alert_url="https://hooks.example.com/very-secret")
    viewer = limited(client, "view_syncconfig", "view_outauth", "view_deliverypolicy")
    response = viewer.get(reverse("admin:syncconfig_syncconfig_change", args=[config.pk]))
    assert response.status_code == 200
    for secret in (b"top-secret-value", b"PRIVATE", b"very-secret"):
        assert secret not in response.content


def test_the_tabs_are_called_the_same_for_who_may_only_look(staff: Client, client: Client, config: SyncConfig) -> None:
    def tabs(user: Client) -> list[str]:
        page = BeautifulSoup(
            user.get(reverse("admin:syncconfig_syncconfig_change", args=[config.pk])).content, "html.parser"
        )
        return [" ".join(tab.get_text(" ").split()) for tab in page.select("#tabs-items a")]

    assert {"Fetching", "Delivery settings", "Further authorization"} <= set(tabs(staff))
    seen = ("view_syncconfig", "view_outauth", "view_deliverypolicy", "view_pullpolicy")
    assert {"Fetching", "Delivery settings", "Further authorization"} <= set(tabs(limited(client, *seen)))


def test_hosts_are_listed_and_one_is_called_again(staff: Client) -> None:
    host = Host.objects.create(
        address="https://shop.example.com", state=BreakerState.OPEN, failures=12, probe_at=timezone.now()
    )
    url = reverse("admin:outbound_host_changelist")
    assert "does not answer" in staff.get(url).content.decode()
    staff.post(url, {"action": "close_chosen", "_selected_action": [host.pk]})
    host.refresh_from_db()
    assert (host.state, host.failures) == (BreakerState.CLOSED, 0)
