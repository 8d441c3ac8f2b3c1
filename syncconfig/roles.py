"""The roles that are shipped as groups: made after every migration, never taken anything away from.

An upgrade gives a role the permissions that are new with it. What an installation added to a group, took from it or
renamed stays so, and a group that it deleted stays away.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.db import connections, transaction
from django.db.models.signals import post_migrate

from syncconfig.models import Role

_APPS: Final = ("syncconfig", "auditlog", "outbound", "inbound")
_LOOKING: Final = (*(f"{app}.view_*" for app in _APPS), "django_q.view_schedule", "django_q.view_failure")
_ACTS: Final = ("run", "replay", "retry", "discard", "settle")
_OPERATING: Final = tuple(f"{app}.{verb}_*" for app in _APPS for verb in _ACTS)
_EDITING: Final = (
    *(f"{app}.{verb}_*" for app in _APPS for verb in ("add", "change")),
    "syncconfig.delete_*",
    "inbound.delete_*",
    "outbound.delete_*policy",
    "outbound.delete_outauth",
    "outbound.delete_recordlink",
)
_EVERYTHING: Final = (
    *(f"{app}.*" for app in _APPS),
    "auth.*_user",
    "auth.*_group",
    "admin.view_logentry",
    "django_q.view_schedule",
    "django_q.*_failure",
)

# Names are for people, and stay as they are whatever the language: a user's groups are told of by them.
NAMES: Final[Mapping[str, str]] = {
    "viewer": "Viewer",
    "operator": "Operator",
    "editor": "Editor",
    "author": "Script author",
    "admin": "Administrator",
}
PERMISSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "viewer": _LOOKING,
    "operator": (*_LOOKING, *_OPERATING),
    "editor": (*_LOOKING, *_OPERATING, *_EDITING),
    "author": (*_LOOKING, *_OPERATING, *_EDITING, "syncconfig.author_script"),
    "admin": _EVERYTHING,
}
"""Patterns of `app.codename`, so that what is added to the apps later finds its role by the verb in its name."""


def connect_signals() -> None:
    """Called once, when the app is ready."""
    post_migrate.connect(_migrated, dispatch_uid="syncconfig-roles")


def roles_keep() -> None:
    """Make the groups that are missing, and give each what it never had. Safe to repeat."""
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    for key, name in NAMES.items():
        wanted = {text for text in known if any(fnmatchcase(text, pattern) for pattern in PERMISSIONS[key])}
        with transaction.atomic():
            _keep(key, name, {text: known[text] for text in wanted})


def _keep(key: str, name: str, wanted: Mapping[str, int]) -> None:
    role, is_new = Role.objects.get_or_create(key=key)
    if is_new:
        role.group = _group(name)
    new = sorted(set(wanted) - set(role.given))
    if role.group is not None:
        role.group.permissions.add(*(wanted[text] for text in new))
    if is_new or new:
        role.given = sorted({*role.given, *new})
        role.save()


def _group(name: str) -> Group:
    """A group of our own: people who are in one that happens to have this name must not be given rights by it."""
    for candidate in (name, f"{name} (sync hub)"):
        group, is_new = Group.objects.get_or_create(name=candidate)
        if is_new:
            return group
    return group


def _migrated(app_config: AppConfig, using: str, **kwargs: Any) -> None:
    """After the last app: then the permissions of all of them exist."""
    if app_config.name != list(apps.get_app_configs())[-1].name:
        return
    # Somebody may have migrated back to before this table, or another database.
    if Role._meta.db_table in connections[using].introspection.table_names():
        roles_keep()
