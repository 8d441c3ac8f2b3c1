"""The preview of what a run would fetch: the first page is asked for, and nothing else happens."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from auditlog.recorder import Recording
from auditlog.redaction import Redactor, redactor
from clients.errors import RemoteError
from clients.observe import observing
from clients.odoo.domain import DomainError
from outbound.changes import NOTHING, known_items
from outbound.fetching import Source
from outbound.items import Digests, Item, items_identify
from outbound.models import SyncRun, pull_policy_of
from outbound.paging import Answered, PagingError, Position, next_position, seems_cut
from outbound.preview import MAX_RECORDS, Effect, Preview, WouldCall, dry_run
from outbound.preview_in import preview_in
from outbound.pull_states import pull_state_of
from outbound.requests import OutRequest
from outbound.runs import RunRefused, check_can_run
from syncconfig.models import SyncConfig
from syncconfig.plans import ConfigBroken, plan_for
from syncconfig.secrets import SecretUnreadable

FETCHED = "It was fetched like this."
HELD = "Odoo refused exactly this; it waits for staff."


def preview_pull(*, config: SyncConfig, limit: int = 10, rec: Recording | None = None) -> Preview:
    """What the next run would do with the first `limit` items of its first page.

    Raises nothing remote, as `preview_in`. `calls` are the request that was made for it, and the one for the next
    page; a page that cannot be followed is the `problem`, with the records shown nevertheless.
    """
    try:
        check_can_run(config)
        plan = plan_for(config)
        policy = pull_policy_of(config)
        with dry_run(config, plan, rec) as made:
            source = Source(config=config, policy=policy, now=timezone.now())
            made.add_secrets(source.template.secrets)
            state = pull_state_of(SyncRun(config=config), policy)
            position = Position()
            with observing(made.observer(summary="page 1")):
                answered = source.page(position, state.since)
            payloads = list(answered.items)[: min(limit, MAX_RECORDS)]
            items = items_identify(
                plan=plan,
                digests=Digests(plan, config),
                payloads=payloads,
                page_number=1,
                params=source.params,
                ask=source.ask,
            )
            preview = preview_in(config=config, payloads=payloads, rec=made)
        _mark_known(config, items, preview)
        hide = redactor(frozenset(source.template.secrets), frozenset(plan.secret_keys))
        request = source.request(position, state.since)
        preview.calls = [_call(request, hide, {"items": len(answered.items)})]
        _follow(source, position, answered, state.since, hide, preview)
        return preview
    except (RemoteError, ConfigBroken, DomainError, SecretUnreadable, RunRefused) as error:
        return Preview(problem=str(error))


def _mark_known(config: SyncConfig, items: list[Item], preview: Preview) -> None:
    """What a run would leave out, because it is as it was."""
    if not config.only_changed:
        return
    known = known_items(config_id=config.pk, items={item.record_id: item.external_id for item in items})
    for item, record in zip(items, preview.records, strict=False):
        before = known.get(item.record_id, NOTHING)
        if before.payload_hash == item.digest:
            record.effect, record.calls = Effect.UNCHANGED, []
            record.problem = HELD if before.is_dead else FETCHED


def _follow(
    source: Source, position: Position, answered: Answered, since: str, hide: Redactor, preview: Preview
) -> None:
    try:
        following = next_position(source.paging, position, answered)
    except PagingError as error:
        preview.problem = preview.problem or str(error)
        return
    if following is not None:
        preview.calls.append(_call(source.request(following, since), hide, None))
    elif hint := seems_cut(source.paging, position, answered):
        preview.problem = preview.problem or hint


def _call(request: OutRequest, hide: Redactor, found: dict[str, Any] | None) -> WouldCall:
    url = request.url + (f"{'&' if '?' in request.url else '?'}{urlencode(request.params)}" if request.params else "")
    content: dict[str, Any] = {"headers": hide.headers(request.headers)}
    return WouldCall(f"GET {hide.url(url)}", content | ({"answer": found} if found else {}))
