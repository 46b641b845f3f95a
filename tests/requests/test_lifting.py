"""A restriction ends through its case and after its person was told (Art. 18(3), decision 9)."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from portals_core.locks import manual, place
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.plumbing.models import Mail, MailState
from requests.carrying_out import lifting
from requests.models import CaseDetail, RecipientNotice
from requests.parts import lifting as part
from tests import cast
from tests.consent import register_cast
from tests.requests import case_cast
from tests.requests.case_cast import TEST, again, carried_out, codes, file
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
WHY = "Your address is checked and correct."


@pytest.fixture
def stopped(made):
    """A restriction in force, on the person and on an order."""
    cast.order(made, "A1", made.subject)
    case = carried_out(made, "stop")
    assert lifting.in_force(case) == 2
    return case


def announce(made, case, who="officer", **more):
    return lifting.announce(actor=made.actor(who), case=case.pk, reason=WHY, at=clock.now(), **more)


def after(days: float):
    """Run every job that is due then."""
    with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
        outbox.drain()


def told():
    return list(Mail.objects.filter(kind="case.lifting"))


def test_the_person_is_told_first_and_then_the_locks_end(made, stopped):
    announce(made, stopped)
    (mail,) = told()
    assert mail.to == "sage@people.example" and WHY in mail.body
    after(2.9)
    assert lifting.in_force(stopped) == 2
    after(3.1)
    assert lifting.in_force(stopped) == 0 and not place.restricted(made.subject.pk)
    assert codes(stopped)[-2:] == ["case.lift_announced", "case.lifted"]


def test_nothing_ends_without_the_message(made, stopped):
    """Not announced, or announced while the message is still waiting: the locks stay."""
    after(400)
    assert lifting.in_force(stopped) == 2
    announce(made, stopped)
    Mail.objects.filter(kind="case.lifting").update(state=MailState.WAITING)
    with time_machine.travel(clock.now() + timedelta(days=4), tick=False):
        job = outbox.Job.objects.get(handler=lifting.JOB)
        outbox.run_now(job.pk)
        assert lifting.in_force(stopped) == 2
    after(4.1)
    assert lifting.in_force(stopped) == 0


def test_locks_of_others_on_the_same_record_stay(made, stopped):
    """R9: of the law, of an officer, and of another case of the same person."""
    officer = made.actor("officer")
    manual.lock_record(actor=officer, record=made.subject.pk, ground="legal_hold", reason="x", at=cast.NOW)
    place.place(
        actor=TEST,
        record=made.subject.pk,
        ground="restriction",
        reason="x",
        placed_by="case:other",
        at=cast.NOW,
    )
    announce(made, stopped)
    after(3.1)
    left = {lock.placed_by for lock in place.in_force([made.subject.pk])[made.subject.pk]}
    assert left == {officer.ref, "case:other"}
    assert place.restricted(made.subject.pk)


def test_it_can_be_taken_back_and_announced_anew(made, stopped):
    """The first day passes without effect; the person is told each time."""
    announce(made, stopped)
    lifting.cancel(actor=made.actor("officer"), case=stopped.pk, at=clock.now())
    assert again(stopped).lifts_at is None
    assert Mail.objects.filter(kind="case.not_lifting").count() == 1
    after(3.1)
    assert lifting.in_force(stopped) == 2
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        announce(made, stopped)
    after(4.9)
    assert lifting.in_force(stopped) == 2
    after(5.1)
    assert lifting.in_force(stopped) == 0


def test_a_cancelled_announcement_does_not_count_when_it_is_made_anew_before_its_day(made, stopped):
    announce(made, stopped)
    lifting.cancel(actor=made.actor("officer"), case=stopped.pk, at=clock.now())
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        announce(made, stopped)
    after(3.1)
    assert lifting.in_force(stopped) == 2


def test_who_has_no_address_is_told_otherwise_and_that_is_written_down(made, stopped):
    CaseDetail.objects.visible_to(TEST).filter(case=stopped).update(reply_to="")
    with pytest.raises(BadInput) as caught:
        announce(made, stopped)
    assert list(caught.value.fields) == ["told"]
    announce(made, stopped, told="By letter on 3 March.")
    assert told() == []
    after(3.1)
    assert lifting.in_force(stopped) == 0


def test_only_who_decides_cases_ends_a_restriction_and_nobody_their_own(made, stopped):
    for who in ("auditor", "operator", "subject", "stranger"):
        with pytest.raises((Forbidden, Absent)):
            announce(made, stopped, who)
    made.users["officer"].email = "sage@people.example"
    type(made.users["officer"]).objects.visible_to(TEST).filter(pk=made.users["subject"].pk).update(
        email="x@y.example"
    )
    made.users["officer"].save()
    with pytest.raises(Forbidden):
        announce(made, stopped)
    assert again(stopped).lifts_at is None


def test_there_is_nothing_to_end_where_nothing_stands(made, stopped):
    """Announced twice, another kind, a request under review, a restriction that ended."""
    announce(made, stopped)
    export = carried_out(made, "export")
    open_one = file(made, "stop", who="officer", subject=made.stranger.pk)
    for case in (stopped, export, open_one):
        with pytest.raises(Conflict):
            announce(made, case)
    with pytest.raises(Conflict):
        lifting.cancel(actor=made.actor("officer"), case=export.pk, at=clock.now())
    after(3.1)
    with pytest.raises(Conflict):
        announce(made, stopped)


def test_a_reason_is_owed(made, stopped):
    for reason in ("", " ", "x" * 1001):
        with pytest.raises(BadInput):
            lifting.announce(actor=made.actor("officer"), case=stopped.pk, reason=reason, at=clock.now())


def test_how_many_days_is_a_setting(made, stopped, settings):
    settings.LIFT_AFTER_DAYS = 10
    announce(made, stopped)
    after(9.9)
    assert lifting.in_force(stopped) == 2
    after(10.1)
    assert lifting.in_force(stopped) == 0


def test_recipients_who_were_told_to_keep_still_are_told_that_it_ended(made):
    register_cast.activity(of=[register_cast.recipient()])
    case = carried_out(made, "stop")
    announce(made, case)
    after(3.1)
    rows = RecipientNotice.objects.visible_to(TEST).filter(case=case)
    assert {(row.act, row.standing) for row in rows} == {("restrict", "told"), ("lift", "told")}
    assert Mail.objects.filter(kind="recipient.told").count() == 2


def test_the_pages_say_what_will_happen_do_it_and_take_it_back(made, stopped):
    officer = browser(made, "officer", fresh=True)
    address = reverse("dsr_requests:lift", args=[stopped.pk])
    assert "Other locks on the same records stay." in words(officer.get(address))
    assert officer.post(address, {"reason": ""}).status_code == 400
    assert told() == []
    assert officer.post(address, {"reason": WHY}).status_code == 302
    twice = officer.post(address, {"reason": WHY})
    assert twice.status_code == 409 and "told already" in words(twice)
    assert part.part(made.actor("officer"), again(stopped), at=clock.now())["lifts_at"]
    keep = reverse("dsr_requests:keep", args=[stopped.pk])
    assert officer.get(keep).status_code == 405
    assert officer.post(keep).status_code == 302
    assert again(stopped).lifts_at is None
    assert case_cast.codes(stopped)[-1] == "case.lift_cancelled"
