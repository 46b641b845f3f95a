"""Cases: what somebody asked for about a person, what was decided, and what was done about it.

A case keeps the facts of the procedure for as long as they are owed (Art. 5(2)); what it holds of the
person's own words stands in `CaseDetail` and `Proposal`, which are emptied when the person is erased.
Only `requests.lifecycle` writes a state.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portals_core.access.managers import ScopedManager
from portals_core.locks import decide
from requests import progress, states


class Kind(models.TextChoices):
    """The four rights of the portal's privacy section, with its own labels (R1, decision 16)."""

    DELETE = states.Kind.DELETE.value, _("Delete")
    STOP = states.Kind.STOP.value, _("Stop processing")
    EXPORT = states.Kind.EXPORT.value, _("Export")
    RECTIFY = states.Kind.RECTIFY.value, _("Rectify")


class Channel(models.TextChoices):
    """How a request came in (R4)."""

    PORTAL = "portal", _("Portal")
    OFFICER = "officer", _("Recorded by an officer")
    COMMAND = "command", _("Recorded on the server")


class Counter(models.Model):
    """The last case number given in a year."""

    year = models.PositiveIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    objects = ScopedManager()

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


def _person(**more: object) -> models.ForeignKey:
    """An account that stands in a case for good: accounts become tombstones and are never deleted."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        **more,  # type: ignore[arg-type]
    )


class Case(models.Model):
    """One request about one person. `number` is what people quote; `id` is what addresses use."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(
        max_length=20, choices=[(state.value, progress.NAMES[state]) for state in states.State]
    )
    #: The identity record of the person it is about; plain, because the case outlives the record.
    subject = models.UUIDField()
    requester = _person(db_index=False)
    #: Filed for a person the requester added; nothing happens before that person confirms (W17).
    on_behalf = models.BooleanField(default=False)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    #: Receipt through any channel starts the clock, not entry or proof (W2).
    received_at = models.DateTimeField()
    filed_at = models.DateTimeField()
    country = models.CharField(max_length=2)
    subdivision = models.CharField(max_length=6, blank=True)
    due_on = models.DateField()
    ends_at = models.DateTimeField()
    #: When it was certain who asks; before that nothing is shown, changed or erased.
    proved_at = models.DateTimeField(null=True, blank=True)
    assignee = _person()
    #: A code of `requests.grounds`; people see its sentence.
    ground = models.CharField(max_length=60, blank=True)
    #: The officer's own words to the person.
    sentence = models.TextField(blank=True)
    decided_by = _person()
    decided_at = models.DateTimeField(null=True, blank=True)
    approved_by = _person()
    approved_at = models.DateTimeField(null=True, blank=True)
    plan_digest = models.CharField(max_length=64, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ScopedManager()

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [
            models.Index(fields=["state", "due_on", "id"], name="case_queue"),
            models.Index(fields=["due_on", "id"], name="case_open", condition=Q(closed_at=None)),
            models.Index(fields=["subject"], name="case_subject"),
            models.Index(fields=["requester", "subject"], name="case_requester"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def ref(self) -> str:
        """How ledger, locks and jobs name this case."""
        return decide.case_ref(self.pk)

    @property
    def is_open(self) -> bool:
        return self.state in states.OPEN


class CaseDetail(models.Model):
    """What a case holds of the person's own words and address. Deleted when the person is erased."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="detail")
    text = models.TextField(blank=True)
    #: Where the answer goes: fixed at filing, so that nobody redirects it later.
    reply_to = models.EmailField(max_length=254, blank=True)
    language = models.CharField(max_length=10, default="en")

    objects = ScopedManager()

    def __str__(self) -> str:
        return str(self.case_id)


class Proposal(models.Model):
    """One field that is to be corrected: before, proposed, and the officer's answer (W4, R7)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="proposals")
    source = models.CharField(max_length=40)
    ref = models.CharField(max_length=100)
    field = models.CharField(max_length=60)
    label = models.CharField(max_length=120)
    before = models.JSONField(null=True)
    proposed = models.JSONField(null=True)
    #: None while undecided.
    approved = models.BooleanField(null=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["case", "source", "ref", "field"], name="proposal_once_per_field")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Plan(models.Model):
    """What would be touched, stored before the first irreversible act: the intention (N3).

    `items` stand in the order in which they are carried out: [source, kind, ref, version, key scope].
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="plans")
    digest = models.CharField(max_length=64)
    items = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    stored_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.digest


class Effect(models.Model):
    """One step on one item, done. Unique, so that each happens once however often its job is delivered."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="effects")
    step = models.CharField(max_length=20)
    item = models.CharField(max_length=200)
    #: "done", or "gone" where somebody else had removed the item before its turn.
    outcome = models.CharField(max_length=8, default="done")
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "step", "item"], name="effect_once")]

    def __str__(self) -> str:
        return f"{self.step} {self.item}"


class Mandate(models.Model):
    """The question to a person whether somebody may ask for them, and the answer (decision 14, Art. 14)."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="mandate")
    subject = models.UUIDField(db_index=True)
    #: Their address as it stood at filing; emptied with the case's details.
    address = models.EmailField(max_length=254, blank=True)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    objected_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    def __str__(self) -> str:
        return str(self.case_id)


class Transition(models.Model):
    """One change of state: for the pages. What counts as proof is the ledger."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="transitions")
    name = models.CharField(max_length=20)
    source = models.CharField(max_length=20, blank=True)
    target = models.CharField(max_length=20)
    #: Who did it, opaque: "user:<uuid>", "system:<why>".
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} {self.case_id}"


class Notice(models.Model):
    """That a message about the case was promised, and which: who was told when (W20)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    mail = models.UUIDField()
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.mail}"
