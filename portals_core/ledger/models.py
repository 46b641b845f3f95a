"""The ledger's tables. Rows are inserted by `append`, given an index by `seal`, and never changed.

Plain managers: an entry holds opaque ids only; who may read it is asked in `reads`.
"""

import uuid

from django.db import models
from django.db.models import Q

from portals_core.ledger import codes, leaf
from portals_core.plumbing import clock


class LedgerEntry(models.Model):
    """One thing that happened. `leaf` is what counts; the columns repeat it for searching."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField()
    code = models.CharField(max_length=codes.LONGEST)
    actor = models.CharField(max_length=leaf.LONGEST)
    about = models.CharField(max_length=leaf.LONGEST)
    outcome = models.CharField(max_length=leaf.LONGEST)
    leaf = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)
    #: Place in the tree, gap-free from 0; null from recorded to integrated.
    index = models.BigIntegerField(null=True, unique=True)
    created = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "portals_core"
        constraints = [
            models.CheckConstraint(name="ledgerentry_index_from_zero", condition=Q(index__gte=0)),
        ]
        indexes = [
            models.Index(fields=["about", "index"], name="ledgerentry_about"),
            models.Index(fields=["code", "index"], name="ledgerentry_code"),
            models.Index(fields=["at"], name="ledgerentry_at"),
            models.Index(
                fields=["created", "id"], name="ledgerentry_waiting", condition=Q(index__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.id}"


class LedgerDetail(models.Model):
    """Salt and detail of an entry, sealed under the subject's key: the part that can be erased."""

    entry = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, primary_key=True, related_name="detail_row"
    )
    #: Whose key sealed it; the organisation's fixed id where it is about no person.
    subject = models.UUIDField(db_index=True)
    sealed = models.BinaryField()

    class Meta:
        app_label = "portals_core"

    def __str__(self) -> str:
        return str(self.entry_id)


class TreeState(models.Model):
    """The one row that says how far the tree has grown, and its right edge."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    frontier = models.BinaryField(default=bytes)
    #: Fence of the lease under which it was last written; a smaller one writes nothing.
    fence = models.BigIntegerField(default=0)

    class Meta:
        app_label = "portals_core"
        constraints = [models.CheckConstraint(name="treestate_only_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.size)


class Checkpoint(models.Model):
    """A signed head of the tree, as published."""

    origin = models.CharField(max_length=200)
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    signed = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "portals_core"
        constraints = [models.UniqueConstraint(fields=["origin", "size"], name="checkpoint_once_per_size")]

    def __str__(self) -> str:
        return f"{self.origin} {self.size}"
