"""Models of what is said in a case: questions that stop the clock, messages, letters and their templates."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portals_core.access.managers import ScopedManager
from requests.models.cases import Case, account


class Clarification(models.Model):
    """A question to the person, and when it was answered: between the two the clock may stand still (W2)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="clarifications")
    #: A code of `requests.law.grounds.QUESTIONS`.
    ground = models.CharField(max_length=60)
    #: The officer's words; emptied with the words of the case.
    question = models.TextField(blank=True)
    asked_by = account()
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    #: Whether the clock stands still meanwhile: only where the question was put without undue delay.
    pauses = models.BooleanField(default=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["asked_at", "id"]

    def __str__(self) -> str:
        return f"{self.ground} {self.case_id}"


class Direction(models.TextChoices):
    """From whom to whom a message goes."""

    IN = "in", _("From the person")
    OUT = "out", _("To the person")
    #: Between officers; no page of the portal and no bundle ever shows it (C10).
    NOTE = "note", _("Internal note")


class Message(models.Model):
    """One message of the thread with the person, or a note among officers. Deleted with the words of the
    case."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="messages")
    direction = models.CharField(max_length=4, choices=Direction.choices)
    #: None where the person wrote without an account.
    author = account()
    text = models.TextField()
    at = models.DateTimeField()
    #: When the other side first had it before them.
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["case", "at"], name="message_thread"),
            # What officers have not read yet: few rows, counted on every page of the desk.
            models.Index(
                fields=["case"], name="message_unread", condition=models.Q(direction="in", seen_at=None)
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LetterKind(models.TextChoices):
    """The letters of a case, each with its duty."""

    RECEIPT = "receipt", _("Receipt with number and due date")
    PROOF = "proof", _("Question for a proof of identity")
    CLARIFICATION = "clarify", _("Question about the request")
    EXTENSION = "extension", _("More time is needed")
    DECISION = "decision", _("Decision")
    COMPLETION = "complete", _("It is done")
    LIFTING = "lifting", _("A restriction is about to end")
    #: Written as the message would have been, for who has no mail address; it has no text of its own.
    NOTICE = "notice", _("Word about the request")


class LetterTemplate(models.Model):
    """The text of a letter in one language; versions are frozen, the newest is in force.

    Placeholders are names of `requests.telling.placeholders.PLACEHOLDERS` in double braces; nothing else is
    replaced.
    """

    kind = models.CharField(max_length=9, choices=LetterKind.choices)
    language = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    body = models.TextField()
    by = account()
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["kind", "language", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "language", "version"], name="letter_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.language} {self.version}"


class Letter(models.Model):
    """A letter as it was written to the person, kept with the case. Deleted with the words of the case."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=9, choices=LetterKind.choices)
    language = models.CharField(max_length=10)
    #: The version of the template; 0 for the text the product brings along.
    version = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=200)
    body = models.TextField()
    #: Where it is posted to; empty for a letter that was told by mail, and where no address is known.
    address = models.TextField(blank=True)
    #: The readable document (PDF), made by a job; None until then.
    pdf = models.BinaryField(null=True)
    #: SHA-256 of the document, in hex: stays when the document goes.
    digest = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    #: The message that told the person of it; None for a letter that goes by post.
    mail = models.UUIDField(null=True, blank=True)
    #: When an officer put it into the post.
    posted_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.case_id}"
