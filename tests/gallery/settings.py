"""Test settings reduced to what drawing a page needs: no models, no database, no sign-in."""

from pathlib import Path

from dsr_portal.settings.test import *  # noqa: F403
from dsr_portal.settings.test import BASE_DIR

INSTALLED_APPS = ["django.contrib.staticfiles", "django_htmx", "lucide"]
ROOT_URLCONF = "tests.gallery.urls"
STATICFILES_DIRS = [BASE_DIR / "dsr_portal" / "static"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "dsr_portal" / "templates", Path(__file__).parent / "templates"],
        "APP_DIRS": True,
    }
]
