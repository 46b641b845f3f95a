"""The table behind `portals_core.plumbing.limits`."""

from django.db import models


class Spent(models.Model):
    """How often something was done by one key in one window of time.

    `digest` is a keyed hash of name, window and key: it tells nothing of who it was, and rows of two windows
    cannot be connected.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    objects = models.Manager()

    class Meta:
        app_label = "portals_core"

    def __str__(self) -> str:
        return f"{self.digest[:12]}: {self.count}"
