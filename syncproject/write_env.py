"""`python -m syncproject.write_env [FILE]`: a .env file from .env.example, with fresh random keys.

Only the standard library and no settings: there are none yet when this runs. It overwrites nothing, and what it
writes is readable by its owner alone.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def fernet_key() -> str:
    """32 random bytes in URL-safe base64, as Fernet wants its key."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode("ascii")


def filled(example: str) -> str:
    """The text of .env.example with SECRET_KEY and SYNC_SECRET_KEYS filled in. Raises ValueError without them."""
    for name, value in {"SECRET_KEY": secrets.token_urlsafe(50), "SYNC_SECRET_KEYS": fernet_key()}.items():
        example, count = re.subn(rf"^{name}=.*$", f"{name}={value}", example, flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f".env.example must have one line {name}=")
    return example


def write_env(target: Path, *, example: Path = BASE_DIR / ".env.example") -> None:
    """Write `target`. Raises FileExistsError rather than overwrite, and ValueError if the example lacks a key."""
    text = filled(example.read_text(encoding="utf-8"))
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def main(arguments: list[str]) -> int:
    """0 when written, 1 when refused."""
    target = Path(arguments[0]) if arguments else BASE_DIR / ".env"
    try:
        write_env(target)
    except FileExistsError:
        print(f"{target} exists already and is left as it is; move it away first.", file=sys.stderr)  # noqa: T201
        return 1
    except (OSError, ValueError) as error:
        print(f"{target} was not written: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"Wrote {target} with fresh keys. Keep a copy of SYNC_SECRET_KEYS apart from the database.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
