"""How gunicorn serves the site: `gunicorn -c python:syncproject.gunicorn syncproject.wsgi`.

Threads, because an inbound call spends its time waiting for Odoo.
"""

from __future__ import annotations

import os

bind = os.environ.get("SYNC_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("SYNC_WEB_PROCESSES", "2"))
threads = int(os.environ.get("SYNC_WEB_THREADS", "8"))
worker_class = "gthread"
# A request may wait for Odoo as long as its connection's read timeout allows, several times over.
timeout = 120
graceful_timeout = 30
keepalive = 5
max_requests = 20000
max_requests_jitter = 2000
accesslog = None
errorlog = "-"
loglevel = "warning"
# The heartbeat of a worker is a file; on a disk that is busy it would look dead.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
