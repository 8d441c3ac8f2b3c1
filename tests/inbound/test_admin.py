"""What staff see and change of endpoints."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inbound.models import Credential, EndpointPolicy, InboundRequest
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine

pytestmark = pytest.mark.django_db


@pytest.fixture
def config() -> SyncConfig:
    odoo = OdooConnection.objects.create(name="O", url="http://127.0.0.1:1", database="d", login="l", secret="s")
    config = SyncConfig.objects.create(
        name="In", request_type="in", connection=odoo, model="res.partner", endpoint="in", method_post=True
    )
    SyncConfigLine.objects.create(config=config, field="ref", key="code", is_identifier=True)
    return config


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief", password="x"))
    return client


def page(client: Client, config: SyncConfig) -> str:
    answer = client.get(reverse("admin:syncconfig_syncconfig_change", args=[config.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def submission(client: Client, config: SyncConfig) -> dict[str, Any]:
    """What a browser would send for the form as it is shown."""
    answer = client.get(reverse("admin:syncconfig_syncconfig_change", args=[config.pk]))
    data: dict[str, Any] = {}
    forms = [answer.context["adminform"].form]
    for inline in answer.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for field in form:
            value = field.value()
            if value is True:
                data[field.html_name] = "on"
            elif value is not None and value is not False:
                data[field.html_name] = value
    return data


def save(client: Client, config: SyncConfig, **changes: str) -> None:
    data = {**submission(client, config), **changes}
    answer = client.post(reverse("admin:syncconfig_syncconfig_change", args=[config.pk]), data)
    errors = re.findall(r'class="errorlist.*?</ul>', answer.content.decode(), re.DOTALL)
    assert answer.status_code == 302, errors


def test_the_settings_are_there_to_fill_in_and_untouched_they_are_not_stored(staff: Client, config: SyncConfig) -> None:
    assert 'name="policy-0-mode"' in page(staff, config)
    save(staff, config)
    assert not EndpointPolicy.objects.exists()
    save(staff, config, **{"policy-0-mode": "queued"})
    assert EndpointPolicy.objects.get().mode == "queued"
    save(staff, config)
    assert EndpointPolicy.objects.count() == 1


def test_a_credential_is_made_on_the_configs_form_and_never_shown_again(staff: Client, config: SyncConfig) -> None:
    new = {
        "credentials-TOTAL_FORMS": "1",
        "credentials-0-config": str(config.pk),
        "credentials-0-name": "Shop",
        "credentials-0-kind": "bearer",
        "credentials-0-active": "on",
        "credentials-0-secret": "a-token-of-the-shop",
        "credentials-0-scheme": "standard",
        "credentials-0-algorithm": "sha256",
        "credentials-0-encoding": "hex",
        "credentials-0-tolerance_s": "300",
    }
    save(staff, config, **new)
    made = Credential.objects.get()
    shown = page(staff, config)
    save(staff, config, **{"credentials-0-name": "Web shop"})
    made.refresh_from_db()

    assert (made.name, made.secret) == ("Web shop", "a-token-of-the-shop")
    assert "a-token-of-the-shop" not in shown
    assert "Stored. Leave empty to keep it." in shown


def test_a_policy_is_made_on_the_configs_form(staff: Client, config: SyncConfig) -> None:
    save(
        staff,
        config,
        **{
            "policy-TOTAL_FORMS": "1",
            "policy-0-config": str(config.pk),
            "policy-0-mode": "queued",
            "policy-0-max_records": "500",
            "policy-0-max_depth": "20",
            "policy-0-callback_url": "https://shop.example.com/done",
            "policy-0-callback_secret": "a-callback-secret",
        },
    )

    policy = EndpointPolicy.objects.get()
    assert (policy.mode, policy.max_records, policy.callback_secret) == ("queued", 500, "a-callback-secret")
    assert "a-callback-secret" not in page(staff, config)


def test_a_change_of_either_is_a_new_revision(config: SyncConfig) -> None:
    config.refresh_from_db()
    before = config.revision
    credential = Credential.objects.create(config=config, name="Shop", kind="bearer", secret="t")
    EndpointPolicy.objects.create(config=config)
    credential.delete()

    config.refresh_from_db()
    assert config.revision == before + 3


def test_who_may_only_look_sees_no_input_for_secrets(client: Client, config: SyncConfig) -> None:
    Credential.objects.create(config=config, name="Shop", kind="bearer", secret="a-token-of-the-shop")
    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(viewer)

    shown = page(client, config)

    assert "a-token-of-the-shop" not in shown
    assert 'name="credentials-0-secret"' not in shown


def test_an_out_config_has_neither(staff: Client, config: SyncConfig) -> None:
    SyncConfig.objects.update(request_type="out", endpoint=None, url="https://shop.example.com")

    shown = page(staff, config)

    assert "credentials-TOTAL_FORMS" not in shown
    assert 'name="policy-TOTAL_FORMS"' not in shown


def test_accepted_requests_are_listed_without_their_bodies(staff: Client, config: SyncConfig) -> None:
    row = InboundRequest.objects.create(
        config=config, is_queued=True, method="POST", body='{"pin": "1234-secret"}', created_at=timezone.now()
    )

    listed = staff.get(reverse("admin:inbound_inboundrequest_changelist"))
    shown = staff.get(reverse("admin:inbound_inboundrequest_change", args=[row.pk]))

    assert str(row.public_id) in listed.content.decode()
    assert shown.status_code == 200
    assert "1234-secret" not in listed.content.decode() + shown.content.decode()


def test_a_request_is_searched_by_its_whole_id_or_request_id(
    client: Client, admin_user: User, config: SyncConfig, django_assert_max_num_queries: Any
) -> None:
    client.force_login(admin_user)
    for number in range(3):
        InboundRequest.objects.create(
            config=config, method="POST", request_id=f"req-{number}", body="{}", created_at=timezone.now()
        )
    wanted = InboundRequest.objects.get(request_id="req-1")
    for term, found in (("req-1", 1), (str(wanted.public_id), 1), ("req", 0), ("\0", 3)):
        with django_assert_max_num_queries(12):
            page = client.get("/admin/inbound/inboundrequest/", {"q": term}).content.decode()
        assert page.count("/admin/inbound/inboundrequest/") >= found
        assert (str(wanted.public_id) in page) == bool(found), term
