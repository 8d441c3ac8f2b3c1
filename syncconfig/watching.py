"""Lets others see the calls to Odoo that the admin makes: the log does, and this app knows nothing of the log.

Calls of the hot path are made under a recording of their own; these are the ones that belong to no request and no
run: testing a connection, learning fields, offering names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from syncconfig.models import OdooConnection, SyncConfig

Watcher = Callable[[OdooConnection, SyncConfig | None], AbstractContextManager[object]]

_watchers: list[Watcher] = []


def add_watcher(watcher: Watcher) -> None:
    """Have `watcher(connection, config)` entered around the calls, now and from now on; called when apps are ready."""
    if watcher not in _watchers:
        _watchers.append(watcher)


@contextmanager
def watched(connection: OdooConnection, config: SyncConfig | None = None) -> Iterator[None]:
    """Around calls to this connection's Odoo. Not to be used within a transaction that may be rolled back."""
    with ExitStack() as stack:
        for watcher in _watchers:
            stack.enter_context(watcher(connection, config))
        yield
