"""Settings shared by every way of running; whatever differs by site comes from the environment.

`docs/reference/settings.md` lists each variable with its default.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

#: Everything the running product writes on this machine: databases, keys, files, broker folders.
STATE_DIR = Path(env.str("DSR_STATE", default=str(BASE_DIR / "var")))

DEBUG = False
ALLOWED_HOSTS = env.list("DSR_HOSTS", default=["localhost", "127.0.0.1"])
#: Where the web server started by `manage.py run` listens, on this machine only.
PORT = env.int("DSR_PORT", default=8000)
#: The only origin that links in mail and letters are built from; never the request's Host header.
BASE_URL = env.str("DSR_BASE_URL", default=f"http://127.0.0.1:{PORT}")

ROOT_URLCONF = "dsr_portal.urls"
WSGI_APPLICATION = "dsr_portal.wsgi.application"

INSTALLED_APPS = [
    "dsr_portal.apps.DsrPortalConfig",
    "exports.apps.ExportsConfig",
    "requests.apps.RequestsConfig",
    "consent.apps.ConsentConfig",
    "portals_core.apps.PortalsCoreConfig",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_htmx",
    "lucide",
    "csp",
    # Last: what registers itself after this came too late.
    "dsr_portal.closing",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dsr_portal.edge.ActorMiddleware",
    "dsr_portal.edge.SignalMiddleware",
    "dsr_portal.edge.ErrorMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "dsr_portal" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dsr_portal.edge.site",
            ],
        },
    }
]

# --- databases -------------------------------------------------------------------------------

_SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON;"
    ),
}


def database(variable: str, file_name: str) -> dict:
    """One database from its URL; SQLite under `STATE_DIR` where none is given."""
    config = env.db_url(variable, default=f"sqlite:///{STATE_DIR / file_name}")
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = dict(_SQLITE_OPTIONS)
    return config


DATABASES = {
    "default": database("DATABASE_URL", "dsr.sqlite3"),
    # Wrapped subject keys stand apart, with short backups of their own: see docs/decisions.
    "keyring": database("KEYRING_DATABASE_URL", "keyring.sqlite3"),
}
DATABASE_ROUTERS = ["dsr_portal.routing.KeyringRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(STATE_DIR / "files"), "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- people and sessions -----------------------------------------------------------------------

AUTH_USER_MODEL = "portals_core.User"
AUTHENTICATION_BACKENDS = ["portals_core.people.backend.SignInBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "portals_core:sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "portals_core:sign-in"
OTP_TOTP_ISSUER = env.str("DSR_ORGANISATION", default="Example organisation")
OTP_TOTP_TOLERANCE = 0
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
#: Seconds for which a fresh second factor (or, for people without one, a fresh password) counts.
STEP_UP_SECONDS = env.int("DSR_STEP_UP_SECONDS", default=300)

#: User types a portal may have (P7, decision 17).
LIMIT_USER_TYPES = env.int("DSR_LIMIT_USER_TYPES", default=5)
#: Per module of a user type: conditions (C13), layouts and fields (T15).
LIMIT_CONDITIONS = env.int("DSR_LIMIT_CONDITIONS", default=10)
LIMIT_LAYOUTS = env.int("DSR_LIMIT_LAYOUTS", default=7)
LIMIT_FIELDS = env.int("DSR_LIMIT_FIELDS", default=500)
#: Lock rules per module (L7), fields one leaves editable (decision 8), roles and types one names (L15).
LIMIT_LOCK_RULES = env.int("DSR_LIMIT_LOCK_RULES", default=5)
LIMIT_OPEN_FIELDS = env.int("DSR_LIMIT_OPEN_FIELDS", default=10)
LIMIT_LOCK_EXEMPT = env.int("DSR_LIMIT_LOCK_EXEMPT", default=15)
#: Bytes of a file added to a record, which is held in memory as a whole, and files a record may have.
LIMIT_FILE_BYTES = env.int("DSR_LIMIT_FILE_BYTES", default=10 * 1024 * 1024)
LIMIT_FILES = env.int("DSR_LIMIT_FILES", default=100)
#: Indexes of a module that are derived from what user types share, beside those of its lookups.
LIMIT_INDEXES = env.int("DSR_LIMIT_INDEXES", default=6)
#: The grid of a user type sends a value per field of every module: 20 modules of 40 fields are 1,600.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# --- pages -------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("pl", _("Polish")),
    ("zh-hans", _("Chinese")),
    ("pt", _("Portuguese")),
    ("fi", _("Finnish")),
    ("ru", _("Russian")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "camera": [],
    "geolocation": [],
    "microphone": [],
    "payment": [],
    "usb": [],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True

# --- the organisation --------------------------------------------------------------------------

ORGANISATION = env.str("DSR_ORGANISATION", default="Example organisation")
CONTACT_EMAIL = env.str("DSR_CONTACT_EMAIL", default="privacy@example.org")
#: Stands on every letter and says where one is answered; lines parted by "\\n". The phone number is optional.
POSTAL_ADDRESS = env.str("DSR_POSTAL_ADDRESS", multiline=True, default="")
CONTACT_PHONE = env.str("DSR_CONTACT_PHONE", default="")
#: Member State (and optional subdivision) whose calendar and time zone govern deadlines by default.
COUNTRY = env.str("DSR_COUNTRY", default="PL")
SUBDIVISION = env.str("DSR_SUBDIVISION", default="")
#: Another table of the ages from which children agree alone than `consent/data/ages.toml`.
AGES = env.str("DSR_AGES", default="")

# --- mail --------------------------------------------------------------------------------------

#: Without a server no mail leaves the machine: it is kept in the database and can be read by staff.
MAIL_URL = env.str("DSR_MAIL_URL", default="")
MAIL_LEAVES = bool(MAIL_URL)
if MAIL_LEAVES:
    _mail = environ.Env.email_url_config(MAIL_URL)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail["EMAIL_HOST"]
    EMAIL_PORT = _mail["EMAIL_PORT"] or 25
    EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"] or ""
    EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"] or ""
    EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
    EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
    EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = env.str("DSR_FROM_EMAIL", default=CONTACT_EMAIL)

# --- jobs --------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://localhost")
if CELERY_BROKER_URL.startswith("filesystem"):
    _queue = STATE_DIR / "queue"
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "control_folder": str(_queue / "control"),
        "polling_interval": 0.2,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
#: Seconds for which one worker owns a job before another may take it over.
JOB_LEASE_SECONDS = env.int("DSR_JOB_LEASE_SECONDS", default=60)
#: Runs after which a failing job is parked and shown instead of tried again.
JOB_ATTEMPTS = env.int("DSR_JOB_ATTEMPTS", default=8)
#: Named places where a test may stop the process; empty outside test settings.
FAULT_POINTS: dict[str, str] = {}

# --- public forms --------------------------------------------------------------------------------

#: Days after which a sign-up nobody confirmed is deleted, and for which its link works.
SIGN_UP_DAYS = env.int("DSR_SIGN_UP_DAYS", default=7)
#: Sign-ups of everybody together in an hour, after which the forms ask to come back later.
SIGN_UPS_PER_HOUR = env.int("DSR_SIGN_UPS_PER_HOUR", default=500)

# --- documents and exports ------------------------------------------------------------------------

#: Bounds of the process that makes one PDF.
RENDER_MEGABYTES = env.int("DSR_RENDER_MEGABYTES", default=1024)
RENDER_SECONDS = env.int("DSR_RENDER_SECONDS", default=120)
#: Rows a table may have to be printed in the report; a longer one is summarised and stands in its CSV.
EXPORT_REPORT_ROWS = env.int("DSR_EXPORT_REPORT_ROWS", default=200)
#: Days for which a finished export can be downloaded, and for which a mailed link works.
EXPORT_DAYS = env.int("DSR_EXPORT_DAYS", default=30)
EXPORT_LINK_DAYS = env.int("DSR_EXPORT_LINK_DAYS", default=7)

# --- cases --------------------------------------------------------------------------------------
#: Hours in which an approved deletion can still be withdrawn; 0 carries it out at once.
COOLING_OFF_HOURS = env.int("DSR_COOLING_OFF_HOURS", default=24)
#: Items from which a deletion needs two officers besides the one who decided.
TWO_APPROVALS_FROM = env.int("DSR_TWO_APPROVALS_FROM", default=1000)
#: Days for which a person may prove an identifier or answer a question before the request lapses.
PROOF_DAYS = env.int("DSR_PROOF_DAYS", default=14)
ANSWER_DAYS = env.int("DSR_ANSWER_DAYS", default=30)
#: Days by which whatever waits for the person waits longer where they are reached by post only.
POST_DAYS = env.int("DSR_POST_DAYS", default=5)
#: Days without delay: a question put later than that does not stop the clock (EDPB 01/2022, 159).
ASK_WITHIN_DAYS = env.int("DSR_ASK_WITHIN_DAYS", default=10)
#: Days before the due day on which the officer is reminded, and the leading officers with them.
REMIND_DAYS = env.int("DSR_REMIND_DAYS", default=7)
ESCALATE_DAYS = env.int("DSR_ESCALATE_DAYS", default=2)
#: Days between the message that a restriction ends and its end.
LIFT_AFTER_DAYS = env.int("DSR_LIFT_AFTER_DAYS", default=3)
#: Months after which what a closed case holds of the person's words is forgotten.
CASE_WORDS_MONTHS = env.int("DSR_CASE_WORDS_MONTHS", default=36)
#: How many requests a day may name one person or come from one account; an hour, from one network.
REQUESTS_PER_PERSON = env.int("DSR_REQUESTS_PER_PERSON", default=8)
REQUESTS_PER_REQUESTER = env.int("DSR_REQUESTS_PER_REQUESTER", default=20)
REQUESTS_PER_NETWORK = env.int("DSR_REQUESTS_PER_NETWORK", default=60)
#: Hops in front of the application whose `X-Forwarded-For` entry is believed, counted from the right.
TRUSTED_HOPS = env.int("DSR_TRUSTED_HOPS", default=0)

# --- ledger and keys ---------------------------------------------------------------------------

KEYS_DIR = Path(env.str("DSR_KEYS", default=str(STATE_DIR / "keys")))
#: Origin line of checkpoints (C2SP tlog-checkpoint): names this log, never reused by another.
LEDGER_ORIGIN = env.str("DSR_LEDGER_ORIGIN", default="dsr-portal.example/ledger")
#: Where signed checkpoints are published for auditors to keep.
CHECKPOINT_DIR = Path(env.str("DSR_CHECKPOINTS", default=str(STATE_DIR / "checkpoints")))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("DSR_LOG_LEVEL", default="INFO")},
}
