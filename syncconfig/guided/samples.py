"""The sample of the guided path, kept in the session for the pages on which the new sync is tried."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from hashlib import sha256
from typing import Any, Final

from syncconfig.examples import example_payload
from syncconfig.models import SyncConfig

_KEY: Final = "guided-samples"
MAX_SAMPLES: Final = 3


def sample_keep(session: MutableMapping[str, Any], config: SyncConfig, text: str) -> None:
    """The oldest gives way when there are too many."""
    if text:
        known = {**session.get(_KEY, {}), str(config.pk): text}
        session[_KEY] = dict(list(known.items())[-MAX_SAMPLES:])


def sample_text(session: MutableMapping[str, Any], config: SyncConfig) -> str:
    """What was pasted when the config was made, in this session; or else a body with every key that its lines read."""
    kept: str = session.get(_KEY, {}).get(str(config.pk), "")
    return kept or json.dumps(example_payload(config.lines.all()), indent=2, ensure_ascii=False)


def hash_of(text: str) -> str:
    """A short name for the text, the same in every process."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
