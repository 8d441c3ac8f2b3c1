"""Other apps add buttons and actions without this app knowing them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.test import RequestFactory
from unfold.decorators import action

from syncconfig.admin.actions import ConfigActionsMixin, add_config_action, add_config_button
from syncconfig.models import RequestType, SyncConfig


@action(description="Only out", permissions=["run"])
def only_out(model_admin: Any, request: Any, object_id: str) -> HttpResponse:
    return HttpResponse(f"{type(model_admin).__name__} {object_id}")


@action(description="For the list")
def for_the_list(model_admin: Any, request: Any, queryset: Any) -> None:
    pass


@pytest.fixture
def registered() -> Iterator[None]:
    """The two above, and the class as it was afterwards."""
    kept = (
        list(ConfigActionsMixin.actions_detail),
        list(ConfigActionsMixin.actions),
        dict(ConfigActionsMixin.button_types),
    )
    add_config_button(only_out, request_type=RequestType.OUT)
    add_config_action(for_the_list)
    yield
    ConfigActionsMixin.actions_detail[:], ConfigActionsMixin.actions[:] = kept[0], kept[1]
    ConfigActionsMixin.button_types.clear()
    ConfigActionsMixin.button_types.update(kept[2])
    del ConfigActionsMixin.only_out


def offered(rf: RequestFactory, user: Any, config: SyncConfig) -> set[str]:
    request = rf.get("/")
    request.user = user
    model_admin: Any = admin.site._registry[SyncConfig]
    return {item.method.original_function_name for item in model_admin.get_actions_detail(request, config.pk)}


def test_a_button_is_shown_for_its_request_type_and_to_those_who_may(
    registered: None, rf: RequestFactory, admin_user: Any, sync: SyncConfig, django_user_model: Any
) -> None:
    assert "only_out" in offered(rf, admin_user, sync)
    assert "only_out" not in offered(rf, django_user_model.objects.create_user("clerk", is_staff=True), sync)
    SyncConfig.objects.filter(pk=sync.pk).update(request_type="in")
    assert "only_out" not in offered(rf, admin_user, sync)
    assert "test_connection" in offered(rf, admin_user, sync)


def test_an_action_is_offered_in_the_list(registered: None, rf: RequestFactory, admin_user: Any) -> None:
    request = rf.get("/")
    request.user = admin_user
    model_admin: Any = admin.site._registry[SyncConfig]
    assert "for_the_list" in model_admin.get_actions(request)


def test_few_buttons_stand_beside_the_name_and_the_others_under_more(
    rf: RequestFactory, admin_user: Any, sync: SyncConfig
) -> None:
    request = rf.get("/")
    request.user = admin_user
    model_admin: Any = admin.site._registry[SyncConfig]
    allowed = model_admin.get_actions_detail(request, sync.pk)
    *main, more = model_admin._get_actions_navigation(model_admin.actions_detail, allowed, sync.pk)
    assert [str(each["title"]) for each in main] == ["Preview", "Run now"]
    titles = [str(each["title"]) for each in more["items"]]
    assert {"Test connection", "Send a sample"} <= set(titles)
    assert not {"Preview", "Run now"} & set(titles)
