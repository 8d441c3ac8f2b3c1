"""Every page, button, list action and look-up of the admin, as each role: shown and done, or hidden and refused.

What a new address needs has to be written down here, or the first test fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, reverse

from outbound.models import Delivery, SyncRun
from syncconfig.roles import NAMES

pytestmark = pytest.mark.django_db

NEVER = "nobody.may"
ROLES = ("", *NAMES)
"""Without a role: staff who may log in, and nothing else."""

# Of each model: who may look at it, add, change and delete it.
MODELS = {
    "syncconfig_odooconnection": "syncconfig.{}_odooconnection",
    "syncconfig_syncconfig": "syncconfig.{}_syncconfig",
    "syncconfig_modelschema": {"view": "syncconfig.view_modelschema", "delete": "syncconfig.delete_modelschema"},
    "auth_user": "auth.{}_user",
    "auth_group": "auth.{}_group",
    "django_q_schedule": {"view": "django_q.view_schedule"},
    "django_q_failure": {"view": "django_q.view_failure", "delete": "django_q.delete_failure"},
    "auditlog_act": {"view": "admin.view_logentry"},
    "auditlog_apilog": {"view": "auditlog.view_apilog"},
    "outbound_conflict": {"view": "outbound.view_conflict", "change": "outbound.settle_conflict"},
    "outbound_delivery": {"view": "outbound.view_delivery"},
    "outbound_host": {"view": "outbound.view_host"},
    "outbound_recordlink": {"view": "outbound.view_recordlink", "delete": "outbound.delete_recordlink"},
    "outbound_syncrun": {"view": "outbound.view_syncrun", "delete": "outbound.delete_syncrun"},
    "outbound_worker": {"view": "outbound.view_worker"},
    "inbound_inboundrequest": {"view": "inbound.view_inboundrequest"},
}
VERBS = {"changelist": "view", "change": "view", "history": "view", "add": "add", "delete": "delete"}

# Each button, with what it needs; a second one is enough, too.
BUTTONS: dict[str, tuple[str, ...]] = {
    "syncconfig_odooconnection_test_connection": ("syncconfig.change_odooconnection",),
    "syncconfig_odooconnection_refresh_models": ("syncconfig.change_odooconnection",),
    "syncconfig_syncconfig_test_connection": ("syncconfig.change_syncconfig",),
    "syncconfig_syncconfig_check_fields": ("syncconfig.change_syncconfig",),
    "syncconfig_syncconfig_suggest": ("syncconfig.change_syncconfig",),
    "syncconfig_syncconfig_export_config": ("syncconfig.view_syncconfig",),
    "syncconfig_syncconfig_duplicate": ("syncconfig.add_syncconfig",),
    "syncconfig_syncconfig_way_back": ("syncconfig.add_syncconfig",),
    "syncconfig_syncconfig_pause": ("syncconfig.run_syncconfig",),
    "syncconfig_syncconfig_resume": ("syncconfig.run_syncconfig",),
    "syncconfig_syncconfig_send_sample": ("syncconfig.run_syncconfig",),
    "syncconfig_syncconfig_post_sample": ("syncconfig.run_syncconfig", "syncconfig.change_syncconfig"),
    "syncconfig_syncconfig_preview": ("syncconfig.run_syncconfig", "syncconfig.change_syncconfig"),
    "syncconfig_syncconfig_print_config": ("syncconfig.view_syncconfig",),
    "syncconfig_syncconfig_run_now": ("syncconfig.run_syncconfig",),
    "syncconfig_syncconfig_odoo_hook": ("syncconfig.change_syncconfig",),
    "syncconfig_syncconfig_agree_deletions": ("syncconfig.change_syncconfig",),
    "outbound_delivery_replay": ("outbound.replay_delivery",),
    "outbound_delivery_discard": ("outbound.replay_delivery",),
    "outbound_delivery_hurry": ("outbound.replay_delivery",),
    "outbound_delivery_map_anew": ("outbound.replay_delivery",),
    "outbound_syncrun_resume": ("syncconfig.run_syncconfig",),
    "outbound_syncrun_cancel": ("syncconfig.run_syncconfig",),
}
# Pages without an object.
PAGES: dict[str, tuple[str, ...]] = {
    "syncconfig_syncconfig_import_configs": ("syncconfig.add_syncconfig", "syncconfig.change_syncconfig"),
    "syncconfig_syncconfig_deleted": ("syncconfig.view_syncconfig",),
    "syncconfig_syncconfig_new_sync": ("syncconfig.add_syncconfig",),
    "syncconfig_guided_start": ("syncconfig.add_syncconfig",),
    "syncconfig_lookup_models": ("syncconfig.add_syncconfig", "syncconfig.change_syncconfig"),
    "syncconfig_lookup_fields": ("syncconfig.add_syncconfig", "syncconfig.change_syncconfig"),
    "auth_user_password_change": ("auth.change_user",),
    "auditlog_apilog_find": ("auditlog.view_apilog",),
    "auditlog_apilog_story": ("auditlog.view_apilog",),
    "outbound_delivery_bulk": ("outbound.replay_delivery",),
    "inbound_inboundrequest_replay": ("inbound.replay_inboundrequest",),
}
# What a page asks for with POST while somebody edits.
ASKED: dict[str, tuple[str, ...]] = {
    "syncconfig_domain_count": ("syncconfig.add_syncconfig", "syncconfig.change_syncconfig"),
    "syncconfig_record_sample": ("syncconfig.add_syncconfig", "syncconfig.change_syncconfig"),
    "syncconfig_bench": ("syncconfig.author_script",),
}
# Steps of a new sync that somebody has begun; each asks for the same.
DRAFTS: dict[str, tuple[str, ...]] = {
    "syncconfig_guided_resume": ("syncconfig.add_syncconfig",),
    "syncconfig_guided_step": ("syncconfig.add_syncconfig",),
}
# Pages of a row that has no form of its own.
ROW_PAGES: dict[str, tuple[str, ...]] = {
    "outbound_syncrun_progress": ("outbound.view_syncrun",),
    "syncconfig_syncconfig_version": ("syncconfig.view_syncconfig",),
    "syncconfig_syncconfig_restore": ("syncconfig.change_syncconfig",),
}
# For whoever is logged in: they show nothing of their own, or ask for permissions themselves.
FOR_STAFF = {
    "index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n", "view_on_site",
    "search", "app_list",
}  # fmt: skip
LIST_ACTIONS: dict[str, tuple[str, ...]] = {
    "export_chosen": ("syncconfig.view_syncconfig",),
    "export_with_connections": ("syncconfig.view_odooconnection",),
    "duplicate_chosen": ("syncconfig.add_syncconfig",),
    "run_chosen": ("syncconfig.run_syncconfig",),
    "pause_chosen": ("syncconfig.run_syncconfig",),
    "resume_chosen": ("syncconfig.run_syncconfig",),
    "replay_chosen": ("outbound.replay_delivery",),
    "anew_chosen": ("outbound.replay_delivery",),
    "discard_chosen": ("outbound.replay_delivery",),
    "close_chosen": ("outbound.replay_delivery",),
    "refresh_chosen": ("syncconfig.change_odooconnection",),
}


def addresses() -> set[str]:
    """The names of all addresses of the admin."""

    def walk(patterns: Any) -> Iterator[str]:
        for each in patterns:
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns)
            elif isinstance(each, URLPattern) and each.name:
                yield each.name

    return set(walk(admin.site.urls[0]))


def needs_of(name: str) -> tuple[str, ...] | None:
    """What the address needs; None where it is not known here."""
    for known in (BUTTONS, PAGES, ASKED, DRAFTS, ROW_PAGES):
        if name in known:
            return known[name]
    model, _line, view = name.rpartition("_")
    if model not in MODELS or view not in VERBS:
        return None
    wanted = MODELS[model]
    if isinstance(wanted, str):
        return (wanted.format(VERBS[view]),)
    return (wanted.get(VERBS[view], NEVER),)


@pytest.fixture(params=ROLES, ids=lambda role: role or "none")
def person(request: pytest.FixtureRequest, db: None) -> User:
    """Staff with one role each."""
    user = User.objects.create_user("person", is_staff=True)
    if request.param:
        user.groups.add(Group.objects.get(name=NAMES[request.param]))
    return user


def may(user: User, needs: tuple[str, ...]) -> bool:
    return any(user.has_perm(each) for each in needs)


def address(name: str, rows: dict[str, Any]) -> str:
    model, _line, view = name.rpartition("_")
    if name in BUTTONS:
        model = next(each for each in MODELS if name.startswith(f"{each}_"))
    if name == "auth_user_password_change":
        return reverse(f"admin:{name}", args=[rows["auth_user"].pk])
    if name == "outbound_delivery_bulk":
        return reverse(f"admin:{name}", args=["replay"])
    if name == "inbound_inboundrequest_replay":
        return reverse(f"admin:{name}", args=[rows["auditlog_apilog"].pk])
    if name in DRAFTS:
        return reverse(f"admin:{name}", args=["d1", "sample"][: 1 + name.endswith("step")])
    if name in PAGES or name in ASKED or view in ("changelist", "add"):
        return reverse(f"admin:{name}")
    return reverse(f"admin:{name}", args=[rows.get(name, rows[model]).pk])


def test_what_each_address_needs_is_known() -> None:
    unknown = {name for name in addresses() - FOR_STAFF if needs_of(name) is None}
    assert unknown == set(), "write down here what they need, and let them ask for it"


def test_a_page_is_shown_to_those_alone_who_may_see_it(client: Client, person: User, rows: dict[str, Any]) -> None:
    client.force_login(person)
    wrong = []
    for name in sorted(addresses() - FOR_STAFF):
        status = client.get(address(name, rows)).status_code
        allowed = (405,) if name in ASKED else (200, 302)
        wanted = allowed if may(person, needs_of(name) or ()) else (403,)
        if status not in wanted:
            wrong.append((name, status))
    assert wrong == []


def test_a_button_that_may_not_be_pressed_is_hidden_and_refused(
    client: Client, person: User, rows: dict[str, Any]
) -> None:
    client.force_login(person)
    before = acts()
    wrong = []
    for name, needs in BUTTONS.items():
        model = next(each for each in MODELS if name.startswith(f"{each}_"))
        row = rows.get(name, rows[model])
        page = client.get(reverse(f"admin:{model}_change", args=[row.pk])).content.decode()
        is_allowed = may(person, needs)
        if (address(name, rows) in page) != is_allowed:
            wrong.append((name, "shown" if not is_allowed else "hidden"))
        if not is_allowed:
            data = {"_form_submitted": "on", "what": "create", "sample": "{}", "payload": "{}"}
            status = client.post(address(name, rows), data).status_code
            if status != 403:
                wrong.append((name, status))
    assert wrong == []
    assert acts() == before


def test_forms_of_those_who_may_only_look_are_refused(client: Client, person: User, rows: dict[str, Any]) -> None:
    client.force_login(person)
    wrong = []
    for model, wanted in MODELS.items():
        for view, verb in (("add", "add"), ("change", "change"), ("delete", "delete")):
            needs = wanted.format(verb) if isinstance(wanted, str) else wanted.get(verb, NEVER)
            if may(person, (needs,)):
                continue
            status = client.post(address(f"{model}_{view}", rows), {"post": "yes", "name": "changed"}).status_code
            if status != 403:
                wrong.append((model, view, status))
    assert wrong == []


def test_list_actions_are_offered_to_those_alone_who_may(rf: RequestFactory, person: User) -> None:
    request = rf.get("/")
    request.user = person
    for model, model_admin in admin.site._registry.items():
        every = {action.__name__ if callable(action) else action for action in model_admin.actions or ()}
        assert every <= set(LIST_ACTIONS), f"write down here what they need: {every - set(LIST_ACTIONS)}"
        offered = set(model_admin.get_actions(request)) - {"delete_selected"}
        assert offered == {name for name in every if may(person, LIST_ACTIONS[name])}, model
        if "delete_selected" in model_admin.get_actions(request):
            assert model_admin.has_delete_permission(request)


@pytest.mark.parametrize("model", sorted(MODELS))
def test_who_is_not_logged_in_sees_nothing(model: str, client: Client, rows: dict[str, Any]) -> None:
    for name in sorted(addresses() - FOR_STAFF):
        if name.startswith(model):
            answer = client.get(address(name, rows))
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith("/admin/login/"), name


def acts() -> tuple[int, int, list[str], list[str]]:
    return (
        LogEntry.objects.count(),
        SyncRun.objects.count(),
        list(Delivery.objects.order_by("pk").values_list("state", flat=True)),
        list(SyncRun.objects.order_by("pk").values_list("state", flat=True)),
    )
