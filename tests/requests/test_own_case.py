"""An officer whose own address asks does nothing in that case; a colleague does (promise 10)."""

from datetime import timedelta

import pytest

from portals_core.plumbing.errors import Forbidden
from requests.arriving import codes, matching
from requests.law import grounds
from requests.timing import clock
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import again
from tests.requests.proving import ask, code_in, latest, proof_of

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SOON = cast.NOW + timedelta(minutes=5)
QUESTION = next(one.code for one in grounds.QUESTIONS if one.code != clock.IDENTITY)
LONGER = grounds.EXTENSIONS[0].code
STEPS = {
    "ask": lambda actor, case: clock.ask(
        actor=actor, case=case, ground=QUESTION, question="Which one?", at=SOON
    ),
    "extend": lambda actor, case: clock.extend(
        actor=actor, case=case, ground=LONGER, sentence="Many records.", at=SOON
    ),
    "none held": lambda actor, case: matching.answer_none(actor=actor, case=case, at=SOON),
}


@pytest.mark.parametrize("step", STEPS)
def test_an_officer_is_refused_in_their_own_case_and_a_colleague_is_not(made, step):
    case = ask("officer@staff.example")
    codes.try_code(proof_of(case).pk, code_in(latest(case)), at=SOON)
    before = case_cast.rows("dsr_requests.Case", "dsr_requests.Clarification", "portals_core.Mail")
    with pytest.raises(Forbidden, match="about you"):
        STEPS[step](made.actor("officer"), case.pk)
    assert case_cast.rows("dsr_requests.Case", "dsr_requests.Clarification", "portals_core.Mail") == before
    STEPS[step](made.actor("second_officer"), case.pk)
    assert again(case).version > case.version


def test_an_officer_does_not_record_their_own_answer(made):
    case = ask("officer@staff.example")
    codes.try_code(proof_of(case).pk, code_in(latest(case)), at=SOON)
    STEPS["ask"](made.actor("second_officer"), case.pk)
    with pytest.raises(Forbidden, match="about you"):
        clock.answer(actor=made.actor("officer"), case=case.pk, text="This one.", at=SOON)
    assert again(case).state == "waiting"
    clock.answer(actor=made.actor("second_officer"), case=case.pk, text="This one.", at=SOON)
    assert again(case).state == "in_review"
