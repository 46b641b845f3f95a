"""Models of the desk: saved views, rules of assignment, who looks at a case, reminders given."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from portals_core.access.managers import ScopedManager
from requests.models.cases import Case, account


class SavedView(models.Model):
    """Filters of the queue under a name: one's own, or shared with every officer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = account()
    name = models.CharField(max_length=80)
    #: Names and values of the queue's filters.
    filters = models.JSONField(default=dict, blank=True)
    shared = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name")]

    def __str__(self) -> str:
        return self.name


class ChosenView(models.Model):
    """The saved view with which the queue opens for an officer."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="chosen")

    objects = ScopedManager()

    def __str__(self) -> str:
        return f"{self.user_id} {self.view_id}"


class AssignmentRule(models.Model):
    """Who gets new cases: the first rule that fits gives them to its officers in turn."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveIntegerField(default=0)
    #: Each empty list means every one.
    kinds = models.JSONField(default=list, blank=True)
    channels = models.JSONField(default=list, blank=True)
    countries = models.JSONField(default=list, blank=True)
    #: Public ids of accounts, in the order of their turns.
    officers = models.JSONField(default=list)
    #: How many cases the rule gave out so far.
    given = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Presence(models.Model):
    """An officer had a case before them at this moment: two who work on one see each other."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="present")
    user = account()
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.case_id}"


class Alarm(models.Model):
    """That a reminder about a case was given, so that it is given once (promise 15)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="alarms")
    #: Which, and for which due day: "soon:2026-03-05".
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "kind"], name="alarm_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.case_id}"
