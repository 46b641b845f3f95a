from django.apps import AppConfig
from django.conf import settings


class DsrPortalConfig(AppConfig):
    """The wiring. Stands first in `INSTALLED_APPS` for its templates; becomes ready first, too."""

    name = "dsr_portal"
    label = "dsr_portal"

    def ready(self) -> None:
        from dsr_portal import checks, wiring  # noqa: F401
        from dsr_portal.celery import make_broker_folders

        wiring.register()

        if settings.CELERY_BROKER_URL.startswith("filesystem"):
            make_broker_folders()
