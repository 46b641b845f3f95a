"""Bugs about corrections, restrictions, partial answers, duplicates and what came earlier."""

from __future__ import annotations

from dataclasses import replace

from portals_core.locks import decide, place
from portals_core.locks.models import Lock
from portals_core.writing import door
from requests.arriving import filing, recorded
from requests.carrying_out import restriction
from requests.casebook import barriers, lifecycle, rectify
from requests.deciding import cooling, duplicates
from requests.holding import duties, judging
from requests.models import Case, Proposal
from requests.telling import reached
from requests.timing import clock
from tests.oracles import cases_histories as on
from tests.requests.case_cast import TEST

# --- corrections ----------------------------------------------------------------------------------------

_stands, _answer = decide._stands, rectify.answer


def refused_fields_are_corrected_too(patch):
    patch.setattr(rectify, "approved", lambda case: list(Proposal.objects.visible_to(TEST).filter(case=case)))


def what_nobody_answered_is_a_yes(patch):
    def answer(case, answers):
        keys = Proposal.objects.visible_to(TEST).filter(case=case).values_list("field", flat=True)
        return _answer(case, {**dict.fromkeys(keys, True), **answers} if answers else answers)

    patch.setattr(rectify, "answer", answer)


def what_stood_there_is_what_was_asked_about(patch):
    def applied(proposal, changes, *, at):
        Proposal.objects.visible_to(TEST).filter(pk=proposal.pk).update(applied_at=at)

    patch.setattr(rectify, "applied", applied)


def who_asks_for_somebody_names_any_field(patch):
    patch.setattr(rectify.access_fields, "readable", lambda actor, of, known, **place: list(known))


def a_restriction_stops_the_persons_own_correction(patch):
    def stands(action, lock, actor, keys, under):
        return _stands(action, lock, actor, keys, None)

    patch.setattr(decide, "_stands", stands)


# --- restrictions ---------------------------------------------------------------------------------------

_unlocked, _lift = restriction._unlocked, place.lift


def orders_stay_open(patch):
    def unlocked(run, planned):
        return [entry for entry in _unlocked(run, planned) if entry.ref == str(run.case.subject)]

    patch.setattr(restriction, "_unlocked", unlocked)


def staff_are_not_bound(patch):
    def stands(action, lock, actor, keys, under):
        staff = actor is not None and actor.kind is decide.Kind.STAFF
        return not staff and _stands(action, lock, actor, keys, under)

    patch.setattr(decide, "_stands", stands)


def one_may_add_to_what_is_locked(patch):
    patch.setattr(door, "refuse_to_add_to_locked", lambda actor, links: None)


def lists_hold_what_is_locked(patch):
    def stands(action, lock, actor, keys, under):
        return action != "export" and _stands(action, lock, actor, keys, under)

    patch.setattr(decide, "_stands", stands)


def it_ends_at_once(patch):
    patch.setattr("django.conf.settings.LIFT_AFTER_DAYS", 0)


def what_others_asked_for_ends_too(patch):
    def lift(*, placed_by, **given):
        causes = Lock.objects.visible_to(TEST).filter(ended_at=None).values_list("placed_by", flat=True)
        return sum(_lift(placed_by=one, **given) for one in set(causes))

    patch.setattr(place, "lift", lift)


# --- partial answers ------------------------------------------------------------------------------------

_finish = lifecycle.finish


def everything_is_said_to_be_done(patch):
    patch.setattr(lifecycle, "finish", lambda case, **given: _finish(case, **{**given, "partly": False}))


def drafts_are_forgotten(patch):
    patch.setattr(judging, "rows_of", lambda case: {})


def what_is_left_points_nowhere(patch):
    patch.setattr(duties, "_refuse_if_torn", lambda found: None)


def nobody_looks_again(patch):
    patch.setattr(cooling, "drifted", lambda found: False)


# --- duplicates -----------------------------------------------------------------------------------------

_write, _hindrance = duplicates._write, duplicates.hindrance


def the_clock_of_the_first_counts(patch):
    def write(found, first, code, **given):
        if first is not None:
            days = {"due_on": first.due_on, "unpaused_on": first.unpaused_on}
            Case.objects.visible_to(TEST).filter(pk=found.pk).update(**days)
        return _write(found, first, code, **given)

    patch.setattr(duplicates, "_write", write)


def links_run_in_circles(patch):
    patch.setattr(duplicates, "linked", lambda actor, case: Case.objects.visible_to(TEST).none())


def who_is_unknown_rides_on_the_first(patch):
    patch.setattr(barriers, "proven", lambda found: None)


def another_person_rides_on_the_first(patch):
    def hindrance(actor, found):
        why = _hindrance(actor, found)
        return None if why is not None and why.code == "duplicate.other_person" else why

    patch.setattr(duplicates, "hindrance", hindrance)


def a_duplicate_stands_in_the_way(patch):
    def nothing_else_open(found):
        if barriers._others(found).filter(state__in=barriers.OPEN).exclude(proved_at=None).exists():
            raise barriers.Conflict("", code="request.others_open")

    patch.setattr(barriers, "nothing_else_open", nothing_else_open)


# --- what came earlier ----------------------------------------------------------------------------------

_store, _came, _checked = filing.store, clock._came, recorded._checked


def the_clock_starts_when_it_is_written_down(patch):
    def store(arrival, **given):
        return _store(replace(arrival, received_at=None), **given)

    patch.setattr(filing, "store", store)


def whoever_calls_is_believed(patch):
    patch.setattr(filing, "store", lambda arrival, **given: _store(arrival, **given | {"proved": True}))


def one_tick_stands_for_all(patch):
    def checked(case, kept, words, **more):
        return _checked(case, kept, dict.fromkeys(kept, next(iter(words.values()))), **more)

    patch.setattr(recorded, "_checked", checked)


def the_post_takes_no_time(patch):
    patch.setattr(reached, "post_days", lambda case: 0)


def the_answer_counts_from_when_it_is_written_down(patch):
    def came(found, received, at):
        _came(found, received, at)
        return at

    patch.setattr(clock, "_came", came)


def an_answer_comes_before_its_question(patch):
    def came(found, received, at):
        try:
            return _came(found, received, at)
        except clock.BadInput:
            return at

    patch.setattr(clock, "_came", came)


BUGS = {
    refused_fields_are_corrected_too: on.CORRECTED,
    what_nobody_answered_is_a_yes: on.CORRECTED,
    what_stood_there_is_what_was_asked_about: on.CORRECTED,
    who_asks_for_somebody_names_any_field: on.CORRECTED_FOR_ADA,
    a_restriction_stops_the_persons_own_correction: on.CORRECTED_WHILE_STOPPED,
    orders_stay_open: on.STOPPED,
    staff_are_not_bound: on.STOPPED,
    one_may_add_to_what_is_locked: on.STOPPED,
    lists_hold_what_is_locked: on.STOPPED,
    it_ends_at_once: on.STOPPED_TWICE,
    what_others_asked_for_ends_too: on.STOPPED_TWICE,
    everything_is_said_to_be_done: on.LEFT_OPEN,
    drafts_are_forgotten: on.LEFT_THERE,
    what_is_left_points_nowhere: on.LEFT_THERE,
    nobody_looks_again: on.ADDED_SINCE,
    the_clock_of_the_first_counts: on.TWICE,
    links_run_in_circles: on.TWICE,
    who_is_unknown_rides_on_the_first: on.TWICE_BY_NOBODY,
    another_person_rides_on_the_first: on.TWICE_BY_OTHERS,
    a_duplicate_stands_in_the_way: on.TWICE_ERASED,
    the_clock_starts_when_it_is_written_down: on.BY_PHONE,
    whoever_calls_is_believed: on.BY_PHONE,
    one_tick_stands_for_all: on.CHECKED_ONE_OF_TWO,
    the_post_takes_no_time: on.BY_PHONE,
    the_answer_counts_from_when_it_is_written_down: on.ANSWERED_BY_MAIL,
    an_answer_comes_before_its_question: on.ANSWERED_BY_MAIL,
}
