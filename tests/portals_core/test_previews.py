"""The portal with somebody else's eyes: as it is, and as a draft would make it (P12, C9)."""

import pytest

from portals_core.ledger.models import LedgerDetail, LedgerEntry
from portals_core.locks import place, words
from portals_core.people import previews, sight, usertypes
from portals_core.people.models import Role
from portals_core.plumbing.errors import Absent, BadInput, Forbidden
from portals_core.plumbing.models import Job
from portals_core.records.models import Field
from portals_core.writing.notes import add_note
from tests import cast, storage
from tests.portals_core import agency as agencies
from tests.portals_core.trail import details, leaves
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def agency():
    made = agencies.set_up()
    made.house("Mine", seller=str(made.subject.pk), city="Oslo", secret="well kept")
    made.house("Theirs", seller=str(made.made.stranger.pk), city="Bergen")
    made.share(via=["seller"])
    return made


def everything() -> tuple[object, ...]:
    """All that a stored draft would leave behind."""
    counts = [model.objects.count() for model in (LedgerEntry, LedgerDetail, Job)]
    return (*counts, [usertypes.description_of(one) for one in usertypes.user_types()])


def draft(agency, **row) -> dict:
    described = usertypes.description_of(agency.type)
    rows = [{**one, **row} if one["module"] == "houses" else one for one in described["modules"]]
    return {**described, "modules": rows}


def test_nothing_of_a_draft_remains(agency):
    """P12: no grant, no leaf, no job; inside, everything counts."""
    before, outside = everything(), agency.seen()
    wanted = draft(agency, via=[], conditions={"field": "city", "how": "is", "value": "Bergen"})
    with previews.drafted(actor=agency.admin(), user_type=agency.type, description=wanted):
        assert agency.seen() == {"Theirs"}
        assert everything() != before
    assert everything() == before and agency.seen() == outside == {"Mine"}


def test_nothing_remains_of_a_draft_that_fails_inside_or_cannot_be_meant(agency):
    before = everything()
    given = {"actor": agency.admin(), "user_type": agency.type}
    sound = draft(agency, via=[], conditions={"field": "city", "how": "empty"})
    with pytest.raises(ZeroDivisionError), previews.drafted(description=sound, **given):
        raise ZeroDivisionError
    with (
        pytest.raises(BadInput, match="which link"),
        previews.drafted(description=draft(agency, via=[]), **given),
    ):
        pytest.fail("a draft that cannot be stored was entered")
    assert everything() == before


def test_counts_rows_and_reasons_before_and_after(agency):
    """C9, P12: what would be stored is what is shown, and the look alone is recorded."""
    before = everything()
    theirs = agency.record("theirs")
    seen = previews.compared(
        actor=agency.admin(),
        user=agency.user,
        description=draft(agency, match="any", conditions={"field": "city", "how": "is", "value": "Bergen"}),
        module=agency.houses,
        record=theirs.pk,
        at=cast.NOW,
    )
    counts = {one.module.key: (one.before, one.after) for one in seen.modules}
    assert counts == {"contacts": (2, 2), "houses": (1, 2)}
    assert {row.title for row in seen.page.rows} == {"Mine", "Theirs"}
    assert (seen.before.seen, seen.after.seen) == (False, True)
    assert everything()[3] == before[3] and everything()[0] == before[0] + 1
    assert leaves("preview.viewed") == [(agency.admin().ref, agency.user.ref)]
    told = {"user_type": "Customer Portal", "module": "houses", "record": str(theirs.pk), "draft": True}
    assert details("preview.viewed") == [told]


def test_a_module_that_comes_or_goes_is_told_apart_from_an_empty_one(agency):
    described = draft(agency)
    rows = [one for one in described["modules"] if one["module"] != "houses"]
    gone = previews.compared(
        actor=agency.admin(),
        user=agency.user,
        description={**described, "modules": rows},
        module=agency.houses,
        at=cast.NOW,
    )
    assert {one.module.key: (one.before, one.after) for one in gone.modules}["houses"] == (1, None)
    assert gone.page is None


def test_eyes_see_what_the_person_sees_and_masked_fields_never(agency):
    """P12, F7: the same readers, and a leaf for each look."""
    asked = {"actor": agency.admin(), "user": agency.user, "at": cast.NOW}
    assert {of.key: count for of, count in previews.overview(**asked)} == {"contacts": 2, "houses": 1}
    of, page = previews.page(module="houses", **asked)
    assert [row.title for row in page.rows] == ["Mine"] and of == agency.houses
    mine = agency.record("mine")
    seen = previews.record(module="houses", key=mine.pk, **asked)
    shown = {cell.shown.field.key: cell.shown.value for part in seen.sections for cell in part.cells}
    assert shown["city"] == "Oslo" and "secret" not in shown
    assert agency.record("mine").values["secret"] == "well kept"
    assert len(leaves("preview.viewed", agency.user.ref)) == 3


def test_what_is_not_in_their_sight_is_absent_and_leaves_no_leaf(agency):
    asked = {"actor": agency.admin(), "user": agency.user, "at": cast.NOW}
    for module, key in (("houses", agency.record("theirs").pk), ("orders", agency.subject.pk)):
        with pytest.raises(Absent):
            previews.record(module=module, key=key, **asked)
    with pytest.raises(Absent):
        previews.page(module="orders", **asked)
    assert leaves("preview.viewed") == []
    previews.record(module="houses", key=agency.record("mine").pk, **asked)
    assert len(leaves("preview.viewed")) == 1


@pytest.mark.parametrize("missing", ["setup.manage", "records.view"])
def test_looking_needs_both_rights(agency, missing):
    assert previews.overview(actor=agency.admin(), user=agency.user, at=cast.NOW)
    role = Role.objects.visible_to(cast.SETTING_UP).get(key="administrator")
    role.permissions.remove(missing)
    role.save()
    with pytest.raises(Forbidden):
        previews.overview(actor=agency.admin(), user=agency.user, at=cast.NOW)
    assert len(leaves("preview.viewed")) == 1


def test_eyes_show_no_field_of_a_project_the_looker_does_not_work_in(agency):
    """F8: the person sees it, whoever looks over their shoulder does not."""
    rows = Field.objects.visible_to(cast.SETTING_UP).filter(module=agency.houses)
    rows.update(projects=["north"])
    rows.filter(key="city").update(projects=["south"])
    agency.houses.by_project = True
    agency.houses.save()
    cast.take_away("records.all_projects", role="administrator")
    agency.admin_works_in("north")
    theirs = sight.eyes(agency.admin(), agency.user).grants[agency.houses.pk].fields.readable
    assert "city" in agency.viewer().grants[agency.houses.pk].fields.readable
    assert theirs == {"name", "price", "keeper"}
    agency.share(conditions={"field": "city", "how": "is", "value": "Bergen"})
    told = sight.why(agency.admin(), agency.user, agency.record("theirs")).ways[-1]
    assert [one.holds for one in told.checks] == [None]
    agency.admin_works_in("north", "south")
    told = sight.why(agency.admin(), agency.user, agency.record("theirs")).ways[-1]
    assert [one.holds for one in told.checks] == [True]


def test_a_role_limited_to_some_modules_looks_at_no_other(agency):
    """F9."""
    actor = agency.admin()
    limited = type(actor)(**{**actor.__dict__, "limited": frozenset({"records.view"}), "grants": {}})
    assert previews.overview(actor=limited, user=agency.user, at=cast.NOW) == []
    assert len(previews.overview(actor=actor, user=agency.user, at=cast.NOW)) == 2


def test_closed_accounts_and_foreign_addresses_are_nobody(agency):
    admin = agency.admin()
    assert sight.portal_user(admin, " SAGE@people.example ") == agency.user
    assert sight.portal_user(admin, str(agency.user.public_id)) == agency.user
    agency.made.users["stranger"].is_active = False
    agency.made.users["stranger"].save()
    for who in ("robin@people.example", "officer@staff.example", "nobody", ""):
        with pytest.raises(BadInput):
            sight.portal_user(admin, who)


def test_locks_notes_and_files_are_shown_as_the_person_sees_them(agency, settings, tmp_path):
    """P12, C10, L8: the plain ground and what is for the person; the bait is what is for staff."""
    storage.of_this_test(settings, tmp_path)
    agency.share(via=["seller"], read_notes=True)
    mine, admin = agency.record("mine"), agency.admin()
    for internal in (False, True):
        name = "inside" if internal else "for both"
        add_note(actor=admin, record=mine.pk, body=name, at=cast.NOW, internal=internal)
        storage.add(admin, mine, f"{name}.txt", internal=internal)
    place.place(
        actor=admin, record=mine.pk, ground="restriction", reason="INSIDE", placed_by="case:1", at=cast.NOW
    )
    seen = previews.record(actor=admin, user=agency.user, module="houses", key=mine.pk, at=cast.NOW)
    assert [note.body for note in seen.notes] == ["for both"]
    assert [file.name for file in seen.files] == ["for both.txt"]
    assert [ground.sentence for ground in seen.grounds] == [words.PLAIN["restriction"]]
    address = f"/desk/people/{agency.user.public_id}/as-seen/houses/"
    page = seat(agency.made, "administrator").post(f"{address}{mine.pk}/").content.decode()
    assert "processing is restricted" in page and "for both.txt" in page and "for both</p>" in page
    assert "inside" not in page and "INSIDE" not in page and f"{mine.pk}/files/" not in page
    assert "processing is restricted" in seat(agency.made, "administrator").post(address).content.decode()
    assert len(leaves("preview.viewed", agency.user.ref)) == 3


def test_what_the_type_does_not_open_is_not_in_the_preview(agency, settings, tmp_path):
    """T14, C6: notes that are not read, and what lies on a record that a condition alone shares."""
    storage.of_this_test(settings, tmp_path)
    mine, admin = agency.record("mine"), agency.admin()
    add_note(actor=admin, record=mine.pk, body="bait", at=cast.NOW)
    storage.add(admin, mine, "bait.txt")
    asked = {"actor": admin, "user": agency.user, "module": "houses", "key": mine.pk, "at": cast.NOW}
    seen = previews.record(**asked)
    assert seen.notes is None and [file.name for file in seen.files] == ["bait.txt"]
    agency.share(read_notes=True, conditions={"field": "city", "how": "is", "value": "Oslo"})
    seen = previews.record(**asked)
    assert (seen.notes, seen.files) == (None, None)
    page = seat(agency.made, "administrator").post(
        f"/desk/people/{agency.user.public_id}/as-seen/houses/{mine.pk}/"
    )
    assert b"bait" not in page.content and b"Oslo" in page.content
