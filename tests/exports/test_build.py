"""An approved export becomes one file, once, whatever is delivered twice or falls over (R6, promises 11, 12,
14, 28; attacks 41, 44, 46)."""

import os
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from exports import build, store
from exports.collect import Incomplete
from exports.models import Bundle
from portals_core.plumbing import clock, faults, keyring, outbox
from portals_core.plumbing.models import Job, Mail
from portals_core.plumbing.outbox import Stale
from portals_core.plumbing.sources import SOURCES
from requests.models import Case
from tests import registering
from tests.exports.export_cast import READ, approved, bundle_of, fulfilled, job_of, leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def files() -> list[str]:
    """Every file of the storage."""
    root = Path(default_storage.path(""))
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def state_of(case: Case) -> str:
    return Case.objects.visible_to(READ).get(pk=case.pk).state


def test_an_approved_export_is_built_the_case_fulfilled_and_the_person_told(made):
    case = approved(made)
    assert not Bundle.objects.visible_to(READ).exists() and state_of(case) == "carrying_out"
    outbox.drain(about=case.ref)
    bundle = bundle_of(case)
    assert (bundle.state, state_of(case)) == ("ready", "fulfilled")
    assert files() == [bundle.file] == [store.name_of(bundle.pk)]
    assert bundle.subject == made.subject.pk and bundle.told_at
    mail = Mail.objects.get(kind="export.ready")
    assert mail.to == "sage@people.example" and f"/privacy/downloads/{bundle.pk}/" in mail.body
    assert leaves(case.ref, "bundle.") == ["bundle.built done"]


def test_files_and_folders_are_for_our_own_account_only(made):
    bundle = fulfilled(made)
    path = Path(default_storage.path(bundle.file))
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_delivered_three_times_it_has_one_effect(made):
    case = approved(made)
    job = job_of(case)
    outbox.run_now(job.pk)
    first = Path(default_storage.path(bundle_of(case).file)).read_bytes()
    for _again in range(2):
        Job.objects.filter(pk=job.pk).update(state="waiting")
        outbox.run_now(job.pk)
    assert Path(default_storage.path(bundle_of(case).file)).read_bytes() == first
    assert Mail.objects.filter(kind="export.ready").count() == 1
    assert leaves(case.ref, "bundle.") == ["bundle.built done"]


class Fell(Exception):
    """The process fell over here."""


def fall_at(monkeypatch, point: str) -> None:
    def reach(here: str) -> None:
        if here == point:
            raise Fell(here)

    monkeypatch.setattr(faults, "reach", reach)


def test_a_crash_between_file_and_row_leaves_no_row_and_the_next_try_takes_the_same_place(made, monkeypatch):
    case = approved(made)
    with monkeypatch.context() as patch:
        fall_at(patch, "exports.file_written")
        with pytest.raises(Fell):
            outbox.run_now(job_of(case).pk)
    assert bundle_of(case).state == "building" and bundle_of(case).file == ""
    assert files() == [store.name_of(bundle_of(case).pk)]  # the bait: there is a file without its row
    assert Mail.objects.filter(kind="export.ready").count() == 0
    Job.objects.filter(pk=job_of(case).pk).update(not_before=clock.now())
    outbox.run_now(job_of(case).pk)
    assert bundle_of(case).state == "ready" and files() == [bundle_of(case).file]
    assert state_of(case) == "fulfilled"


def test_what_a_killed_build_left_in_the_workshop_is_gone_after_the_next(made):
    case = approved(made)
    bundle = build.begin(case, at=clock.now())
    left = Path(default_storage.path(f".building/{bundle.pk}-killed-1"))
    left.mkdir(parents=True)
    (left / "0.jsonl").write_text("personal")
    outbox.run_now(job_of(case).pk)
    assert files() == [bundle_of(case).file]


def test_a_worker_that_lost_its_lease_moves_no_file_and_changes_no_row(made):
    """Promise 14."""
    case = approved(made)
    held = outbox.claim(job_of(case).pk, at=clock.now())
    Job.objects.filter(pk=held.id).update(fence=held.fence + 1)
    with pytest.raises(Stale):
        build.build(held)
    assert bundle_of(case).state == "building" and files() == [] and state_of(case) == "carrying_out"


def test_a_failing_source_stops_the_bundle_and_says_which(made, monkeypatch):
    case = approved(made)

    class Failing:
        key, label = "mail", "Mail"

        def export(self, subject, *, actor):
            yield from ()
            raise OSError("disk of Sage Winter")

    registering.stand_in(monkeypatch, SOURCES, "mail", Failing())
    with pytest.raises(Incomplete) as caught:
        outbox.run_now(job_of(case).pk)
    assert caught.value.source == "mail" and "mail" in str(caught.value.public)
    assert "Sage" not in caught.value.detail
    assert files() == [] and bundle_of(case).state == "building"
    assert job_of(case).state == "waiting" and "Incomplete" in job_of(case).failure


def test_a_full_disk_offers_no_partial_bundle(made, monkeypatch):
    """Attack 44."""
    case = approved(made)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            outbox.run_now(job_of(case).pk)
    assert files() == [] and bundle_of(case).state == "building" and state_of(case) == "carrying_out"


def test_a_person_erased_meanwhile_gets_no_bundle(made):
    """Attack 46."""
    case = approved(made)
    keyring.destroy(made.subject.pk)
    outbox.run_now(job_of(case).pk)
    assert files() == [] and not Bundle.objects.visible_to(READ).exists()


def test_when_its_time_is_over_the_file_goes_and_a_tombstone_stays(made):
    bundle = fulfilled(made)
    purge = Job.objects.get(handler=build.PURGE)
    assert purge.not_before == bundle.expires_at
    outbox.run_now(purge.pk, at=bundle.expires_at)  # too early by our own clock: nothing happens
    assert files() == [bundle.file]
    Bundle.objects.visible_to(READ).filter(pk=bundle.pk).update(expires_at=clock.now())
    Job.objects.filter(pk=purge.pk).update(state="waiting", not_before=clock.now())
    outbox.run_now(purge.pk)
    after = Bundle.objects.visible_to(READ).get(pk=bundle.pk)
    assert (after.state, files()) == ("purged", []) and after.removed_at
    assert leaves(bundle.case_ref, "bundle.purged") == ["bundle.purged done"]


def test_a_purge_that_fell_over_after_its_tombstone_is_finished_by_the_next_try(made, monkeypatch):
    bundle = fulfilled(made)
    Bundle.objects.visible_to(READ).filter(pk=bundle.pk).update(expires_at=clock.now())
    purge = Job.objects.get(handler=build.PURGE)
    Job.objects.filter(pk=purge.pk).update(not_before=clock.now())

    def fall(_bundle) -> None:
        raise Fell

    with monkeypatch.context() as patch:
        patch.setattr(store, "remove", fall)
        with pytest.raises(Fell):
            outbox.run_now(purge.pk)
    assert files() == [bundle.file]
    Job.objects.filter(pk=purge.pk).update(not_before=clock.now())
    outbox.run_now(purge.pk)
    assert files() == [] and Bundle.objects.visible_to(READ).get(pk=bundle.pk).removed_at
