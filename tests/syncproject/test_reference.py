"""The reference leaves nothing out: it is made from the models, the options and the commands themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import get_commands

from syncproject.env import BASE_DIR
from syncproject.reference import APPS, commands_page, field_models, fields_page, is_shown, plain, settings_page, write

EXAMPLE = (BASE_DIR / ".env.example").read_text(encoding="utf-8")


def _sections(page: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_model_that_the_admin_shows_is_in_the_reference() -> None:
    documented = set(field_models())
    shown = {model for model in admin.site._registry if model._meta.app_label in APPS}
    for model_admin in admin.site._registry.values():
        shown |= {inline.model for inline in model_admin.inlines if inline.model._meta.app_label in APPS}
    assert shown - documented == set()


def test_every_field_with_a_help_text_is_in_the_reference_with_it() -> None:
    page = fields_page()
    fields = [
        field
        for label in APPS
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.get_fields()
        if getattr(field, "help_text", "")
    ]
    assert len(fields) > 80
    assert [str(field) for field in fields if plain(str(field.help_text)) not in page] == []


def test_every_shown_field_has_a_row_of_three_cells() -> None:
    for title, text in _sections(fields_page()).items():
        for row in text.strip().splitlines():
            assert len(re.findall(r"(?<!\\)\|", row)) == 4, (title, row)
    counted = sum(text.strip().count("\n") - 1 for text in _sections(fields_page()).values())
    assert counted == sum(is_shown(field) for model in field_models() for field in model._meta.get_fields())


def test_every_option_that_the_settings_read_is_in_the_reference() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"(\w+)"', (BASE_DIR / "syncproject" / "settings.py").read_text()))
    page = settings_page(EXAMPLE)
    assert len(read) > 25
    assert {name for name in read if f"| `{name}` |" not in page} == set()


def test_every_option_says_what_it_is_for() -> None:
    rows = [row for row in settings_page(EXAMPLE).splitlines() if row.startswith("| `")]
    # A comment above several options speaks of all of them; the first option of a section must have one.
    for title, text in _sections(settings_page(EXAMPLE)).items():
        first = next(row for row in text.splitlines() if row.startswith("| `"))
        assert "See above." not in first, (title, first)
    assert sum("See above." in row for row in rows) < len(rows) / 4


def test_every_command_of_the_hub_is_in_the_reference() -> None:
    titles = set(_sections(commands_page()))
    assert titles == {name for name, app in get_commands().items() if app in APPS}
    assert "`--inline`" in commands_page()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("E.g. <code>a | b</code>", "E.g. `a \\| b`"),
        ("<em>In</em>: x", "*In*: x"),
        ("<code>&lt;i&gt;</code>", "`<i>`"),
        ("two\n  lines", "two lines"),
    ],
)
def test_help_texts_are_written_as_markdown(text: str, written: str) -> None:
    assert plain(text) == written


def test_the_pages_are_written(tmp_path: Path) -> None:
    write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["commands.md", "fields.md", "settings.md"]
