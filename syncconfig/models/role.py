"""The groups that are shipped, and what was given to each."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import models


class Role(models.Model):
    """A shipped group. `given` are the permissions that it was ever given by us: one that an installation took away
    is not given again. Without a `group` the installation has deleted it, and does not get it back."""

    key = models.CharField(max_length=20, unique=True)
    group = models.OneToOneField(Group, null=True, on_delete=models.SET_NULL, related_name="shipped_role")
    given = models.JSONField(default=list)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key
