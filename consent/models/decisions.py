"""What people decided about a purpose, and to what they objected."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.models.common import AppendOnly
from consent.models.purposes import Channel, Purpose, Text
from portals_core.access.managers import ScopedManager


class State(models.TextChoices):
    """Where consent stands. Only obtained and renewed allow anything (D9, formats)."""

    PENDING = "pending", _("Not decided yet")
    WAITING = "waiting", _("Waiting for the person")
    OBTAINED = "obtained", _("Given")
    NOT_RESPONDED = "not_responded", _("No answer")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Withdrawn on the person's behalf")
    INVALIDATED = "invalidated", _("Invalid")
    RENEWED = "renewed", _("Given again")


#: The states in which a purpose may be pursued.
PERMITTING = frozenset({State.OBTAINED, State.RENEWED})


class Authority(models.TextChoices):
    """By what right somebody decided (D5, W17)."""

    SELF = "self", _("The person")
    REPRESENTATIVE = "by representative", _("The one who added the person")
    #: Holds parental responsibility (Art. 8(1)).
    PARENT = "parent", _("A parent or guardian")
    STAFF = "staff", _("Staff")
    #: Nobody decided: a period ended, or a new text took the place of the old one.
    RULE = "rule", _("Automatically")


class Method(models.TextChoices):
    """How the decision reached us (D10, D12)."""

    PORTAL = "portal", _("In the portal")
    LINK = "link", _("By a link from a message")
    FORM = "form", _("On a public form")
    PHONE = "phone", _("By phone")
    PAPER = "paper", _("On paper")
    PERSON = "person", _("Face to face")
    RULE = "rule", _("Automatically")


#: Ways that staff enter for somebody.
ENTERED = frozenset({Method.PHONE, Method.PAPER, Method.PERSON})


class Decision(AppendOnly):
    """One decision of, or for, one person about one purpose, with the exact text it was made on (W15)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.UUIDField()
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="decisions")
    #: Counts from 1 per subject and purpose; the highest one is what holds.
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=13, choices=State.choices)
    text = models.ForeignKey(Text, on_delete=models.PROTECT, related_name="+")
    #: Language in which the text was shown.
    language = models.CharField(max_length=10)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    on_behalf = models.BooleanField(default=False)
    authority = models.CharField(max_length=17, choices=Authority.choices)
    method = models.CharField(max_length=6, choices=Method.choices)
    #: Ways of contact agreed to, or asked for while an answer is awaited (D10, D15).
    by_email = models.BooleanField(default=False)
    by_phone = models.BooleanField(default=False)
    by_survey = models.BooleanField(default=False)
    by_social = models.BooleanField(default=False)
    by_post = models.BooleanField(default=False)
    #: What the person added in their own words, or why staff or a rule ended it.
    remarks = models.TextField(blank=True)
    #: A file on the person's record that shows it, and the SHA-256 of its bytes (Art. 7(1)).
    proof = models.UUIDField(null=True, blank=True)
    proof_sha256 = models.CharField(max_length=64, blank=True)
    #: When it was decided; when we came to know, if later.
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    #: Set once, by the decision that follows: empty for the one that counts.
    superseded_at = models.DateTimeField(null=True, blank=True)
    #: SHA-256 over what was shown and what was decided, in canonical form.
    evidence = models.CharField(max_length=64)

    objects = ScopedManager()

    class Meta:
        ordering = ["-at", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "purpose", "number"], name="decision_numbered_per_purpose"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="decision_number_from_one"),
            models.UniqueConstraint(
                fields=["purpose", "subject"], condition=Q(superseded_at=None), name="decision_one_in_force"
            ),
        ]
        indexes = [
            models.Index(
                fields=["purpose", "state", "subject"],
                condition=Q(superseded_at=None),
                name="decision_in_force",
            ),
            models.Index(fields=["ends_at"], condition=Q(superseded_at=None), name="decision_ends"),
            models.Index(fields=["subject", "at"], name="decision_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.id}"

    @property
    def channels(self) -> list[str]:
        """The ways of contact it names, as `Channel` values in their order."""
        return [channel for channel in Channel.values if getattr(self, f"by_{channel}")]

    @property
    def channel_names(self) -> list[str]:
        """The same in words."""
        return [str(Channel(channel).label) for channel in self.channels]

    def permits(self, at: datetime) -> bool:
        """Whether this decision, if it is the latest, lets the purpose be pursued at that moment.

        A newer text that asks everybody again is not looked at here: the gate does that.
        """
        return self.state in PERMITTING and (self.ends_at is None or at < self.ends_at)


class Signal(models.TextChoices):
    """How an objection reached us."""

    GPC = "gpc", _("By the browser's Global Privacy Control signal")
    PORTAL = "portal", _("In the portal")
    CASE = "case", _("In a request")
    STAFF = "staff", _("Told to staff")


class Objection(AppendOnly):
    """Somebody objects to direct marketing, or to data going to others (Art. 21(2), (5)).

    It stops every such purpose from its moment on, whatever the basis. What the person agrees to expressly
    afterwards holds again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.UUIDField()
    marketing = models.BooleanField(default=True)
    sharing = models.BooleanField(default=False)
    signal = models.CharField(max_length=6, choices=Signal.choices)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["-at", "id"]
        indexes = [models.Index(fields=["subject", "at"], name="objection_subject")]

    def __str__(self) -> str:
        return str(self.id)

    def is_about(self, purpose: Purpose) -> bool:
        """Whether it stops this purpose."""
        return (self.marketing and purpose.marketing) or (self.sharing and purpose.sharing)
