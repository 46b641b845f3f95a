"""Why a person's data is processed."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.law.bases import LABELS, SPECIAL_LABELS, Special
from consent.law.bases import Basis as LawfulBasis
from consent.models.common import AppendOnly
from consent.models.purposes import Purpose
from portals_core.access.managers import ScopedManager

#: Initial basis of every record: nobody decided yet (D7). Not one of the six, and it opens nothing.
NOT_APPLICABLE = "not_applicable"
BASES = [(NOT_APPLICABLE, _("Not decided yet")), *((one.value, _(LABELS[one])) for one in LawfulBasis)]
CONDITIONS = [(one.value, _(SPECIAL_LABELS[one])) for one in Special]


class Basis(AppendOnly):
    """Why a person's data is processed: in general, or for one purpose. A new row ends the last (D8)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.UUIDField()
    #: Empty: the basis of keeping the record at all.
    purpose = models.ForeignKey(
        Purpose, on_delete=models.PROTECT, null=True, blank=True, related_name="bases"
    )
    basis = models.CharField(max_length=14, choices=BASES)
    #: The condition of Art. 9(2), where data of a special category is processed.
    condition = models.CharField(max_length=8, blank=True, choices=CONDITIONS)
    #: Reference of the assessment that weighed the interests; for legitimate interests only (Art. 6(1)(f)).
    assessment = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    valid_from = models.DateTimeField()
    #: Set once, by the row that follows.
    valid_to = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    recorded_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["-valid_from", "-recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "purpose"], condition=Q(valid_to=None), name="basis_one_in_force"
            ),
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(valid_to=None, purpose=None),
                name="basis_one_general_in_force",
            ),
        ]
        indexes = [
            models.Index(fields=["subject", "valid_from"], name="basis_subject"),
            models.Index(
                fields=["purpose", "basis", "subject"], condition=Q(valid_to=None), name="basis_in_force"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
