"""Cases: what somebody asked for about a person, what was decided, and what was done about it.

A case keeps the facts of the procedure for as long as they are owed (Art. 5(2)); what it holds of the
person's own words stands in `CaseDetail` and what else `requests.casebook.details` names, which is emptied
when the person is erased, and on schedule.
Only `requests.casebook.lifecycle` writes a state.
"""

from __future__ import annotations

import uuid
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portals_core.access.managers import ScopedManager
from portals_core.locks import decide
from portals_core.plumbing.errors import Conflict
from requests.law import progress, states
from requests.law.calendars import place
from requests.models.indexes import CASE_INDEXES


class Kind(models.TextChoices):
    """The four rights of the portal's privacy section, with its own labels (R1, decision 16)."""

    DELETE = states.Kind.DELETE.value, _("Delete")
    STOP = states.Kind.STOP.value, _("Stop processing")
    EXPORT = states.Kind.EXPORT.value, _("Export")
    RECTIFY = states.Kind.RECTIFY.value, _("Rectify")


class Channel(models.TextChoices):
    """How a request came in (R4)."""

    PORTAL = "portal", _("Portal")
    FORM = "form", _("Form without an account")
    PHONE = "phone", _("By phone")
    MAIL = "mail", _("By e-mail")
    COUNTER = "counter", _("At the counter")
    LETTER = "letter", _("By letter")
    COMMAND = "command", _("Recorded on the server")


#: What only an officer writes down.
RECORDED = (Channel.PHONE, Channel.MAIL, Channel.COUNTER, Channel.LETTER)


class Counter(models.Model):
    """The last case number given in a year."""

    year = models.PositiveIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    objects = ScopedManager()

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


def account(**more: object) -> models.ForeignKey:
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
    #: The identity record of the person it is about; plain, because the case outlives the record. None until
    #: it is proved who asks and somebody is found, or for good where nobody is.
    subject = models.UUIDField(null=True, blank=True)
    requester = account(db_index=False)
    #: The user type the requester had when they filed it; plain, because the case outlives the type (P10).
    user_type = models.BigIntegerField(null=True, blank=True)
    #: Filed for a person the requester added; nothing happens before that person confirms (W17).
    on_behalf = models.BooleanField(default=False)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    #: Receipt through any channel starts the clock, not entry or proof (W2).
    received_at = models.DateTimeField()
    filed_at = models.DateTimeField()
    country = models.CharField(max_length=2)
    subdivision = models.CharField(max_length=6, blank=True)
    #: What exactly is asked, as `requests.holding.asked` reads and writes it; codes and references, no words.
    asked = models.JSONField(default=dict, blank=True)
    #: The day by whose end the answer is owed, with extension and finished pauses; `ends_at` is its end.
    due_on = models.DateField()
    ends_at = models.DateTimeField()
    #: The same without pauses: it stays in sight, and alarms follow it.
    unpaused_on = models.DateField()
    extended_at = models.DateTimeField(null=True, blank=True)
    #: A code of `requests.law.grounds.EXTENSIONS`; the officer's words stand in the letter.
    extension_ground = models.CharField(max_length=60, blank=True)
    #: When it was certain who asks; before that nothing is shown, changed or erased.
    proved_at = models.DateTimeField(null=True, blank=True)
    assignee = account(db_index=False)
    #: A code of `requests.law.grounds`; people see its sentence.
    ground = models.CharField(max_length=60, blank=True)
    #: The officer's own words to the person.
    sentence = models.TextField(blank=True)
    decided_by = account()
    decided_at = models.DateTimeField(null=True, blank=True)
    approved_by = account()
    approved_at = models.DateTimeField(null=True, blank=True)
    plan_digest = models.CharField(max_length=64, blank=True)
    #: How many officers besides the one who decided must approve the plan in force.
    approvals_needed = models.PositiveSmallIntegerField(default=1)
    #: Until then an approved deletion can be withdrawn.
    cools_until = models.DateTimeField(null=True, blank=True)
    #: The request that asked the same before; each keeps its own number and clock.
    duplicate_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="duplicates", db_index=False
    )
    #: Answered that nothing is held: not the same as "everything is kept" (W25).
    nothing_held = models.BooleanField(default=False)
    #: When the restriction that the case placed ends; the person was told before (Art. 18(3)).
    lifts_at = models.DateTimeField(null=True, blank=True)
    #: When what the case held of the person's words was forgotten on schedule.
    purged_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ScopedManager()

    class Meta:
        ordering = ["due_on", "id"]
        indexes = CASE_INDEXES

    def __str__(self) -> str:
        return self.number

    @property
    def ref(self) -> str:
        """How ledger, locks and jobs name this case."""
        return decide.case_ref(self.pk)

    @property
    def person(self) -> UUID:
        """The identity record it is about, for acts that need one. `Conflict` while nobody is found."""
        if self.subject is None:
            raise Conflict(
                _("Nobody is found for this request yet. Prove who asks and find the person first."),
                code="request.nobody",
            )
        return self.subject

    @property
    def unasked(self) -> bool:
        """Nobody asked: a rule opened it (D14), so there is nobody to answer."""
        return self.requester_id is None and self.channel == Channel.COMMAND

    @property
    def is_open(self) -> bool:
        return self.state in states.OPEN

    @property
    def received_on(self) -> date:
        """The day on which it came in, where the answer is owed: the day its time runs from (W2), whoever
        reads it wherever."""
        return place(self.country, self.subdivision).day(self.received_at)


class CaseDetail(models.Model):
    """What a case holds of the person's own words and address. Deleted when the person is erased."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="detail")
    text = models.TextField(blank=True)
    #: Where the answer goes: fixed at filing, so that nobody redirects it later.
    reply_to = models.EmailField(max_length=254, blank=True)
    #: Where letters go, for who has no mail address.
    postal = models.TextField(blank=True)
    language = models.CharField(max_length=10, default="en")

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
