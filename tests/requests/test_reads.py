"""Who sees which cases and what of them; the queue in pages."""

import pytest

from portals_core.access.actor import ANONYMOUS
from portals_core.plumbing.errors import Absent, Broken
from requests.arriving import mandates
from requests.casebook import reads
from requests.desk import queue
from requests.models import Case, CaseDetail, Plan
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import LATER, TEST, decide, file

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
PARTS = [CaseDetail, Plan]


def test_people_reach_what_they_filed_and_what_is_about_them(made):
    own, theirs = file(made, "export"), file(made, "export", "stranger")
    added = file(made, "delete", subject=made.added.pk)
    letter = file(made, "delete", "officer", subject=made.subject.pk)
    assert set(reads.mine(made.actor("subject"))) == {own, added, letter}
    assert set(reads.mine(made.actor("stranger"))) == {theirs}
    made.users["added"] = cast.portal_user(made.added, made.user_type)
    assert set(reads.mine(made.actor("added"))) == {added}
    with pytest.raises(Absent):
        reads.case_for(made.actor("stranger"), own.pk)
    with pytest.raises(Absent):
        reads.case_for(made.actor("stranger"), own.number)
    assert reads.case_for(made.actor("subject"), own.number) == own


def test_staff_see_cases_by_permission(made):
    case = file(made, "export")
    for who, sees in {"officer": 1, "auditor": 1, "operator": 0, "administrator": 0}.items():
        assert len(queue.page(made.actor(who), at=LATER).cases) == sees, who
    assert not Case.objects.visible_to(ANONYMOUS).exists()
    assert list(reads.mine(made.actor("officer"))) == []
    assert reads.case_for(made.actor("auditor"), case.pk) == case
    with pytest.raises(Broken):
        Case.objects.all()


def test_what_hangs_on_a_case_is_reached_as_the_case_is_and_the_plan_by_staff_only(made):
    decide(made, file(made, "delete", text="mine"))
    for who, details, plans in [("subject", 1, 0), ("stranger", 0, 0), ("officer", 1, 1), ("operator", 0, 0)]:
        actor = made.actor(who)
        found = (CaseDetail.objects.visible_to(actor).count(), Plan.objects.visible_to(actor).count())
        assert found == (details, plans), who


def test_the_timeline_says_what_was_and_who_is_next(made):
    """W20."""
    case = file(made, "delete", subject=made.added.pk)
    assert str(reads.next_actor(case)) == "person"
    mandates.confirm(case_cast.token_for(case), at=LATER)
    case = decide(made, case_cast.again(case))
    assert str(reads.next_actor(case)) == "second_officer"
    stops = {stop.key: (stop.standing, stop.at) for stop in reads.timeline(made.actor("subject"), case)}
    assert stops["received"] == ("done", cast.NOW) and stops["proof"] == ("done", cast.NOW)
    assert stops["review"] == ("done", LATER) and stops["approval"] == ("now", LATER)
    assert stops["action"] == ("ahead", None)


def test_whether_a_person_has_an_open_case(made):
    assert reads.open_case_about(made.subject.pk) is None
    case = file(made, "export")
    assert reads.open_case_about(made.subject.pk) == case
    assert reads.open_case_about(made.stranger.pk) is None
    decide(made, case, "refuse", ground=case_cast.GROUND, sentence="No")
    assert reads.open_case_about(made.subject.pk) is None


def test_a_policy_that_does_not_know_an_act_lets_nobody_do_it(made):
    file(made, "export")
    for who in ("subject", "officer"):
        assert not Case.objects.visible_to(made.actor(who), "invented").exists()
    assert Case.objects.visible_to(made.actor("officer"), "decide").exists()
    assert not Case.objects.visible_to(made.actor("subject"), "decide").exists()
    assert not Case.objects.visible_to(made.actor("auditor"), "decide").exists()
    assert Case.objects.visible_to(TEST, "invented").exists()
