"""`python -m tests.e2e.filling`: what a hub has before a browser opens it. Reads one JSON object: `demo`, `password`.

Runs in a process of its own, with the hub's settings, so that the tests touch no database themselves.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django


def fill(wanted: dict[str, Any]) -> None:
    from django.contrib.auth.models import Group, User

    from demo.configs import create_examples
    from demo.site import Demo

    create_examples(Demo(**wanted["demo"]))
    User.objects.create_superuser("admin", email="admin@example.com", password=wanted["password"])
    for role in ("Viewer", "Operator", "Editor", "Script author"):
        user = User.objects.create_user(role.split()[0].lower(), password=wanted["password"], is_staff=True)
        user.groups.add(Group.objects.get(name=role))


if __name__ == "__main__":
    django.setup()
    fill(json.load(sys.stdin))
