"""What a draft would do with its sample, shown on its last step.

Imports point one way, so this app cannot tell: the app that runs syncs does (`add_previewer`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.utils.safestring import SafeString

from syncconfig.guided.drafts import Draft
from syncconfig.models import SyncConfig, SyncConfigLine

Previewer = Callable[[SyncConfig, Sequence[SyncConfigLine], Draft], SafeString]

_previewers: list[Previewer] = []


def add_previewer(previewer: Previewer) -> None:
    """`previewer(config, lines, draft)` gives HTML, and raises nothing remote; called when apps are ready."""
    if previewer not in _previewers:
        _previewers.append(previewer)


def draft_preview(draft: Draft) -> SafeString:
    """Empty where there is no sample to show anything with. Raises SecretUnreadable."""
    if not (draft.sample if draft.maps_in else draft.record_id):
        return SafeString()
    config, lines = draft.preview_config(), draft.taken_lines()
    return SafeString("".join(previewer(config, lines, draft) for previewer in _previewers))
