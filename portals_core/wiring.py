"""What this app registers at start-up: policies, ledger codes, job handlers, sources."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portals_core import checks  # noqa: F401  registers its checks on import
from portals_core.access import policy, scope
from portals_core.access.actor import Actor, Kind
from portals_core.ledger import codes, reads
from portals_core.panels import NAV, NAV_OF, NavItem
from portals_core.plumbing import duties, limits, mail, outbox
from portals_core.plumbing.sources import SOURCES
from portals_core.records import catalogue, indexes, keyed

LEDGER_CODES = {
    "module.defined": _("A module was set up"),
    "field.uncovered": _("A masked value was shown"),
    "page.fields_added": _("Somebody sent fields that the page does not have"),
    "page.refused": _("Somebody tried what their role does not include"),
    "record.created": _("A record was added"),
    "record.changed": _("A record was changed"),
    "record.deleted": _("A record was deleted"),
    "record.unlinked": _("A record lost its link to a deleted one"),
    "records.exported": _("The export of a list of records began"),
    "records.export_ended": _("The export of a list of records ended"),
    "note.added": _("A note was added"),
    "note.removed": _("A note was removed"),
    "attachment.added": _("A file was added to a record"),
    "attachment.removed": _("A file was removed from a record"),
    "attachment.read": _("A file of a record was downloaded"),
    "lock.placed": _("A lock was placed"),
    "lock.reason_changed": _("The reason of a lock was changed"),
    "locking.mode_set": _("It was set how records of a module can be locked"),
    "lock_rule.defined": _("A lock rule was set up"),
    "lock_rule.deleted": _("A lock rule was removed"),
    "lock_rule.tried": _("It was tried what a lock rule would lock"),
    "lock.lifted": _("A lock was lifted"),
    "import.started": _("An import was started"),
    "import.finished": _("An import ended"),
    "import.uploaded": _("A file to import was uploaded"),
    "import.reopened": _("A checked import was taken back to its mapping"),
    "import.discarded": _("An import was discarded before it began"),
    "staff.created": _("A member of staff was added"),
    "portal_user.created": _("A portal user was added"),
    "account.password_set": _("A password was set"),
    "account.shut": _("An account was closed"),
    "account.forgotten": _("An account was erased"),
    "account.invited": _("An invitation was sent"),
    "account.confirmed": _("An invitation was accepted"),
    "account.reset_asked": _("A link for a new password was sent"),
    "account.opened": _("An account was opened again"),
    "account.preferences_set": _("Language, time zone or country of an account changed"),
    "account.factor_added": _("A second factor was set up"),
    "account.factor_removed": _("A second factor was removed"),
    "portal_user.removed": _("A portal user was removed from the portal"),
    "role.defined": _("A role was set up"),
    "role.deleted": _("A role was deleted"),
    "staff.roles_changed": _("The roles of a member of staff changed"),
    "staff.projects_changed": _("The projects of a member of staff changed"),
    "project.defined": _("A project was set up"),
    "project.renamed": _("A project was renamed"),
    "project.fields_changed": _("The fields of a project changed"),
    "project.deleted": _("A project was deleted"),
    "user_type.defined": _("A user type was set up"),
    "user_type.deleted": _("A user type was deleted"),
    "preview.viewed": _("The portal was looked at as a portal user sees it"),
    "portal_user.type_changed": _("A portal user was given another type"),
    "portal_user.profile_changed": _("A portal user was given another profile"),
    "portal_user.main_user_changed": _("A portal user became the main user of a company, or no longer is"),
    "profile.defined": _("A profile of a user type was set up"),
    "profile.deleted": _("A profile of a user type was deleted"),
    "scope.changed": _("What a portal user reaches followed a change of their own record"),
}

NAVIGATION = {
    "people": NavItem(_("Portal users"), "portals_core:people", "users", Kind.STAFF, 60, ("people.manage",)),
    "user_types": NavItem(
        _("User types"), "portals_core:user-types", "layers", Kind.STAFF, 65, ("setup.manage",)
    ),
    "staff": NavItem(_("Staff"), "portals_core:staff", "id-card", Kind.STAFF, 70, ("people.manage",)),
    "roles": NavItem(_("Roles"), "portals_core:roles", "key-round", Kind.STAFF, 72, ("people.manage",)),
    "projects": NavItem(
        _("Projects"), "portals_core:projects", "folder-kanban", Kind.STAFF, 82, ("setup.manage",)
    ),
    "records": NavItem(
        _("Records"), "portals_core:desk-modules", "folder", Kind.STAFF, 40, ("records.view",)
    ),
    "locks": NavItem(_("Locks"), "portals_core:locks", "lock", Kind.STAFF, 45, ("records.view",)),
    "imports": NavItem(_("Imports"), "portals_core:imports", "upload", Kind.STAFF, 75, ("imports.run",)),
    "setup": NavItem(_("Set-up"), "portals_core:setup", "blocks", Kind.STAFF, 80, ("setup.manage",)),
}


def register() -> None:
    """Called once by `apps.py` when every model is loaded."""
    from portals_core import paths, sources
    from portals_core.imports import drafts, runs
    from portals_core.locks import automatic, rules
    from portals_core.people import following, indexing, projects, resets, sessions, stillfit
    from portals_core.views import records
    from portals_core.writing import attachments

    policy.POLICIES.register("portals_core.Record", scope.records)
    for label in ("Edge", "UniqueValue", "KeyedForm", "Note", "Attachment"):
        policy.POLICIES.register(f"portals_core.{label}", policy.by_permission())
    for code, sentence in LEDGER_CODES.items():
        codes.register(code, sentence)
    for source in sources.all_sources():
        SOURCES.register(source.key, source)
    paths.register_all()
    reads.GATE.register("admits", _may_read_the_ledger)
    outbox.HANDLERS.register(mail.HANDLER, mail.hand_over)
    outbox.HANDLERS.register(runs.HANDLER, runs.carry_out)
    outbox.HANDLERS.register(drafts.PURGE, drafts.purge)
    outbox.HANDLERS.register(resets.HANDLER, resets.send_link)
    outbox.HANDLERS.register(catalogue.INDEX_JOB, indexes.build)
    outbox.HANDLERS.register(indexing.JOB, indexing.follow)
    outbox.HANDLERS.register(keyed.JOB, keyed.catch_up)
    duties.DAILY.register(keyed.DUTY, keyed.JOB)
    duties.DAILY.register(indexing.DUTY, indexing.JOB)
    outbox.HANDLERS.register(sessions.HANDLER, sessions.clear)
    outbox.subscribe("module.defined", "people.stillfit", inline=stillfit.refuse_misfits)
    outbox.subscribe("project.deleting", "staff", inline=projects.leave_deleted)
    outbox.subscribe("record.changed", "scope", inline=following.follow)
    outbox.HANDLERS.register(rules.SETTLE_JOB, automatic.settle_rule)
    outbox.HANDLERS.register(automatic.SWEEP_JOB, automatic.sweep)
    duties.DAILY.register(automatic.DUTY, automatic.SWEEP_JOB)
    duties.DAILY.register(sessions.DUTY, sessions.HANDLER)
    outbox.HANDLERS.register(limits.FORGET_JOB, limits.forget)
    duties.DAILY.register(limits.DUTY, limits.FORGET_JOB)
    outbox.HANDLERS.register(attachments.REMOVE_JOB, attachments.remove_files)
    outbox.HANDLERS.register(attachments.SWEEP_JOB, attachments.sweep)
    duties.DAILY.register(attachments.DUTY, attachments.SWEEP_JOB)
    NAV_OF.register("modules", records.navigation)
    for key, item in NAVIGATION.items():
        NAV.register(key, item)


def _may_read_the_ledger(actor: Actor) -> bool:
    return actor.may("ledger.view")
