"""Holds an import to what its user may do in the admin, row by row and script by script."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_permission_codename
from django.utils.translation import gettext as _

from syncconfig.code_inputs import AUTHOR_PERMISSION, MAY_NOT_AUTHOR
from syncconfig.documents.outcome import Problem
from syncconfig.documents.work import Work


def permission_problems(user: Any, work: Work) -> list[Problem]:
    """What the user may not do of what was done; nothing where no user is given."""
    if user is None:
        return []
    found = []
    for action, model in sorted(work.operations, key=lambda each: (each[1]._meta.label, each[0])):
        opts = model._meta
        if not user.has_perm(f"{opts.app_label}.{get_permission_codename(action, opts)}"):
            verb = {"add": _("add"), "change": _("change"), "delete": _("delete")}[action]
            message = _("You may not %(verb)s: %(what)s. Ask somebody with that permission.")
            found.append(Problem((), message % {"verb": verb, "what": opts.verbose_name_plural}))
    if work.scripts and not user.has_perm(AUTHOR_PERMISSION):
        found += [Problem(path, str(MAY_NOT_AUTHOR)) for path in work.scripts]
    return found
