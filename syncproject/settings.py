"""Django settings. Each option comes from the environment and is described in `.env.example`."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from syncproject.env import BASE_DIR, env

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

# --- Security --------------------------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY", default="")
SYNC_SECRET_KEYS: list[str] = env.list("SYNC_SECRET_KEYS", default=[])
for _name, _value in {"SECRET_KEY": SECRET_KEY, "SYNC_SECRET_KEYS": SYNC_SECRET_KEYS}.items():
    if not _value:
        raise ImproperlyConfigured(
            f"{_name} is not set. Run `make env` to write a .env file with fresh random keys, or set it in the "
            "environment; .env.example describes it."
        )

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

SYNC_HTTPS = env.bool("SYNC_HTTPS", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SYNC_HTTPS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SYNC_HTTPS
SECURE_SSL_REDIRECT = SYNC_HTTPS
SECURE_HSTS_SECONDS = env.int("SYNC_HSTS_SECONDS", default=3600) if SYNC_HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True

# --- Applications ----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_q",
    "axes",
    "syncconfig",
    "auditlog",
    "outbound",
    "inbound",
]

MIDDLEWARE = [
    "syncproject.health_check.HealthCheck",
    "django.middleware.security.SecurityMiddleware",
    "inbound.middleware.ApiFirst",
    "syncproject.no_nul.NoNul",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "syncconfig.acting.ActingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "syncproject.time_zone.TimeZone",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "syncproject.urls"
WSGI_APPLICATION = "syncproject.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# A partner's POST to the endpoint with a slash too many must not be answered by a redirect that drops its body.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
SYNC_LOGIN_FAILURES = env.int("SYNC_LOGIN_FAILURES", default=10)
SYNC_LOGIN_LOCK_MINUTES = env.int("SYNC_LOGIN_LOCK_MINUTES", default=15)
AXES_ENABLED = SYNC_LOGIN_FAILURES > 0
AXES_FAILURE_LIMIT = SYNC_LOGIN_FAILURES
AXES_COOLOFF_TIME = timedelta(minutes=SYNC_LOGIN_LOCK_MINUTES)
# The name and the address together: by the name alone, anybody could lock staff out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "inbound.addresses.client_address"
AXES_LOCKOUT_CALLABLE = "syncproject.login.locked"
AXES_RESET_ON_SUCCESS = True
# Who tries again too early waits no longer for it.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# Who logged in when is not collected.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- Database --------------------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'sync.sqlite3'}")
}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    if Path(_database["NAME"]).parent == BASE_DIR / "var":
        # A fresh clone has no folder for the file, whichever command comes first.
        (BASE_DIR / "var").mkdir(exist_ok=True)
    # With Django's defaults four writers saw "database is locked" on every tenth write; with these, never.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # Kept open: the last connection to close writes the whole log back to the file, which took 10 ms a request.
    _database["CONN_MAX_AGE"] = None
else:
    _database["CONN_MAX_AGE"] = env.int("SYNC_DB_CONN_MAX_AGE_S", default=60)
    _database["CONN_HEALTH_CHECKS"] = True

# --- Queue -----------------------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="")
SYNC_WORKERS = env.int("SYNC_WORKERS", default=2)
SYNC_TASK_TIMEOUT_S = env.int("SYNC_TASK_TIMEOUT_S", default=120)

Q_CLUSTER: dict[str, Any] = {
    "name": "sync",
    "workers": SYNC_WORKERS,
    "timeout": SYNC_TASK_TIMEOUT_S,
    # The retry clock starts when a task is taken into the local queue, so it must outlast the task that runs
    # before it there, and the local queue must be short. Otherwise one task is started several times.
    "retry": 2 * (SYNC_TASK_TIMEOUT_S + 3) + 60,
    "queue_limit": SYNC_WORKERS,
    "bulk": 1,
    # Retries are ours (outbound.retry); django-q2 would redeliver a failed task for ever.
    "ack_failures": True,
    "max_attempts": 1,
    # Our own rows are the record of what happened; keeping successes costs nine tenths of the throughput.
    "save_limit": -1,
    "recycle": 5000,
    "catch_up": False,
    "label": "Queue",
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}

# --- The way out and the way in --------------------------------------------------------------------------------

try:
    SYNC_ALLOWED_NETWORKS = [
        ip_network(text.strip(), strict=False) for text in env.list("SYNC_ALLOWED_NETWORKS", default=[])
    ]
except ValueError as error:
    raise ImproperlyConfigured(
        f"SYNC_ALLOWED_NETWORKS: {error}. Write networks such as 10.0.0.0/8,192.168.1.20/32."
    ) from error
SYNC_ALLOWED_HOSTS: list[str] = env.list("SYNC_ALLOWED_HOSTS", default=[])
SYNC_MAX_BODY_BYTES = env.int("SYNC_MAX_BODY_BYTES", default=10 * 1024 * 1024)
SYNC_MAX_RESPONSE_BYTES = env.int("SYNC_MAX_RESPONSE_BYTES", default=50 * 1024 * 1024)
SYNC_CONNECTIONS_PER_HOST = env.int("SYNC_CONNECTIONS_PER_HOST", default=4)
SYNC_RATE_PER_MINUTE = env.int("SYNC_RATE_PER_MINUTE", default=100)
SYNC_RATE_PER_HOUR = env.int("SYNC_RATE_PER_HOUR", default=1000)
SYNC_ODOO_CONCURRENCY = env.int("SYNC_ODOO_CONCURRENCY", default=0)
try:
    SYNC_TRUSTED_PROXIES = [
        ip_network(text.strip(), strict=False) for text in env.list("SYNC_TRUSTED_PROXIES", default=[])
    ]
except ValueError as error:
    raise ImproperlyConfigured(
        f"SYNC_TRUSTED_PROXIES: {error}. Write networks such as 10.0.0.0/8,192.168.1.20/32."
    ) from error
# Read by the inbound views themselves, which answer in JSON; Django's own limit would answer with a page.
DATA_UPLOAD_MAX_MEMORY_SIZE = SYNC_MAX_BODY_BYTES

# What a script of staff's may use; mapping.spec.ScriptLimits says how each is counted.
SYNC_SCRIPT_TIME_S = env.float("SYNC_SCRIPT_TIME_S", default=1.0)
SYNC_SCRIPT_MEMORY_MB = env.int("SYNC_SCRIPT_MEMORY_MB", default=64)
SYNC_SCRIPT_DEPTH = env.int("SYNC_SCRIPT_DEPTH", default=100)
SYNC_SCRIPT_OUTPUT_BYTES = env.int("SYNC_SCRIPT_OUTPUT_BYTES", default=1_000_000)
SYNC_SCRIPT_ENV_CALLS = env.int("SYNC_SCRIPT_ENV_CALLS", default=100)

SYNC_LOG_BODY_BYTES = env.int("SYNC_LOG_BODY_BYTES", default=64 * 1024)
SYNC_LOG_DAYS = env.int("SYNC_LOG_DAYS", default=90)
SYNC_TRAFFIC_DAYS = env.int("SYNC_TRAFFIC_DAYS", default=400)

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "inbound.errors.exception_handler",
}

# --- Alerts by e-mail ------------------------------------------------------------------------------------------

vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
SYNC_SITE_URL = env.str("SYNC_SITE_URL", default="")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="sync-hub@localhost")

# --- Language, time, static files, log of the process ----------------------------------------------------------

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
# Those that are complete; a test sees to it.
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["syncproject.formats"]

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("SYNC_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "urllib3": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}


# --- The admin -------------------------------------------------------------------------------------------------


def _stylesheet(request: object) -> str:
    return static("syncconfig/admin.css")


def _home_stylesheet(request: object) -> str:
    return static("syncconfig/home.css")


def _may(*permissions: str) -> Callable[[HttpRequest], bool]:
    """Whether the user may see a place of the sidebar."""
    return lambda request: request.user.has_perms(permissions)


def _is_finding(request: HttpRequest) -> bool:
    return request.path.startswith(tuple(map(reverse, ("admin:auditlog_apilog_find", "admin:auditlog_apilog_story"))))


def _is_in_log(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("admin:auditlog_apilog_changelist")) and not _is_finding(request)


def _everyone(request: object) -> str:
    return static("syncconfig/everyone.css")


def _keyboard(request: object) -> str:
    return static("syncconfig/keyboard.js")


def _sending(request: object) -> str:
    return static("syncconfig/sending.js")


def _zone(request: object) -> str:
    return static("syncconfig/zone.js")


def _favicon(request: object) -> str:
    return static("syncconfig/favicon.svg")


UNFOLD = {
    "SITE_TITLE": _("Sync hub for Odoo"),
    "SITE_HEADER": _("Sync hub"),
    "SITE_SUBHEADER": _("Odoo and the rest"),
    "SITE_SYMBOL": "sync_alt",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    # There is no site beside the admin to return to.
    "SITE_URL": None,
    "BORDER_RADIUS": "6px",
    "STYLES": [_stylesheet, _home_stylesheet, _everyone],
    "DASHBOARD_CALLBACK": "syncproject.home.home",
    "LOGIN": {"form": "syncproject.login.LoginForm"},
    "SCRIPTS": [_zone, _keyboard, _sending],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _favicon}],
    "SHOW_LANGUAGES": True,
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [{"title": _("Home"), "icon": "home", "link": reverse_lazy("admin:index")}],
            },
            {
                "title": _("Syncs"),
                "items": [
                    {
                        "title": _("Sync configs"),
                        "icon": "sync_alt",
                        "link": reverse_lazy("admin:syncconfig_syncconfig_changelist"),
                        "permission": _may("syncconfig.view_syncconfig"),
                    },
                    {
                        "title": _("Odoo connections"),
                        "icon": "hub",
                        "link": reverse_lazy("admin:syncconfig_odooconnection_changelist"),
                        "permission": _may("syncconfig.view_odooconnection"),
                    },
                ],
            },
            {
                "title": _("What happened"),
                "separator": True,
                "items": [
                    {
                        "title": _("Find a record"),
                        "icon": "manage_search",
                        "link": reverse_lazy("admin:auditlog_apilog_find"),
                        "active": _is_finding,
                        "permission": _may("auditlog.view_apilog"),
                    },
                    {
                        "title": _("Log"),
                        "icon": "receipt_long",
                        "link": reverse_lazy("admin:auditlog_apilog_changelist"),
                        "permission": _may("auditlog.view_apilog"),
                        "active": _is_in_log,
                    },
                    {
                        "title": _("Runs"),
                        "icon": "play_circle",
                        "link": reverse_lazy("admin:outbound_syncrun_changelist"),
                        "permission": _may("outbound.view_syncrun"),
                    },
                    {
                        "title": _("Deliveries"),
                        "icon": "local_shipping",
                        "link": reverse_lazy("admin:outbound_delivery_changelist"),
                        "permission": _may("outbound.view_delivery"),
                    },
                    {
                        "title": _("Conflicts"),
                        "icon": "call_split",
                        "link": reverse_lazy("admin:outbound_conflict_changelist"),
                        "permission": _may("outbound.view_conflict"),
                    },
                    {
                        "title": _("Accepted requests"),
                        "icon": "inbox",
                        "link": reverse_lazy("admin:inbound_inboundrequest_changelist"),
                        "permission": _may("inbound.view_inboundrequest"),
                    },
                    {
                        "title": _("Hosts"),
                        "icon": "dns",
                        "link": reverse_lazy("admin:outbound_host_changelist"),
                        "permission": _may("outbound.view_host"),
                    },
                    {
                        "title": _("Record links"),
                        "icon": "link",
                        "link": reverse_lazy("admin:outbound_recordlink_changelist"),
                        "permission": _may("outbound.view_recordlink"),
                    },
                    {
                        "title": _("Workers"),
                        "icon": "engineering",
                        "link": reverse_lazy("admin:outbound_worker_changelist"),
                        "permission": _may("outbound.view_worker"),
                    },
                ],
            },
            {
                "title": _("People"),
                "separator": True,
                "items": [
                    {
                        "title": _("Users"),
                        "icon": "person",
                        "link": reverse_lazy("admin:auth_user_changelist"),
                        "permission": _may("auth.view_user"),
                    },
                    {
                        "title": _("Groups"),
                        "icon": "group",
                        "link": reverse_lazy("admin:auth_group_changelist"),
                        "permission": _may("auth.view_group"),
                    },
                    {
                        "title": _("What people did"),
                        "icon": "history",
                        "link": reverse_lazy("admin:auditlog_act_changelist"),
                        "permission": _may("admin.view_logentry"),
                    },
                ],
            },
        ],
    },
}
