"""The comparison of cases is tested: a bug of each kind, put in on purpose, must make it red."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portals_core.access.policy import EVERYTHING
from requests import (
    barriers,
    clock,
    cooling,
    counting,
    deadlines,
    lapsing,
    lifecycle,
    mandates,
    matching,
    policy,
    proofs,
    reminders,
    signatures,
    sources,
)
from requests.models import Approval, CaseDetail, Proof
from requests.states import Who
from tests.oracles import cases_stage as staging
from tests.requests.case_cast import TEST

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
NOBODY, ROBIN, SHARED = "nobody@elsewhere.example", "robin@people.example", "kim@people.example"
PHONE = "+48600100200"


@pytest.fixture
def stage(db):
    return staging.set_up()


# --- histories ------------------------------------------------------------------------------------------

GUESSED = [("form", ROBIN, "export", ""), *[("code", 0, "wrong")] * 5, ("code", 0, "right"), ("resend", 0)]
TWO_CODES = [
    ("form", ROBIN, "export", ""),
    ("form", NOBODY, "export", ""),
    ("code", 0, "1"),
    ("code", 1, "right"),
]
OLD_CODE = [("form", ROBIN, "export", ""), {"minutes": 31}, ("code", 0, "right"), ("link", 0)]
WITH_A_PHONE = [
    ("form", NOBODY, "export", PHONE),
    ("code", 0, "right"),
    ("bind", 0, "robin"),
    ("decide", 0, "officer"),
    ("vouch", 0),
]
SEVERAL = [
    ("form", SHARED, "export", ""),
    ("link", 0),
    ("bind", 0, "robin"),
    ("bind", 0, "lee"),
    ("refuse", 0),
]
ONE_OFFICER = [
    ("intake", "third_officer", "robin", "delete", True, 0),
    ("decide", 0, "officer"),
    ("approve", 0, "third_officer"),
    ("approve", 0, "officer"),
    ("approve", 0, "second_officer"),
    {"hours": 25},
]
TWO_OFFICERS = [
    ("file", "sage", "delete"),
    ("decide", 0, "officer"),
    ("approve", 0, "second_officer"),
    ("approve", 0, "second_officer"),
    ("approve", 0, "third_officer"),
    {"hours": 25},
]
SENT_BACK = [
    ("file", "sage", "delete"),
    ("decide", 0, "officer"),
    ("approve", 0, "second_officer"),
    ("send_back", 0, "third_officer"),
    ("decide", 0, "officer"),
    ("approve", 0, "third_officer"),
    {"hours": 25},
]
RECALLED = [
    ("file", "sage", "delete"),
    ("decide", 0, "officer"),
    ("approve", 0, "second_officer"),
    {"hours": 23},
    ("recall", 0),
    {"hours": 2},
    ("withdraw", 0, "sage"),
]
ANSWERED = [("file", "robin", "export"), ("ask", 0), {"days": 6}, ("answer", 0, "robin"), {"days": 1}]
LATE_QUESTION = [("file", "robin", "export"), {"days": 11}, ("ask", 0), {"days": 6}, ("answer", 0, "officer")]
MORE_TIME = [("intake", "officer", "robin", "export", True, 0), ("extend", 0), ("extend", 0)]
FOR_ADA = [
    ("file_added", "export"),
    ("file_added", "export"),
    ("confirm", 0),
    ("object", 0),
    ("file_added", "export"),
]
NOT_FOR_ADA = [("file_added", "delete"), ("object", 0), ("on_paper", 0)]
BY_WHOM = [
    ("file_added", "export"),
    ("confirm", 0),
    ("ask", 0),
    ("answer", 0, "sage"),
    ("answer", 0, "officer"),
]
SILENCE = [
    ("form", NOBODY, "export", ""),
    ("file", "robin", "export"),
    ("ask", 1),
    {"days": 14},
    {"days": 1},
    {"days": 16},
]
OVERDUE = [("file", "robin", "export"), {"days": 31}, {"days": 5}]
TWO_CASES = [
    ("file", "sage", "delete"),
    ("file", "sage", "export"),
    ("decide", 0, "officer"),
    ("approve", 0, "second_officer"),
    ("decide", 1, "officer"),
    {"days": 1},
    ("approve", 0, "second_officer"),
    {"days": 2},
]
BY_OTHERS = [
    ("intake", "third_officer", "ada", "delete", True, 0),
    ("decide", 0, "officer"),
    ("file_added", "export"),
    ("approve", 0, "second_officer"),
    ("file_added", "delete"),
    {"hours": 25},
]
BY_AN_OFFICER = [
    ("form", "officer@staff.example", "export", PHONE),
    ("vouch", 0),
    ("code", 0, "right"),
    ("decide", 0, "officer"),
]
HISTORIES = {
    name: value for name, value in list(globals().items()) if name.isupper() and isinstance(value, list)
}


def disagreements(stage, history):
    """On what the product and the model do not agree; nothing stays stored."""
    needed = 2 if history in (TWO_OFFICERS, SENT_BACK) else 1
    with staging.playing(stage, needed) as play:
        for step in history:
            if isinstance(step, dict):
                play.passes(**step)
            else:
                play.act(*step)
            if play.differing:
                return play.differing
    return []


@pytest.mark.parametrize("name", HISTORIES)
def test_without_a_bug_they_agree(stage, name):
    """The histories on which the bugs below are found."""
    assert disagreements(stage, HISTORIES[name]) == []


# --- who asks -------------------------------------------------------------------------------------------

_prove, _match, _bind = proofs._prove, matching.match, matching._bind


def tries_are_not_counted(patch):
    def live(proof, *, at):
        return Proof.objects.visible_to(TEST).filter(pk=proof, expires_at__gt=at).exists()

    patch.setattr(proofs, "_spend_try", live)


def codes_live_for_ever(patch):
    patch.setattr(proofs, "CODE_LIFE", timedelta(days=365))


def a_code_counts_in_every_case(patch):
    proofs_digest = proofs._digest

    def digest(proof, code):
        for one in Proof.objects.visible_to(TEST).exclude(code_digest=""):
            if one.pk != proof.pk and one.code_digest == proofs_digest(one, code):
                return proof.code_digest
        return proofs_digest(proof, code)

    patch.setattr(proofs, "_digest", digest)


def what_is_only_claimed_is_searched(patch):
    def all_of_them(case):
        rows = list(Proof.objects.visible_to(TEST).filter(case=case))
        for one in rows:
            one.proved_at = one.proved_at or case.filed_at
        return rows

    patch.setattr(matching, "proven", all_of_them)


def the_first_of_several_is_taken(patch):
    patch.setattr(matching, "match", lambda case, found, at: _match(case, found[:1], at=at))


def a_code_proves_everything_given(patch):
    def prove(proof, **given):
        rows = Proof.objects.visible_to(TEST).filter(case=proof.case_id, proved_at=None)
        rows.exclude(pk=proof.pk).update(proved_at=given["at"])
        return _prove(proof, **given)

    patch.setattr(proofs, "_prove", prove)


def anybody_can_be_picked(patch):
    everybody = matching.Record.objects.visible_to(TEST).filter(module__identity=True)
    patch.setattr(matching, "candidates", lambda case: list(everybody.all()))


# --- who decides ----------------------------------------------------------------------------------------


def nobody_asks_who_decided(patch):
    patch.setattr(barriers, "second_person", lambda actor, found: None)


def officers_vouch_for_themselves(patch):
    patch.setattr(barriers, "not_about_oneself", lambda actor, found: None)


def who_filed_may_approve(patch):
    officers = matching.User.objects.visible_to(TEST)
    patch.setattr(barriers, "_had_a_part", lambda found: list(officers.filter(pk=found.decided_by_id)))


def one_signs_twice(patch):
    patch.setattr(barriers, "another_signer", lambda actor, signers: None)


def one_yes_is_enough(patch):
    patch.setattr(signatures, "needed", lambda plan: 1)


def a_yes_outlives_the_plan(patch):
    given = Approval.objects.visible_to(TEST)
    patch.setattr(signatures, "standing", lambda case: list(given.filter(case=case)))


def nothing_cools_off(patch):
    approved = cooling.approved

    def at_once(found, *, actor, at):
        return cooling._start(approved(found, actor=actor, at=at), at=at)

    patch.setattr(cooling, "approved", at_once)


def a_recall_is_forgotten(patch):
    patch.setattr(cooling, "back", lambda found, step, **given: found)


def what_nobody_proved_counts(patch):
    def find(self, subject, *, actor):
        for one in CaseDetail.objects.visible_to(TEST).filter(case__subject=subject).order_by("case_id"):
            yield sources.Item(self.key, "case", str(one.case_id), acts=frozenset({"erase"}))

    patch.setattr(sources.Requests, "find", find)


def other_requests_do_not_count(patch):
    patch.setattr(barriers, "nothing_else_open", lambda found: None)


# --- how long -------------------------------------------------------------------------------------------

_counted, _due, _over = counting.counted, deadlines.due, lapsing._is_over


def pauses_are_not_added(patch):
    patch.setattr(counting, "counted", lambda case, asked, **given: _counted(case, [], **given))


def every_question_pauses(patch):
    patch.setattr(clock, "without_delay", lambda case, at: True)


def more_time_runs_from_the_due_day(patch):
    def later(received, *place, extended=False):
        first = _due(received, *place)
        if not extended:
            return first
        day, _why = deadlines._rolled(deadlines._months_later(first.due_on, 2), first.place)
        return replace(first, due_on=day, extended=True)

    patch.setattr(deadlines, "due", later)


def weekends_count(patch):
    patch.setattr(deadlines, "_rolled", lambda day, where: (day, ()))


def it_lapses_on_the_last_day(patch):
    patch.setattr(lapsing, "_is_over", lambda found, at: _over(found, at + timedelta(days=1)))


def nothing_lapses(patch):
    patch.setattr(lapsing, "_is_over", lambda found, at: False)


def nobody_is_reminded(patch):
    patch.setattr(reminders, "alarms", lambda case, today: [])


# --- in somebody's name ---------------------------------------------------------------------------------


def an_objection_is_ignored(patch):
    patch.setattr(mandates, "object_to", lambda token, **given: mandates.asked(token, at=given["at"]))


def nobody_is_asked(patch):
    def agreed(case, **given):
        return lifecycle.move(case, "review", actor=TEST, who=Who.SYSTEM, at=given["at"])

    patch.setattr(mandates, "ask", agreed)


def the_asker_answers_for_the_person(patch):
    patch.setattr(clock, "_person", lambda actor, found: Who.REPRESENTATIVE)


def everybody_sees_everything(patch):
    patch.setattr(policy, "_reached", lambda actor, action, *, prefix: EVERYTHING)


def only_the_asker_sees_it(patch):
    patch.setattr(policy, "_reached", _filed_only)


_reached = policy._reached


def _filed_only(actor, action, *, prefix):
    if actor.kind is policy.Kind.PORTAL:
        return policy.ColumnIs(f"{prefix}requester_id", actor.user_id)
    return _reached(actor, action, prefix=prefix)


BUGS = {
    tries_are_not_counted: GUESSED,
    codes_live_for_ever: OLD_CODE,
    a_code_counts_in_every_case: TWO_CODES,
    what_is_only_claimed_is_searched: WITH_A_PHONE,
    the_first_of_several_is_taken: SEVERAL,
    a_code_proves_everything_given: WITH_A_PHONE,
    anybody_can_be_picked: WITH_A_PHONE,
    nobody_asks_who_decided: ONE_OFFICER,
    officers_vouch_for_themselves: BY_AN_OFFICER,
    who_filed_may_approve: ONE_OFFICER,
    one_signs_twice: TWO_OFFICERS,
    one_yes_is_enough: TWO_OFFICERS,
    a_yes_outlives_the_plan: SENT_BACK,
    nothing_cools_off: RECALLED,
    a_recall_is_forgotten: RECALLED,
    what_nobody_proved_counts: BY_OTHERS,
    other_requests_do_not_count: TWO_CASES,
    pauses_are_not_added: ANSWERED,
    every_question_pauses: LATE_QUESTION,
    more_time_runs_from_the_due_day: MORE_TIME,
    weekends_count: FOR_ADA,
    it_lapses_on_the_last_day: SILENCE,
    nothing_lapses: SILENCE,
    nobody_is_reminded: OVERDUE,
    an_objection_is_ignored: FOR_ADA,
    nobody_is_asked: NOT_FOR_ADA,
    the_asker_answers_for_the_person: BY_WHOM,
    everybody_sees_everything: SEVERAL,
    only_the_asker_sees_it: SEVERAL,
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_put_in_on_purpose_is_found(stage, monkeypatch, bug):
    bug(monkeypatch)
    assert disagreements(stage, BUGS[bug])
