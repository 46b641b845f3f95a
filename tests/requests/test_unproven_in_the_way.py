"""What nobody proved does not stand in the way of what the person asked (attack 3)."""

from datetime import timedelta

import pytest
import time_machine

from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Conflict
from portals_core.records.models import Record
from requests.arriving import intake, mandates
from requests.deciding import approvals
from requests.models import CaseDetail
from tests.requests import case_cast
from tests.requests.case_cast import LATER, TEST

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def ask_for_ada(made, kind, at):
    """The one who added her asks in her name, and she says nothing."""
    return intake.file_case(actor=made.actor("subject"), kind=kind, at=at, subject=made.added.pk)


def test_an_approved_deletion_is_not_sent_back_by_a_request_nobody_proved(made, settings):
    """Before the approval and while it cools off; what was asked goes with the person."""
    settings.COOLING_OFF_HOURS = 24
    case = case_cast.decide(made, case_cast.file(made, "delete", who="officer", subject=made.added.pk))
    first = ask_for_ada(made, "export", LATER)
    approved = approvals.approve(actor=made.actor("second_officer"), case=case.pk, at=LATER)
    second = ask_for_ada(made, "delete", LATER + timedelta(hours=1))
    assert approved.state == "cooling_off"
    with time_machine.travel(LATER + timedelta(hours=25), tick=False):
        outbox.drain()
    states = [case_cast.again(one).state for one in (case, first, second)]
    assert states == ["fulfilled", "lapsed", "lapsed"]
    assert not Record.objects.visible_to(TEST).filter(pk=made.added.pk).exists()
    assert not CaseDetail.objects.visible_to(TEST).filter(case__subject=made.added.pk).exists()


def test_once_it_is_proved_it_is_answered_first(made):
    """The deletion would end it unanswered (W18)."""
    case = case_cast.decide(made, case_cast.file(made, "delete", who="officer", subject=made.added.pk))
    other = ask_for_ada(made, "export", LATER)
    mandates.confirm(case_cast.token_for(other), at=LATER)
    with pytest.raises(Conflict) as refused:
        approvals.approve(actor=made.actor("second_officer"), case=case.pk, at=LATER)
    assert refused.value.code == "request.others_open"
