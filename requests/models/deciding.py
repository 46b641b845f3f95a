"""Models of a decision: corrections, the plan, verdicts on items, approvals, effects, recipients told."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portals_core.access.managers import ScopedManager
from requests.models.cases import Case, account


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

    `items` stand in the order in which they are carried out: [source, kind, ref, version, key scope,
    verdict, ground].
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="plans")
    digest = models.CharField(max_length=64)
    items = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    stored_at = models.DateTimeField()
    #: What was kept when the case was closed and why, in groups, as `requests.holding.kept` writes it: what
    #: was told stays readable when the locks behind it have ended. None until then.
    kept = models.JSONField(null=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.digest


class PlanPart(models.Model):
    """The entries of a large plan that follow those stored with it, in their order: nobody has to hold a
    million of them at once."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="parts")
    place = models.PositiveIntegerField()
    items = models.JSONField()
    size = models.PositiveIntegerField()

    objects = ScopedManager()

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["plan", "place"], name="plan_part_once")]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.place}"


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


class VerdictKind(models.TextChoices):
    """What is done about one item, or about all of a kind (W5)."""

    FULFIL = "fulfil", _("Do what is asked")
    REFUSE = "refuse", _("Refuse")
    REDACT = "redact", _("Leave out what is about others")


class Verdict(models.Model):
    """An officer's draft or decision on one item, or with an empty `ref` on every item of a kind.

    What stands for one item goes before what stands for its kind; where neither stands, the suggestion
    holds. The plan in force has them all in it; these rows are what the officer works on.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="verdicts")
    source = models.CharField(max_length=40)
    kind = models.CharField(max_length=60)
    ref = models.CharField(max_length=100, blank=True)
    verdict = models.CharField(max_length=8, choices=VerdictKind.choices)
    #: A code of `requests.law.grounds`; needed for a refusal.
    ground = models.CharField(max_length=60, blank=True)
    #: The officer's own words to the person about it.
    sentence = models.TextField(blank=True)
    by = account()
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["source", "kind", "ref"]
        constraints = [models.UniqueConstraint(fields=["case", "source", "kind", "ref"], name="verdict_once")]

    def __str__(self) -> str:
        return f"{self.verdict} {self.source}:{self.kind}:{self.ref}"


class Approval(models.Model):
    """One officer's yes to one plan. As many as the case needs stand before anything is carried out."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="approvals")
    by = account()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    #: Set when the plan was sent back or changed: the yes no longer counts.
    void = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.digest[:12]}"


class Standing(models.TextChoices):
    """Where telling one recipient stands (Art. 19)."""

    OPEN = "open", _("Still to be told")
    TOLD = "told", pgettext_lazy("recipient", "Told")
    ANSWERED = "answered", _("Has answered")
    IMPOSSIBLE = "impossible", _("Cannot be told")


class RecipientNotice(models.Model):
    """One recipient who must be told of a rectification, erasure or restriction, and what came back (W12)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="recipients")
    #: The recipient in the register of processing activities; plain, because the case outlives the entry.
    recipient = models.UUIDField()
    name = models.CharField(max_length=200)
    #: By what the recipient finds the person; emptied as soon as they were told.
    whom = models.TextField(blank=True)
    #: "rectify", "erase", "restrict" or "lift".
    act = models.CharField(max_length=8)
    #: How: a value of `consent.models.Told`.
    way = models.CharField(max_length=9)
    standing = models.CharField(max_length=10, choices=Standing.choices, default=Standing.OPEN)
    told_at = models.DateTimeField(null=True, blank=True)
    by = account()
    #: The message to them, where they are told by mail.
    mail = models.UUIDField(null=True, blank=True)
    #: The letter to them with its document, where they are told by post; both go with `whom`.
    letter = models.TextField(blank=True)
    pdf = models.BinaryField(null=True)
    #: What they answered, or why they cannot be told; never about the person.
    note = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["name", "act"]
        constraints = [models.UniqueConstraint(fields=["case", "recipient", "act"], name="recipient_once")]

    def __str__(self) -> str:
        return f"{self.name}: {self.act}"
