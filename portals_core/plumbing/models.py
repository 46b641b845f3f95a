"""Tables of the plumbing: jobs, single-use links, mail."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    PARKED = "parked", _("Parked after repeated failures")


class Job(models.Model):
    """An outbox row: work that was promised in the transaction which made it necessary.

    Holds ids only, never personal data. The row is the truth; a broker message merely wakes a worker.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    handler = models.CharField(max_length=80)
    #: What it is about, opaque: "case:<uuid>".
    about = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=7, choices=JobState.choices, default=JobState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    #: Fencing number of the claim; a writer that no longer holds it changes nothing.
    fence = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    #: Class and code of the last failure; private, without personal data.
    failure = models.CharField(max_length=400, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)

    objects = models.Manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "not_before"], name="job_due"),
            models.Index(fields=["about", "created_at"], name="job_about"),
        ]

    def __str__(self) -> str:
        return f"{self.handler} {self.about}"


class OneTimeLink(models.Model):
    """A single-use, expiring link. Only a digest of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=40)
    about = models.CharField(max_length=80)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = models.Manager()

    class Meta:
        indexes = [models.Index(fields=["about", "purpose"], name="link_about")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.about}"


class MailState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Possibly sent")
    SENT = "sent", _("Sent")
    KEPT = "kept", _("Kept on this machine")
    HELD = "held", _("Held back")


class Mail(models.Model):
    """A message to one person, from the moment it was promised. Its text goes once it was handed over."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: The subject it is about, where it is about one; erased with that person.
    subject_id = models.UUIDField(null=True, blank=True, db_index=True)
    kind = models.CharField(max_length=40)
    to = models.EmailField(max_length=254)
    title = models.CharField(max_length=300)
    body = models.TextField()
    language = models.CharField(max_length=10, default="en")
    state = models.CharField(max_length=7, choices=MailState.choices, default=MailState.WAITING)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["state", "created_at"], name="mail_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
