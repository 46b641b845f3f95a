"""Bugs about who asks, who decides, how long it takes and in whose name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from portals_core.access.policy import EVERYTHING
from requests import policy, sources
from requests.arriving import codes, mandates, matching
from requests.casebook import barriers, counting, lifecycle
from requests.deciding import cooling, signatures
from requests.law import deadlines
from requests.law.states import Who
from requests.models import Approval, CaseDetail, Proof
from requests.timing import clock, lapsing, reminders
from tests.oracles import cases_histories as on
from tests.requests.case_cast import TEST

# --- who asks -------------------------------------------------------------------------------------------

_prove, _match, _bind = codes._prove, matching.match, matching._bind


def tries_are_not_counted(patch):
    def live(proof, *, at):
        return Proof.objects.visible_to(TEST).filter(pk=proof, expires_at__gt=at).exists()

    patch.setattr(codes, "_spend_try", live)


def codes_live_for_ever(patch):
    patch.setattr(codes, "CODE_LIFE", timedelta(days=365))


def a_code_counts_in_every_case(patch):
    proofs_digest = codes._digest

    def digest(proof, code):
        for one in Proof.objects.visible_to(TEST).exclude(code_digest=""):
            if one.pk != proof.pk and one.code_digest == proofs_digest(one, code):
                return proof.code_digest
        return proofs_digest(proof, code)

    patch.setattr(codes, "_digest", digest)


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

    patch.setattr(codes, "_prove", prove)


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
    tries_are_not_counted: on.GUESSED,
    codes_live_for_ever: on.OLD_CODE,
    a_code_counts_in_every_case: on.TWO_CODES,
    what_is_only_claimed_is_searched: on.WITH_A_PHONE,
    the_first_of_several_is_taken: on.SEVERAL,
    a_code_proves_everything_given: on.WITH_A_PHONE,
    anybody_can_be_picked: on.WITH_A_PHONE,
    nobody_asks_who_decided: on.ONE_OFFICER,
    officers_vouch_for_themselves: on.BY_AN_OFFICER,
    who_filed_may_approve: on.ONE_OFFICER,
    one_signs_twice: on.TWO_OFFICERS,
    one_yes_is_enough: on.TWO_OFFICERS,
    a_yes_outlives_the_plan: on.SENT_BACK,
    nothing_cools_off: on.RECALLED,
    a_recall_is_forgotten: on.RECALLED,
    what_nobody_proved_counts: on.BY_OTHERS,
    other_requests_do_not_count: on.TWO_CASES,
    pauses_are_not_added: on.ANSWERED,
    every_question_pauses: on.LATE_QUESTION,
    more_time_runs_from_the_due_day: on.MORE_TIME,
    weekends_count: on.FOR_ADA,
    it_lapses_on_the_last_day: on.SILENCE,
    nothing_lapses: on.SILENCE,
    nobody_is_reminded: on.OVERDUE,
    an_objection_is_ignored: on.FOR_ADA,
    nobody_is_asked: on.NOT_FOR_ADA,
    the_asker_answers_for_the_person: on.BY_WHOM,
    everybody_sees_everything: on.SEVERAL,
    only_the_asker_sees_it: on.SEVERAL,
}
