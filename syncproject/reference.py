"""`python -m syncproject.reference`: writes the reference pages of the documentation from the code itself.

Every field that staff see with its help text, every option of the environment from `.env.example`, and every command
from its own help. The pages are made anew with every build and kept in no repository, so they cannot be out of date.
"""

from __future__ import annotations

import argparse
import html
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.db import models
from django.utils import translation
from django.utils.text import capfirst

from syncproject.env import BASE_DIR

APPS: Final = ("syncconfig", "outbound", "inbound", "auditlog")
FOLDER: Final = BASE_DIR / "docs" / "reference"
MADE: Final = "<!-- Made by `make docs`; edit the code's own help texts. -->"
_OPTION: Final = re.compile(r"^#?(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)$")


def is_shown(field: Any) -> bool:
    """Whether people get to see the field: it was given a name for them."""
    return isinstance(field, models.Field) and field._verbose_name is not None  # type: ignore[attr-defined]


def field_models() -> list[type[models.Model]]:
    """The models of the hub that have something to show, in the order of its apps."""
    return [
        model
        for label in APPS
        for model in apps.get_app_config(label).get_models()
        if "verbose_name" in model._meta.original_attrs
    ]


def fields_page() -> str:
    """The page of all fields, a table for each model."""
    parts = [
        "# Every field",
        MADE,
        "What each field means, as the forms say it. Names in the second column are those of exports and of the "
        "database. *Empty by default* is left out.",
    ]
    for model in field_models():
        parts.append(f"## {capfirst(str(model._meta.verbose_name_plural))}")
        rows = [_row(field) for field in model._meta.get_fields() if is_shown(field)]
        parts.append("\n".join(["| field | name | meaning |", "|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _row(field: Any) -> str:
    meaning = [plain(str(field.help_text))] if field.help_text else []
    if field.choices:
        choices = (f"{plain(str(label))} (`{value}`)" for value, label in field.choices if value != "")
        meaning.append(f"One of: {'; '.join(choices)}.")
    if field.is_relation:
        meaning.append(f"Chosen from: {field.related_model._meta.verbose_name_plural}.")
    default = field.default
    if default is not models.NOT_PROVIDED and not callable(default) and default not in ("", None):
        meaning.append(f"Default: `{getattr(default, 'value', default)}`.")
    return f"| {capfirst(str(field.verbose_name))} | `{field.name}` | {' '.join(meaning) or '-'} |"


def plain(text: str) -> str:
    """A help text's HTML as Markdown that fits into a cell of a table."""
    text = re.sub(r"<code>(.*?)</code>", lambda found: f"`{html.unescape(found[1])}`", text)
    text = re.sub(r"</?em>", "*", text)
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def settings_page(source: str) -> str:
    """The page of the environment's options; `source` is the text of `.env.example`."""
    parts = ["# Every option", MADE, "Options come from the environment of the process, or from the file `.env`; the "
             "former win. `make env` writes that file with fresh keys."]  # fmt: skip
    comments: list[str] = []
    rows: list[str] = []

    def table() -> Iterator[str]:
        if rows:
            yield "\n".join(["| option | default | meaning |", "|---|---|---|", *rows])
            rows.clear()

    for line in source.splitlines():
        option = _OPTION.match(line)
        if line.startswith("# ---"):
            parts += table()
            parts.append(f"## {line.strip('#- ')}")
            comments = []
        elif option:
            value = f"`{option['value']}`" if option["value"] else "empty"
            rows.append(f"| `{option['name']}` | {value} | {plain(' '.join(comments)) or 'See above.'} |")
            comments = []
        elif line.startswith("#") and not line.startswith("#!"):
            comments.append(line.strip("# "))
    parts += table()
    return "\n\n".join(parts) + "\n"


def commands_page() -> str:
    """The page of the hub's own commands."""
    parts = ["# Every command", MADE, "Each is called as `python manage.py <name>`."]
    for name, app in sorted(get_commands().items()):
        if app not in APPS:
            continue
        parser = load_command_class(app, name).create_parser("manage.py", name)
        parts.append(f"## {name}\n\n{plain(parser.description or '')}")
        rows = list(_arguments(parser._actions))
        if rows:
            parts.append("\n".join(["| argument | meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _arguments(actions: Iterable[argparse.Action]) -> Iterator[str]:
    common = {"--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color",
              "--force-color", "--skip-checks"}  # fmt: skip
    for action in actions:
        if common.isdisjoint(action.option_strings):
            names = ", ".join(action.option_strings) or action.dest
            yield f"| `{names}` | {plain(action.help or '')} |"


def write(folder: Path = FOLDER) -> None:
    """Write the three pages."""
    folder.mkdir(parents=True, exist_ok=True)
    with translation.override("en"):
        pages = {
            "fields.md": fields_page(),
            "settings.md": settings_page((BASE_DIR / ".env.example").read_text(encoding="utf-8")),
            "commands.md": commands_page(),
        }
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def main() -> int:
    import django

    django.setup()
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
