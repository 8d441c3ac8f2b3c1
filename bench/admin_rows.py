"""A hub's database after a long time, filled by the database itself: a million rows take seconds.

`count` is the number of log entries; of deliveries, links and hourly counts there are three for ten of those, of the
rest fewer, but of nothing less than `LEAST`. Every config has its share of everything, one entry in a hundred has
failed, and the log spans the same 90 days at every size.
"""

from __future__ import annotations

from django.db import connection as database
from django.db.models import Max

CONFIGS = 10
"""So many syncs; every second takes requests, the others deliver."""
LEAST = 1_000
"""Enough that a page of each list is full, also of one config: what is compared is not how much is shown."""
DAYS = 90

Columns = dict[str, str]

_ON_POSTGRES = {
    "MOMENT": "now() - (?) * interval '1 second'",
    "HOUR": "date_trunc('hour', now() - (?) * interval '1 hour')",
    "UUID": "lpad(to_hex(?), 32, '0')::uuid",
    "JSON": "'{}'::jsonb",
    "TEXT": "(?)::text",
}
_ON_SQLITE = {
    "MOMENT": "strftime('%Y-%m-%d %H:%M:%S', 'now', (-(?)) || ' seconds')",
    "HOUR": "strftime('%Y-%m-%d %H:00:00', 'now', (-(?)) || ' hours')",
    "UUID": "printf('%032x', ?)",
    "JSON": "'{}'",
    "TEXT": "CAST((?) AS TEXT)",
}


def _say(kind: str, inner: object = "") -> str:
    """An expression in the words of the database at hand."""
    words = _ON_POSTGRES if database.vendor == "postgresql" else _ON_SQLITE
    return words[kind].replace("?", str(inner))


def _insert(table: str, count: int, columns: Columns) -> None:
    """So many rows; the expressions may speak of `n`, which counts from 0, the newest."""
    names = ", ".join(f'"{name}"' for name in columns)
    with database.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE numbers(n) AS (SELECT {count - 1} UNION ALL SELECT n - 1 FROM numbers WHERE n > 0) "
            f"INSERT INTO {table} ({names}) SELECT {', '.join(columns.values())} FROM numbers"
        )


def make_configs() -> None:
    """The syncs, by Django, with a connection, lines and staff."""
    from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine

    odoo = OdooConnection.objects.create(
        name="Odoo", url="http://127.0.0.1:9", database="d", login="l", secret="s" * 20
    )
    for number in range(CONFIGS):
        is_in = number % 2 == 0
        config = SyncConfig.objects.create(
            name=f"Sync {number:02}", request_type="in" if is_in else "out", connection=odoo, model="res.partner",
            method_post=True, endpoint=f"sync-{number}" if is_in else None,
            url="" if is_in else f"https://shop{number}.example.com/things",
        )  # fmt: skip
        for position, field in enumerate(("email", "name", "phone", "street", "city", "zip")):
            SyncConfigLine.objects.create(
                config=config, field=field, key=field, position=position, is_identifier=not position
            )


def clear() -> None:
    """Take everything that grows away again."""
    from django.contrib.admin.models import LogEntry

    from auditlog.models import ApiLog, TrafficHour
    from inbound.models import InboundRequest
    from outbound.models import Conflict, Delivery, RecordLink, SyncRun
    from syncconfig.models import ConfigVersion

    for model in (
        ApiLog,
        TrafficHour,
        LogEntry,
        InboundRequest,
        Conflict,
        Delivery,
        RecordLink,
        SyncRun,
        ConfigVersion,
    ):
        model._default_manager.all().delete()


def fill(count: int) -> None:
    """Rows of everything that grows, in a database that holds the configs and none of these rows."""
    from django.contrib.auth.models import User
    from django.contrib.contenttypes.models import ContentType

    from auditlog.models import ApiLog, TrafficMark
    from outbound.models import SyncRun
    from syncconfig.models import SyncConfig

    first = SyncConfig.objects.order_by("pk").values_list("pk", flat=True)[0]
    any_config = f"{first} + n % {CONFIGS}"
    in_config, out_config = (f"{first + at} + 2 * (n / 2 % {CONFIGS // 2})" for at in (0, 1))
    age_s = f"CAST(n * {DAYS * 86400 / count} AS BIGINT)"
    json = _say("JSON")
    _runs(max(count // 100, LEAST), out_config)
    newest_run = SyncRun.objects.aggregate(newest=Max("pk"))["newest"]
    deliveries = max(count * 3 // 10, LEAST)
    _insert("auditlog_apilog", count, {
        "created_at": _say("MOMENT", age_s), "direction": "CASE WHEN n % 2 = 0 THEN 'in' ELSE 'out' END",
        "party": "CASE WHEN n % 5 = 4 THEN 'odoo' ELSE 'api' END",
        "config_id": f"CASE WHEN n % 2 = 0 THEN {in_config} ELSE {out_config} END",
        "run_id": f"CASE WHEN n % 2 = 1 THEN {newest_run} - n / 100 END",
        "delivery_id": "CASE WHEN n % 2 = 1 THEN n END",
        "request_id": f"CASE WHEN n % 2 = 0 THEN 'req-' || {_say('TEXT', 'n')} ELSE '' END",
        "method": "'POST'", "url": "'/bj_api_sync/v1/things'", "summary": "''", "client_address": "'10.0.0.1'",
        "status": "CASE WHEN n % 101 = 7 THEN 422 WHEN n % 997 = 1 THEN NULL ELSE 200 END", "duration_ms": "n % 900",
        "request_headers": json, "response_headers": json, "response_body": "'{\"status\": \"success\"}'",
        "request_body": f"'{{\"email\": \"' || {_say('TEXT', 'n')} || '@example.com\", \"note\": \"{'word ' * 40}\"}}'",
        "error": "CASE WHEN n % 101 = 7 THEN 'email: no address' ELSE '' END", "error_kind": "''",
        "record_ref": f"'#' || {_say('TEXT', 'n / 3')}", "is_dry_run": "n % 4999 = 3",
    })  # fmt: skip
    _insert("outbound_delivery", deliveries, {
        "config_id": out_config, "run_id": f"{newest_run} - n / 30", "record_id": "n + 1", "external_id": "''",
        "method": "'POST'", "payload": json, "payload_hash": "'h'", "idempotency_key": f"'k' || {_say('TEXT', 'n')}",
        "state": "CASE WHEN n % 19 = 1 THEN 'dead' WHEN n % 19 = 2 THEN 'pending' WHEN n % 19 = 3 THEN 'discarded' "
                 "ELSE 'delivered' END",
        "attempts": "1", "next_attempt_at": f"CASE WHEN n % 19 = 2 THEN {_say('MOMENT', '-3600')} END",
        "last_status": "200", "last_error": "''", "created_at": _say("MOMENT", age_s),
    })  # fmt: skip
    _insert("outbound_recordlink", deliveries, {
        "config_id": any_config, "odoo_id": "n + 1", "external_id": f"'x-' || {_say('TEXT', 'n')}",
        "payload_hash": "'h'", "synced_at": _say("MOMENT", age_s),
    })  # fmt: skip
    _insert("inbound_inboundrequest", max(count // 10, LEAST), {
        "public_id": _say("UUID", "n"), "config_id": in_config, "is_queued": "TRUE", "method": "'POST'",
        "request_id": f"'req-' || {_say('TEXT', '2 * n')}", "fingerprint": "''", "action": "''", "query": "''",
        "body": "'{}'", "record_key": "''", "state": "CASE WHEN n < 50 THEN 'waiting' ELSE 'done' END",
        "attempts": "1", "claim": "''", "status": "CASE WHEN n < 50 THEN NULL ELSE 201 END", "headers": json,
        "answer": "'{}'", "last_error": "''", "callback_tries": "0", "is_told": "TRUE",
        "created_at": _say("MOMENT", age_s),
    })  # fmt: skip
    _insert("auditlog_traffichour", deliveries, {
        "hour": _say("HOUR", f"n / {CONFIGS}"), "config_id": any_config, "direction": "'in'", "party": "'api'",
        "count": "120", "failed": "1", "last_ok_at": _say("HOUR", f"n / {CONFIGS}"), "longest_ms": "700",
        **{f"ms_{bound}": "10" for bound in (25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, "over")},
    })  # fmt: skip
    _insert("outbound_conflict", max(count // 100, LEAST), {
        "config_id": out_config, "record_id": "n + 1", "target_id": "n + 1", "title": "'A record'", "fields": json,
        "state": "CASE WHEN n % 11 = 0 THEN 'open' ELSE 'settled' END", "choices": json, "end_reason": "''",
        "created_at": _say("MOMENT", age_s), "seen_at": _say("MOMENT", age_s),
    })  # fmt: skip
    _insert("syncconfig_configversion", max(count // 100, LEAST), {
        "config_id": any_config, "name": "'Sync'", "revision": f"n / {CONFIGS} + 1", "document": json,
        "is_deletion": "FALSE", "source": "'admin'", "who": "'staff'", "note": "''",
        "created_at": _say("MOMENT", age_s),
    })  # fmt: skip
    kind = ContentType.objects.get_for_model(SyncConfig).pk
    user = User.objects.order_by("pk").values_list("pk", flat=True)[0]
    _insert("django_admin_log", max(count // 10, LEAST), {
        "action_time": _say("MOMENT", age_s), "user_id": str(user), "content_type_id": str(kind),
        "object_id": _say("TEXT", any_config), "object_repr": "'Sync'", "action_flag": "2", "change_message": "'Run.'",
    })  # fmt: skip
    newest = ApiLog.objects.aggregate(newest=Max("pk"))["newest"]
    TrafficMark.objects.update_or_create(pk=1, defaults={"upto_id": newest, "seen_id": newest})
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")


def _runs(count: int, config: str) -> None:
    age_s = f"CAST(n * {DAYS * 86400 / count} AS BIGINT)"
    _insert("outbound_syncrun", count, {
        "config_id": config, "trigger": "'schedule'", "state": "CASE WHEN n % 47 = 9 THEN 'failed' ELSE 'done' END",
        "is_full": "FALSE", "cursor": "0", "change_cursor": "''", "read_count": "30", "unchanged_count": "0",
        "held_count": "0", "rejected_count": "0", "queued_count": "30", "delivered_count": "30", "dead_count": "0",
        "conflict_count": "0", "error": "''", "problems": "'[]'", "failures": "0",
        "created_at": _say("MOMENT", age_s), "started_at": _say("MOMENT", age_s), "finished_at": _say("MOMENT", age_s),
    })  # fmt: skip
