"""One Odoo database: its users, its store, and calls that are transactions, one at a time."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from demo.odoo import models, seed
from demo.odoo.faults import AccessDenied, unknown_database
from demo.odoo.orm import Env
from demo.odoo.store import Store

ADMIN_UID = 2


class Database:
    def __init__(self, name: str, version: int, *, login: str, password: str, api_key: str) -> None:
        self.name = name
        self.version = version
        self.registry = models.registry(version)
        self.store = Store(self.registry.indexed())
        self.calls: Counter[tuple[str, str]] = Counter()
        self.service_time_s = 0.0
        self.per_record_s = 0.0
        self.conflict_pause_s = 0.0
        """How long a call sleeps that changed a record which another call was still changing. The real one rolls the
        later call back and sleeps up to 2 s, then 4, 8 and 16, before it tries again."""
        self.conflicts = 0
        self._being_written: Counter[tuple[str, int]] = Counter()
        self._lock = threading.RLock()
        self._login = login
        self._secrets = (password, api_key)
        self._api_key = api_key
        self.run(lambda env: seed.seed(env, login))

    def check_name(self, name: Any) -> None:
        if name != self.name:
            raise unknown_database(name)

    def authenticate(self, login: Any, password: Any) -> int | None:
        """The user's id, None for a wrong login or password; a key serves as a password."""
        return ADMIN_UID if login == self._login and password in self._secrets else None

    def check(self, uid: Any, password: Any) -> None:
        if uid != ADMIN_UID or password not in self._secrets:
            raise AccessDenied(hides_traceback=self.version >= 19)

    def uid_of_key(self, key: str) -> int | None:
        return ADMIN_UID if key == self._api_key else None

    def run(self, work: Callable[[Env], Any], *, uid: int = ADMIN_UID, context: dict[str, Any] | None = None) -> Any:
        """Do the work in a transaction: committed when it returns, undone when it raises."""
        with self._lock:
            env = Env(self.store, self.registry, uid=uid, context=context)
            try:
                result = work(env)
            except Exception:
                self.store.rollback()
                raise
            self.store.commit()
        for post in env.after_commit:
            post()
        if duration_s := self.service_time_s + env.touched * self.per_record_s:
            self._take_time(duration_s, env.written)
        return result

    def _take_time(self, duration_s: float, written: set[tuple[str, int]]) -> None:
        with self._lock:
            is_conflict = any(self._being_written[each] for each in written)
            self.conflicts += is_conflict
            self._being_written.update(written)
        time.sleep(duration_s + is_conflict * self.conflict_pause_s)
        with self._lock:
            self._being_written.subtract(written)

    def count(self, model: str, method: str) -> None:
        with self._lock:
            self.calls[model, method] += 1
