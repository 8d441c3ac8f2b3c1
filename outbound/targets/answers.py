"""What the answer of an external API says about the records that were sent: taken, refused, and under which ids.

Success is a matter of status first. Then of what the answer itself says, where staff told where it says it: systems
that answer 200 to everything hide the refusal in the body.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, Final, NoReturn

from clients.errors import Kind, RemoteError
from clients.http import HttpResponse
from clients.statuses import raise_for_status
from mapping.paths import ABSENT, Path, parse_path
from outbound.models import DeliveryPolicy
from outbound.requests import OutRequest
from outbound.statuses import parse_statuses
from outbound.targets.base import Answer
from outbound.targets.multistatus import refusals
from outbound.targets.said import CURES, error_words, is_web_page, refusal_words
from syncconfig.models import SyncConfig

MAX_ID_LENGTH: Final = 200
MAX_TEXT: Final = 500
MULTI_STATUS: Final = 207
GONE: Final = frozenset({404, 410})


class AnswerReader:
    """Reads the answers to one config's requests. What they say is kept as `redact` leaves it."""

    def __init__(self, config: SyncConfig, policy: DeliveryPolicy, *, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._statuses = parse_statuses(policy.success_statuses)
        self._id_path = _path(config.answer_id_path)
        self._error_path = _path(policy.error_path)
        self._items_path = _path(policy.items_path)
        self._item_id_path = _path(policy.item_id_path)
        self._item_error_path = _path(policy.item_error_path)
        self._expects_json = any((self._id_path, self._error_path, self._items_path, self._item_error_path))

    def read(self, response: HttpResponse, request: OutRequest) -> Answer:
        """Raises RemoteError where the request was refused, or it cannot be told which of its records were."""
        if request.is_deletion and response.status in GONE:
            return Answer(response.status, note="It was gone there already.")
        self._check_status(response)
        content = self._content(response)
        self._check_error(response, content)
        answer = self._batch(response, content, request.count) if request.is_batch else self._single(response, content)
        doubt = "" if answer.refused else self._doubt(response, content)
        return replace(answer, note=" ".join(filter(None, (answer.note, doubt)))) if doubt else answer

    def unread(self, error: RemoteError) -> Answer:
        """Of an answer that is larger than may be read: that it was a success by its status, where nothing else of it
        counts. Raises `error` where something does."""
        status = error.status or 0
        is_success = status in self._statuses if self._statuses else 200 <= status < 300
        if not is_success or self._error_path is not None or self._items_path is not None or status == MULTI_STATUS:
            raise error
        lost = f", so no id at {self._id_path}" if self._id_path is not None else ""
        return Answer(status, note=f"Delivered, but the answer was too large to be read{lost}.")

    def fetched(self, response: HttpResponse) -> Any:
        """The JSON of an answer that was asked for it. Raises RemoteError: RETRYABLE where there is none."""
        self._check_status(response, cures={})  # what fetches knows better
        try:
            content = json.loads(response.body, parse_constant=_no_constant, parse_float=_float)
        except (ValueError, RecursionError) as error:
            raise _no_json(response, error) from None
        self._check_error(response, content)
        return content

    def _check_status(self, response: HttpResponse, cures: Mapping[int, str] = CURES) -> None:
        if response.status in self._statuses:
            return
        try:
            raise_for_status(response)
        except RemoteError as error:
            raise self._explained(error, response, cures.get(response.status, "")) from None
        if self._statuses:
            raise _refused(response, f"The answer is {response.status}, which is not among this sync's successes.")

    def _explained(self, error: RemoteError, response: HttpResponse, cure: str) -> RemoteError:
        """With what the receiver says itself, and what staff can do."""
        said = self._redact(refusal_words(response))
        if not (said or cure):
            return error
        message = f"{error.message.removesuffix('.')}: {said}" if said else error.message
        if cure:
            message = f"{message if message.endswith(('.', '…')) else message + '.'} {cure}"
        return RemoteError(
            message, kind=error.kind, code=error.code, status=error.status, retry_after_s=error.retry_after_s
        )

    def _doubt(self, response: HttpResponse, content: Any) -> str:
        """What looks like a refusal in an answer that counts as a success, and how to have it counted as one."""
        if is_web_page(response):
            return (
                "The answer is a web page, as of a login or of maintenance: if nothing arrived, check the URL and the "
                "authorization."
            )
        if self._error_path is None and (said := self._redact(error_words(content))):
            return (
                f"The answer holds an error: {said}. If it means that nothing was taken, name where it stands under "
                "“error in the answer”."
            )
        return ""

    def _content(self, response: HttpResponse) -> Any:
        """The answer's JSON, or ABSENT."""
        try:
            return response.json()
        except ValueError:
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if self._expects_json and kind == "text/html":
                # A login or maintenance page, or a proxy's: nobody who could take the record has seen it, perhaps.
                raise RemoteError(
                    f"The answer is {response.status} with a web page in place of JSON.",
                    kind=Kind.AMBIGUOUS,
                    code="bad_answer",
                    status=response.status,
                ) from None
            return ABSENT

    def _check_error(self, response: HttpResponse, content: Any) -> None:
        if self._error_path is None or content is ABSENT:
            return
        found = self._error_path.read(content)
        if found is not ABSENT and found:
            raise _refused(response, f"The answer is {response.status} with an error: {_text(found)}")

    def _single(self, response: HttpResponse, content: Any) -> Answer:
        if response.status == MULTI_STATUS and (refused := refusals(content, count=1)):
            return Answer(response.status, refused=refused)
        if self._id_path is None:
            return Answer(response.status)
        if content is ABSENT:
            return Answer(response.status, note=f"Delivered, but the answer is no JSON, so no id at {self._id_path}.")
        found = self._id_path.read(content)
        external_id = id_text(found)
        if external_id is None:
            return Answer(response.status, note=f"Delivered, but the answer holds no id at {self._id_path}.")
        if len(external_id) > MAX_ID_LENGTH:
            return Answer(response.status, note=f"Delivered, but the id at {self._id_path} is too long to keep.")
        return Answer(response.status, external_id=external_id)

    def _batch(self, response: HttpResponse, content: Any, count: int) -> Answer:
        if self._items_path is None:
            if response.status != MULTI_STATUS:
                return Answer(response.status)
            refused = refusals(content, count=count)
            if refused is None:
                raise _unclear(response, f"The answer is 207 Multi-Status, but not one result for each of the {count}")
            return Answer(response.status, refused=refused)
        items = ABSENT if content is ABSENT else self._items_path.read(content)
        if not isinstance(items, list) or len(items) != count:
            raise _unclear(
                response, f"The answer holds no list at {self._items_path} with one result for each of the {count}"
            )
        refused, ids = {}, {}
        for position, item in enumerate(items):
            if (reason := self._item_error(item)) is not None:
                refused[position] = reason
            elif self._item_id_path and (external_id := id_text(_read(self._item_id_path, item))):
                ids[position] = external_id[:MAX_ID_LENGTH]
        return Answer(response.status, refused=refused, external_ids=ids)

    def _item_error(self, item: object) -> str | None:
        if self._item_error_path is None:
            return (refusals([item], count=1) or {}).get(0)
        found = _read(self._item_error_path, item)
        return None if found is ABSENT or not found else _text(found)


def id_text(found: object) -> str | None:
    """An id as it is kept; None where `found` is none."""
    if found is ABSENT or isinstance(found, (bool, dict, list)) or found in (None, ""):
        return None
    return found if isinstance(found, str) else json.dumps(found)


def _path(text: str) -> Path | None:
    return parse_path(text) if text else None


def _read(path: Path, item: object) -> object:
    return path.read(item) if isinstance(item, Mapping) else ABSENT


def _text(found: object) -> str:
    if isinstance(found, Mapping) and isinstance(found.get("message"), str):
        found = found["message"]
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return text[:MAX_TEXT]


def _refused(response: HttpResponse, message: str) -> RemoteError:
    return RemoteError(message, kind=Kind.PERMANENT, code="rejected", status=response.status)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _float(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"the number {text[:20]} is too large")
    return value


def _no_json(response: HttpResponse, error: Exception) -> RemoteError:
    """A maintenance page goes away and an answer that was cut off may arrive whole the next time; a login page stays,
    so the message names what may be wrong."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not response.body.strip():
        what = "without anything in it"
    elif kind in ("text/html", "application/xhtml+xml"):
        what = "with a web page in place of JSON: check the URL and the authorization"
    else:
        what = f"with what is no whole JSON ({error})"
    return RemoteError(
        f"The answer is {response.status} {what}.", kind=Kind.RETRYABLE, code="bad_answer", status=response.status
    )


def _unclear(response: HttpResponse, message: str) -> RemoteError:
    return RemoteError(
        f"{message} records: it cannot be told which were refused. Send one request per record, or see the log.",
        kind=Kind.PERMANENT,
        code="multi_status",
        status=response.status,
    )
