"""The documentation speaks of what there is: the hub's own sentences, pages that exist, pictures that were taken."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from syncproject.env import BASE_DIR
from syncproject.messages import template_messages

DOCS = BASE_DIR / "docs"
PACKAGES = ("clients", "mapping", "syncconfig", "inbound", "outbound", "auditlog", "syncproject")
PAGES = sorted(path for path in DOCS.rglob("*.md") if "reference" not in path.parts)


def _texts(source: str) -> Iterator[str]:
    """The texts of a module; what is filled into one is dots, as in the documentation."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "..." for part in node.values)
            yield "".join(str(part) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.sub(r"%\(\w+\)s", "...", node.value)


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    """Everything that the hub can say, in its code and on its pages."""
    files = (path for package in PACKAGES for path in (BASE_DIR / package).rglob("*.py"))
    said = [text for path in files for text in _texts(path.read_text(encoding="utf-8"))]
    for path in (BASE_DIR / "templates").rglob("*.*"):
        for message in template_messages(path.read_text(encoding="utf-8")):
            said += [message] if isinstance(message, str) else message
    return said


def _messages() -> list[str]:
    """The first cells of the tables of messages; what is in italics is no message, but what one sees."""
    page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    cells = [row.split(" | ")[0].removeprefix("| ") for row in page.splitlines() if row.startswith("| ")]
    return [cell for cell in cells if cell not in {"the hub says", "you see"} and not cell.startswith("*")]


def test_there_are_messages() -> None:
    assert len(_messages()) > 35


@pytest.mark.parametrize("message", _messages())
def test_a_message_of_the_table_is_one_that_the_hub_gives(message: str, sentences: list[str]) -> None:
    fragments = [part.strip(" '.:") for part in re.split(r"\.\.\.|\b\d+\b", message)]
    fragments = [part for part in fragments if len(part) > 3]
    assert fragments, message
    assert any(all(part in text for part in fragments) for text in sentences), fragments


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_links_of_a_page_lead_to_files(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    made = {DOCS / "reference" / name for name in ("fields.md", "settings.md", "commands.md")}
    assert [
        link for link in local if not (path.parent / link).exists() and (path.parent / link).resolve() not in made
    ] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_commands_of_a_page_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):.*?(?:##|$)", (BASE_DIR / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z][a-z-]+)\b(?=`|$|\n)", text)) - targets == set()
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) - set(get_commands()) == set()


def test_options_that_a_page_names_are_described() -> None:
    known = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (BASE_DIR / ".env.example").read_text(), flags=re.MULTILINE))
    named = {name for path in PAGES for name in re.findall(r"`(SYNC_[A-Z_]+[A-Z])`", path.read_text(encoding="utf-8"))}
    # What shapes gunicorn and is read there.
    known |= set(re.findall(r'"(SYNC_\w+)"', (BASE_DIR / "syncproject" / "gunicorn.py").read_text()))
    assert named - known == set()
