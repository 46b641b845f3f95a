"""The Celery application. There is one task: run the outbox row with this id."""

import os
from pathlib import Path

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr_portal.settings.dev")
app = Celery("dsr_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["portals_core"])


def make_broker_folders() -> None:
    """The filesystem transport expects its folders to exist; harmless for any other broker."""
    for key, folder in app.conf.broker_transport_options.items():
        if key.endswith(("_in", "_out", "_folder")):
            Path(folder).mkdir(parents=True, exist_ok=True)
