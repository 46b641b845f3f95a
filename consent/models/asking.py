"""Questions on their way to people, campaigns that send many of them, and sign-ups awaiting confirmation."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.models.decisions import Decision
from consent.models.purposes import Purpose, Text
from portals_core.access.managers import ScopedManager


class Audience(models.TextChoices):
    """Whom a campaign asks."""

    UNDECIDED = "undecided", _("People who never decided")
    OUTDATED = "outdated", _("People who agreed to an earlier version")
    ENDING = "ending", _("People whose consent has ended or ends within 30 days")


class CampaignState(models.TextChoices):
    """How far a campaign is."""

    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")


class Campaign(models.Model):
    """One question to many people, asked by a job that can be stopped and goes on after a crash (D17)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    #: The version people are asked on, in the site's language; each is asked in their own.
    text = models.ForeignKey(Text, on_delete=models.PROTECT, related_name="+")
    audience = models.CharField(max_length=9, choices=Audience.choices)
    state = models.CharField(max_length=7, choices=CampaignState.choices, default=CampaignState.RUNNING)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    #: The last person looked at, in the order of ids: what comes after is still to do.
    cursor = models.UUIDField(null=True, blank=True)
    total = models.PositiveIntegerField(default=0)
    asked = models.PositiveIntegerField(default=0)
    #: Why people were left out: {"no address": 3, ...}, by the codes in `consent.jobs.campaigns`.
    skipped = models.JSONField(default=dict)

    objects = ScopedManager()

    class Meta:
        ordering = ["-started_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["purpose"], condition=Q(state="running"), name="campaign_one_running"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Question(models.Model):
    """One person asked on one version of one text, until they answer or the time is over (W16, D13)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.UUIDField()
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    text = models.ForeignKey(Text, on_delete=models.PROTECT, related_name="+")
    #: The decision "waiting" that came with it. A person who keeps an older consent meanwhile has none.
    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, null=True, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, null=True, related_name="+")
    #: Who asked; nobody where a rule did.
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    remind_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    #: When no answer becomes "not responded".
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "purpose"], condition=Q(closed_at=None), name="question_one_open"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(closed_at=None), name="question_due"),
            models.Index(
                fields=["remind_at"], condition=Q(closed_at=None, reminded_at=None), name="question_remind"
            ),
            models.Index(fields=["campaign"], name="question_campaign"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SignUp(models.Model):
    """What somebody entered on a public form, until they confirm by mail or the time is over (D16).

    Nobody proved anything yet: it is connected with no record, and no record is searched for it (promise 1).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    text = models.ForeignKey(Text, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(max_length=254)
    channels = models.JSONField(default=list)
    remarks = models.TextField(blank=True)
    created_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["created_at"], name="sign_up_created"),
            models.Index(fields=["email", "created_at"], name="sign_up_email"),
        ]

    def __str__(self) -> str:
        return str(self.id)
