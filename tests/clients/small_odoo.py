"""A few lines of Odoo over JSON-RPC: one model whose records have a microsecond write_date, as the real one's."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.clients.servers import Answer, Received


class SmallOdoo:
    """`refuse(vals)` gives the error for bad values; `before(method)` runs before each call and may answer itself."""

    def __init__(self) -> None:
        self.records: dict[int, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.lock = threading.Lock()
        self.refuse: Callable[[dict[str, Any]], str | None] = lambda vals: None
        self.before: Callable[[str], Answer | None] = lambda method: None
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, request: Received) -> Answer:
        params = json.loads(request.body)["params"]
        if params["service"] == "common":
            told: Any = (
                2 if params["method"] == "authenticate" else {"server_version_info": [18, 0], "server_version": "18.0"}
            )
            return self._answer(result=told)
        _db, _uid, _key, _model, method, args, kwargs = params["args"]
        with self.lock:
            self.calls.append(method)
        early = self.before(method)
        if early is not None:
            return early
        with self.lock:
            return getattr(self, f"_{method}")(*args, **kwargs)  # type: ignore[no-any-return]

    def add(self, **vals: Any) -> int:
        number = max(self.records, default=0) + 1
        self.records[number] = {"id": number, **vals, "write_date": self.now()}
        return number

    def _answer(self, **told: Any) -> Answer:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, **told}).encode()
        return Answer(200, body, {"Content-Type": "application/json"})

    def _error(self, message: str) -> Answer:
        data = {"name": "odoo.exceptions.ValidationError", "message": message, "debug": "Traceback..."}
        return self._answer(error={"code": 0, "message": "Odoo Server Error", "data": data})

    def _create(self, vals_list: list[dict[str, Any]]) -> Answer:
        for vals in vals_list:
            message = self.refuse(vals)
            if message:
                return self._error(message)
        return self._answer(result=[self.add(**vals) for vals in vals_list])

    def _write(self, ids: list[int], vals: dict[str, Any]) -> Answer:
        missing = [one for one in ids if one not in self.records]
        if missing:
            return self._error(
                f"Record does not exist or has been deleted.\n(Record: res.partner({missing[0]},), User: 2)"
            )
        for one in ids:
            self.records[one].update(vals, write_date=self.now())
        return self._answer(result=True)

    def _search_read(self, domain: list[Any], fields: list[str], limit: int | None = None, order: str = "id") -> Answer:
        def matches(record: dict[str, Any]) -> bool:
            for name, sign, value in domain:
                have = record[name]
                if name == "write_date":
                    value = datetime.fromisoformat(value).replace(tzinfo=UTC)
                if not {">": have > value, ">=": have >= value, "<": have < value}[sign]:
                    return False
            return True

        keys = [name.strip() for name in order.split(",")]
        found = sorted((r for r in self.records.values() if matches(r)), key=lambda r: [r[key] for key in keys])
        shown = [
            {
                "id": r["id"],
                **{n: r[n] for n in fields if n in r},
                "write_date": r["write_date"].strftime("%Y-%m-%d %H:%M:%S"),
            }
            for r in found[: limit or None]
        ]
        return self._answer(result=shown)
