"""Modules, fields and layouts as data; records with their values, links, notes and files."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portals_core.access.managers import ScopedManager


class PlainText(json.JSONEncoder):
    """JSON with its letters as they are. SQLite before 3.43 does not find an escaped key (`"\\u0438"`)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


class Module(models.Model):
    """A kind of record the organisation keeps: contacts, deals, invoices, anything it defines."""

    key = models.CharField(max_length=60, unique=True)
    label = models.CharField(max_length=80)
    label_plural = models.CharField(max_length=80)
    #: Its records are people: portal users and cases can be anchored in them (T1, P16).
    identity = models.BooleanField(default=False)
    #: Processing basis and consent are kept for its records (D2, D7).
    compliance = models.BooleanField(default=False)
    #: Key of the field that names a record in lists.
    title_key = models.CharField(max_length=60)
    #: Key of the field that holds a person's mail address; only for identity modules.
    email_key = models.CharField(max_length=60, blank=True)
    #: Keys of the fields that hold a person's date of birth and country, where the age matters.
    born_key = models.CharField(max_length=60, blank=True)
    country_key = models.CharField(max_length=60, blank=True)
    #: Its fields are divided among projects: staff see those of the projects they work in (F5, F8).
    by_project = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        ordering = ["position", "key"]

    def __str__(self) -> str:
        return self.label_plural


class FieldType(models.TextChoices):
    """What a field can hold; `records.values` says how each is written."""

    TEXT = "text", _("Text")
    MULTILINE = "multiline", _("Text of several lines")
    EMAIL = "email", _("E-mail address")
    PHONE = "phone", _("Phone number")
    URL = "url", _("Web address")
    NUMBER = "number", pgettext_lazy("type of a field", "Number")
    CURRENCY = "currency", _("Amount of money")
    BOOLEAN = "boolean", _("Yes or no")
    DATE = "date", _("Date")
    DATETIME = "datetime", _("Date and time")
    PICKLIST = "picklist", _("One of a list")
    MULTISELECT = "multiselect", _("Several of a list")
    LOOKUP = "lookup", _("Link to another record")


class Personal(models.TextChoices):
    """Whether a field says something about a person (F11)."""

    NONE = "none", _("Not personal")
    NORMAL = "normal", _("Personal")
    SENSITIVE = "sensitive", _("Sensitive")


class Link(models.TextChoices):
    """What a lookup means for the person it points at."""

    #: The record hangs on its target: exported with it, erased with it.
    BELONGS = "belongs", _("Belongs to it")
    #: The record only names its target: the mention is shown and cleared, the record stays.
    MENTIONS = "mentions", _("Mentions it")


class Channel(models.TextChoices):
    """A way on which a field's values leave, and can be withheld from (F12)."""

    VENDOR_APPS = "vendor_apps", _("Apps of the vendor")
    THIRD_PARTY_APPS = "third_party_apps", _("Apps of third parties")
    API = "api", _("Programming interface")
    EXPORT = "export", _("Export of lists")


class Project(models.Model):
    """A piece of work with fields and staff of its own; `key` never changes (F5, F8)."""

    key = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    position = models.PositiveIntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        ordering = ["position", "key"]

    def __str__(self) -> str:
        return self.name


class Field(models.Model):
    """One field of a module. `key` is a Unicode identifier and never changes (X3)."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="fields")
    key = models.CharField(max_length=60)
    label = models.CharField(max_length=120)
    type = models.CharField(max_length=12, choices=FieldType.choices, default=FieldType.TEXT)
    required = models.BooleanField(default=False)
    unique = models.BooleanField(default=False)
    personal = models.CharField(max_length=9, choices=Personal.choices, default=Personal.NONE)
    #: Provided by or observed from the person, as Art. 20 asks; a derived score is not.
    provided = models.BooleanField(default=True)
    choices = models.JSONField(default=list, blank=True)
    #: Hidden from everybody but who has the right to uncover it, each time with a leaf (F7, decision 10).
    masked = models.BooleanField(default=False)
    #: Kept as ciphertext under the record's own key; nothing can ask for it but whether it is empty (F13).
    encrypted = models.BooleanField(default=False)
    #: Belongs to every project, where the module's fields are divided (F15).
    system = models.BooleanField(default=False)
    #: Keys of the projects it belongs to; none: nobody sees it, where fields are divided (decision 11).
    projects = models.JSONField(default=list, blank=True)
    #: Channels on which it does not leave (F12); values of `Channel`.
    withheld = models.JSONField(default=list, blank=True)
    target = models.ForeignKey(Module, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    link = models.CharField(max_length=8, choices=Link.choices, default=Link.MENTIONS)
    position = models.PositiveIntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["module", "key"], name="field_key_once_per_module")]

    def __str__(self) -> str:
        return self.label


class Layout(models.Model):
    """An arrangement of a module's fields; the first one serves where none is chosen."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="layouts")
    name = models.CharField(max_length=80)
    #: Field keys in order, grouped: [{"title": "...", "keys": ["...", ...]}, ...].
    sections = models.JSONField(default=list)
    #: Keys of fields that must be filled in here, beside those the module requires everywhere.
    required = models.JSONField(default=list, blank=True)
    position = models.PositiveIntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["module", "name"], name="layout_name_once_per_module")]

    def __str__(self) -> str:
        return self.name


class Record(models.Model):
    """One record. Its values, lookups included, stand in one JSON column under the fields' keys.

    `folded` holds the same keys in the form in which rules compare them (`records.values.comparable`), one
    text each, so that every rule is a comparison of texts; `sealed` holds what is kept encrypted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+")
    layout = models.ForeignKey(Layout, on_delete=models.SET_NULL, null=True, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: Counts changes; a writer names the version it read and loses if another was there first.
    version = models.PositiveIntegerField(default=1)
    values = models.JSONField(default=dict, encoder=PlainText)
    folded = models.JSONField(default=dict, encoder=PlainText)
    sealed = models.JSONField(default=dict, encoder=PlainText)
    #: How it came here: "portal", "staff", "import customers.csv" (D18, Art. 14(2)(f)).
    source = models.CharField(max_length=200, blank=True)
    #: How its values were changed last, in the same words; empty while nothing was changed.
    changed_source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["module", "id"], name="record_module"),
            models.Index(fields=["creator", "module", "id"], name="record_creator"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Edge(models.Model):
    """One lookup, kept for walks through the graph; list criteria never use it."""

    field = models.ForeignKey(Field, on_delete=models.CASCADE, related_name="+")
    source = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="edges_out")
    target = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="edges_in")

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "field"], name="edge_once_per_field")]
        indexes = [models.Index(fields=["target", "field", "source"], name="edge_target")]

    def __str__(self) -> str:
        return f"{self.source_id} -> {self.target_id}"


class UniqueValue(models.Model):
    """The normalised value of a unique field: the database keeps it unique (F6)."""

    field = models.ForeignKey(Field, on_delete=models.CASCADE, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="unique_values")
    value = models.CharField(max_length=400)

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["field", "value"], name="unique_value_once")]

    def __str__(self) -> str:
        return str(self.pk)


class KeyedForm(models.Model):
    """The keyed hash of an encrypted address or number, by which its record is found (`records.keyed`)."""

    field = models.ForeignKey(Field, on_delete=models.CASCADE, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "field"], name="keyed_form_once_per_field")]
        indexes = [models.Index(fields=["field", "digest"], name="keyed_form_digest")]

    def __str__(self) -> str:
        return str(self.pk)


class Note(models.Model):
    """A remark on a record; an internal one is never shown in the portal (C10)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    body = models.TextField()
    internal = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return str(self.id)


class Attachment(models.Model):
    """A file on a record. Its bytes lie in the storage under the id, encrypted (`records.files`); an internal
    one is never shown in the portal (C10). Nothing of it changes: it is added and removed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="attachments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    name = models.CharField(max_length=240)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    #: Of the bytes as they were given, in hex.
    sha256 = models.CharField(max_length=64)
    internal = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return str(self.id)
