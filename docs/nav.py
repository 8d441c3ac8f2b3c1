"""For MkDocs: leaves pages out of the menu that are not there, and fills the section of the decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    config.nav = [_section(entry, Path(config.docs_dir)) for entry in config.nav]
    return config


def _section(entry: dict[str, list[str]], docs: Path) -> dict[str, list[str]]:
    ((title, pages),) = entry.items()
    found: list[str] = []
    for page in pages:
        if (docs / page).is_dir():
            found += sorted(str(path.relative_to(docs)) for path in (docs / page).glob("*.md"))
        elif (docs / page).is_file():
            found.append(page)
    return {title: found}
