"""A site that serves people: secrets must be given, everything travels over TLS."""

from dsr_portal.settings.base import *  # noqa: F403
from dsr_portal.settings.base import env

SECRET_KEY = env.str("DSR_SECRET_KEY")
DEMO = False
SECURE_SSL_REDIRECT = env.bool("DSR_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 63072000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
if env.bool("DSR_BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
