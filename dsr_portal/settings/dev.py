"""The embedded default: one machine, SQLite, nothing leaves it. `make demo` runs with these."""

from dsr_portal.settings.base import *  # noqa: F403
from dsr_portal.settings.base import STATE_DIR, env
from dsr_portal.settings.local_secret import local_secret

SECRET_KEY = env.str("DSR_SECRET_KEY", default=local_secret(STATE_DIR))
#: The demo shows every mail it kept, so that an invitation can be followed. Never in production.
DEMO = env.bool("DSR_DEMO", default=True)
#: The invented company of the demo, unless another name is given.
ORGANISATION = env.str("DSR_ORGANISATION", default="Harjula Outdoor")
OTP_TOTP_ISSUER = ORGANISATION
CONTACT_EMAIL = env.str("DSR_CONTACT_EMAIL", default="privacy@harjula.example")
POSTAL_ADDRESS = env.str(
    "DSR_POSTAL_ADDRESS", multiline=True, default="Harjula Outdoor\nMallikatu 1\n00100 Helsinki"
)
DEFAULT_FROM_EMAIL = env.str("DSR_FROM_EMAIL", default=CONTACT_EMAIL)
COUNTRY = env.str("DSR_COUNTRY", default="FI")
#: An approved deletion is carried out while the visitor looks on.
COOLING_OFF_HOURS = env.int("DSR_COOLING_OFF_HOURS", default=0)
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
