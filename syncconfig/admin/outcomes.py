"""What an import or a restored version would change, as its page shows it; and the credentials that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest

from syncconfig.documents.differing import document_changes, text_diff
from syncconfig.documents.outcome import Effect, Outcome

_COLOURS: Final = {
    Effect.CREATED: "success",
    Effect.CHANGED: "primary",
    Effect.SWITCHED_OFF: "warning",
    Effect.DELETED: "danger",
    Effect.UNCHANGED: "info",
}
SECRET_PREFIX: Final = "secret-"  # noqa: S105 - the name of an input


def outcome_context(outcome: Outcome) -> dict[str, Any]:
    """For `outcome.html`."""
    asked = {asked.path for asked in outcome.secrets_asked}
    return {
        "outcome": outcome,
        "problems": [problem for problem in outcome.problems if problem.path not in asked],
        "secrets_asked": [
            {"name": SECRET_PREFIX + each.place, "label": each.label, "env": each.env} for each in outcome.secrets_asked
        ],
        "changes": [
            {
                "name": change.name,
                "section": change.section,
                "effect": change.effect.label,
                "colour": _COLOURS[change.effect],
                "diff": diff_lines(text_diff(change)),
                "rows": document_changes(change.before, change.after) if change.section == "configs" else [],
            }
            for change in outcome.effective
        ],
        "unchanged": len(outcome.changes) - len(outcome.effective),
        "can_apply": (not outcome.problems and bool(outcome.effective)) or outcome.needs_only_secrets,
    }


def diff_lines(diff: str) -> list[tuple[str, str]]:
    """Each line of a unified diff with the class that colours it."""
    classes = {"+": "sync-diff-new", "-": "sync-diff-old", "@": "sync-diff-place"}
    return [(classes.get(line[:1], ""), line) for line in diff.splitlines()]


def typed_secrets(request: HttpRequest) -> Mapping[str, str]:
    """What was entered on the page, by place."""
    return {
        name.removeprefix(SECRET_PREFIX): value
        for name, value in request.POST.items()
        if name.startswith(SECRET_PREFIX) and isinstance(value, str) and value
    }
