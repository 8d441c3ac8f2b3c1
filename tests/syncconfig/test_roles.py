"""The shipped groups: made once, given what is new, and never set back to what an installation has changed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client

from syncconfig.models import Role
from syncconfig.roles import NAMES, roles_keep
from syncconfig.trail import act_record

pytestmark = pytest.mark.django_db


def permissions(key: str) -> set[str]:
    group = Role.objects.get(key=key).group
    assert group is not None
    rows = group.permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def test_migrating_makes_the_groups() -> None:
    assert set(Group.objects.values_list("name", flat=True)) >= set(NAMES.values())


def test_each_role_may_what_the_one_before_may() -> None:
    steps = [permissions(key) for key in NAMES]
    for less, more in pairwise(steps):
        assert less < more


@pytest.mark.parametrize(
    ("key", "may", "may_not"),
    [
        ("viewer", "syncconfig.view_syncconfig", "syncconfig.run_syncconfig"),
        ("viewer", "auditlog.view_apilog", "syncconfig.change_syncconfig"),
        ("operator", "syncconfig.run_syncconfig", "syncconfig.change_syncconfig"),
        ("operator", "outbound.replay_delivery", "outbound.delete_recordlink"),
        ("editor", "syncconfig.add_odooconnection", "syncconfig.author_script"),
        ("editor", "inbound.add_credential", "auth.add_user"),
        ("editor", "outbound.change_deliverypolicy", "admin.view_logentry"),
        ("author", "syncconfig.author_script", "auth.change_group"),
        ("admin", "auth.change_user", "sessions.view_session"),
        ("admin", "admin.view_logentry", "admin.delete_logentry"),
    ],
)
def test_what_a_role_may_and_may_not(key: str, may: str, may_not: str) -> None:
    given = permissions(key)
    assert may in given
    assert may_not not in given


def test_repeating_changes_nothing() -> None:
    before = {key: permissions(key) for key in NAMES}
    call_command("migrate", verbosity=0)
    assert {key: permissions(key) for key in NAMES} == before
    assert Group.objects.filter(name__in=NAMES.values()).count() == len(NAMES)


def test_what_an_installation_added_or_took_away_stays_so() -> None:
    viewer = Group.objects.get(name="Viewer")
    extra = Permission.objects.get(codename="run_syncconfig")
    taken = Permission.objects.get(codename="view_apilog")
    viewer.permissions.add(extra)
    viewer.permissions.remove(taken)
    roles_keep()
    assert extra in viewer.permissions.all()
    assert taken not in viewer.permissions.all()


def test_a_permission_that_is_new_is_given() -> None:
    role = Role.objects.get(key="viewer")
    assert role.group is not None
    role.given.remove("outbound.view_worker")
    role.save()
    role.group.permissions.remove(Permission.objects.get(codename="view_worker"))
    roles_keep()
    assert "outbound.view_worker" in permissions("viewer")


def test_a_renamed_group_keeps_its_role_and_a_deleted_one_stays_away() -> None:
    Group.objects.filter(name="Viewer").update(name="Looking only")
    Group.objects.get(name="Operator").delete()
    roles_keep()
    assert not Group.objects.filter(name__in=("Viewer", "Operator")).exists()
    role = Role.objects.get(key="viewer")
    assert role.group is not None
    assert role.group.name == "Looking only"


def test_a_group_that_happens_to_have_the_name_is_given_nothing() -> None:
    Role.objects.all().delete()
    Group.objects.all().delete()
    theirs = Group.objects.create(name="Administrator")
    roles_keep()
    assert not theirs.permissions.exists()
    role = Role.objects.get(key="admin")
    assert role.group is not None
    assert role.group.name == "Administrator (sync hub)"


@pytest.fixture
def administrator(client: Client) -> Client:
    """Logged in with the role, and no superuser."""
    user = User.objects.create_user("boss", is_staff=True)
    user.groups.add(Group.objects.get(name="Administrator"))
    client.force_login(user)
    return client


def user_form(user: User, **values: str) -> dict[str, str]:
    return {
        "username": user.username,
        "is_active": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "10:00",
    } | values


def test_an_administrator_puts_people_into_groups(administrator: Client) -> None:
    clerk = User.objects.create_user("clerk")
    viewer = Group.objects.get(name="Viewer")
    answer = administrator.post(
        f"/admin/auth/user/{clerk.pk}/change/", user_form(clerk, is_staff="on", groups=str(viewer.pk))
    )
    assert answer.status_code == 302
    clerk.refresh_from_db()
    assert (clerk.is_staff, list(clerk.groups.all())) == (True, [viewer])


def test_an_administrator_makes_no_superuser(administrator: Client) -> None:
    clerk = User.objects.create_user("clerk")
    some = Permission.objects.get(codename="view_session")
    administrator.post(
        f"/admin/auth/user/{clerk.pk}/change/", user_form(clerk, is_superuser="on", user_permissions=str(some.pk))
    )
    clerk.refresh_from_db()
    assert not clerk.is_superuser
    assert not clerk.user_permissions.exists()


def test_an_administrator_touches_no_superuser(administrator: Client) -> None:
    root = User.objects.create_superuser("root", password="as it was 4711")
    for view in ("change", "delete", "password"):
        data = user_form(root, post="yes", password1="a new one 4711", password2="a new one 4711")
        assert administrator.post(f"/admin/auth/user/{root.pk}/{view}/", data).status_code == 403
    administrator.post("/admin/auth/user/", {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"})
    root.refresh_from_db()
    assert root.check_password("as it was 4711")


def test_who_has_done_something_is_not_deleted_with_the_record_of_it(admin_client: Client) -> None:
    clerk, newcomer = User.objects.create_user("clerk"), User.objects.create_user("newcomer")
    act_record(user=clerk, objects=[newcomer], text="Something.")
    data = {"action": "delete_selected", "_selected_action": [clerk.pk], "post": "yes"}
    admin_client.post("/admin/auth/user/", data)
    assert admin_client.post(f"/admin/auth/user/{clerk.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=clerk.pk).exists()
    admin_client.post(f"/admin/auth/user/{newcomer.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=newcomer.pk).exists()
