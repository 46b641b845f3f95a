"""What the organisation wants to do with data, and what people read before they decide."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.models.common import AppendOnly
from portals_core.access.managers import ScopedManager


class Channel(models.TextChoices):
    """Ways of reaching a person (D10)."""

    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    SURVEY = "survey", _("Survey")
    SOCIAL = "social", _("Social media")
    POST = "post", _("Post")


class NoAnswer(models.TextChoices):
    """What happens to somebody's data when they were asked and did not answer (D13, D14)."""

    KEEP = "keep", _("Keep it locked")
    ERASE = "erase", _("Prepare its deletion after some days")
    OFFICER = "officer", _("Ask an officer")


class Purpose(models.Model):
    """What the organisation wants to do with data, and over which channels."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    channels = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)
    #: Direct marketing: an objection ends it at once, whatever the basis (Art. 21(2), (3)).
    marketing = models.BooleanField(default=False)
    #: Data goes to others for their own ends: an objection signal ends it, too.
    sharing = models.BooleanField(default=False)
    #: An online service offered directly to children: below an age a parent must agree (Art. 8).
    for_children = models.BooleanField(default=False)
    #: A consent ends after so many months and is asked for again (D17); empty: it does not end.
    consent_months = models.PositiveSmallIntegerField(null=True, blank=True)
    #: Days after asking at which the person is reminded, once; empty: never.
    remind_days = models.PositiveSmallIntegerField(null=True, blank=True, default=7)
    #: Days after asking at which no answer becomes "not responded" (D13).
    wait_days = models.PositiveSmallIntegerField(default=30)
    no_answer = models.CharField(max_length=7, choices=NoAnswer.choices, default=NoAnswer.OFFICER)
    #: Days after "not responded" at which a deletion is prepared; only where `no_answer` says so.
    erase_days = models.PositiveSmallIntegerField(null=True, blank=True)
    #: Anybody may sign up on a public form; it counts once they confirm by mail (D16).
    public_form = models.BooleanField(default=False)
    #: The module of people in which somebody new is entered who confirmed.
    form_module = models.ForeignKey(
        "portals_core.Module", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        ordering = ["position", "key"]

    def __str__(self) -> str:
        return self.name

    @property
    def channel_names(self) -> list[str]:
        """The channels in words."""
        return [str(Channel(channel).label) for channel in self.channels]


class Text(AppendOnly):
    """What people read before they decide: one version in one language, frozen when it is published (D11)."""

    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="texts")
    language = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    body = models.TextField()
    #: The privacy statement, and what stands directly above the button.
    statement = models.TextField(blank=True)
    before_submit = models.TextField(blank=True)
    #: The question above the box for remarks; empty: there is none.
    remarks_label = models.CharField(max_length=200, blank=True)
    #: Channels this version asks for; where they are not shown, agreeing means all of them.
    channels = models.JSONField(default=list)
    show_channels = models.BooleanField(default=False)
    #: Who is responsible, which data, who receives it and how long it is kept, as the register said when this
    #: version was published: {"controller": {...}, "data": [...], "recipients": [...], "limits": "..."}.
    facts = models.JSONField(default=dict)
    #: From this moment on consents to earlier versions no longer hold (D17); empty: they stay good.
    renew_by = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField()
    #: SHA-256 over all of the above (`consent.law.evidence.text_digest`).
    digest = models.CharField(max_length=64)

    objects = ScopedManager()

    class Meta:
        ordering = ["purpose", "-version", "language"]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "version", "language"], name="text_once_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id} {self.version} {self.language}"

    @property
    def channel_names(self) -> list[str]:
        """The channels it asks for, in words."""
        return [str(Channel(channel).label) for channel in self.channels]


class Withdrawn(AppendOnly):
    """One version nobody is asked on any longer, in all its languages. The texts themselves stay."""

    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    reason = models.CharField(max_length=400)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="text_withdrawn_once")]

    def __str__(self) -> str:
        return f"{self.purpose_id} {self.version}"
