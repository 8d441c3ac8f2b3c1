"""The commands, what an import does about configs that its document does not have, and what is part of a document."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.utils import timezone

from outbound.models import SyncRun
from syncconfig.documents.importing import text_import
from syncconfig.documents.sections import CONFIGS, CONNECTIONS, sections
from syncconfig.documents.writing import export_text
from syncconfig.models import OdooConnection, SyncConfig
from tests.syncconfig.test_documents import MINIMAL, exported


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sync.yaml"
    path.write_text(MINIMAL, encoding="utf-8")
    return path


def run(name: str, *args: Any, **options: Any) -> str:
    output = StringIO()
    call_command(name, *map(str, args), stdout=output, stderr=output, **options)
    return output.getvalue()


def test_an_export_by_command_is_imported_by_command(sync: SyncConfig, tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    assert "Written: 1 sync configs, 1 connections." in run("sync_export", "--connections", "--output", path)
    assert path.read_text(encoding="utf-8") == exported()
    assert "Done: 0 changed, 2 as they were." in run("sync_import", path)
    assert "connections:" not in run("sync_export", "Products out")


def test_a_dry_run_shows_the_diff_and_exits_with_2(sync: SyncConfig, tmp_path: Path) -> None:
    path = tmp_path / "sync.yaml"
    path.write_text(exported().replace("key: sku", "key: article").replace("{sku}", "{article}"), encoding="utf-8")
    output = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("sync_import", str(path), "--dry-run", stdout=output)
    assert stopped.value.code == 2
    assert "config Products out: changed" in output.getvalue()
    assert "-    key: sku\n  +    key: article" in output.getvalue()
    assert "Would be done: 1 changed, 1 as they were." in output.getvalue()
    assert sync.lines.get().key == "sku"


def test_a_refused_document_ends_with_every_problem_and_an_error(unreachable: OdooConnection, file: Path) -> None:
    file.write_text(MINIMAL.replace("key: id", "key: 'a..b'").replace("endpoint: partners", "endpoint: A B"))
    output = StringIO()
    with pytest.raises(CommandError, match="Nothing was changed: 2 to mend"):
        call_command("sync_import", str(file), stderr=output)
    assert "configs[0].endpoint (line 8): Use small letters" in output.getvalue()


@pytest.mark.parametrize(
    ("command", "args", "said"),
    [
        ("sync_import", ["/no/such.yaml"], "/no/such.yaml cannot be read"),
        ("sync_export", ["Nothing"], "There is no sync config 'Nothing'"),
        ("sync_export", ["--output", "/no/such/folder/x"], "cannot be written"),
    ],
)
def test_what_a_command_cannot_do_is_an_error(db: None, command: str, args: list[str], said: str) -> None:
    with pytest.raises((CommandError, SystemCheckError), match=said):
        call_command(command, *args)


def test_configs_that_are_not_in_the_document_are_left_alone_without_prune(sync: SyncConfig, file: Path) -> None:
    run("sync_import", file)
    sync.refresh_from_db()
    assert sync.active


def test_prune_switches_off_what_is_not_in_the_document(sync: SyncConfig, file: Path) -> None:
    output = run("sync_import", file, "--prune")
    assert "config Products out: switched off" in output
    sync.refresh_from_db()
    assert not sync.active
    assert "Done: 0 changed" in run("sync_import", file, "--prune")


def test_prune_deletes_only_what_never_did_anything(sync: SyncConfig, file: Path) -> None:
    used = SyncConfig.objects.create(name="Used", request_type="out", connection=sync.connection, model="m")
    SyncRun.objects.create(config=used, trigger="manual", started_at=timezone.now())
    output = run("sync_import", file, "--prune", "delete")
    assert "config Products out: deleted" in output
    assert "config Used: switched off" in output
    assert dict(SyncConfig.objects.values_list("name", "active")) == {"Partners in": True, "Used": False}
    assert SyncRun.objects.count() == 1


NOT_CONFIGURATION = {
    "outbound.SyncRun", "outbound.Delivery", "outbound.RecordLink", "outbound.WriteBack", "outbound.Notice",
    "outbound.RecordClaim", "outbound.Conflict", "inbound.InboundRequest", "outbound.OdooHook",
}  # fmt: skip
"""What happened, or what was made elsewhere for a config: it stays in its environment."""


def test_every_model_that_belongs_to_a_config_is_part_of_its_documents() -> None:
    registered = {section.model._meta.label for section in sections()}
    for relation in SyncConfig._meta.related_objects:
        label = relation.related_model._meta.label
        assert label in registered | NOT_CONFIGURATION | {"syncconfig.SyncConfig"}, (
            f"{label} belongs to a config. Register it with syncconfig.documents.sections.add_section in its app's "
            "ready(), or list it here as no configuration."
        )


def test_every_section_can_be_written_column_by_column() -> None:
    for section in (CONNECTIONS, CONFIGS, *sections()):
        names = {field.name for field in section.fields}
        assert names
        assert not names & {"id", "revision", "created_at", "updated_at", "config", "last_used_at", "claim"}
        for stage in section.identity:
            assert set(stage) <= names
    scripts = {name for section in (CONFIGS, *sections()) for name in section.script_names}
    assert scripts >= {"script", "script_reverse", "before_script", "after_script"}
    assert not scripts & {"script_writes", "script_reads"}


def test_the_document_in_the_documentation_can_be_imported_as_it_stands(db: None) -> None:
    text = (settings.BASE_DIR / "docs" / "configuration-as-code.md").read_text(encoding="utf-8")
    document = text.partition("```yaml\n")[2].partition("```")[0]
    environ = dict.fromkeys(re.findall(r"SYNC_SECRET_FOR_\w+", document), "x")
    outcome = text_import(document, environ=environ)
    assert [str(problem) for problem in outcome.problems] == []
    again = export_text(
        config_ids=list(SyncConfig.objects.values_list("pk", flat=True)),
        connection_ids=list(OdooConnection.objects.values_list("pk", flat=True)),
    )
    assert again.partition("version: 1\n")[2] == document.partition("version: 1\n")[2]
