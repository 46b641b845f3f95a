"""The store of wrapped subject keys: database alias `keyring`, backups of its own (RD3)."""

from django.db import models
from django.db.models import Q

from portals_core.plumbing import clock


class SubjectKey(models.Model):
    """One subject's data key, wrapped by the master key; after destruction the tombstone of it.

    A plain manager: the row names nobody and holds nothing that can be read without the master key.
    """

    subject = models.UUIDField(primary_key=True)
    key_id = models.UUIDField(unique=True)
    #: Names the master key that wrapped it, so that a wrong one is told from a changed row.
    master_id = models.BinaryField(max_length=8)
    wrapped = models.BinaryField(null=True)
    created = models.DateTimeField(default=clock.now)
    destroyed = models.DateTimeField(null=True)

    class Meta:
        app_label = "portals_core"
        constraints = [
            models.CheckConstraint(
                name="subjectkey_wrapped_or_tombstone",
                condition=Q(wrapped__isnull=False, destroyed__isnull=True)
                | Q(wrapped__isnull=True, destroyed__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.key_id)
