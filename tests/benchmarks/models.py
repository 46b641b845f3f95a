"""What a plain Django product would have: typed columns with the ideal index, no scope, no log."""

import uuid

from django.conf import settings
from django.db import models


class PlainOrder(models.Model):
    """The rows of the module "orders" again, one column a field."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    customer = models.UUIDField(null=True)
    creator = models.BigIntegerField(null=True)
    number = models.TextField()
    total = models.TextField(null=True)
    state = models.TextField(null=True)
    region = models.TextField(null=True)
    margin = models.TextField(null=True)
    source = models.TextField(default="")
    created_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "benchmarks"
        indexes = [
            models.Index(fields=["customer", "id"], name="plain_customer"),
            models.Index(fields=["customer", "state", "region", "id"], name="plain_rule"),
            models.Index(fields=["creator", "id"], name="plain_creator"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class PlainCase(models.Model):
    """Cases as one table with an index for each question of the queue, and nothing else."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.TextField()
    kind = models.TextField()
    state = models.TextField()
    channel = models.TextField()
    country = models.TextField()
    #: Without a constraint: these tables are made before those of the apps.
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    user_type = models.BigIntegerField(null=True)
    due_on = models.DateField()
    #: A number: SQLite finds no `NOT closed` along an index.
    closed = models.SmallIntegerField()

    class Meta:
        app_label = "benchmarks"
        indexes = [
            models.Index(fields=["state", "due_on", "id"], name="plain_case_state"),
            *(
                models.Index(
                    fields=["closed", *more, "due_on", "id"], name=f"plain_case_{'_'.join(more) or 'due'}"
                )
                for more in ((), ("kind",), ("assignee",), ("channel",), ("country",), ("user_type",))
            ),
        ]

    def __str__(self) -> str:
        return self.number


class PlainEntry(models.Model):
    """As many bytes as an entry of the ledger has, detail included, in a row that proves nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    at = models.DateTimeField()
    code = models.CharField(max_length=200)
    actor = models.CharField(max_length=200)
    about = models.CharField(max_length=200)
    content = models.BinaryField()

    class Meta:
        app_label = "benchmarks"
        indexes = [models.Index(fields=["at"], name="plain_entry_at")]

    def __str__(self) -> str:
        return str(self.pk)


class PlainPerson(models.Model):
    """Somebody with what a plain product knows of their consent to one newsletter."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    restricted = models.BooleanField(default=False)
    objected_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return str(self.pk)


class PlainConsent(models.Model):
    """One row a person and purpose, overwritten by the next answer."""

    person = models.ForeignKey(PlainPerson, on_delete=models.CASCADE, related_name="consents")
    purpose = models.TextField()
    state = models.TextField()
    by_email = models.BooleanField()
    version = models.IntegerField()
    at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "benchmarks"
        constraints = [models.UniqueConstraint(fields=["purpose", "person"], name="plain_consent_once")]

    def __str__(self) -> str:
        return str(self.pk)
