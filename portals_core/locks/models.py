"""How a module locks, by which rules; locks in force and past ones."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portals_core.access.managers import ScopedManager
from portals_core.records.models import Module, Record


class Ground(models.TextChoices):
    """Why a record may not change now. One mechanism, many grounds (N2)."""

    BUSINESS = "business", _("Business rule")
    RETENTION = "retention", _("Kept by law")
    LEGAL_HOLD = "legal_hold", _("Legal hold")
    RESTRICTION = "restriction", _("Processing restricted")


class Mode(models.TextChoices):
    """How records of a module can be locked (L13). Restriction and legal hold need no mode."""

    OFF = "off", pgettext_lazy("locking", "Off")
    MANUAL = "manual", pgettext_lazy("locking", "By hand")
    AUTOMATIC = "automatic", pgettext_lazy("locking", "By rules")
    BOTH = "both", pgettext_lazy("locking", "By hand and by rules")


class Fields(models.TextChoices):
    """What the list of fields of a rule means (L3, L11)."""

    EXCEPT = "except", _("All fields but these are locked")
    ONLY = "only", _("Only these fields are locked")


class Source(models.TextChoices):
    """Who placed a lock (L18)."""

    MANUAL = "manual", pgettext_lazy("lock", "By hand")
    AUTOMATIC = "automatic", pgettext_lazy("lock", "By a rule")
    CASE = "case", pgettext_lazy("lock", "By a request")
    CONSENT = "consent", pgettext_lazy("lock", "For want of consent")


class Locking(models.Model):
    """Whether and how the records of a module are locked (L1)."""

    module = models.OneToOneField(Module, on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=9, choices=Mode.choices, default=Mode.OFF)

    objects = ScopedManager()

    def __str__(self) -> str:
        return f"{self.module_id}: {self.mode}"


class LockRule(models.Model):
    """Conditions under which records of a module are locked, for whom, and what then stays open."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    #: Conditions as `access.criteria` writes them down, and their digest: the same ones twice are refused.
    criteria = models.JSONField()
    digest = models.CharField(max_length=64)
    ground = models.CharField(max_length=12, choices=Ground.choices, default=Ground.BUSINESS)
    #: Acts that are refused, of `decide.ACTS`.
    actions = models.JSONField(default=list)
    fields_mode = models.CharField(max_length=6, choices=Fields.choices, default=Fields.EXCEPT)
    fields = models.JSONField(default=list, blank=True)
    #: Whom it binds: {"mode": "all" | "only" | "except", "roles": [keys], "user_types": [ids]} (L9).
    binds = models.JSONField(default=dict, blank=True)
    #: The law that asks for it, and what the subject is told; for the two grounds that keep.
    law = models.CharField(max_length=200, blank=True)
    plain = models.CharField(max_length=400, blank=True)
    #: A period from a date of the record: when it is over, the lock ends (L6).
    from_key = models.CharField(max_length=60, blank=True)
    months = models.PositiveIntegerField(null=True, blank=True)
    #: Records that were there before the rule are locked, too (L14).
    existing = models.BooleanField(default=False)
    since = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["module", "name"], name="lock_rule_name_once"),
            models.UniqueConstraint(fields=["module", "digest"], name="lock_rule_conditions_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Lock(models.Model):
    """One lock on one record. Several may be in force; the strictest wins (L17, decision 9)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="locks")
    ground = models.CharField(max_length=12, choices=Ground.choices)
    source = models.CharField(max_length=9, choices=Source.choices)
    rule = models.ForeignKey(LockRule, on_delete=models.SET_NULL, null=True, related_name="+")
    #: What the rule was called when it locked; for a lock by hand, nothing.
    rule_name = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=400)
    #: What placed it, opaque: "rule:<id>", "case:<uuid>", "user:<uuid>" or "consent:<purpose>". Only that may
    #: lift it.
    placed_by = models.CharField(max_length=80)
    placed_at = models.DateTimeField()
    #: Whose processing a restriction restricts, where that is not the person the record is. One record may be
    #: about two people: what either of them asks passes their own restriction only.
    subject = models.UUIDField(null=True, blank=True)
    #: The first day on which it is no longer needed, where that is known.
    ends_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["placed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "ground", "placed_by"],
                condition=Q(ended_at=None),
                name="lock_once_in_force",
            )
        ]
        indexes = [
            models.Index(fields=["rule", "record"], condition=Q(ended_at=None), name="lock_of_rule"),
            models.Index(fields=["ends_on"], condition=Q(ended_at=None), name="lock_ends"),
            models.Index(fields=["placed_at", "id"], condition=Q(ended_at=None), name="lock_register"),
        ]

    def __str__(self) -> str:
        return f"{self.ground} on {self.record_id}"
