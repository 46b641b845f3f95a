"""The same request twice: linked and answered as the first, never in anybody's way (W18, attack 3)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, TooMany
from portals_core.plumbing.models import Mail
from requests.arriving import mandates
from requests.deciding import duplicates
from requests.models import Case, Proof
from requests.parts import approval
from tests import cast
from tests.requests import case_cast, pages
from tests.requests.case_cast import GROUND, LATER, TEST, decide, file, there

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def update(case, **values):
    Case.objects.visible_to(TEST).filter(pk=case.pk).update(**values)
    return case_cast.again(case)


def named(case, name="n" * 64, *, proved=True):
    """A proof of the case for an identifier."""
    Proof(case=case, kind="email", name_hash=name, proved_at=LATER if proved else None).save()


def link(made, case, of, who="officer"):
    return duplicates.link(actor=made.actor(who), case=case.pk, of=of.number, at=LATER)


def settle(made, case, who="officer"):
    return duplicates.settle(actor=made.actor(who), case=case.pk, at=LATER)


@pytest.fixture
def two(made):
    """The subject's own request and the same one recorded by an officer."""
    return file(made, "export"), file(made, "export", "officer", subject=made.subject.pk)


def test_the_same_for_the_same_person_is_offered_and_nothing_else(made, two):
    first, second = two
    file(made, "stop")
    file(made, "export", "stranger")
    officer = made.actor("officer")
    assert duplicates.candidates(officer, second) == [first]
    assert duplicates.candidates(officer, first) == [second]


def test_what_was_only_claimed_finds_nobody(made):
    """Promise 1: a name counts where it was proved, on both sides."""
    one, other = file(made, "export"), file(made, "export", "stranger")
    officer = made.actor("officer")
    named(one)
    named(other, proved=False)
    assert duplicates.candidates(officer, one) == duplicates.candidates(officer, other) == []
    Proof.objects.visible_to(TEST).filter(case=other).update(proved_at=LATER)
    assert duplicates.candidates(officer, one) == [other]


def test_each_keeps_its_number_and_its_clock(made, two):
    first, second = two
    linked = link(made, second, first)
    assert (linked.duplicate_of, linked.state) == (first, second.state)
    assert (linked.number, linked.due_on, linked.ends_at) == (second.number, second.due_on, second.ends_at)
    assert case_cast.codes(second)[-1] == "case.linked"
    assert case_cast.again(first).version == first.version
    free = duplicates.unlink(actor=made.actor("officer"), case=second.pk, at=LATER)
    assert free.duplicate_of is None and case_cast.codes(second)[-1] == "case.unlinked"
    with pytest.raises(Conflict):
        duplicates.unlink(actor=made.actor("officer"), case=second.pk, at=LATER)


def test_what_asks_something_else_is_not_linked(made, two):
    _first, second = two
    with pytest.raises(Absent):
        duplicates.link(actor=made.actor("officer"), case=second.pk, of="2026-99999", at=LATER)
    for other in (file(made, "stop"), file(made, "export", "stranger")):
        with pytest.raises(BadInput) as caught:
            link(made, second, other)
        assert caught.value.code == "duplicate.other"
    assert case_cast.again(second).duplicate_of is None


def test_links_run_in_no_circle_and_lead_to_the_first(made, two):
    first, second = two
    third = file(made, "export", "second_officer", subject=made.subject.pk)
    with pytest.raises(Conflict):
        link(made, first, first)
    link(made, second, first)
    with pytest.raises(Conflict):
        link(made, first, second)
    with pytest.raises(Conflict):
        link(made, first, third)
    assert link(made, third, second).duplicate_of == first


@pytest.mark.parametrize(
    ("ended", "expected", "message"),
    [
        ("fulfilled", "fulfilled", "case.settled"),
        ("partly_fulfilled", "partly_fulfilled", "case.settled"),
        ("refused", "refused", "case.refused"),
    ],
)
def test_a_duplicate_ends_as_the_first_one_did(made, two, ended, expected, message):
    first, second = two
    link(made, second, first)
    update(first, state=ended, closed_at=LATER, ground=GROUND, sentence="Twice is enough")
    settled = settle(made, second)
    assert (settled.state, settled.closed_at) == (expected, LATER)
    assert (settled.ground, settled.sentence) == (GROUND, "Twice is enough")
    assert settled.decided_by == made.users["officer"]
    mail = Mail.objects.get(kind=message)
    assert mail.to == made.users["subject"].email and second.number in mail.title
    with pytest.raises(Conflict):
        settle(made, second)


@pytest.mark.parametrize("state", ["in_review", "withdrawn", "lapsed", "carrying_out"])
def test_nothing_is_answered_by_what_has_no_answer(made, two, state):
    first, second = two
    with pytest.raises(Conflict) as caught:
        settle(made, second)
    assert caught.value.code == "duplicate.none"
    link(made, second, first)
    update(first, state=state)
    with pytest.raises(Conflict) as caught:
        settle(made, second)
    assert caught.value.code == "duplicate.unanswered"


@pytest.mark.parametrize("missing", ["proof", "person"])
def test_an_unproven_request_never_rides_on_a_proven_one(made, two, missing):
    """Attack 3, W18: it may be linked, and gets nothing by it until it is proved itself."""
    first, second = two
    named(first)
    named(second, proved=missing == "person")
    update(second, **({"proved_at": None} if missing == "proof" else {"subject": None}))
    link(made, second, first)
    update(first, state="fulfilled", closed_at=LATER)
    with pytest.raises(Conflict) as caught:
        settle(made, second)
    assert caught.value.code == "request.unproven"
    with pytest.raises(Conflict) as caught:
        decide(made, second)
    assert caught.value.code == "request.unproven"
    assert case_cast.again(second).state == "in_review"
    update(second, proved_at=LATER, subject=made.subject.pk)
    assert settle(made, second).state == "fulfilled"


def test_an_unproven_deletion_is_not_approved(made):
    """Attack 3: whatever brought it there, the second officer's yes is refused."""
    case = decide(made, file(made, "delete"))
    update(case, proved_at=None)
    with pytest.raises(Conflict) as caught:
        case_cast.approve(made, case)
    assert caught.value.code == "request.unproven"
    update(case, proved_at=LATER)
    assert case_cast.approve(made, case).state == "carrying_out"


def test_a_link_to_somebody_elses_request_answers_nothing(made, two):
    _first, second = two
    other = file(made, "export", "stranger")
    named(other)
    named(second, proved=False)
    link(made, second, other)
    update(other, state="fulfilled", closed_at=LATER)
    with pytest.raises(Conflict) as caught:
        settle(made, second)
    assert caught.value.code == "duplicate.other_person"


def test_a_duplicate_never_stands_in_the_way_of_the_person(made):
    """W18: what a representative asked does not stop the person's own request, and once linked not its
    approval either; it is answered with it."""
    theirs = file(made, "delete", subject=made.added.pk)
    mandates.confirm(case_cast.token_for(theirs), at=LATER)
    made.users["added"] = cast.portal_user(made.added, made.user_type)
    own = file(made, "delete", "added")
    with pytest.raises(Conflict):
        file(made, "delete", "added")
    decide(made, own)
    with pytest.raises(Conflict) as caught:
        case_cast.approve(made, own)
    assert theirs.number in str(caught.value)
    link(made, theirs, own)
    assert case_cast.approve(made, own).state == "carrying_out"
    outbox.drain()
    assert settle(made, theirs).state == "fulfilled"


@pytest.mark.parametrize("who", ["auditor", "administrator", "operator", "subject"])
def test_only_officers_link_and_settle(made, two, who):
    first, second = two
    for act in (lambda: link(made, second, first, who), lambda: settle(made, second, who)):
        with pytest.raises((Forbidden, Absent)):
            act()


def test_the_pages_link_remove_and_settle(made, two):
    first, second = two
    officer = pages.browser(made, "officer")

    def post(name, **sent):
        return officer.post(reverse(f"dsr_requests:{name}", args=[second.pk]), sent)

    wrong = post("link", of="2026-99999")
    assert wrong.status_code == 400 and "There is no such request" in pages.words(wrong)
    assert post("link", of="").status_code == 400
    assert post("settle").status_code == 409
    assert post("link", of=first.number).status_code == 302
    assert post("unlink").status_code == 302
    post("link", of=first.number)
    update(first, state="fulfilled", closed_at=LATER)
    assert post("settle").status_code == 302
    assert case_cast.again(second).state == "fulfilled"


def test_the_part_of_the_page_asks_as_often_for_many_as_for_one(made, two, django_assert_num_queries):
    first, second = two
    officer = made.actor("officer")
    with CaptureQueriesContext(connection) as one:
        shown = approval.part(officer, second, LATER)
    assert shown["offered"] == [first] and shown["link"] is not None and not shown["may_settle"]
    for who in ("second_officer", "third", "fourth"):
        if who not in made.users:
            made.users[who] = cast.staff(who, "officer")
        file(made, "export", who, subject=made.subject.pk)
    with django_assert_num_queries(len(one)):
        assert len(approval.part(officer, second, LATER)["offered"]) == 4
    link(made, second, first)
    shown = approval.part(officer, case_cast.again(second), LATER)
    assert shown["duplicate_of"] == first and "has no answer yet" in shown["not_settled"]
    assert approval.part(officer, case_cast.again(first), LATER)["copies"] == [second]


def test_one_account_files_no_more_than_so_many_requests_a_day(made, settings):
    """W18: an officer who records what comes in is not counted."""
    settings.REQUESTS_PER_REQUESTER = 2
    file(made, "export")
    file(made, "stop")
    with pytest.raises(Conflict):  # the same again is no new request, and is not counted
        file(made, "stop")
    with pytest.raises(TooMany):
        file(made, "delete")
    file(made, "delete", "stranger")
    for kind in ("export", "stop", "delete"):
        file(made, kind, "officer", subject=made.added.pk)
    assert there(Case.objects.visible_to(TEST).filter(requester=made.users["subject"])).count() == 2
