"""The paths of this app to records: what each asks of the locks, and what leads there."""

from __future__ import annotations

from portals_core.file_source import Attachments
from portals_core.imports import rows
from portals_core.locks.paths import register
from portals_core.people import invitations, resets
from portals_core.plumbing import mail
from portals_core.records import keyed, masking
from portals_core.sources import Records
from portals_core.writing import attachments, exported, notes, records

_STAFF = "staff who edit records"
_IMPORTERS = "staff who import"
_CASE = "the worker that carries out a decided request"


def register_all() -> None:
    """Called once by the wiring."""
    _by_hand()
    _by_file()
    _by_mail()
    _by_request()


def _by_hand() -> None:
    register(
        "records.create",
        records.create_record,
        acts=("add", "clone"),
        who=f"{_STAFF}; portal users who may add or clone; people who confirm what they entered on a form",
        pages=(
            "portals_core:record-new",
            "portals_core:record-clone",
            "portals_core:desk-record-new",
            "consent:confirm-sign-up",
        ),
        commands=("demo",),
    )
    register(
        "records.edit",
        records.change_record,
        acts=("edit", "add"),
        who=f"{_STAFF}; portal users who may edit",
        pages=("portals_core:record-edit", "portals_core:desk-record-edit"),
    )
    register(
        "records.delete",
        records.delete_record,
        acts=("delete", "edit"),
        who="portal users, what they added themselves",
        pages=("portals_core:record-delete",),
    )
    register(
        "notes.add",
        notes.add_note,
        acts=("note",),
        who="staff, on what they see; portal users who may write notes",
        pages=("portals_core:record-note", "portals_core:desk-record-note"),
        commands=("demo",),
    )
    register(
        "notes.remove",
        notes.remove_note,
        acts=("note",),
        who="staff who edit records, others their own notes; portal users as far as they may remove notes",
        pages=("portals_core:record-note-remove", "portals_core:desk-record-note-remove"),
    )
    register(
        "files.add",
        attachments.attach,
        acts=("attach",),
        who=f"{_STAFF}; portal users who may add files",
        pages=("portals_core:record-files", "portals_core:desk-record-files"),
    )
    register(
        "files.remove",
        attachments.remove,
        acts=("attach",),
        who=f"{_STAFF}; portal users, files that they or their own people added",
        pages=("portals_core:record-file-remove", "portals_core:desk-record-file-remove"),
    )
    register(
        "files.take",
        attachments.hand_out,
        who="staff and portal users, on what they see",
        pages=("portals_core:record-file", "portals_core:desk-record-file"),
        free="looking stays possible; the log names who took which file",
    )
    register(
        "records.key_forms",
        keyed.catch_up,
        who="the product, once a day",
        jobs=("records.key_forms",),
        free="a person stays to be found when they ask for their data; no value is changed or shown",
    )
    register(
        "fields.uncover",
        masking.uncover,
        who="staff who uncover masked values",
        pages=("portals_core:desk-record-show", "dsr_requests:uncover"),
        free="looking stays possible; the log names who looked and at what",
    )


def _by_file() -> None:
    register(
        "imports.check",
        rows.Importer.check,
        acts=("edit", "import", "add"),
        who=_IMPORTERS,
        jobs=("imports.run",),
        commands=("import_records",),
    )
    register(
        "imports.store",
        rows.Importer.store,
        rows.Importer.link,
        acts=("edit", "import", "add"),
        who=_IMPORTERS,
        jobs=("imports.run",),
        commands=("import_records",),
    )
    register(
        "lists.export",
        exported.export_list,
        acts=("export",),
        who="staff who export; portal users who may export",
        pages=("portals_core:module-export", "portals_core:desk-module-export"),
    )


def _by_mail() -> None:
    register(
        "mail.purpose",
        mail.hand_over,
        acts=("mail",),
        who="the worker that hands over mail for a purpose",
        jobs=("mail.send",),
    )
    register(
        "people.invite",
        invitations.invite,
        acts=("mail",),
        who="administrators",
        pages=(
            "portals_core:person-invite",
            "portals_core:person-reinvite",
            "portals_core:staff-add",
            "portals_core:staff-reinvite",
        ),
        commands=("add_person",),
    )
    register(
        "people.reset",
        resets.send_link,
        who="whoever asks for a new password of their own",
        jobs=("people.send_reset",),
        free="the person asked for it, and needs the account to follow their requests",
    )


def _by_request() -> None:
    register(
        "requests.rectify",
        Records.rectify,
        acts=("edit", "add"),
        who=f"{_CASE}; officers who decide, to try it out",
        pages=("dsr_requests:decide-items", "dsr_requests:decide-yes", "dsr_requests:decide-no"),
        jobs=("requests.carry_out",),
        commands=("carry_out", "decide_case", "demo"),
        under="rectify",
    )
    register(
        "requests.erase",
        Records.erase,
        Attachments.erase,
        acts=("delete",),
        who=_CASE,
        jobs=("requests.carry_out",),
        commands=("carry_out", "demo"),
        under="erase",
    )
    register(
        "requests.restrict",
        Records.restrict,
        who=_CASE,
        jobs=("requests.carry_out",),
        commands=("carry_out", "demo"),
        free="it places the lock and changes nothing else",
    )
