"""Wiring only: settings, addresses, the edge to HTTP, base pages and the demo."""

from dsr_portal.celery import app as celery_app

__all__ = ["celery_app"]
