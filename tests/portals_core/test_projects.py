"""Projects: whose fields are whose, and who sees them (F5, F8, F15, decision 11)."""

from __future__ import annotations

import pytest

from portals_core.access.actor import system
from portals_core.people import projects as staff_projects
from portals_core.people import role_definitions
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records import catalogue, descriptions, inputs, listing, projects, reads
from portals_core.records.models import Project
from portals_core.writing.records import change_record
from tests import cast
from tests.portals_core.trail import details

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")


@pytest.fixture
def made():
    """Two call-centre projects over the same contacts: each has a field of its own, one is shared, one is
    nobody's, name and e-mail belong to all."""
    made = cast.set_up()
    admin = made.actor("administrator")
    for name in ("Winter offers", "Debt calls"):
        projects.define(actor=admin, name=name, at=cast.NOW)
    for label, own in {
        "Gift": ["winter_offers"],
        "Debt": ["debt_calls"],
        "Best time": ["winter_offers", "debt_calls"],
        "Unplaced": [],
    }.items():
        row = {"label": label, "projects": own, "unique": label == "Debt"}
        descriptions.add_field(actor=admin, of=made.contacts, row=row)
    whole = descriptions.described(made.contacts)
    whole["by_project"] = True
    for row in whole["fields"]:
        row["system"] = row["key"] in ("name", "email")
    made.contacts = catalogue.define(actor=admin, description=whole)
    filled = {"gift": "Lamp", "debt": "Owes 900", "best_time": "Noon", "unplaced": "Lost"}
    change_record(actor=cast.SETTING_UP, record=made.subject.pk, given=filled, at=cast.NOW)
    for who, own in {"winter": ["winter_offers"], "debt": ["debt_calls"]}.items():
        made.users[who] = cast.staff(who, "operator")
        work(made, who, own)
    return made


def work(made, who, own):
    staff_projects.set_projects(
        actor=made.actor("administrator"), user=made.users[who], projects_=own, at=cast.NOW
    )


def keys(fields):
    return [one.key for one in fields]


def define_role(made, key, permissions):
    role_definitions.define_role(
        actor=made.actor("administrator"), key=key, name=key, permissions=permissions, at=cast.NOW
    )


SYSTEM = ["name", "email"]


def test_staff_see_system_fields_and_those_of_their_projects(made):
    """F8, decision 11: a field without a project shows to nobody."""
    seen = {
        who: keys(reads.readable(made.actor(who), made.contacts)) for who in ("winter", "debt", "operator")
    }
    assert seen == {
        "winter": [*SYSTEM, "gift", "best_time"],
        "debt": [*SYSTEM, "debt", "best_time"],
        "operator": SYSTEM,
    }


def test_who_sees_every_project_crosses_them_but_not_the_unplaced(made):
    """F8, decision 11: the right crosses projects; what is in none is still nobody's."""
    define_role(made, "operator", ["records.view", "records.edit", "records.all_projects"])
    across = keys(reads.readable(made.actor("operator"), made.contacts))
    assert across == [*SYSTEM, "gift", "debt", "best_time"]
    assert "unplaced" in keys(reads.readable(_LOOK, made.contacts))


def test_a_foreign_project_is_absent_from_record_list_search_and_form(made):
    """F8: not on the page, no column, not found by it, not asked for."""
    winter, debt = made.actor("winter"), made.actor("debt")
    for actor, foreign, own in ((winter, "debt", "gift"), (debt, "gift", "debt")):
        shown = [
            c.shown.field.key for p in reads.sections(actor, made.contacts, made.subject) for c in p.cells
        ]
        listed = keys(listing.page(actor, made.contacts).columns)
        asked = [one.field.key for one in inputs.inputs(actor, made.contacts, made.subject)]
        for place in (shown, listed, asked):
            assert foreign not in place and own in place and "unplaced" not in place
    found = {
        who: [row.id for row in listing.page(made.actor(who), made.contacts, find="Owes 900").rows]
        for who in ("winter", "debt")
    }
    assert found == {"winter": [], "debt": [made.subject.pk]}


def test_a_foreign_project_cannot_be_written(made):
    """F8: whatever is sent."""
    for who, foreign, own in (("winter", "debt", "gift"), ("debt", "gift", "debt")):
        actor = made.actor(who)
        for key in (foreign, "unplaced", "phone"):
            with pytest.raises(Forbidden):
                change_record(actor=actor, record=made.subject.pk, given={key: "mine now"}, at=cast.NOW)
        change_record(actor=actor, record=made.subject.pk, given={own: f"by {who}"}, at=cast.NOW)
    made.subject.refresh_from_db()
    assert (made.subject.values["gift"], made.subject.values["debt"]) == ("by winter", "by debt")
    assert made.subject.values["unplaced"] == "Lost"


def test_work_in_a_project_counts_from_the_next_request(made):
    """F8: both ways."""
    work(made, "winter", ["debt_calls"])
    assert keys(reads.readable(made.actor("winter"), made.contacts)) == [*SYSTEM, "debt", "best_time"]
    work(made, "winter", [])
    work(made, "winter", [])
    assert keys(reads.readable(made.actor("winter"), made.contacts)) == SYSTEM
    told = details("staff.projects_changed", made.users["winter"].ref)
    assert sorted((one["before"], one["after"]) for one in told) == [
        ([], ["winter_offers"]),
        (["debt_calls"], []),
        (["winter_offers"], ["debt_calls"]),
    ]


def test_only_staff_work_in_projects_that_exist_and_only_administrators_say_so(made):
    admin = made.actor("administrator")
    for user, own, error in (
        (made.users["subject"], ["debt_calls"], BadInput),
        (made.users["winter"], ["nothing"], BadInput),
    ):
        with pytest.raises(error):
            staff_projects.set_projects(actor=admin, user=user, projects_=own, at=cast.NOW)
    for who in ("officer", "winter", "auditor", "subject"):
        with pytest.raises(Forbidden):
            staff_projects.set_projects(
                actor=made.actor(who), user=made.users["winter"], projects_=["debt_calls"], at=cast.NOW
            )
    made.users["winter"].refresh_from_db()
    assert made.users["winter"].projects == ["winter_offers"]


def test_fields_are_assigned_later_and_taken_out(made):
    """F5: exactly those named, in the modules named."""
    admin = made.actor("administrator")
    projects.assign(
        actor=admin, key="debt_calls", fields={"contacts": ["debt", "unplaced", "gift"]}, at=cast.NOW
    )
    assert keys(reads.readable(made.actor("debt"), made.contacts)) == [*SYSTEM, "gift", "debt", "unplaced"]
    assert keys(reads.readable(made.actor("winter"), made.contacts)) == [*SYSTEM, "gift", "best_time"]
    assert details("project.fields_changed", "project:debt_calls") == [
        {"modules": {"contacts": {"added": ["gift", "unplaced"], "removed": ["best_time"]}}}
    ]
    projects.assign(
        actor=admin, key="debt_calls", fields={"contacts": ["debt", "unplaced", "gift"]}, at=cast.NOW
    )
    assert len(details("project.fields_changed")) == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"contacts": ["colour"]}, BadInput), ({"contacts": ["name"]}, BadInput), ({"deals": []}, Absent)],
)
def test_what_cannot_be_assigned_is_refused_and_nothing_changes(made, fields, error):
    before = descriptions.described(made.contacts)
    with pytest.raises(error):
        projects.assign(actor=made.actor("administrator"), key="debt_calls", fields=fields, at=cast.NOW)
    assert descriptions.described(made.contacts) == before


def test_a_project_is_named_once_and_keeps_its_key(made):
    """F5."""
    admin = made.actor("administrator")
    for name, key in (("debt CALLS", ""), ("", ""), ("x" * 81, ""), ("New", "debt_calls"), ("New", "a b")):
        with pytest.raises(BadInput):
            projects.define(actor=admin, name=name, key=key, at=cast.NOW)
    with pytest.raises(BadInput):
        projects.rename(actor=admin, key="debt_calls", name="Winter  offers", at=cast.NOW)
    projects.rename(actor=admin, key="debt_calls", name="Reminders", at=cast.NOW)
    projects.rename(actor=admin, key="debt_calls", name="Reminders", at=cast.NOW)
    assert projects.project("debt_calls").name == "Reminders"
    assert details("project.renamed") == [{"before": "Debt calls", "after": "Reminders"}]
    assert projects.define(actor=admin, name="Debt calls", at=cast.NOW).key == "debt_calls_2"
    assert projects.define(actor=admin, name="Опрос", at=cast.NOW).key == "опрос"


def test_a_project_with_fields_is_not_deleted(made):
    """F5: the refusal names the fields, which nobody would see."""
    admin = made.actor("administrator")
    with pytest.raises(Conflict) as refused:
        projects.delete(actor=admin, key="debt_calls", at=cast.NOW)
    assert "Contacts: Debt, Contacts: Best time" in str(refused.value)
    projects.assign(actor=admin, key="debt_calls", fields={"contacts": []}, at=cast.NOW)
    projects.delete(actor=admin, key="debt_calls", at=cast.NOW)
    assert not Project.objects.visible_to(_LOOK).filter(key="debt_calls").exists()
    assert details("project.deleted") == [{"name": "Debt calls"}]


def test_nobody_works_in_a_project_that_took_the_key_of_a_deleted_one(made):
    """F8: the list of a member of staff does not outlive its project."""
    admin = made.actor("administrator")
    projects.assign(actor=admin, key="debt_calls", fields={"contacts": []}, at=cast.NOW)
    projects.delete(actor=admin, key="debt_calls", at=cast.NOW)
    projects.define(actor=admin, name="Debt calls", at=cast.NOW)
    projects.assign(actor=admin, key="debt_calls", fields={"contacts": ["debt"]}, at=cast.NOW)
    assert "debt" not in keys(reads.readable(made.actor("debt"), made.contacts))
    assert {"before": ["debt_calls"], "after": []} in details(
        "staff.projects_changed", made.users["debt"].ref
    )
    assert keys(reads.readable(made.actor("winter"), made.contacts)) == [*SYSTEM, "gift", "best_time"]


def test_only_who_sets_up_keeps_projects(made):
    for who in ("officer", "winter", "auditor", "subject"):
        actor = made.actor(who)
        for act in (
            lambda actor=actor: projects.define(actor=actor, name="New", at=cast.NOW),
            lambda actor=actor: projects.rename(actor=actor, key="debt_calls", name="New", at=cast.NOW),
            lambda actor=actor: projects.assign(actor=actor, key="debt_calls", fields={}, at=cast.NOW),
            lambda actor=actor: projects.delete(actor=actor, key="debt_calls", at=cast.NOW),
        ):
            with pytest.raises(Forbidden):
                act()
    assert projects.projects().count() == 2


def test_staff_are_told_what_counts_for_several_projects(made):
    """F15: shared fields name their projects; a system field counts everywhere; the others say nothing."""
    fields = catalogue.fields(made.contacts)
    found = projects.shared(made.actor("winter"), made.contacts, fields)
    assert set(found) == {"name", "email", "best_time"}
    assert found["name"].everywhere and not found["best_time"].everywhere
    assert found["best_time"].projects == ("Winter offers", "Debt calls")
    assert projects.shared(made.actor("subject"), made.contacts, fields) == {}
    assert projects.shared(made.actor("winter"), made.orders, catalogue.fields(made.orders)) == {}


def test_a_shared_field_changes_for_all(made):
    """F15: one value, whoever writes it."""
    given = {"best_time": "Evening"}
    change_record(actor=made.actor("winter"), record=made.subject.pk, given=given, at=cast.NOW)
    found = reads.record(made.actor("debt"), made.contacts, made.subject.pk)
    cells = [c.shown for p in reads.sections(made.actor("debt"), made.contacts, found) for c in p.cells]
    assert next(one.value for one in cells if one.field.key == "best_time") == "Evening"


def test_the_portal_shows_what_was_ticked_for_it(made):
    """F1 beside F8: projects divide staff, not what a person sees of themselves; of a field without
    project, the phone their user type opens, there is nothing."""
    assert "phone" in made.actor("subject").grants[made.contacts.pk].fields.readable
    assert keys(reads.readable(made.actor("subject"), made.contacts)) == SYSTEM
