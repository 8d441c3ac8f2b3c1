"""Every page of the admin with a million log entries, against the same pages with a thousand.

The pages are all that the admin's URLs lead to, each list with every filter that it offers, searches, the ways to find
a record, and the health check. On SQLite, and on PostgreSQL where one answers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from bench import admin_rows
from bench.table import Result, measures
from demo.site import Site
from syncproject.env import BASE_DIR
from tests.services import POSTGRES_URL, postgres_answers

FEW, MANY = 1_000, 1_000_000
ROUNDS = 3
CHOICES = 3
"""So many choices of each filter are asked for."""
SLOW_MS = 1_000
"""A page that takes longer is named, whatever its ratio."""
DATABASE = "sync_bench_admin"

# Searches and written filters, of what stands there once, often and nowhere.
ASKED = {
    "auditlog_apilog": [
        "q=req-100", "q=%23100", "q=%2Fbj_api_sync", "q=%2Fnowhere", "record=%23100", "request_id=req-100",
        "text=nowhere", "text=word", "status=422", "status=404", "run_id=1", "delivery_id=101", "status_class=3",
        "created_at_from_0=2020-01-01&created_at_to_0=2020-02-01", "before=500", "after=500",
        "config__id__exact=1&status_class=5", "direction__exact=in&party__exact=odoo&status_class=failed",
    ],
    "outbound_delivery": ["q=100", "q=nowhere", "error=nowhere", "run=1", "before=200", "state__exact=dead&error=x"],
    "outbound_recordlink": ["q=100", "q=x-100", "q=nowhere"],
    "outbound_syncrun": ["q=nowhere"],
    "inbound_inboundrequest": ["q=req-100", "q=nowhere"],
    "outbound_conflict": ["q=nowhere"],
    "auditlog_act": ["q=nowhere", "period=1h"],
    "syncconfig_syncconfig": ["q=Sync", "health=failing", "health=healthy"],
}  # fmt: skip


def _addresses() -> list[str]:
    """Every page that needs nothing, or one object, and every list with what can be asked of it."""
    from django.contrib import admin
    from django.test import RequestFactory
    from django.urls import NoReverseMatch, reverse

    from syncconfig.models import SyncConfig

    found = [reverse("admin:index"), "/healthz", "/healthz/ready"]
    found += [f"{reverse('admin:auditlog_apilog_find')}?q={term}" for term in ("req-100", "%23100", "100", "nowhere")]
    story = reverse("admin:auditlog_apilog_story")
    for config_id in SyncConfig.objects.order_by("pk").values_list("pk", flat=True)[:2]:
        found += [f"{story}?config={config_id}&id=101", f"{story}?config={config_id}&record=x-100"]
    for model, model_admin in admin.site._registry.items():
        middle: Any = model._default_manager.order_by("pk")[model._default_manager.count() // 2 :].first()
        for pattern in model_admin.get_urls():
            name = getattr(pattern, "name", None)
            for args in ([], [middle.pk]) if name and middle else ():
                try:
                    found.append(reverse(f"admin:{name}", args=args))
                except NoReverseMatch:
                    continue
        listed = f"{model._meta.app_label}_{model._meta.model_name}"
        url = reverse(f"admin:{listed}_changelist")
        found += [f"{url}?{query}" for query in ASKED.get(listed, [])]
        found += [url + query for query in _filters(model_admin, RequestFactory().get(url))]
    return list(dict.fromkeys(found))


def _filters(model_admin: Any, request: Any) -> Iterator[str]:
    """The queries that the filters of a list offer to click on."""
    from django.contrib.auth.models import User

    request.user = User.objects.order_by("pk")[0]
    request.session = {}
    changelist = model_admin.get_changelist_instance(request)
    for spec in changelist.filter_specs:
        try:
            choices = list(spec.choices(changelist))
        except (AttributeError, KeyError, TypeError):
            continue  # What is written rather than chosen.
        queries = [choice["query_string"] for choice in choices if choice.get("query_string") not in (None, "?", "")]
        yield from queries[:CHOICES]


def _times() -> dict[str, tuple[float, int]]:
    """Milliseconds of work and queries of each page that opens, by its address without numbers of rows. Work, not time:
    what else the machine does must not look like a page that grew."""
    from django.contrib.auth.models import User
    from django.db import connection as database
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.order_by("pk")[0])
    found = {}
    for url in _addresses():
        if client.get(url).status_code != 200:
            continue
        taken = []
        for _ in range(ROUNDS):
            with CaptureQueriesContext(database) as queries:
                began = process_time()
                client.get(url)
                worked_s = process_time() - began
            # SQLite works in this process, PostgreSQL in its own.
            asked_s = 0.0 if database.vendor == "sqlite" else sum(float(each["time"]) for each in queries)
            taken.append((worked_s + asked_s) * 1000)
        found["/".join("N" if part.isdigit() else part for part in url.split("/"))] = (min(taken), len(queries))
    return found


def _compare(name: str) -> list[Result]:
    """Fill, look, fill more, look again. The ratio is that of all pages together."""
    admin_rows.make_configs()
    admin_rows.fill(FEW)
    few = _times()
    admin_rows.clear()
    admin_rows.fill(MANY)
    many = _times()
    both = sorted(few.keys() & many.keys())
    if len(both) < 100:
        raise RuntimeError(f"only {len(both)} pages opened")
    worst = max(both, key=lambda url: many[url][0])
    grown = [url for url in both if many[url][1] > max(few[url][1], 24)]
    slow = [f"{url} {many[url][0]:.0f} ms" for url in both if many[url][0] > SLOW_MS]
    detail = (
        f"{len(both)} pages, {MANY:,} log entries against {FEW:,}; slowest {worst} {many[worst][0]:.0f} ms; "
        f"at most {max(many[url][1] for url in both)} queries"
    )
    detail += f"; MORE QUERIES THAN 24: {', '.join(grown)}" if grown else ""
    detail += f"; SLOWER THAN A SECOND: {', '.join(slow)}" if slow else ""
    if os.environ.get("SYNC_BENCH_PAGES"):
        for url in sorted(both, key=lambda url: -many[url][0]):
            print(f"{few[url][0]:8.0f} {many[url][0]:8.0f} ms {many[url][1]:3} queries  {url}")
    return [Result(name, sum(many[url][0] for url in both) / sum(few[url][0] for url in both), detail)]


@contextmanager
def _postgres() -> Iterator[str]:
    """The URL of an empty database, which is dropped afterwards."""
    import psycopg

    url = urlunsplit(urlsplit(POSTGRES_URL)._replace(path=f"/{DATABASE}"))
    with psycopg.connect(POSTGRES_URL, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        server.execute(f"CREATE DATABASE {DATABASE}")
        try:
            yield url
        finally:
            server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


@measures("admin.log_1m")
def log_1m() -> list[Result]:
    site = Site(home=BASE_DIR / "var" / "bench")
    site.prepare()
    return _compare("admin.log_1m")


@measures("admin.log_1m_postgres")
def log_1m_postgres() -> list[Result]:
    if not postgres_answers():
        return []
    with _postgres() as url:
        site = Site(home=BASE_DIR / "var" / "bench", database_url=url)
        site.prepare()
        return _compare("admin.log_1m_postgres")
