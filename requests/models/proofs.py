"""Models of who asks: one proof for each identifier, and the mandate of somebody who asks for another."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portals_core.access.managers import ScopedManager
from requests.models.cases import Case, account


class IdentifierKind(models.TextChoices):
    """By what somebody says they can be found."""

    EMAIL = "email", _("E-mail address")
    PHONE = "phone", _("Phone number")
    #: Another value that is unique to the person, such as a customer number.
    NUMBER = "number", _("Customer number or similar")
    #: An account, by the session that filed; its value is the id of the record.
    ACCOUNT = "account", _("Account")
    #: A record an officer pointed at with the person before them; its value is the id of the record.
    RECORD = "record", _("Record")


class ProofMethod(models.TextChoices):
    """How an identifier was proved."""

    MAIL = "mail", _("Code or link sent to the address")
    SESSION = "session", _("Signed in to the portal")
    OFFICER = "officer", _("Checked by an officer")


class Proof(models.Model):
    """One identifier somebody gave in one case, and whether it was proved to be theirs.

    A proof counts for its identifier in its case and nowhere else. What is not proved is never searched.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="proofs")
    kind = models.CharField(max_length=8, choices=IdentifierKind.choices)
    #: As it was entered; emptied with the words of the case.
    value = models.CharField(max_length=320, blank=True)
    #: Keyed hash of the normalised value: finds other cases that name the same person, and no record.
    name_hash = models.CharField(max_length=64)
    method = models.CharField(max_length=8, choices=ProofMethod.choices, blank=True)
    #: Digest of the code under way; empty where none is.
    code_digest = models.CharField(max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    proved_at = models.DateTimeField(null=True, blank=True)
    checked_by = account()
    #: What the officer looked at, such as "passport, name and birth date agree"; never a number or a copy.
    seen = models.CharField(max_length=300, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["kind", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "name_hash"], name="proof_once_per_identifier")
        ]
        indexes = [models.Index(fields=["name_hash", "case"], name="proof_name")]

    def __str__(self) -> str:
        return f"{self.kind} {self.case_id}"


class Mandate(models.Model):
    """The question to a person whether somebody may ask for them, and the answer (decision 14, Art. 14)."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="mandate")
    subject = models.UUIDField(db_index=True)
    #: Their address as it stood at filing; emptied with the case's details.
    address = models.EmailField(max_length=254, blank=True)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    objected_at = models.DateTimeField(null=True, blank=True)
    #: Authority shown on paper to an officer: what was seen, by whom and when (never a copy).
    authority = models.CharField(max_length=300, blank=True)
    checked_by = account()
    checked_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    def __str__(self) -> str:
        return str(self.case_id)
