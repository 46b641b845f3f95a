"""The one user model, roles for staff, user types for portal users."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portals_core.access.managers import ScopedManager
from portals_core.records.models import Field, Layout, Module, Record


class UserManager(ScopedManager, BaseUserManager):
    """Scoped like every manager; the sign-in backend alone looks a person up by address."""

    def get_by_natural_key(self, username: str | None) -> User:
        everybody: models.QuerySet[User] = models.Manager.get_queryset(self)  # type: ignore[arg-type]
        return everybody.get(email=normalise_email(username or ""))


def normalise_email(address: str) -> str:
    """The form in which an address is compared: trimmed and folded. Never merges differing addresses."""
    return address.strip().casefold()


class UserKind(models.TextChoices):
    PORTAL = "portal", _("Portal user")
    STAFF = "staff", _("Staff")


class Role(models.Model):
    """A named set of permissions for staff. Permission names are in `people.roles`."""

    key = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    permissions = models.JSONField(default=list)
    #: It reaches only the modules and fields listed for it (F9, F10); otherwise all of them.
    limited = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name


class UserType(models.Model):
    """What a sort of portal user gets to see: customers, suppliers, partners (P7, P9)."""

    name = models.CharField(max_length=50, unique=True)
    identity_module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+")
    is_default = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    #: Key of the link in the identity module that names a person's company; a main user reaches the
    #: people of the same company (M2). Empty: nobody does.
    company_key = models.CharField(max_length=60, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Sharing(models.TextChoices):
    """What of a module is shared beside a person's own records (T13)."""

    PRIVATE = "private", _("Only records that match the links or conditions")
    PUBLIC = "public", _("All records, or those that match the conditions")


#: Stands where conditions are still to be written. It is no rule, and what is no rule shares nothing.
AWAITED = "awaited"


class Match(models.TextChoices):
    """How links and conditions join (decision 4)."""

    ALL = "all", _("Links and conditions must both match")
    ANY = "any", _("A link or the conditions must match")


class View(models.TextChoices):
    """How the records of a module are laid out in the portal (T5)."""

    LIST = "list", _("List")
    CARDS = "cards", _("Cards")


class ModuleAccess(models.Model):
    """One module a user type or a limited role reaches, and what may be done there (T2, T4, T6, T12–T14)."""

    user_type = models.ForeignKey(UserType, on_delete=models.CASCADE, null=True, related_name="modules")
    role = models.ForeignKey(Role, on_delete=models.CASCADE, null=True, related_name="modules")
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="+")
    sharing = models.CharField(max_length=7, choices=Sharing.choices, default=Sharing.PRIVATE)
    #: Ways to the person's own record: "customer", or over a second record "order.customer".
    via = models.JSONField(default=list, blank=True)
    match = models.CharField(max_length=3, choices=Match.choices, default=Match.ALL)
    #: Conditions as `access.criteria` writes them down; nothing: none; `AWAITED`: still to be written.
    criteria = models.JSONField(null=True, blank=True)
    view = models.CharField(max_length=5, choices=View.choices, default=View.LIST)
    can_create = models.BooleanField(default=False)
    can_edit = models.BooleanField(default=False)
    can_edit_shared = models.BooleanField(default=False)
    can_delete = models.BooleanField(default=False)
    can_clone = models.BooleanField(default=False)
    can_export = models.BooleanField(default=False)
    can_attach = models.BooleanField(default=False)
    can_detach = models.BooleanField(default=False)
    can_far_files = models.BooleanField(default=False)
    can_read_notes = models.BooleanField(default=False)
    can_note = models.BooleanField(default=False)
    can_remove_notes = models.BooleanField(default=False)
    can_far_notes = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user_type", "module"], name="module_once_per_user_type"),
            models.UniqueConstraint(fields=["role", "module"], name="module_once_per_role"),
            models.CheckConstraint(
                condition=Q(user_type=None, role__isnull=False) | Q(user_type__isnull=False, role=None),
                name="module_access_has_one_holder",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_type_id or self.role_id}: {self.module_id}"

    @property
    def awaited(self) -> bool:
        """Whether its conditions are still to be written, and share nothing until then."""
        return bool(self.criteria == AWAITED)


class LayoutAccess(models.Model):
    """A layout whose records are shared (T3); of an access without any, records in every layout are."""

    access = models.ForeignKey(ModuleAccess, on_delete=models.CASCADE, related_name="layouts")
    layout = models.ForeignKey(Layout, on_delete=models.CASCADE, related_name="+")

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["access", "layout"], name="layout_once_per_access")]

    def __str__(self) -> str:
        return f"{self.access_id}: {self.layout_id}"


class FieldAccess(models.Model):
    """A field somebody sees; what is not listed is not seen (F1–F3).

    A layout that is named in any row has its own list of fields; the rows without one are for the others.
    """

    access = models.ForeignKey(ModuleAccess, on_delete=models.CASCADE, related_name="fields")
    field = models.ForeignKey(Field, on_delete=models.CASCADE, related_name="+")
    layout = models.ForeignKey(Layout, on_delete=models.CASCADE, null=True, related_name="+")
    editable = models.BooleanField(default=False)
    required = models.BooleanField(default=False)
    #: Seen also on records that only a condition or public sharing brings into reach (C6).
    far = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["access", "field"], condition=Q(layout=None), name="field_once_per_access"
            ),
            models.UniqueConstraint(fields=["access", "field", "layout"], name="field_once_per_layout"),
        ]

    def __str__(self) -> str:
        return f"{self.access_id}: {self.field_id}"


class Profile(models.Model):
    """What part of a user type's sharing some of its users get (M3–M5, decision 7). It only narrows."""

    user_type = models.ForeignKey(UserType, on_delete=models.CASCADE, related_name="profiles")
    name = models.CharField(max_length=50)
    #: For users of the type to whom no profile is given. Of a type without one, they get all of it.
    is_default = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["user_type", "name"], name="profile_name_once_per_type"),
            models.UniqueConstraint(
                fields=["user_type"], condition=Q(is_default=True), name="default_profile_once_per_type"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProfileModule(models.Model):
    """A module a profile sees; one that is not listed is not there at all (M4)."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="modules")
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="+")
    #: Whether it may do there what the type may do; otherwise it only sees.
    edits = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "module"], name="module_once_per_profile")]

    def __str__(self) -> str:
        return f"{self.profile_id}: {self.module_id}"


class ProfileField(models.Model):
    """A field a profile sees, and whether it may change it. Without rows: every field of the type's."""

    within = models.ForeignKey(ProfileModule, on_delete=models.CASCADE, related_name="fields")
    field = models.ForeignKey(Field, on_delete=models.CASCADE, related_name="+")
    editable = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["within", "field"], name="field_once_per_profile")]

    def __str__(self) -> str:
        return f"{self.within_id}: {self.field_id}"


class User(AbstractBaseUser):
    """Everybody who signs in: portal users tied to an identity record, staff with roles (U9).

    The row outlives an erasure as a tombstone without name or address, so that what other people's
    records say of their creator stays as it was.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=6, choices=UserKind.choices)
    identity = models.OneToOneField(
        Record, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    user_type = models.ForeignKey(UserType, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    #: What part of the type's sharing a portal user gets; nothing: the type's default, or all of it.
    profile = models.ForeignKey(Profile, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    #: Keeps the contacts of their company (M1, M2).
    main_user = models.BooleanField(default=False)
    #: Keys of the projects a member of staff works in (F8).
    projects = models.JSONField(default=list, blank=True)
    is_active = models.BooleanField(default=True)
    invited_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=10, default="en")
    time_zone = models.CharField(max_length=60, default="UTC")
    time_format = models.CharField(max_length=2, default="24", choices=[("24", "24"), ("12", "12")])
    country = models.CharField(max_length=2, blank=True)
    created_at = models.DateTimeField()

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"user:{self.public_id}"

    @property
    def ref(self) -> str:
        """The opaque name under which the ledger knows this person."""
        return f"user:{self.public_id}"


class Holding(models.Model):
    """A role held by a member of staff."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="holdings")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="holdings")

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="role_held_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role_id}"
