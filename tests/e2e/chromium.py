"""`python -m tests.e2e.chromium`: prints where Chromium is, after installing it where it is missing.

Debian's or Ubuntu's own package is used, so nothing is downloaded past the system's signed sources.
`SYNC_TEST_CHROMIUM` names another browser of that kind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING: Final = (
    "No Chromium is on the PATH, and it cannot be installed here. On Debian and Ubuntu: sudo apt-get install chromium. "
    "Elsewhere, install any Chromium or Chrome and name it: SYNC_TEST_CHROMIUM=/path/to/chrome make e2e"
)


def chromium_path() -> str | None:
    """The browser to drive, or None where there is none."""
    named = os.environ.get("SYNC_TEST_CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def chromium_install() -> bool:
    """Install the system's package, as root or by sudo without a password. False where neither is possible."""
    apt = shutil.which("apt-get")
    if apt is None:
        return False
    prefix = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if prefix and shutil.which(prefix[0]) is None:
        return False
    sys.stderr.write("Installing Chromium for the browser tests ...\n")
    install = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", apt, "install", "-y", "-qq", "chromium"]
    # A fresh machine has no list of packages yet.
    for command in ([*prefix, apt, "update", "-qq"], install):
        done = subprocess.run(command, stdout=subprocess.DEVNULL, timeout=900, check=False)
        if done.returncode and command is install:
            return False
    return True


def main() -> int:
    path = chromium_path()
    if path is None and not os.environ.get("SYNC_TEST_CHROMIUM") and chromium_install():
        path = chromium_path()
    if path is None:
        sys.stderr.write(f"{MISSING}\n")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
