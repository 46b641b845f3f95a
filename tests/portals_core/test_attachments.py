"""Files on records: who adds, reads and removes which, what locks forbid, and that no byte outlives its row
(P1, T14, L4, L10, W10)."""

import hashlib
import os
from datetime import timedelta

import pytest
from django.db import transaction

from portals_core.access.actor import system
from portals_core.ledger.models import LedgerDetail, LedgerEntry
from portals_core.locks import decide, place
from portals_core.people.models import ModuleAccess
from portals_core.plumbing import clock, duties, keyring, outbox
from portals_core.plumbing.errors import Absent, BadInput, Broken, Forbidden, Locked
from portals_core.plumbing.models import Job
from portals_core.plumbing.sources import Authority
from portals_core.records import beside, filenames, files
from portals_core.records.models import Attachment
from portals_core.writing import attachments as writing
from portals_core.writing.records import create_record, delete_record
from tests import cast, storage
from tests.storage import CONTENT, add, shelf

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")


@pytest.fixture
def made(settings, tmp_path):
    storage.of_this_test(settings, tmp_path)
    made = cast.set_up()
    allow(made, made.contacts, can_attach=True)
    return made


def allow(made, module, **rights):
    ModuleAccess.objects.visible_to(_LOOK).filter(user_type=made.user_type, module=module).update(**rights)


def rows() -> int:
    return Attachment.objects.visible_to(_LOOK).count()


def codes(record) -> list[str]:
    found = LedgerEntry.objects.filter(about=f"record:{record.pk}", code__startswith="attachment.")
    return list(found.order_by("code").values_list("code", flat=True))


def lock(record, ground="restriction"):
    place.place(actor=_LOOK, record=record.pk, ground=ground, reason="why", placed_by="case:1", at=cast.NOW)


# --- adding --------------------------------------------------------------------------------------


def test_a_file_is_kept_encrypted_and_comes_back_byte_for_byte(made):
    """P1, N5: its row says name, sort, size and digest; on the disk nothing of it can be read."""
    actor = made.actor("subject")
    file = add(actor, made.subject)
    assert (file.name, file.media_type, file.size) == ("letter.pdf", "application/pdf", len(CONTENT))
    assert file.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert [path.name for path in shelf()] == [str(file.pk)]
    assert b"canary" not in shelf()[0].read_bytes() and shelf()[0].stat().st_mode & 0o077 == 0
    assert writing.hand_out(actor=actor, attachment=file.pk, at=cast.NOW)[1] == CONTENT
    assert codes(made.subject) == ["attachment.added", "attachment.read"]


def test_the_log_keeps_name_and_digest_under_the_records_key(made):
    """W8: sealed in the detail, and not in what stays for ever."""
    file = add(made.actor("subject"), made.subject)
    (entry,) = LedgerEntry.objects.filter(code="attachment.added")
    assert b"letter" not in bytes(entry.leaf) and file.sha256.encode() not in bytes(entry.leaf)
    detail = LedgerDetail.objects.get(entry=entry)
    assert detail.subject == made.subject.pk
    opened = keyring.decrypt(made.subject.pk, bytes(detail.sealed), context=f"ledgerdetail:{entry.pk}:sealed")
    assert b'"name":"letter.pdf"' in opened and file.sha256.encode() in opened


def test_adding_is_a_permission_of_its_own_in_the_portal(made):
    """T14: editing does not bring it; the twin is the module where it is granted."""
    allow(made, made.contacts, can_attach=False, can_edit=True)
    with pytest.raises(Forbidden):
        add(made.actor("subject"), made.subject)
    assert (rows(), shelf()) == (0, [])
    allow(made, made.contacts, can_attach=True, can_edit=False)
    add(made.actor("subject"), made.subject)
    assert rows() == 1


def test_another_persons_record_is_absent(made):
    with pytest.raises(Absent):
        add(made.actor("subject"), made.stranger)
    assert shelf() == []
    add(made.actor("stranger"), made.stranger)
    assert rows() == 1


def test_staff_who_may_edit_may_attach_and_others_may_not(made):
    add(made.actor("operator"), made.subject)
    cast.take_away("records.edit", role="operator")
    with pytest.raises(Forbidden):
        add(made.actor("operator"), made.subject)


def test_a_restriction_forbids_adding_and_removing_to_everybody(made):
    """L9, L10, W3; reading goes on (Art. 18(2))."""
    file = add(made.actor("subject"), made.subject)
    lock(made.subject)
    for who in ("subject", "administrator"):
        with pytest.raises(Locked):
            add(made.actor(who), made.subject)
        with pytest.raises(Locked):
            writing.remove(actor=made.actor(who), attachment=file.pk, at=cast.NOW)
    assert (rows(), len(shelf())) == (1, 1)
    assert writing.hand_out(actor=made.actor("subject"), attachment=file.pk, at=cast.NOW)[1] == CONTENT


def test_a_lock_rule_forbids_files_only_where_it_names_them(made):
    """L4: "attached documents" are locked by the act "attach"; a lock on editing alone leaves them free."""
    locked = {"ground": "business", "reason": "won", "placed_by": "rule:1", "since": cast.NOW}
    named = decide.InForce(actions=frozenset({"edit", "attach"}), **locked)
    assert not decide.decide("attach", [named]).allowed
    assert decide.decide("attach", [decide.InForce(actions=frozenset({"edit"}), **locked)]).allowed
    lock(made.subject, "business")
    add(made.actor("subject"), made.subject)
    assert rows() == 1


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b"x" * 101, "at most"),
        ("x" * 300, b"x", "too long"),
        ("Ж" * 150, b"x", "too long"),
        ("..", b"x", "no name"),
        ("folder/", b"x", "no name"),
        ("\u202e\x00", b"x", "no name"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(made, settings, name, content, says):
    settings.LIMIT_FILE_BYTES = 100
    with pytest.raises(BadInput, match=says):
        add(made.actor("subject"), made.subject, name, content)
    assert (rows(), shelf()) == (0, [])
    add(made.actor("subject"), made.subject, "a.txt", b"x" * 100)
    assert rows() == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\счёт 1.pdf", "счёт 1.pdf"),
        ("合同.docx", "合同.docx"),
        ("a\r\nSet-Cookie: b.txt", "a Set-Cookie_ b.txt"),
        ("invoice\u202efdp.exe", "invoice fdp.exe"),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
        ("e\u0301.txt", "\u00e9.txt"),
        (".bashrc", "bashrc"),
    ],
)
def test_names_in_any_script_become_safe(given, kept):
    assert filenames.safe(given) == kept


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.PDF", "application/pdf"), ("a.tar.gz", filenames.UNKNOWN), ("a", filenames.UNKNOWN)],
)
def test_the_sort_of_a_file_follows_from_its_name(name, kind):
    assert filenames.media_type(name) == kind


def test_a_record_has_so_many_files_and_no_more(made, settings):
    settings.LIMIT_FILES = 2
    actor = made.actor("subject")
    first, _second = add(actor, made.subject), add(actor, made.subject)
    add(actor, made.added)
    with pytest.raises(BadInput, match="DSR_LIMIT_FILES"):
        add(actor, made.subject)
    assert (rows(), len(shelf())) == (3, 3)
    writing.remove(actor=actor, attachment=first.pk, at=cast.NOW)
    add(actor, made.subject)


# --- reading and removing --------------------------------------------------------------------------


def test_reading_follows_the_record_and_files_of_staff_stay_inside(made):
    """C10: the bait is a file for staff, and one on a stranger's record."""
    seen = add(made.actor("operator"), made.subject, "seen.txt")
    inside = add(made.actor("operator"), made.subject, "inside.txt", internal=True)
    theirs = add(made.actor("stranger"), made.stranger, "theirs.txt")
    subject, operator = made.actor("subject"), made.actor("operator")
    assert [one.name for one in beside.of_record(subject, made.subject.pk, beside.FILES)] == ["seen.txt"]
    assert beside.of_record(operator, made.subject.pk, beside.FILES).count() == 2
    for bait in (inside, theirs):
        with pytest.raises(Absent):
            writing.hand_out(actor=subject, attachment=bait.pk, at=cast.NOW)
        with pytest.raises(Absent):
            writing.remove(actor=subject, attachment=bait.pk, at=cast.NOW)
    with pytest.raises(Absent):
        beside.one(operator, seen.pk, beside.FILES, record=made.stranger.pk)
    assert writing.hand_out(actor=operator, attachment=inside.pk, at=cast.NOW)[1] == CONTENT
    assert rows() == 3


def test_one_added_in_the_portal_is_never_internal(made):
    assert not add(made.actor("subject"), made.subject, internal=True).internal


def test_people_remove_their_own_files_and_those_of_others_only_where_granted(made):
    """T14: adding and deleting are two permissions."""
    subject = made.actor("subject")
    own, of_staff = add(subject, made.subject), add(made.actor("operator"), made.subject)
    with pytest.raises(Forbidden):
        writing.remove(actor=subject, attachment=of_staff.pk, at=cast.NOW)
    writing.remove(actor=subject, attachment=own.pk, at=cast.NOW)
    allow(made, made.contacts, can_attach=False, can_detach=True)
    writing.remove(actor=made.actor("subject"), attachment=of_staff.pk, at=cast.NOW)
    with pytest.raises(Absent):
        writing.remove(actor=made.actor("subject"), attachment=of_staff.pk, at=cast.NOW)
    assert rows() == 0 and codes(made.subject).count("attachment.removed") == 2


def test_own_files_need_the_permission_too(made):
    own = add(made.actor("subject"), made.subject)
    allow(made, made.contacts, can_attach=False, can_edit=True)
    with pytest.raises(Forbidden):
        writing.remove(actor=made.actor("subject"), attachment=own.pk, at=cast.NOW)
    assert rows() == 1


# --- no byte outlives its row ------------------------------------------------------------------------


def test_a_removed_file_leaves_the_disk_after_the_commit(made, django_capture_on_commit_callbacks):
    file = add(made.actor("subject"), made.subject)
    with django_capture_on_commit_callbacks() as waiting:
        writing.remove(actor=made.actor("subject"), attachment=file.pk, at=cast.NOW)
    assert len(shelf()) == 1
    for one in waiting:
        one()
    assert shelf() == []


def test_a_crash_after_the_commit_leaves_the_file_to_a_job(made):
    """The callback is lost with the process; the job was stored with the removal."""
    file = add(made.actor("subject"), made.subject)
    writing.remove(actor=made.actor("subject"), attachment=file.pk, at=cast.NOW)
    assert len(shelf()) == 1
    outbox.drain(about=f"record:{made.subject.pk}")
    assert shelf() == []


def test_a_removal_rolled_back_has_lost_no_file(made):
    file = add(made.actor("subject"), made.subject)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        writing.remove(actor=made.actor("subject"), attachment=file.pk, at=cast.NOW)
        raise ZeroDivisionError
    assert writing.hand_out(actor=_LOOK, attachment=file.pk, at=cast.NOW)[1] == CONTENT


def test_the_duty_removes_what_a_crash_left_and_nothing_else(made):
    """A file moved into place whose row was never committed, and one that was never moved; the baits are a
    file with its row, a young stray that may be about to get one, and somebody else's file."""
    kept = add(made.actor("subject"), made.subject)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        add(made.actor("subject"), made.subject)
        raise ZeroDivisionError
    moved = next(path for path in shelf() if path.name != str(kept.pk))
    apart = moved.with_name("0c1f31a2-9c3b-4f7e-8a55-6f2f7a1b2c3d.new")
    young = moved.with_name("1c1f31a2-9c3b-4f7e-8a55-6f2f7a1b2c3d")
    foreign = moved.with_name("README")
    for path in (apart, young, foreign):
        path.write_bytes(b"x")
    old = (clock.now() - timedelta(days=2)).timestamp()
    for path in (moved, apart, foreign, moved.with_name(str(kept.pk))):
        os.utime(path, (old, old))
    promised = Job.objects.filter(pk__in=duties.promise_due(at=clock.now()))
    outbox.drain(about=promised.get(handler=writing.SWEEP_JOB).about)
    assert set(shelf()) == {moved.with_name(str(kept.pk)), young, foreign}


def test_a_refusal_in_the_transaction_leaves_nothing_behind(made, monkeypatch):
    """A failure before the move: neither row nor file, neither in place nor apart."""

    def broken(*_given, **_named):
        raise ZeroDivisionError

    monkeypatch.setattr(writing.append, "record", broken)
    with pytest.raises(ZeroDivisionError):
        add(made.actor("subject"), made.subject)
    assert (rows(), shelf()) == (0, [])


def test_a_deleted_record_takes_its_files_along(made, django_capture_on_commit_callbacks):
    """Each with its leaf; the files of other records stay."""
    add(_LOOK, made.added)
    kept = add(_LOOK, made.subject)
    with django_capture_on_commit_callbacks(execute=True):
        delete_record(actor=_LOOK, record=made.added.pk, at=cast.NOW)
    assert [path.name for path in shelf()] == [str(kept.pk)] and rows() == 1
    assert codes(made.added) == ["attachment.added", "attachment.removed"]


def test_a_clone_has_no_files(made):
    """D19."""
    allow(made, made.contacts, can_clone=True, can_create=True)
    add(made.actor("subject"), made.added)
    copy = create_record(
        actor=made.actor("subject"),
        module=made.contacts,
        given={"name": "Copy", "email": "copy@people.example"},
        source="test",
        at=cast.NOW,
        clone_of=made.added.pk,
    )
    assert not beside.of_record(_LOOK, copy.pk, beside.FILES).exists() and rows() == 1


def test_destroying_the_key_makes_the_bytes_unreadable(made):
    """N5: also where a copy of the file comes back from a backup."""
    file = add(made.actor("subject"), made.subject)
    keyring.destroy(made.subject.pk)
    with pytest.raises(keyring.KeyDestroyed):
        files.content(made.subject.pk, file.pk)
    delete_record(actor=_LOOK, record=made.subject.pk, at=cast.NOW)
    assert rows() == 0


def test_a_file_does_not_open_in_the_place_of_another(made):
    one, other = add(_LOOK, made.subject), add(_LOOK, made.subject, content=b"other")
    paths = {path.name: path for path in shelf()}
    paths[str(one.pk)].write_bytes(paths[str(other.pk)].read_bytes())
    with pytest.raises(keyring.Tampered):
        files.content(made.subject.pk, one.pk)
    paths[str(one.pk)].unlink()
    with pytest.raises(Broken):
        files.content(made.subject.pk, one.pk)


def test_an_erasure_yields_to_a_duty_to_keep_and_passes_a_restriction(made):
    """Decision 15, L4."""
    file, under = add(_LOOK, made.subject), Authority(made.subject.pk, "erase", made.subject.pk)
    lock(made.subject, "retention")
    with pytest.raises(Locked):
        writing.erase(actor=_LOOK, attachment=file.pk, at=cast.NOW, under=under)
    place.lift(actor=_LOOK, placed_by="case:1", at=cast.NOW, reason="over")
    lock(made.subject)
    writing.erase(actor=_LOOK, attachment=file.pk, at=cast.NOW, under=under)
    writing.erase(actor=_LOOK, attachment=file.pk, at=cast.NOW, under=under)
    assert rows() == 0
