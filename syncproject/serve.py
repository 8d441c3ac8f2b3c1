"""`python -m syncproject.serve`: web server and worker together, for one machine.

Migrates, collects the static files, then runs gunicorn and `manage.py syncworker` until Ctrl-C or until one of
them ends. Larger installations start the two themselves, as often as they like.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from types import FrameType

from syncproject.env import BASE_DIR
from syncproject.processes import Processes

MANAGE = [sys.executable, str(BASE_DIR / "manage.py")]
GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "python:syncproject.gunicorn", "syncproject.wsgi"]


def prepare() -> None:
    """Bring database and static files to the state of the code."""
    subprocess.run([*MANAGE, "migrate", "--verbosity", "0"], check=True, cwd=BASE_DIR)  # noqa: S603
    subprocess.run([*MANAGE, "collectstatic", "--noinput", "--verbosity", "0"], check=True, cwd=BASE_DIR)  # noqa: S603


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bind", default=f"127.0.0.1:{os.environ.get('PORT', '8000')}", help="address and port")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        prepare()
    except subprocess.CalledProcessError as error:
        # What went wrong has been said by the command itself.
        return error.returncode or 1
    with Processes() as processes:
        processes.start("web", GUNICORN, env={"SYNC_BIND": arguments.bind})
        processes.start("worker", [*MANAGE, "syncworker"], env={})
        sys.stdout.write(f"Admin on http://{arguments.bind}/admin/ (no login yet? `make login`). Ctrl-C stops it.\n")
        sys.stdout.flush()
        try:
            name, code = processes.wait()
        except KeyboardInterrupt:
            return 0
        sys.stderr.write(f"{name} ended with exit code {code}; stopping the other one.\n")
        return code or 1


if __name__ == "__main__":
    sys.exit(main())
