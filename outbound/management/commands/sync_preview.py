"""`manage.py sync_preview NAME`: what a sync would do, without doing it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from outbound.preview import Effect, Preview, RecordPreview
from outbound.preview_in import preview_in
from outbound.preview_out import preview_out
from outbound.preview_pull import preview_pull
from syncconfig.models import RequestType, SyncConfig

_NOTHING_READ = "No record is in the filter domain."
_NOTHING_FETCHED = "The answer holds no item."


class Command(BaseCommand):
    help = (
        "Show what a sync would do with a payload (In), with records of Odoo (Out) or with the first page of an "
        "external API (Out with GET): the result, its errors, the calls, and what would change. Nothing is changed. "
        "Exits with 1 when something would be refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="Name of the sync config.")
        parser.add_argument("--payload", metavar="FILE", help="In: a JSON object or a list of them; - reads it.")
        parser.add_argument("--record", type=int, metavar="ID", help="In: as a PUT to the record of this Odoo id.")
        parser.add_argument("--ids", help="Out: these Odoo ids, separated by commas, e.g. 1,2.")
        parser.add_argument("--limit", type=int, default=10, help="Out, without ids: so many of the first records; 10.")
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")

    def handle(self, *args: Any, **options: Any) -> None:
        config = SyncConfig.objects.select_related("connection").filter(name=options["name"]).first()
        if config is None:
            names = ", ".join(SyncConfig.objects.values_list("name", flat=True))
            raise CommandError(f"There is no sync config {options['name']!r}. There are: {names or 'none'}.")
        if config.request_type == RequestType.IN:
            preview = preview_in(config=config, payloads=_payloads(options["payload"]), odoo_id=options["record"])
        elif config.fetches:
            preview = preview_pull(config=config, limit=options["limit"])
        else:
            preview = preview_out(config=config, ids=_ids(options["ids"]), limit=options["limit"])
        if options["json"]:
            self.stdout.write(json.dumps(preview.as_dict(), indent=2, ensure_ascii=False))
        else:
            self._show(preview, nothing=_NOTHING_FETCHED if config.fetches else _NOTHING_READ)
        if preview.problem or any(record.effect is Effect.REFUSE for record in preview.records):
            sys.exit(1)

    def _show(self, preview: Preview, *, nothing: str) -> None:
        if preview.problem:
            self.stdout.write(f"No preview: {preview.problem}")
        for record in preview.records:
            self._show_record(record)
        for call in preview.calls:
            self.stdout.write(f"{call.call}  {_json(call.content)}")
        if not preview.records and not preview.problem:
            self.stdout.write(nothing)

    def _show_record(self, record: RecordPreview) -> None:
        place = f" (id {record.odoo_id})" if record.odoo_id else ""
        self.stdout.write(f"{record.title}{place}: {record.effect}{f' - {record.problem}' if record.problem else ''}")
        for error in record.errors:
            self.stdout.write(f"  {error.key or error.field}: {error.message}")
        for change in record.changes or ():
            self.stdout.write(f"  {change.field}: {_json(change.old)} -> {_json(change.new)}")
        for call in record.calls:
            self.stdout.write(f"  would call {call.call}  {_json(call.content)}")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _payloads(file: str | None) -> list[object]:
    if not file:
        raise CommandError("An In sync needs a payload: --payload FILE, or --payload - to read it.")
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        payload = json.loads(text)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise CommandError(f"{file} is no JSON: {error}.") from None
    return payload if isinstance(payload, list) else [payload]


def _ids(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise CommandError("--ids takes whole numbers separated by commas, e.g. 1,2.") from None
