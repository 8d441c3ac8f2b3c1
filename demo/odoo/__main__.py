"""`python -m demo.odoo --port 8169 --version 18`: run the demo Odoo until interrupted."""

import argparse

from demo.odoo import ADMIN_KEY, DemoOdoo


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.odoo", description="A stand-in for Odoo, on loopback.")
    parser.add_argument("--port", type=int, default=8169)
    parser.add_argument("--version", type=int, choices=(18, 19), default=18)
    parser.add_argument("--api-key", default=ADMIN_KEY)
    parser.add_argument("--products", type=int, default=40, help="how many products to start with")
    parser.add_argument("--service-time-ms", type=float, default=0, help="added to every call")
    parser.add_argument("--per-record-ms", type=float, default=0, help="added for every record read or written")
    parser.add_argument("--keep-alive", action="store_true", help="keep connections, like a proxy before Odoo")
    options = parser.parse_args()
    demo = DemoOdoo(
        version=options.version,
        port=options.port,
        api_key=options.api_key,
        service_time_ms=options.service_time_ms,
        per_record_ms=options.per_record_ms,
        keep_alive=options.keep_alive,
    )
    demo.seed_products(options.products)
    demo.seed_shop_skus()
    demo.start()
    print(f"Demo Odoo {options.version} (a stand-in) at {demo.url}, database {demo.db}, login {demo.login}", flush=True)
    demo.wait()


if __name__ == "__main__":
    main()
