"""Reads the environment, and the `.env` file where there is one.

Every option that the settings take is described in `.env.example`, and only there. The variables of the process
win over the file; `SYNC_ENV_FILE` names another file, and an empty one means none.
"""

from __future__ import annotations

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

_env_file = os.environ.get("SYNC_ENV_FILE", str(BASE_DIR / ".env"))
if _env_file and Path(_env_file).is_file():
    env.read_env(_env_file)
