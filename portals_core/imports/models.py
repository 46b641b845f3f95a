"""Runs of an import and what became of each row."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portals_core.access.managers import ScopedManager
from portals_core.records.models import Module


class ImportState(models.TextChoices):
    #: The file is here, its mapping is still to come.
    DRAFT = "draft", _("Not started")
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")


class ImportRun(models.Model):
    """One file brought into one module. The file itself is removed when the run ends."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=180)
    stored = models.CharField(max_length=200, blank=True)
    mapping = models.JSONField()
    #: Checks every row and writes nothing.
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=ImportState.choices, default=ImportState.WAITING)
    #: Rows of the file, and rows already decided; a restarted worker goes on from there.
    total = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    linked = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    #: A draft's file, and that of a check, stays till then, so that the import can follow it.
    keep_until = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"import {self.id}"


class ImportRow(models.Model):
    """A row that was refused, or accepted with a remark; rows without a word need none."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    #: As a spreadsheet counts: the header is row 1.
    number = models.PositiveIntegerField()
    accepted = models.BooleanField()
    sentence = models.CharField(max_length=400)

    objects = ScopedManager()

    class Meta:
        ordering = ["number", "id"]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.number}"
