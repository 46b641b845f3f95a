"""One basis recorded for many people at once, by a job (D8)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.models.basis import BASES, CONDITIONS
from consent.models.purposes import Purpose
from portals_core.access.managers import ScopedManager


class ChangeState(models.TextChoices):
    """How far a change of many bases is."""

    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    #: Whoever began it may no longer record bases.
    STOPPED = "stopped", _("Stopped")


class BasisChange(models.Model):
    """What is recorded, for whom, and how far it is. Every person gets a row and an entry of their own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: Whom: the people of a filter (`consent.grounds.people.Filter`), or those ticked, by id.
    chosen_by = models.JSONField(default=dict)
    ticked = models.JSONField(default=list)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    basis = models.CharField(max_length=14, choices=BASES)
    condition = models.CharField(max_length=8, blank=True, choices=CONDITIONS)
    assessment = models.CharField(max_length=200, blank=True)
    #: The organisation's words about all of them, nobody's data.
    reason = models.TextField(blank=True)
    valid_from = models.DateTimeField()
    state = models.CharField(max_length=7, choices=ChangeState.choices, default=ChangeState.RUNNING)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    #: The last person looked at, in the order of ids: who comes after is still to do.
    cursor = models.UUIDField(null=True, blank=True)
    #: Counted when the job begins.
    total = models.PositiveIntegerField(null=True, blank=True)
    recorded = models.PositiveIntegerField(default=0)
    #: Who was left out: {code of the refusal: {"count": 3, "people": [the first ids]}}.
    left_out = models.JSONField(default=dict)

    objects = ScopedManager()

    class Meta:
        ordering = ["-started_at", "id"]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def refused(self) -> int:
        """How many people were left out."""
        return sum(reason["count"] for reason in self.left_out.values())

    @property
    def seen(self) -> int:
        """How many people were looked at."""
        return self.recorded + self.refused
