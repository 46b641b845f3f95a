"""A deletion for want of consent: opened by nobody, decided by two officers like any other (D14)."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from consent.contact import questions
from consent.jobs import waiting
from portals_core.plumbing import outbox
from portals_core.plumbing.models import Mail
from portals_core.records.models import Record
from requests.arriving import intake, unanswered
from requests.casebook import lifecycle, names, reads
from requests.deciding import approvals
from requests.law.states import Who
from requests.models import Case, CaseDetail, Kind, Notice
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
DUE = cast.NOW + timedelta(days=60)


@pytest.fixture
def made():
    return consent_cast.set_up()


def announce(made, subject=None):
    with time_machine.travel(DUE, tick=False), transaction.atomic():
        about = f"record:{subject or made.org.stranger.pk}"
        outbox.announce(waiting.ERASE_DUE, about=about, purpose="news")


def cases() -> list[Case]:
    return list(Case.objects.visible_to(LOOK))


def test_the_case_says_why_it_is_there_and_that_nobody_asked(made):
    announce(made)
    (case,) = cases()
    assert (case.kind, case.state, case.channel, case.requester) == ("delete", "in_review", "command", None)
    assert names.asked_by(made.actor("officer"), case) == "nobody: a time limit ended"
    (_filed, review) = reads.history(made.actor("officer"), case)
    assert "Consent was never given (news)" in review.reason and review.actor.startswith("system:")
    # The person did not write to us: no words of theirs, and no receipt for a request they never made.
    detail = CaseDetail.objects.visible_to(LOOK).get(case=case)
    assert (detail.text, detail.reply_to) == ("", "")
    assert not Notice.objects.visible_to(LOOK).exists() and not Mail.objects.exists()


def test_one_is_open_at_a_time(made):
    announce(made)
    announce(made)
    (case,) = cases()
    with transaction.atomic():
        lifecycle.move(case, "withdraw", actor=LOOK, who=Who.SUBJECT, at=DUE)
    announce(made)
    assert len(cases()) == 2


def test_numbers_have_no_gap_between_requests_and_these(made):
    intake.file_case(actor=made.actor("officer"), kind=Kind.STOP, subject=made.org.stranger.pk, at=cast.NOW)
    announce(made)
    assert sorted(case.number for case in cases()) == ["2026-00001", "2026-00002"]


def test_a_person_who_is_gone_has_nothing_to_delete(made):
    announce(made, "00000000-0000-4000-8000-000000000000")
    assert cases() == []
    announce(made)
    assert len(cases()) == 1


def test_two_officers_carry_it_out_although_the_record_is_locked_for_want_of_consent(made):
    """D13, D14, decision 15: from no answer to the deletion."""
    made.news.no_answer, made.news.erase_days = "erase", 10
    made.news.save()
    subject = made.org.stranger.pk
    questions.ask_person(actor=made.actor("officer"), subject=subject, purpose="news", at=cast.NOW)
    for days, job in ((30, waiting.CLOSE_JOB), (40, waiting.ERASE_JOB)):
        with time_machine.travel(cast.NOW + timedelta(days=days), tick=False):
            with transaction.atomic():
                key = outbox.enqueue(job, about="duty:test")
            outbox.run_now(key)
    (case,) = cases()
    with time_machine.travel(DUE, tick=False):
        submitted = approvals.decide(actor=made.actor("officer"), case=case.pk, outcome="approve", at=DUE)
        approvals.approve(actor=made.actor("second_officer"), case=submitted.pk, at=DUE)
        outbox.drain(about=case.ref)
    assert cases()[0].state == "fulfilled"
    assert not Record.objects.visible_to(LOOK).filter(pk=subject).exists()


def test_what_it_listens_to_is_what_is_announced():
    assert outbox._INLINE.get(f"{waiting.ERASE_DUE}/requests") is unanswered.open_deletion
