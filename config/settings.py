"""Every setting, read from the environment, typed, and refused loudly when it cannot be right.

`ENVIRONMENT=local` (the default) needs nothing: SQLite and an embedded Valkey under DATA_DIR.
`ENVIRONMENT=production` needs SECRET_KEY, ALLOWED_HOSTS, PUBLIC_URL, SEAL_KEYS, DATABASE_URL, REDIS_URL
and EMAIL_URL.
"""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.embedded import celery_url, socket_url, valkey_socket

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).expanduser().absolute()

ENVIRONMENT: str = env.str("ENVIRONMENT", default="local")
if ENVIRONMENT not in ("local", "production"):
    raise ImproperlyConfigured(f"ENVIRONMENT is {ENVIRONMENT!r}; it is either local or production.")
PRODUCTION = ENVIRONMENT == "production"

if PRODUCTION:
    missing = [
        name
        for name in (
            "SECRET_KEY", "ALLOWED_HOSTS", "PUBLIC_URL", "SEAL_KEYS", "DATABASE_URL", "REDIS_URL",
            "EMAIL_URL",
        )
        if not os.environ.get(name)
    ]  # fmt: skip
    if missing:
        raise ImproperlyConfigured(f"ENVIRONMENT=production also needs {', '.join(missing)}.")

DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


def _kept_secret_key(path: Path) -> str:
    """A local installation's random key: made once, then kept, so that logins survive a restart."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64), encoding="ascii")
        try:
            os.link(
                draft, path
            )  # refuses to replace the key that another process was quicker to make
        except FileExistsError:
            pass  # that key is the one we read below
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii")


SECRET_KEY: str = env.str("SECRET_KEY", default="") or _kept_secret_key(DATA_DIR / "secret_key")
DEBUG: bool = env.bool("DEBUG", default=False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG shows case data in error pages; production refuses it.")

PORT: int = env.int("PORT", default=8000)
# Also printed as a QR code on every paper, so it must be where the public finds this installation.
PUBLIC_URL: str = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
# The keys that seal papers, kept apart from the database: docs/papers.md.
SEAL_KEYS: str = env.str("SEAL_KEYS", default=str(DATA_DIR / "seal_keys.json"))
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# How many proxies of our own stand before the web process (config/client.py counts on it).
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", default=0)

# --- Applications --------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "transfers",
    "arrears",
    "transfers.staff.apps.StaffAdminConfig",  # django.contrib.admin with our site in its place
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",  # outside WhiteNoise: also for a picture opened by itself
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.PrivatePageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.NoNulMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "transfers.public.untold.NoCalendarMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it turns a refused login into its answer
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
            ],
        },
    },
]

# --- Database ------------------------------------------------------------------------------------


def _database(settings: dict[str, Any]) -> dict[str, Any]:
    """A database's address with what that kind of database needs to be safe under load."""
    options: dict[str, Any] = settings.setdefault("OPTIONS", {})
    if settings["ENGINE"] == "django.db.backends.sqlite3":
        # Untuned, 50 of 240 concurrent writes found the database locked; like this, none did.
        options.setdefault("transaction_mode", "IMMEDIATE")
        options.setdefault("timeout", 20)
        options.setdefault(
            "init_command",
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        )
        # Tests run on a file as well: WAL and locking do not exist for a database in memory.
        settings["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    elif settings["ENGINE"] == "django.db.backends.postgresql":
        settings["HOST"] = unquote(
            settings["HOST"]
        )  # %2Frun%2Fpostgresql: a unix socket's directory
        settings["CONN_MAX_AGE"] = 60
        settings["CONN_HEALTH_CHECKS"] = True
        options.setdefault("connect_timeout", 5)
        # Milliseconds. A forgotten transaction would otherwise stop all later migrations.
        options.setdefault(
            "options",
            "-c statement_timeout=30000 -c lock_timeout=5000"
            " -c idle_in_transaction_session_timeout=60000",
        )
    else:
        raise ImproperlyConfigured("DATABASE_URL is neither PostgreSQL nor SQLite.")
    return settings


DATABASES = {
    "default": _database(
        env.db_url("DATABASE_URL")
        if os.environ.get("DATABASE_URL")
        else {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "jiexu.sqlite3")}
    )
}

# --- Broker and background work ------------------------------------------------------------------

# redis://…, rediss://… or unix:///path. Unset: the Valkey that `manage.py up` starts.
REDIS_URL: str = env.str("REDIS_URL", default="") or socket_url(valkey_socket(DATA_DIR))

CELERY_BROKER_URL = celery_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A task that nobody acknowledged comes back after this; far more than any task's time limit,
    # or a slow one would run twice, for ever.
    "visibility_timeout": 3600,
    # A killed worker's task is looked for every 2 s. By default it is after up to 100 s.
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_connect_timeout": 10,
}
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
# Early acknowledgement lost every task of a killed worker; late without "reject" still lost that of
# a killed child. With both a task may run twice, and every one of ours is safe to.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TASK_TIME_LIMIT = 300  # seconds
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30

# `expires` is the entry's period in seconds: after an outage one late run does, not a queue.
# No task depends on its schedule for correctness; each handles everything that is due by now.
SWEEP_SECONDS: int = env.int("SWEEP_SECONDS", default=60)
DELIVERY_SECONDS: int = env.int("DELIVERY_SECONDS", default=10)
CELERY_BEAT_SCHEDULE = {
    "raise-deadline-alerts": {
        "task": "transfers.tasks.raise_deadline_alerts",
        "schedule": float(SWEEP_SECONDS),
        "options": {"expires": SWEEP_SECONDS},
    },
    "deliver-messages": {
        "task": "transfers.tasks.deliver_messages",
        "schedule": float(DELIVERY_SECONDS),
        "options": {"expires": DELIVERY_SECONDS},
    },
    "book-receipts": {
        "task": "transfers.tasks.book_receipts",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "work-on-batches": {
        "task": "transfers.tasks.work_on_batches",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "queue-digests": {
        "task": "transfers.tasks.queue_digests",
        "schedule": crontab(hour="8", minute="30"),
        # A day's digest is of use in the morning; after an outage past 09:00 people read the queue.
        "options": {"expires": 1800},
    },
    "lapse-supplements": {
        "task": "transfers.tasks.lapse_supplements",
        "schedule": crontab(minute="5"),
        "options": {"expires": 3600},
    },
    "prove-books": {
        "task": "transfers.tasks.prove_books",
        "schedule": crontab(hour="2", minute="30"),
        "options": {"expires": 3600},
    },
    "forget-expired": {
        "task": "transfers.tasks.forget_expired",
        "schedule": crontab(hour="3", minute="15"),
        "options": {"expires": 3600},
    },
    "work-out-statistics": {
        "task": "transfers.tasks.work_out_statistics",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "watch-heartbeats": {
        "task": "transfers.tasks.watch_heartbeats",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
}

if "arrears" in INSTALLED_APPS:
    CELERY_BEAT_SCHEDULE |= {
        "requote-lapsed": {
            "task": "arrears.tasks.requote_lapsed",
            # Shortly after midnight for all that lapsed; the other hours for what a full night left.
            "schedule": crontab(minute="20"),
            "options": {"expires": 3600},
        },
        "reinstate-settled": {
            "task": "arrears.tasks.reinstate_settled",
            "schedule": crontab(minute="*/10"),
            "options": {"expires": 600},
        },
        "remind-of-arrears": {
            "task": "arrears.tasks.remind_of_arrears",
            "schedule": crontab(hour="9", minute="0"),
            "options": {"expires": 3600},
        },
    }

# --- People, passwords, sessions -----------------------------------------------------------------

AUTH_USER_MODEL = "transfers.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# A guesser is slowed down by name *and* address together: wrong passwords for somebody else's
# account never lock that person out, who comes from another address.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "config.client.client_ip"
AXES_ENABLE_ADMIN = False
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "transfers.staff.lockout.locked"

# Browsers refuse a name that starts with __Host- unless it is Secure, for "/", without a domain.
_COOKIE_PREFIX = "__Host-" if PRODUCTION else "jiexu-"
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}session"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrf"
CSRF_COOKIE_AGE = None  # until the browser closes
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = PRODUCTION
LANGUAGE_COOKIE_NAME = f"{_COOKIE_PREFIX}language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = PRODUCTION

# --- What browsers are told ----------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # probes ask the process itself, past the TLS proxy
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    if TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Language and time ---------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
# The templates outside any app keep their sentences with those of transfers.
LOCALE_PATHS = [BASE_DIR / "transfers" / "locale"]

# --- Files ---------------------------------------------------------------------------------------

STATIC_URL = "static/"
# What people hand in; the same directory for every host. Never served by address: a view asks who it is.
MEDIA_ROOT = Path(env.str("UPLOAD_ROOT", default=str(DATA_DIR / "uploads"))).expanduser().absolute()
MEDIA_URL = ""
FILE_UPLOAD_HANDLERS = [
    "config.receiving.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
if PRODUCTION:
    STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
else:
    WHITENOISE_USE_FINDERS = True  # straight from the source tree, without collectstatic
    WHITENOISE_AUTOREFRESH = True

# --- Mail ----------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="Jiexu <noreply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 10
if os.environ.get("EMAIL_URL"):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"

# --- SMS -----------------------------------------------------------------------------------------

# Empty: SMS is not offered, and nobody can choose it. docs/messages.md is the gateway's contract.
SMS_URL: str = env.str("SMS_URL", default="" if PRODUCTION else (DATA_DIR / "sms").as_uri())
SMS_TOKEN: str = env.str("SMS_TOKEN", default="")
_SMS_KINDS = ("console", "file", "https") if PRODUCTION else ("console", "file", "https", "http")
if SMS_URL:
    _sms = urlsplit(SMS_URL)
    if _sms.scheme not in _SMS_KINDS:
        raise ImproperlyConfigured(
            f"SMS_URL starts with {_sms.scheme!r}; here it is one of {', '.join(_SMS_KINDS)}."
        )
    if _sms.scheme == "file" and not _sms.path.startswith("/"):
        raise ImproperlyConfigured("SMS_URL must name the directory in full: file:///var/sms.")
    if _sms.scheme.startswith("http") and not (_sms.hostname and SMS_TOKEN):
        raise ImproperlyConfigured("SMS_URL needs a host, and SMS_TOKEN for it.")
    if _sms.username or _sms.password:
        raise ImproperlyConfigured("SMS_URL holds no password: SMS_TOKEN does.")

# --- Logs: one line a record, to standard error, without personal data ---------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.logs.OneLineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO").upper()},
    "loggers": {
        # Django's own handlers would print a second, unformatted copy and mail error pages about.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        # At DEBUG this prints statements with their values, which are people's.
        "django.db.backends": {"level": "WARNING"},
        # Prints name and address of every failed login; its table holds the same, for auditors.
        "axes": {"level": "ERROR"},
    },
}
