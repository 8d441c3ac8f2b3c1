"""Asks an external API for one page after the other. Calls others, and touches no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from requests.utils import parse_header_links

from auditlog.recorder import Recording
from auditlog.redaction import redactor
from clients.errors import Kind, RemoteError
from clients.observe import observing
from mapping.paths import ABSENT, Path, is_object, parse_path
from mapping.plan import Plan
from outbound.ahead import Ahead
from outbound.items import Digests, Item, items_identify, storable
from outbound.models import PullPolicy, policy_of
from outbound.out_http import Caller
from outbound.paging import OFFSET, PAGE, Answered, PagingError, Position, next_position, page_params, seems_cut
from outbound.pull_states import PullState
from outbound.requests import OutRequest, RequestTemplate
from outbound.script_env import odoo_ask, script_params
from outbound.since import highest
from outbound.targets.answers import AnswerReader
from syncconfig.connections import client_for
from syncconfig.models import SyncConfig

NO_CONTENT: Final = 204
NOT_FOUND: Final = 404
PAGES_AHEAD: Final = 2
MAX_KEYS_SHOWN: Final = 10
_HINTS: Final = {
    "unauthorized": "Check the sync's authorization.",
    "forbidden": "Check the sync's authorization, and what it may see there.",
    "not_found": "Check the URL.",
    "gone": "Check the URL.",
    "bad_request": "Check the parameters.",
    "unprocessable": "Check the parameters.",
    "response_too_large": "Set a smaller page size, and name the parameter that asks for it.",
}


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """Its items, and the state of the run behind it. `notes` are for staff."""

    items: list[Item]
    state: PullState
    notes: list[dict[str, object]] = field(default_factory=list)

    @property
    def is_last(self) -> bool:
        return self.state.position is None


class Source:
    """The external API of one config. Made by the thread that owns the database; used by any."""

    def __init__(self, *, config: SyncConfig, policy: PullPolicy, now: datetime) -> None:
        self.template = RequestTemplate(config)
        self.paging = policy.paging
        self._caller = Caller(config, self.template.credentials)
        redact = redactor(frozenset(self.template.secrets), frozenset(self.template.secret_keys)).text
        self._answers = AnswerReader(config, policy_of(config), redact=redact)
        self._items_path = parse_path(policy.items_path) if policy.items_path else None
        self._since_param = policy.since_param
        self.since_path: Path | None = parse_path(policy.since_path) if policy.since_path else None
        self.ask = odoo_ask(client_for(config.connection))
        self.params = script_params(config, now=now)

    def request(self, position: Position, since: str) -> OutRequest:
        """What is asked for the page at `position`."""
        if self.paging.follows_links and isinstance(position.value, str):
            return self.template.fetch({}, url=position.value)
        own = {self._since_param: since} if self._since_param and since else {}
        return self.template.fetch({**own, **page_params(self.paging, position)})

    def page(self, position: Position, since: str) -> Answered:
        """The page. Raises RemoteError, with what to do about it where that is known."""
        request = self.request(position, since)
        try:
            response = self._caller.call(request)
            is_past_end = response.status == NOT_FOUND and position.number > 1 and self.paging.kind in (OFFSET, PAGE)
            if response.status == NO_CONTENT or is_past_end:
                return Answered([], {}, response.url)
            content = storable(self._answers.fetched(response), response.body)
        except RemoteError as error:
            raise _with_hint(error) from error
        link = _next_link(response.headers.get("Link", ""))
        return Answered(self._items(content), content, response.url, link)

    def _items(self, content: Any) -> list[Any]:
        found = content if self._items_path is None else ABSENT
        if self._items_path is not None and is_object(content):
            found = self._items_path.read(content)
        if isinstance(found, list):
            return found
        if found is None:
            return []
        where = f"no list at {self._items_path}" if self._items_path else "no list"
        raise RemoteError(
            f"The answer is {where}: it is {_described(content)}. Write where the list of records is (“items in the "
            "answer”)."
            if self._items_path is None
            else f"The answer holds {where}: it is {_described(content)}. Correct “items in the answer”.",
            kind=Kind.PERMANENT,
            code="no_items",
        )


class Fetcher(Ahead[FetchedPage]):
    """The pages from where the run is on. `interval_s` lies between two requests at least."""

    def __init__(
        self,
        *,
        config: SyncConfig,
        plan: Plan,
        source: Source,
        state: PullState,
        rec: Recording,
        told: Callable[[], None],
        interval_s: float = 0.0,
    ) -> None:
        super().__init__(told=told, most=PAGES_AHEAD)
        self._plan = plan
        self._source = source
        self._state = state
        self._rec = rec
        self._interval_s = interval_s
        self._digests = Digests(plan, config)

    def _make(self) -> Iterator[FetchedPage]:
        state = self._state
        while state.position is not None:
            if state.position.number >= state.until:
                raise _too_many(state.position)
            page = self._page(state, state.position)
            yield page
            state = page.state
            if self._interval_s and self._stopping.wait(self._interval_s):
                return

    def _page(self, state: PullState, position: Position) -> FetchedPage:
        source = self._source
        with observing(self._rec.observer(summary=f"page {position.number}")):
            answered = source.page(position, state.since)
        try:
            following = next_position(source.paging, position, answered)
        except PagingError as error:
            raise RemoteError(str(error), kind=Kind.PERMANENT, code="paging") from None
        items = items_identify(
            plan=self._plan,
            digests=self._digests,
            payloads=answered.items,
            page_number=position.number,
            params=source.params,
            ask=source.ask,
        )
        seen = state.highest
        if source.since_path is not None:
            for item in answered.items:
                if is_object(item):
                    seen = highest(seen, source.since_path.read(item))
        notes: list[dict[str, object]] = []
        if following is None and (hint := seems_cut(source.paging, position, answered)):
            notes.append({"record_id": f"page {position.number}", "reason": hint})
        if source.since_path is not None and answered.items and not seen:
            reason = f"No item holds a value at {source.since_path}. Correct “since in an item”."
            notes.append({"record_id": f"page {position.number}", "reason": reason})
        return FetchedPage(items, replace(state, position=following, highest=seen), notes)


def _next_link(header: str) -> str:
    """The target of rel=next of a Link header (RFC 8288); "" where there is none."""
    for link in parse_header_links(header) if header else ():
        if "next" in link.get("rel", "").lower().split():
            return str(link["url"])
    return ""


def _described(content: object) -> str:
    if is_object(content):
        names = list(content)  # type: ignore[call-overload]
        shown = ", ".join(map(str, names[:MAX_KEYS_SHOWN])) + (", ..." if len(names) > MAX_KEYS_SHOWN else "")
        return f"an object with {shown}" if names else "an empty object"
    return {list: "a list", str: "a text", type(None): "null"}.get(type(content), "a number or truth value")


def _with_hint(error: RemoteError) -> RemoteError:
    hint = _HINTS.get(error.code, "")
    return RemoteError(
        f"{error.message} {hint}".strip(),
        kind=error.kind,
        code=error.code,
        status=error.status,
        retry_after_s=error.retry_after_s,
    )


def _too_many(position: Position) -> RemoteError:
    return RemoteError(
        f"{position.number - 1} pages were read, and there are more. Let the run go on, or raise “most pages”.",
        kind=Kind.PERMANENT,
        code="too_many_pages",
    )
