"""`python -m tests.services postgres|redis`: does the service answer? Exit code 0 when it does, and its URL is printed.

`SYNC_TEST_POSTGRES_URL` and `SYNC_TEST_REDIS_URL` name others than those on this machine's usual ports.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing

POSTGRES_URL = os.environ.get("SYNC_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("SYNC_TEST_REDIS_URL", "redis://127.0.0.1:6379/9")


def postgres_answers() -> bool:
    import psycopg

    try:
        with closing(psycopg.connect(POSTGRES_URL, connect_timeout=2)):
            return True
    except psycopg.OperationalError:
        return False


def redis_answers() -> bool:
    import redis

    try:
        with closing(redis.Redis.from_url(REDIS_URL, socket_connect_timeout=2)) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def main() -> int:
    name = sys.argv[1]
    answers, url = {"postgres": (postgres_answers, POSTGRES_URL), "redis": (redis_answers, REDIS_URL)}[name]
    if not answers():
        sys.stderr.write(f"No {name} answers; its tests are left out.\n")
        return 1
    sys.stdout.write(f"{url}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
