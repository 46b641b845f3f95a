"""Profiles: a part of a type's sharing for some of its users, and no more (M1, M3–M5)."""

from datetime import timedelta

import pytest

from portals_core import panels
from portals_core.access.actor import system
from portals_core.locks import place
from portals_core.people import accounts, profiles, usertypes
from portals_core.people.models import Profile
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden, Locked
from portals_core.plumbing.sources import SOURCES
from portals_core.records import listing, reads
from portals_core.records.models import Record
from portals_core.writing.records import change_record
from tests import cast
from tests.portals_core import companies
from tests.portals_core.companies import OWN, define, give, main, user_type
from tests.portals_core.test_people_pages import posted
from tests.portals_core.trail import details, leaves
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")


@pytest.fixture
def made():
    return companies.set_up()


def test_not_at_all_means_absent_everywhere(made):
    """M4: navigation, counts, search, titles of links, addresses; the colleague with all of the type is the
    twin."""
    mine = cast.order(made, "MINE-1", made.subject)
    theirs = cast.order(made, "THEIRS-1", made.stranger)
    give(made, define(made))
    for who, one, there in (("subject", mine, False), ("stranger", theirs, True)):
        actor, client = made.actor(who), seat(made, who)
        assert ("Orders" in [str(item.label) for item in panels.navigation(actor)]) is there
        assert ("orders" in [of.key for of, _count in listing.counted(actor)]) is there
        assert bool(reads.references(actor, [one.pk])) is there
        assert Record.objects.visible_to(actor).filter(pk=one.pk).exists() is there
        status = 200 if there else 404
        assert client.get("/m/orders/").status_code == status
        assert client.get("/m/orders/", {"find": one.values["number"]}).status_code == status
        assert client.get(f"/m/orders/{one.pk}/").status_code == status
        assert (b"Orders" in client.get("/m/contacts/").content) is there


def test_seeing_and_changing_are_granted_apart(made):
    """M3: the one who only sees is refused what the one who changes may do."""
    mine = cast.order(made, "MINE-1", made.subject)
    own = {"contacts": {"edits": True, "fields": None}}
    give(made, define(made, modules={**own, "orders": {"edits": False, "fields": None}}))
    assert seat(made, "subject").get(f"/m/orders/{mine.pk}/").status_code == 200
    with pytest.raises(Forbidden):
        change_record(actor=made.actor("subject"), record=mine.pk, given={"total": "1"}, at=cast.NOW)
    give(made, define(made, "Changes", modules={**own, "orders": {"edits": True, "fields": None}}))
    assert change_record(actor=made.actor("subject"), record=mine.pk, given={"total": "1"}, at=cast.NOW)


def test_each_profile_has_fields_of_its_own(made):
    """M5: a hidden field is not readable, a visible one not writable, an editable one both."""
    own = {"contacts": {"edits": True, "fields": {"name": "editable", "email": "visible"}}}
    give(made, define(made, modules=own))
    rights = made.actor("subject").grants[made.contacts.pk].fields
    assert (rights.readable, rights.writable) == ({"name", "email"}, {"name"})
    other = made.actor("stranger").grants[made.contacts.pk].fields
    assert other.readable == other.writable == {"name", "email", "company"}


def test_the_default_is_for_those_who_were_given_none(made):
    """M5, decision 7: at most one default; without one, everything the type shares."""
    first = define(made, "First", default=True)
    assert set(made.actor("subject").grants) == {made.contacts.pk}
    modules = {"contacts": {"edits": True, "fields": None}, "orders": {"edits": True, "fields": None}}
    define(made, "Second", default=True, modules=modules)
    assert set(made.actor("subject").grants) == {made.contacts.pk, made.orders.pk}
    give(made, first)
    assert set(made.actor("subject").grants) == {made.contacts.pk}
    assert [one.name for one in profiles.profiles_of(made.user_type) if one.is_default] == ["Second"]


def test_a_profile_never_widens_its_type(made):
    """Decision 7: what the type stops to share, its profiles stop to show."""
    modules = {"contacts": {"edits": True, "fields": None}, "orders": {"edits": True, "fields": None}}
    give(made, define(made, modules=modules))
    assert made.orders.pk in made.actor("subject").grants
    user_type(made, {**OWN, "edit": False, "create": False})
    grants = made.actor("subject").grants
    assert set(grants) == {made.contacts.pk} and not grants[made.contacts.pk].edit


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": " "}, "Name the profile"),
        ({"modules": {"orders": {"edits": True}}}, "own record"),
        ({"modules": {"contacts": {}, "lines": {}}}, "does not share"),
        ({"modules": {"contacts": {"fields": {"health": "visible"}}}}, "does not show"),
        ({"modules": {"contacts": {"fields": {"name": "required"}}}}, "visible"),
        ({"modules": {"contacts": {"fields": {"name": "editable"}}}}, "cannot be editable"),
        ({"modules": {"contacts": {"fields": {}}}}, "at least one field"),
        ({"modules": {"contacts": {"everything": True}}}, "everything"),
    ],
)
def test_a_wrong_profile_is_refused_and_changes_nothing(made, change, word):
    with pytest.raises(BadInput) as refused:
        define(made, **change)
    assert word in str(refused.value)
    assert not profiles.profiles_of(made.user_type).exists()
    assert define(made, modules={"contacts": {"edits": True, "fields": {"name": "editable"}}}).pk


def test_a_profile_is_renamed_told_and_deleted(made):
    stored, other = define(made), define(made, "Other", default=True)
    define(made, "Looks", profile=stored.pk, at=cast.NOW + timedelta(seconds=1))
    assert profiles.profile(stored.pk, of=made.user_type.pk).name == "Looks"
    with pytest.raises(BadInput, match="Another profile"):
        define(made, "Other", profile=stored.pk)
    first, second = details("profile.defined", f"profile:{stored.pk}")
    assert (first["name"], second["name"]) == ("Looks only", "Looks")
    admin = made.actor("administrator")
    give(made, stored)
    for key in (stored.pk, other.pk):
        with pytest.raises(Conflict):
            profiles.delete_profile(actor=admin, profile=key, at=cast.NOW)
    give(made, None)
    profiles.delete_profile(actor=admin, profile=stored.pk, at=cast.NOW)
    assert [one.name for one in profiles.profiles_of(made.user_type)] == ["Other"]
    assert leaves("profile.deleted") == [(admin.ref, f"profile:{stored.pk}")]


def test_only_who_manages_may_set_up_and_give_profiles(made):
    stored = define(made)
    for who in ("subject", "officer", "operator", "auditor"):
        actor = made.actor(who)
        with pytest.raises(Forbidden):
            define(made, who=who)
        with pytest.raises(Forbidden):
            profiles.set_profile(actor=actor, user=made.users["subject"], profile=stored.pk, at=cast.NOW)
        with pytest.raises(Forbidden):
            profiles.set_main_user(actor=actor, user=made.users["subject"], main=True, at=cast.NOW)
    give(made, stored)


def test_another_type_takes_the_profile_along_with_it(made):
    """U5, M5: a user moved to another type has no profile of the old one."""
    stored, user = define(made), made.users["subject"]
    other = usertypes.define_user_type(
        actor=made.actor("administrator"), name="Partners", identity_module="contacts", modules=[OWN]
    )
    give(made, stored)
    usertypes.change_user_type(actor=made.actor("administrator"), user=user, user_type=other.pk, at=cast.NOW)
    user.refresh_from_db()
    assert (user.user_type_id, user.profile_id) == (other.pk, None)
    assert details("portal_user.type_changed", user.ref)[0]["profile_before"] == "Looks only"
    with pytest.raises(BadInput, match="another user type"):
        give(made, stored)
    assert Profile.objects.visible_to(_LOOK).filter(pk=stored.pk).exists()


def test_a_restriction_outranks_a_profile(made):
    """M5: the profile lets the person change their record until processing is restricted."""
    give(made, define(made))
    actor = made.actor("subject")
    change_record(actor=actor, record=made.subject.pk, given={"name": "Sage W."}, at=cast.NOW)
    place.place(
        actor=_LOOK,
        record=made.subject.pk,
        ground="restriction",
        reason="test",
        placed_by="case:1",
        at=cast.NOW,
    )
    with pytest.raises(Locked):
        change_record(actor=actor, record=made.subject.pk, given={"name": "Sage"}, at=cast.NOW)


def test_the_access_report_says_active_main_user_and_profile(made):
    """M1: the default stands there for somebody who was given none."""
    give(made, define(made))
    main(made)
    define(made, "Everybody", default=True)

    def told(record):
        (row,) = SOURCES.get("account").export(record.pk, actor=_LOOK)
        return {key: row.values[key] for key in ("active", "main_user", "profile")}

    assert told(made.subject) == {"active": True, "main_user": True, "profile": "Looks only"}
    assert told(made.stranger) == {"active": True, "main_user": False, "profile": "Everybody"}
    accounts.shut(actor=_LOOK, user=made.users["subject"], at=cast.NOW, reason="test")
    assert told(made.subject)["active"] is False


# --- pages ------------------------------------------------------------------------------------------


def test_a_profile_is_made_changed_and_deleted_at_the_desk(made):
    """M3, M5: the grid offers what the type shares, keeps what was stored, and refuses by name."""
    admin, base = seat(made, "administrator"), f"/desk/user-types/{made.user_type.pk}/profiles/"
    form = admin.get(base + "new/").context["form"]
    assert "contacts-field-health" not in form.fields and "contacts-field-name" in form.fields
    assert [key for key, _label in form.fields["orders-field-number"].choices] == ["hidden", "visible"]
    given = {name: form[name].value() for name in form.fields}
    given |= {"name": "Looks only", "contacts-scope": "chosen", "contacts-field-name": "visible"}
    address = admin.post(base + "new/", posted(given))["Location"]
    stored = profiles.profiles_of(made.user_type).get()
    assert address == f"{base}{stored.pk}/"
    modules = {"contacts": {"edits": False, "fields": {"name": "visible"}}}
    assert profiles.description_of(stored) == {"name": "Looks only", "modules": modules, "default": False}
    form = admin.get(address).context["form"]
    given = {name: form[name].value() for name in form.fields}
    assert admin.post(address, posted(given)).status_code == 302
    assert profiles.description_of(profiles.profiles_of(made.user_type).get())["modules"] == modules
    refused = admin.post(address, posted({**given, "contacts-field-name": "hidden"}))
    assert refused.status_code == 400 and "at least one field" in refused.content.decode()
    assert b"Looks only" in admin.get(f"/desk/user-types/{made.user_type.pk}/").content
    other = usertypes.define_user_type(
        actor=made.actor("administrator"), name="Partners", identity_module="contacts", modules=[OWN]
    )
    assert admin.get(f"/desk/user-types/{other.pk}/profiles/{stored.pk}/").status_code == 404
    # A deletion asks for a fresh second factor first.
    assert admin.post(address + "delete/")["Location"].startswith("/confirm/")
    assert profiles.profiles_of(made.user_type).exists()


def test_an_administrator_gives_the_profile_and_the_company_to_a_user(made):
    """M1: both on the page of the portal user, and refused together."""
    stored, user = define(made), made.users["subject"]
    admin, page = seat(made, "administrator"), f"/desk/people/{user.public_id}/"
    assert b"Looks only" in admin.get(page).content
    assert admin.post(page + "part/", {"profile": stored.pk, "main_user": "on"}).status_code == 302
    user.refresh_from_db()
    assert (user.profile_id, user.main_user) == (stored.pk, True)
    assert admin.post(page + "part/", {"profile": 999}).status_code == 400
    assert admin.post(page + "part/", {"profile": ""}).status_code == 302
    user.refresh_from_db()
    assert (user.profile_id, user.main_user) == (None, False)
    usertypes.define_user_type(
        actor=made.actor("administrator"), name="Customer Portal", identity_module="contacts", modules=[OWN]
    )
    refused = admin.post(page + "part/", {"profile": stored.pk, "main_user": "on"})
    assert refused.status_code == 409 and "which link" in refused.content.decode()
    user.refresh_from_db()
    assert (user.profile_id, user.main_user) == (None, False)
