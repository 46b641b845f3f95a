"""The register of processing activities (Art. 30), with who is responsible and who receives data."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.models.purposes import Purpose
from portals_core.access.managers import ScopedManager


class PartyKind(models.TextChoices):
    """Who answers for the processing (Art. 30(1)(a), (2)(a))."""

    CONTROLLER = "controller", _("Controller")
    JOINT = "joint", _("Joint controller")
    REPRESENTATIVE = "representative", _("Representative in the Union")
    OFFICER = "officer", _("Data protection officer")
    #: For whom we process as a processor.
    CLIENT = "client", _("Controller we process for")


class Party(models.Model):
    """An organisation or person named in the register. There is exactly one controller: ourselves."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=14, choices=PartyKind.choices)
    name = models.CharField(max_length=200)
    contact = models.CharField(max_length=200, blank=True)
    street = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    #: ISO 3166-1 alpha-2.
    country = models.CharField(max_length=2, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    website = models.URLField(max_length=300, blank=True)
    position = models.PositiveIntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        ordering = ["kind", "position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(kind="controller"), name="party_one_controller"
            )
        ]

    def __str__(self) -> str:
        return self.name


class RecipientKind(models.TextChoices):
    """In which role somebody receives data (Art. 4(8), (9))."""

    PROCESSOR = "processor", _("Processor")
    CONTROLLER = "controller", _("Another controller")
    JOINT = "joint", _("Joint controller")
    AUTHORITY = "authority", _("Public authority")


class Told(models.TextChoices):
    """How a recipient is told of a rectification, erasure or restriction (Art. 19)."""

    EMAIL = "email", _("By e-mail")
    POST = "post", _("By letter")
    PHONE = "phone", _("By phone")
    ELSEWHERE = "elsewhere", _("In their own system")


class Recipient(models.Model):
    """Somebody data is disclosed to, and the way they are told (Art. 15(1)(c), 19, 30(1)(d))."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10, choices=RecipientKind.choices)
    #: ISO 3166-1 alpha-2.
    country = models.CharField(max_length=2)
    #: What protects data in a third country (Art. 45-49); needed outside the European Economic Area.
    safeguard = models.CharField(max_length=300, blank=True)
    told = models.CharField(max_length=9, choices=Told.choices, default=Told.EMAIL)
    contact = models.CharField(max_length=200, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    active = models.BooleanField(default=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """In which role the organisation processes (Art. 30(1) or 30(2))."""

    CONTROLLER = "controller", _("As controller")
    PROCESSOR = "processor", _("For another controller")


class Activity(models.Model):
    """One entry of the register: a processing activity with everything Art. 30 asks for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200, unique=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.CONTROLLER)
    #: What it is for, in words; the purposes people decide about are named besides.
    description = models.TextField()
    purposes = models.ManyToManyField(Purpose, blank=True, related_name="activities")
    #: Whose data, and which: one category each, in words.
    subjects = models.JSONField(default=list)
    data = models.JSONField(default=list)
    recipients = models.ManyToManyField(Recipient, blank=True, related_name="activities")
    #: Controllers it is done for; only as a processor.
    clients = models.ManyToManyField(Party, blank=True, related_name="activities")
    #: Transfers to third countries beside those of the recipients.
    transfers = models.TextField(blank=True)
    #: When data of each category is erased, and what protects it.
    limits = models.TextField(blank=True)
    security = models.TextField(blank=True)
    active = models.BooleanField(default=True)
    changed_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["role", "name"]

    def __str__(self) -> str:
        return self.name
