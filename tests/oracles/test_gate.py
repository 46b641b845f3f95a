"""In every small world of consent the gate answers as the naive model does (D1, D15, D17, Art. 21)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given

from consent.law.bases import Basis
from consent.models import Objection, State, Text
from consent.standing import gate
from portals_core.locks import place
from portals_core.locks.models import Lock
from portals_core.plumbing import clock
from tests import cast
from tests.consent.consent_cast import LOOK
from tests.oracles import gate_stage as staging
from tests.oracles import gate_worlds as naive
from tests.oracles.gate_stage import disagreements

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]


@pytest.fixture
def stage(db):
    return staging.set_up()


@given(world=naive.worlds())
def test_every_way_to_ask_answers_as_the_model_does(stage, world):
    """One person, many people, with a reason; whatever stands in the way and whatever does not."""
    assert disagreements(stage, world) == []


def test_a_world_in_which_each_part_of_the_rule_decides(stage):
    """The stage on which the bugs below are found; both answers occur."""
    worlds = list(naive.varied())
    answers = {naive.allowed(one, *question) for one in worlds for question in naive.questions()}
    assert answers == {True, False}
    assert [disagreements(stage, one) for one in worlds] == [[]] * len(worlds)


# --- the comparison is tested itself ----------------------------------------------------------------------


def waiting_counts_as_given(patch):
    patch.setattr(gate, "PERMITTING", {*gate.PERMITTING, State.WAITING})


def consent_carries_without_consent(patch):
    patch.setattr(gate, "WITHOUT_CONSENT", tuple(one.value for one in Basis))


def no_lock_is_looked_at(patch):
    found = place.standing_against
    patch.setattr(place, "standing_against", lambda *act: found(*act).none())


def no_lock_of_a_rule_is_looked_at(patch):
    found = place.standing_against
    patch.setattr(place, "standing_against", lambda *act: found(*act).filter(rule=None))


def a_rule_against_mail_stops_the_purpose_itself(patch):
    found = place.standing_against
    patch.setattr(place, "standing_against", lambda *act: found("mail"))


def a_restriction_never_ends(patch):
    held = Lock.objects.visible_to(LOOK).filter(ground="restriction")
    patch.setattr(place, "standing_against", lambda *act: held)


def no_objection_is_looked_at(patch):
    patch.setattr(gate, "_objections", lambda pursued: Objection.objects.visible_to(LOOK).none())


def every_objection_is_about_everything(patch):
    patch.setattr(gate, "_objections", lambda pursued: Objection.objects.visible_to(LOOK))


def nobody_must_agree_again(patch):
    patch.setattr(gate, "_renewed", lambda key, at: Text.objects.visible_to(LOOK).none().values("version"))


def a_consent_never_ends(patch):
    patch.setattr(clock, "now", lambda: cast.NOW - timedelta(hours=1))


BUGS = (
    waiting_counts_as_given,
    consent_carries_without_consent,
    no_lock_is_looked_at,
    no_lock_of_a_rule_is_looked_at,
    a_rule_against_mail_stops_the_purpose_itself,
    a_restriction_never_ends,
    no_objection_is_looked_at,
    every_objection_is_about_everything,
    nobody_must_agree_again,
    a_consent_never_ends,
)


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_put_in_on_purpose_is_found(stage, monkeypatch, bug):
    bug(monkeypatch)
    assert any(disagreements(stage, one) for one in naive.varied())
