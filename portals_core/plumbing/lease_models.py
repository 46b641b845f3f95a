"""Leases: which process may do a thing that only one may do at a time."""

from django.db import models


class Lease(models.Model):
    """One named duty. `fence` grows with every holder; who writes under a lease compares it."""

    name = models.CharField(max_length=64, primary_key=True)
    fence = models.BigIntegerField(default=0)
    until = models.DateTimeField()

    class Meta:
        app_label = "portals_core"

    def __str__(self) -> str:
        return self.name
