"""Every model of the rooms, where Django looks for them."""

from portals_core.imports.models import ImportRow, ImportRun
from portals_core.ledger.models import Checkpoint, LedgerDetail, LedgerEntry, TreeState
from portals_core.locks.models import Ground, Lock, Locking, LockRule
from portals_core.people.models import (
    FieldAccess,
    Holding,
    LayoutAccess,
    ModuleAccess,
    Profile,
    ProfileField,
    ProfileModule,
    Role,
    User,
    UserType,
)
from portals_core.plumbing.keyring_models import SubjectKey
from portals_core.plumbing.lease_models import Lease
from portals_core.plumbing.limit_models import Spent
from portals_core.plumbing.models import Job, Mail, OneTimeLink
from portals_core.records.models import (
    Attachment,
    Edge,
    Field,
    KeyedForm,
    Layout,
    Module,
    Note,
    Project,
    Record,
    UniqueValue,
)

__all__ = [
    "Attachment",
    "Checkpoint",
    "Edge",
    "Field",
    "FieldAccess",
    "Ground",
    "Holding",
    "ImportRow",
    "ImportRun",
    "Job",
    "KeyedForm",
    "Layout",
    "LayoutAccess",
    "Lease",
    "LedgerDetail",
    "LedgerEntry",
    "Lock",
    "LockRule",
    "Locking",
    "Mail",
    "Module",
    "ModuleAccess",
    "Note",
    "OneTimeLink",
    "Profile",
    "ProfileField",
    "ProfileModule",
    "Project",
    "Record",
    "Role",
    "Spent",
    "SubjectKey",
    "TreeState",
    "UniqueValue",
    "User",
    "UserType",
]
