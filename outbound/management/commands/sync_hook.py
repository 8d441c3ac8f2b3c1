"""`manage.py sync_hook NAME`: the rules in Odoo that tell of a config's changes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.errors import RemoteError
from outbound.commanding import config_named
from outbound.hooks import HookExists, hook_check, hook_create, hook_remove, hook_show


class Command(BaseCommand):
    help = "Show, create, check or remove the automation rules in Odoo that tell the hub of a config's changes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="Name of the sync config.")
        parser.add_argument("--url", default="", help="Where Odoo reaches the hub, e.g. https://sync.example.com")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--create", action="store_true", help="Make them. Without it they are only shown.")
        what.add_argument("--check", action="store_true", help="Say whether they are still as they were made.")
        what.add_argument("--remove", action="store_true", help="Take them out of Odoo.")

    def handle(self, *args: Any, **options: Any) -> None:
        config = config_named(options["name"])
        url = options["url"]
        if not url and not (options["check"] or options["remove"]):
            raise CommandError("Say where Odoo reaches the hub: --url https://sync.example.com")
        try:
            if options["remove"]:
                removed = hook_remove(config=config)
                self.stdout.write("The rules are removed." if removed else "There were no rules.")
            elif options["check"]:
                self._check(hook_check(config=config, site_url=url))
            else:
                for line in hook_show(config=config, site_url=url).lines():
                    self.stdout.write(line)
                if options["create"]:
                    hook = hook_create(config=config, site_url=url)
                    self.stdout.write(f"Made: {len(hook.rule_ids)} rules in Odoo.")
        except (RemoteError, HookExists, ValueError) as error:
            raise CommandError(str(error)) from None

    def _check(self, problems: list[str]) -> None:
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write("The rules are as they were made.")
