"""`python -m demo`: the whole hub on one machine, at work.

Starts a demo Odoo, a demo shop, the web server and the worker on loopback, loads example configs, does the job
step by step, and leaves the site running until Ctrl-C. With `--once` it checks every figure and ends: exit code 0
when all are right, 1 when not.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import time
from types import FrameType

from demo.odoo import DemoOdoo
from demo.report import Report
from demo.shop import DemoShop
from demo.site import LOGIN, PASSWORD, Demo, Site, free_port
from syncproject.processes import Processes


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--once", action="store_true", help="check every figure and end")
    parser.add_argument("--odoo-version", type=int, choices=(18, 19), default=18, help="which Odoo the demo Odoo plays")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)

    report = Report()
    site = Site()
    odoo = DemoOdoo(version=arguments.odoo_version, port=free_port(8069), api_key=secrets.token_hex(20))
    shop = DemoShop(port=free_port(8070), token=secrets.token_urlsafe(24))
    with Processes() as processes:
        try:
            report.say("Preparing a fresh database ...")
            site.prepare()
            odoo.start()
            shop.start()
            odoo.seed_products(40)
            demo = Demo(
                odoo_url=odoo.url,
                odoo_database=odoo.db,
                odoo_login=odoo.login,
                odoo_key=odoo.api_key,
                shop_url=shop.url,
                shop_token=shop.token,
                inbound_token=secrets.token_urlsafe(24),
            )
            # Needs Django, which the site has just set up.
            from demo.configs import create_examples
            from demo.steps import Job

            create_examples(demo)
            site.start(processes)
            report.say(f"Demo Odoo {arguments.odoo_version} on {odoo.url}, demo shop on {shop.url}, hub on {site.url}")

            Job(site=site, demo=demo, shop=shop, report=report).run()
            report.table()
            report.verdict()
            if arguments.once:
                return 1 if report.differences else 0

            print(f"\nThe site is running: {site.url}/admin/   login {LOGIN}, password {PASSWORD}. Ctrl-C stops it.")
            print(f"Call it yourself:  curl -H 'Authorization: Bearer {demo.inbound_token}' "
                  f"{site.url}/bj_api_sync/v1/customers?limit=3")  # fmt: skip
            while (ended := processes.dead()) is None:
                time.sleep(0.5)
            print(f"{ended[0]} ended with exit code {ended[1]}.")
            return 1
        except KeyboardInterrupt:
            print("\nStopping.")
            return 0 if not arguments.once else 130
        finally:
            odoo.stop()
            shop.stop()


if __name__ == "__main__":
    sys.exit(main())
