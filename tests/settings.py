"""The product's settings with keys of their own, so that the tests need no `.env` file and read none.

`SYNC_TEST_DB` names another SQLite file, for two runs side by side.
"""

import os

os.environ["SYNC_ENV_FILE"] = ""
os.environ.setdefault("SECRET_KEY", "only for tests, only for tests, only for tests, 0123456789")
os.environ.setdefault("SYNC_SECRET_KEYS", "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=")
os.environ.setdefault("SYNC_ALLOWED_NETWORKS", "127.0.0.0/8")

from syncproject.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# No manifest, no collected files: the finders serve what the pages ask for.
WHITENOISE_AUTOREFRESH = True
if "sqlite" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    # A file, not memory: several threads and processes look at it, as they do in production. A fresh clone has no
    # folder for it yet.
    (BASE_DIR / "var").mkdir(exist_ok=True)  # noqa: F405
    DATABASES["default"]["TEST"] = {  # noqa: F405
        "NAME": os.environ.get("SYNC_TEST_DB", BASE_DIR / "var" / "test.sqlite3")  # noqa: F405
    }
