"""The last step of the guided path to a new sync: what it would do with the sample, although it is not stored yet."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from clients.errors import RemoteError
from outbound.admin.preview import preview_context
from outbound.preview import MAX_RECORDS, Preview
from outbound.preview_in import preview_in
from outbound.preview_out import preview_out
from syncconfig.guided.answers import records_of
from syncconfig.guided.drafts import Draft
from syncconfig.models import SyncConfig, SyncConfigLine
from syncconfig.plans import ConfigBroken, compile_lines
from syncconfig.receiving import compile_receiver


def draft_shown(config: SyncConfig, lines: Sequence[SyncConfigLine], draft: Draft) -> SafeString:
    """The same as the page “Preview” shows."""
    context = {**preview_context(_preview(config, lines, draft)), "is_open": True}
    return render_to_string("admin/outbound/preview_records.html", context)


def _preview(config: SyncConfig, lines: Sequence[SyncConfigLine], draft: Draft) -> Preview:
    try:
        plan = compile_lines(config, lines)
        receiver = compile_receiver(config, lines) if config.is_odoo_to_odoo else None
    except (ConfigBroken, RemoteError) as error:
        return Preview(problem=str(error))
    if draft.maps_in:
        payloads = records_of(json.loads(draft.sample), draft.items_path)
        return preview_in(config=config, payloads=payloads[:MAX_RECORDS], plan=plan)
    ids = [draft.record_id] if draft.record_id else None
    return preview_out(config=config, ids=ids, limit=1, plan=plan, receiver=receiver)
