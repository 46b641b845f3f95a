"""Bundles and who took them. The files stand in the default storage; a row says what they are."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portals_core.access.managers import ScopedManager


class Kind(models.TextChoices):
    """For whom a bundle is made."""

    SUBJECT = "subject", _("Copy for the person")
    EVIDENCE = "evidence", _("Evidence of the procedure")


class State(models.TextChoices):
    """Where a bundle stands."""

    BUILDING = "building", _("In preparation")
    READY = "ready", _("Ready")
    PURGED = "purged", _("Deleted")


class Bundle(models.Model):
    """One archive: a person's own copy, or the auditor's evidence of one case."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.BUILDING)
    case_id = models.UUIDField()
    case_number = models.CharField(max_length=20)
    #: Whose data it holds; empty for evidence, which holds none.
    subject = models.UUIDField(null=True, blank=True, db_index=True)
    #: Who asked for it, opaque.
    requested_by = models.CharField(max_length=200)
    #: The moment that stands in every file of the archive, so that a second build gives the same bytes.
    dated = models.DateTimeField()
    created_at = models.DateTimeField()
    built_at = models.DateTimeField(null=True, blank=True)
    #: When the person was told of it.
    told_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    #: When its file was seen to be gone.
    removed_at = models.DateTimeField(null=True, blank=True)
    file = models.CharField(max_length=80, blank=True)
    sha512 = models.CharField(max_length=128, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_id"], condition=Q(kind="subject"), name="bundle_once_per_case"
            ),
            models.UniqueConstraint(
                fields=["case_id"],
                condition=Q(kind="evidence", state="building"),
                name="evidence_built_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(kind="subject") | Q(subject__isnull=False), name="bundle_belongs_to_somebody"
            ),
        ]
        indexes = [models.Index(fields=["case_id", "kind", "created_at"], name="bundle_case")]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def case_ref(self) -> str:
        """How ledger and jobs name the case."""
        return f"case:{self.case_id}"

    @property
    def ref(self) -> str:
        """How links name this bundle."""
        return f"bundle:{self.id}"


class Outcome(models.TextChoices):
    """What became of an attempt to take a bundle."""

    HANDED_OUT = "done", _("Handed out")
    REFUSED = "refused", _("Refused")


class Download(models.Model):
    """One attempt to take a bundle."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="downloads")
    #: Opaque: "user:<uuid>", "link:<uuid>".
    by = models.CharField(max_length=200)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)

    objects = ScopedManager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.by} {self.outcome}"
