"""Who asks: a value, made once per request or job and handed to every reader and writer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:  # a grant carries a rule, and a rule is asked by an actor
    from portals_core.access.policy import Policy


class Kind(StrEnum):
    """The four sorts of actor."""

    ANONYMOUS = "anonymous"
    PORTAL = "portal"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True)
class Path:
    """A way of lookups to the viewer's own record; `modules` are those the steps before the last lead to."""

    keys: tuple[str, ...]
    modules: tuple[int, ...] = ()


@dataclass(frozen=True)
class FieldRights:
    """Keys of the fields somebody reads, writes and must fill in (F1–F3)."""

    readable: frozenset[str] = frozenset()
    writable: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ModuleGrant:
    """What a user type or a limited role opens of one module: which rows, which acts, which fields."""

    module_id: int
    #: The person's own record can be in this module.
    own: bool = True
    #: Links that make a record related when they lead to the actor's own record (T6).
    via: tuple[Path, ...] = ()
    #: All records are shared, or all that keep the conditions (T13).
    public: bool = False
    #: Conditions, bound to the viewer's own record; `None`: there are none.
    conditions: Policy | None = None
    #: Links and conditions must both match; otherwise one of them (decision 4).
    match_all: bool = True
    #: Layouts whose records are shared (T3); none: all.
    layouts: frozenset[int] = frozenset()
    #: Key and form of the link that makes a person a colleague of a main user (M2).
    company: tuple[str, str] | None = None
    #: Limited roles of staff can open an act without the sight it needs.
    view: bool = True
    create: bool = False
    edit: bool = False
    #: Editing of records shared from inside, apart from one's own and those one created (T14).
    edit_shared: bool = False
    delete: bool = False
    clone: bool = False
    export: bool = False
    #: Adding files to records in sight and removing one's own (T14); removing those of others as well.
    attach: bool = False
    detach: bool = False
    #: Reading notes, writing them and removing one's own, removing those of others as well (T14).
    read_notes: bool = False
    note: bool = False
    remove_notes: bool = False
    #: Files and notes also of records in reach by a condition or public sharing alone (C6).
    far_files: bool = False
    far_notes: bool = False
    fields: FieldRights = FieldRights()
    #: Rights in layouts that have their own; the others follow `fields`.
    by_layout: Mapping[int, FieldRights] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    #: Fields that show on records in reach by a condition or public sharing alone (C6).
    far: frozenset[str] = frozenset()

    def rights(self, layout: int | None) -> FieldRights:
        """The field rights on records in this layout."""
        return self.fields if layout is None else self.by_layout.get(layout, self.fields)

    @property
    def reaches_far(self) -> bool:
        """Whether a condition or public sharing alone brings records into reach."""
        return self.public or (self.conditions is not None and not (self.match_all and self.via))


_NO_GRANTS: Mapping[int, ModuleGrant] = MappingProxyType({})


@dataclass(frozen=True)
class Actor:
    """`ref` is opaque and goes into the ledger; `name` is for pages only and never stored."""

    kind: Kind
    ref: str
    user_id: int | None = None
    name: str = ""
    #: The record this portal user is tied to: the data subject's anchor.
    identity: UUID | None = None
    #: Keeps the contacts of their company (M2).
    main_user: bool = False
    #: The user type of a portal user, and the keys of the roles of a member of staff.
    user_type: int | None = None
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    #: Permissions that staff hold only through roles which reach no more than the modules in `grants` (F9).
    limited: frozenset[str] = frozenset()
    #: Keys of the projects a member of staff works in (F8).
    projects: frozenset[str] = frozenset()
    grants: Mapping[int, ModuleGrant] = field(default_factory=lambda: _NO_GRANTS, hash=False)
    #: Staff act only after a second factor; portal users are verified by their sign-in.
    verified: bool = False

    def may(self, permission: str) -> bool:
        """Whether this actor's roles hold `permission`. Staff without their second factor hold nothing."""
        if self.kind is Kind.SYSTEM:
            return True
        return self.verified and permission in self.permissions


ANONYMOUS = Actor(kind=Kind.ANONYMOUS, ref="anonymous")


def system(why: str) -> Actor:
    """Unrestricted access under a stated reason; the reason is what the ledger shows as the actor."""
    return Actor(kind=Kind.SYSTEM, ref=f"system:{why}", verified=True)
